"""The faults for which a write is refused."""

from typing import Any

import pytest

from mlestate.core.errors import Invalid
from mlestate.core.resource import Resource
from tests.catalog.golden import kind_of, located
from tests.catalog.writing_by_hand import FRESH, get, put


def write(
    id: str, body: dict[str, Any], old: Resource | None = None, fresh_id: str = FRESH
) -> Resource:
    kind = kind_of(id)
    return put(kind, id, located(kind, body), old=old, fresh_id=fresh_id)


def show(resource: Resource, view: Any = None) -> dict[str, Any]:
    return get(kind_of(str(resource.id)), resource, view)["properties"]


def faults(id: str, body: dict[str, Any], old: Resource | None = None) -> dict[str, str]:
    """Each fault by its place."""
    with pytest.raises(Invalid) as caught:
        write(id, body, old)
    found = caught.value.details or (caught.value,)
    return {fault.target: str(fault) for fault in found}
