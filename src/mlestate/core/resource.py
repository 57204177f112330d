"""A resource as it is kept: the document that the client sent, and what the server knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from . import azure_hosts
from .activity import Asked
from .ids import ResourceId


class Stamp(msgspec.Struct, frozen=True):
    """Who wrote (what people call them, and their object id), and when, in epoch seconds."""

    by: str
    kind: str
    at: float
    id: str = ""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """`document` is the body as it came, less secrets: `properties`, and for some types `location`,
    `tags`, `kind`, `identity`, `sku`. `state` is Azure's provisioningState."""

    id: ResourceId
    document: dict[str, Any]
    created: Stamp
    modified: Stamp
    etag: str = ""
    state: str = "Succeeded"

    @property
    def name(self) -> str:
        return self.id.name

    @property
    def type(self) -> str:
        return self.id.type

    @property
    def properties(self) -> dict[str, Any]:
        return self.document.get("properties") or {}

    @property
    def location(self) -> str:
        return str(self.document.get("location") or "")

    @property
    def tags(self) -> dict[str, str]:
        return self.document.get("tags") or {}

    def with_properties(self, **changed: Any) -> Resource:
        """The same resource with some properties laid over."""
        properties = {**self.properties, **changed}
        return msgspec.structs.replace(self, document={**self.document, "properties": properties})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A write that is being considered: what would be, what is, and what the border supplies.

    `typed` is the checked view of `document["properties"]`.
    """

    id: ResourceId
    document: dict[str, Any]
    typed: Any
    old: Resource | None
    at: float
    fresh_id: str
    secrets: Mapping[str, Any] = {}

    @property
    def properties(self) -> dict[str, Any]:
        return self.document.get("properties") or {}


class View(msgspec.Struct, frozen=True):
    """Where the reader stands: links in answers are absolute and follow the request's Host.

    `tenant` is the estate's own id; `storage_suffix` is what the cloud metadata tells clients to
    put behind `{account}.blob.`. `asked` is how the request came, for the activity log.
    `subscription` is the one that is asked in: empty above them all, None where no place is asked.
    """

    origin: str = "https://localhost:8443"
    tenant: str = ""
    storage_suffix: str = "core.windows.net"
    asked: Asked = Asked()
    subscription: str | None = None

    def at(self, id: ResourceId) -> View:
        """From where the id is, or from above all subscriptions."""
        return msgspec.structs.replace(self, subscription=id.subscription)

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def by_azures_name(self) -> bool:
        """The reader was led here by a name of Azure's, and gets such names in answers."""
        return azure_hosts.answered(self.authority.partition(":")[0])

    @property
    def login(self) -> str:
        """The origin that the reader's programs log in at."""
        return f"https://{azure_hosts.LOGIN}" if self.by_azures_name else self.origin
