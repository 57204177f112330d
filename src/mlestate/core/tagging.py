"""Tags: Azure's limits on them, and what an organisation requires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST_TAGS = 50
LONGEST_KEY = 128  # 512 in general; a storage account takes 128, and tags are inherited
LONGEST_VALUE = 256
FORBIDDEN = '<>%&\\?/"'


def key_fault(key: str) -> str | None:
    """What Azure would say against this tag's name, or None."""
    if not key.strip():
        return "is empty"
    if len(key) > LONGEST_KEY:
        return f"is {len(key)} characters long and may be {LONGEST_KEY}"
    if bad := sorted(set(key) & set(FORBIDDEN)):
        return f"may not contain {' '.join(bad)}"
    return None


def value_fault(value: str) -> str | None:
    if len(value) > LONGEST_VALUE:
        return f"is {len(value)} characters long and may be {LONGEST_VALUE}"
    return None


def merge(*layers: Mapping[str, str]) -> dict[str, str]:
    """Later layers win; keys differ only in case are one key, kept as last written."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for key, value in layer.items():
            merged[key.lower()] = (key, value)
    return dict(merged.values())


def missing(require: Iterable[str], tags: Mapping[str, str]) -> list[str]:
    """The required keys that have no value, in the order they are required."""
    had = {key.lower() for key, value in tags.items() if value.strip()}
    return [key for key in require if key.lower() not in had]
