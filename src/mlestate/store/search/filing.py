"""Resources in the search index of their cell."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ...catalog import searched
from ...core.resource import Resource
from . import writing
from .codes import Codes
from .session import OnConnection


class Filing:
    """Speaks within the caller's transaction, as long as it lasts."""

    def __init__(self, connection: Connection):
        self._session, self._codes = OnConnection(connection), Codes()

    def file_place(self, resource: Resource) -> None:
        if searched.is_place(resource):
            guid = str(resource.properties.get("workspaceId") or "")
            key, spelled = resource.id.key, str(resource.id)
            writing.keep_place(self._session, key, spelled, guid, resource.tags)

    def file(self, resource: Resource) -> None:
        self.file_place(resource)
        entry = searched.entry(resource)
        if entry is not None:
            writing.keep(self._session, self._codes, entry)

    def file_all(self, resources: Iterable[Resource]) -> None:
        """Quicker, where none is filed yet. Containers come last: they follow their versions."""
        entries = [entry for one in resources if (entry := searched.entry(one)) is not None]
        alone = [entry for entry in entries if entry.head is None]
        writing.keep_all(self._session, self._codes, alone)
        for entry in entries:
            if entry.head is not None:
                writing.keep(self._session, self._codes, entry)

    def drop(self, scope: str) -> None:
        writing.drop(self._session, scope)
        self._codes.forget()
