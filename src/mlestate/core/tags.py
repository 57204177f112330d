"""The tags of a resource: Azure's rules for them, and what an organisation requires.

Source: azure-docs tag-resources. Assets and jobs carry tags inside their properties, which are
free text and not held to these rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .validate import Fault

MOST = 50
LONGEST_NAME = 512
LONGEST_VALUE = 256
# A storage account's tag has a shorter name than others, and it inherits those of its estate.
LONGEST_INHERITED = 128
_ILLEGAL = frozenset("<>%&\\?/")


def faults(
    tags: Mapping[str, str], path: str = "$.tags", longest_name: int = LONGEST_NAME
) -> list[Fault]:
    """Every tag that Azure would refuse. Names are compared without regard to case."""
    found: list[Fault] = []
    if len(tags) > MOST:
        found.append((path, f"has {len(tags)} tags: a resource may have {MOST}"))
    seen: dict[str, str] = {}
    for name, value in tags.items():
        found += [(f"{path}.{name}", text) for text in _wrong(name, value, longest_name)]
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            found.append((f"{path}.{name}", f"is the same name as `{twin}`: case does not count"))
    return found


def name_fault(name: str, longest: int = LONGEST_NAME) -> str | None:
    """What Azure would say against a tag's name, or None."""
    if not name.strip():
        return "is empty"
    if len(name) > longest:
        return f"is {len(name)} characters long: at most {longest}"
    if illegal := sorted(_ILLEGAL.intersection(name)):
        return f"may not have `{''.join(illegal)}`"
    return None


def value_fault(value: str) -> str | None:
    if len(value) > LONGEST_VALUE:
        return f"is {len(value)} characters long: at most {LONGEST_VALUE}"
    return None


def merge(*layers: Mapping[str, str]) -> dict[str, str]:
    """Later layers win; names that differ only in case are one, kept as last written."""
    merged: dict[str, tuple[str, str]] = {}
    for layer in layers:
        for name, value in layer.items():
            merged[name.lower()] = (name, value)
    return dict(merged.values())


def missing(require: Iterable[str], tags: Mapping[str, str]) -> list[str]:
    """The required names that have no value, in the order they are required."""
    had = {name.lower() for name, value in tags.items() if value.strip()}
    return [name for name in require if name.lower() not in had]


def _wrong(name: str, value: str, longest_name: int) -> list[str]:
    of_name, of_value = name_fault(name, longest_name), value_fault(value)
    found = [f"the name {of_name}"] if of_name else []
    return [*found, f"the value {of_value}"] if of_value else found
