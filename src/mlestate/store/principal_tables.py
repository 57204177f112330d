"""The tables of the directory: principals, memberships, and what proves who somebody is."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from .columns import Key

metadata = MetaData()


def owner(primary_key: bool = False) -> Column[str]:
    """The principal that a row belongs to; the row goes when the principal goes."""
    owner = ForeignKey("principals.id", ondelete="CASCADE")
    return Column("principal_id", owner, nullable=False, index=True, primary_key=primary_key)


# One row. `generation` grows with every change that can alter what somebody may do.
tenant = Table(
    "tenant",
    metadata,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True),
    Column("id", String(36), nullable=False),
    Column("generation", Integer, nullable=False),
)

principals = Table(
    "principals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(256), nullable=False),
    Column("name_key", Key, nullable=False, unique=True),
    Column("client_id", String(36), nullable=False, unique=True),
    Column("display_name", String(256), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created", Double, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("group_id", ForeignKey("principals.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "member_id", ForeignKey("principals.id", ondelete="CASCADE"), primary_key=True, index=True
    ),
)

# Who is a guest, of whom (none: the sponsor is gone), and until the end of which day.
guests = Table(
    "guests",
    metadata,
    owner(primary_key=True),
    Column("sponsor_id", ForeignKey("principals.id", ondelete="SET NULL"), index=True),
    Column("until", String(10), nullable=False),
    Column("scopes", JSON, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("id", String(36), primary_key=True),
    owner(),
    Column("hash", String(64), nullable=False, unique=True),
    Column("label", String(128), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("revoked", Double),
)

passwords = Table(
    "passwords",
    metadata,
    owner(primary_key=True),
    Column("hash", String(256), nullable=False),
    Column("changed", Double, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    owner(),
    Column("client", String(128), nullable=False),
    Column("scope", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False, index=True),
    Column("ended", Double),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Double, nullable=False, index=True),
    Column("spent", Double),
)

device_logins = Table(
    "device_logins",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("user_code_hash", String(64), nullable=False, unique=True),
    Column("client", String(128), nullable=False),
    Column("scope", Text, nullable=False),
    Column("expires", Double, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("principal_id", ForeignKey("principals.id", ondelete="CASCADE")),
    Column("polled", Double, nullable=False),
    # A hash of the address that began it.
    Column("whence", String(64)),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("hash", String(64), primary_key=True),
    owner(),
    Column("client", String(128), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", String(128), nullable=False),
    Column("scope", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("expires", Double, nullable=False, index=True),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("pem", Text, nullable=False),
    Column("created", Double, nullable=False),
)
