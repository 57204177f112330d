"""Secrets of storage that is not the estate's: do they open it for reading only?

Of its own accounts the estate signs what it hands out. Of others it hands out what it was given, so
where a datastore is read-only, nothing that writes is taken in the first place.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from ...core.errors import Invalid

_READING = frozenset("rl")
_PLACE = "$.properties.credentials"


def need_reading_only(datastore: str, secrets: dict[str, Any]) -> None:
    """Raises Invalid for an account key, and for a signature that does more than read and list.
    What a service principal may do is decided where the storage is."""
    if secrets.get("key"):
        raise _refused(datastore, "an account key opens all of the account for writing")
    token = str(secrets.get("sasToken") or "")
    letters = "".join(parse_qs(token.removeprefix("?")).get("sp", []))
    if token and not (letters and set(letters) <= _READING):
        raise _refused(datastore, f"its signature's permissions are `sp={letters}`")


def _refused(datastore: str, why: str) -> Invalid:
    return Invalid(
        f"the datastore `{datastore}` is read-only, and {why}: give a signature with `sp=rl`, a "
        "service principal or no credentials",
        code="DatastoreReadOnly",
        target=_PLACE,
    )
