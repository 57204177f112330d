"""Azure's rules for the tags of a resource.

Source: azure-docs tag-resources. Assets and jobs carry tags inside their properties, which are
free text and not held to these rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from .validate import Fault

MOST = 50
LONGEST_NAME = 512
LONGEST_VALUE = 256
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


def _wrong(name: str, value: str, longest_name: int) -> list[str]:
    found: list[str] = []
    if not name.strip():
        found.append("a tag needs a name")
    if len(name) > longest_name:
        found.append(f"the name is {len(name)} characters long: at most {longest_name}")
    if illegal := sorted(_ILLEGAL.intersection(name)):
        found.append(f"the name may not have `{''.join(illegal)}`")
    if len(value) > LONGEST_VALUE:
        found.append(f"the value is {len(value)} characters long: at most {LONGEST_VALUE}")
    return found
