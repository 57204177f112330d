"""What the checks and completions of all types are written with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..core.errors import Invalid, PlatformError
from ..core.resource import Change
from ..core.validate import Fault, refusal

Document = dict[str, Any]


def refuse(found: list[Fault]) -> None:
    """Raise one Invalid that names all faults, if there are any."""
    if found:
        raise refusal(found)


def carried(change: Change, /, **fresh: Any) -> Document:
    """Properties that the server gives once: what the resource has, else the fresh value."""
    old = change.old.properties if change.old else {}
    return {name: old.get(name, value) for name, value in fresh.items()}


def kept(change: Change, *fields: str) -> Document:
    """What is set once and this write leaves out: leaving out does not unset it."""
    old = change.old.properties if change.old else {}
    missing = (f for f in fields if change.properties.get(f) is None)
    return {field: old[field] for field in missing if old.get(field) is not None}


def filled(properties: Document, /, **defaults: Any) -> Document:
    """The defaults for what is absent or null."""
    return {name: value for name, value in defaults.items() if properties.get(name) is None}


def changed(change: Change, fields: Iterable[str], normal: Callable[[str, Any], Any]) -> list[str]:
    """The fields that differ from the last write, each compared in its normal form."""
    if change.old is None:
        return []
    before, after = change.old.properties, change.properties
    return [f for f in fields if normal(f, before.get(f)) != normal(f, after.get(f))]


def refuse_changes(fields: list[str], advice: str, refusal: type[PlatformError] = Invalid) -> None:
    """Refuse changes of what is set once; `advice` says what to do instead."""
    if not fields:
        return
    details = tuple(
        Invalid(
            f"`{field}` cannot change once it is set",
            code="PropertyChangeNotAllowed",
            target=f"$.properties.{field}",
        )
        for field in fields
    )
    named = ", ".join(f"`{field}`" for field in fields)
    raise refusal(
        f"{named} cannot change once set: {advice}",
        code="PropertyChangeNotAllowed",
        target=details[0].target,
        details=details,
    )


def and_same_on(type: str) -> dict[str, str]:
    """By verb, the action on another type that a write or a removal takes as well."""
    return {verb: f"{type}/{verb}" for verb in ("write", "delete")}


def without_nulls(value: Any) -> Any:
    """The value less the members that are null or empty: to Azure they are as good as absent."""
    if isinstance(value, dict):
        kept = {key: without_nulls(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item not in (None, {}, [])}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
