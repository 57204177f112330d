"""The tables of a directory elsewhere: what it owns here, who is who in it, logins under way."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Double, Index, String, Table, Text

from .columns import Key
from .principal_tables import metadata as metadata
from .principal_tables import owner

identities = Table(
    "identities",
    metadata,
    Column("issuer", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    owner(),
    Column("linked", Double, nullable=False),
)

provisioned = Table(
    "provisioned",
    metadata,
    owner(primary_key=True),
    Column("source", String(8), nullable=False),
    Column("handle", Text, nullable=False),
    Column("handle_key", Key, nullable=False),
    Column("external_id", Key),
    Column("document", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("modified", Double, nullable=False),
    Column("deleted", Double),
    Index("provisioned_by_handle", "source", "handle_key"),
    Index("provisioned_by_external_id", "source", "external_id"),
)

provisioning_tokens = Table(
    "provisioning_tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("label", String(128), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("revoked", Double),
)

# Browsers that were sent to the provider and are not back yet, by the hash of their `state`.
pending_logins = Table(
    "pending_logins",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("browser", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("purpose", JSON, nullable=False),
    Column("expires", Double, nullable=False, index=True),
    # A hash of the address that began it.
    Column("whence", String(64)),
)
