"""Which status codes the client's generated code accepts, by resource type and verb.

    python tests/catalog/extract_statuses.py operations.json > tests/catalog/data/statuses.json

`operations.json` lists, by client and operation group, each operation's method, url and `ok`.
"""

import json
import re
import sys
from pathlib import Path

_VERBS = {"PUT": "put", "PATCH": "patch", "DELETE": "delete"}
_URL = re.compile(
    r"/subscriptions/\{[^}]+\}/resourceGroups/\{[^}]+\}/providers/(?P<rest>Microsoft\.[^?]+)"
)


def extract(operations: dict) -> dict:
    found: dict[str, dict[str, list[int]]] = {}
    for group in operations["arm_ml_service"].values():
        for operation in group.values():
            place = _place(operation)
            if place:
                name, verb = place
                found.setdefault(name, {})[verb] = operation["ok"]
    return {name: dict(sorted(verbs.items())) for name, verbs in sorted(found.items())}


def _place(operation: dict) -> tuple[str, str] | None:
    """The type and the verb, which for a POST is the action's name."""
    match = _URL.fullmatch(operation["url"])
    if match is None:
        return None
    segments = match["rest"].split("/")
    literal = "/".join(s for s in segments if not s.startswith("{"))
    if operation["method"] == "POST":
        name, _, action = literal.rpartition("/")
        return name, action
    verb = _VERBS.get(operation["method"])
    return (literal, verb) if verb else None


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text())
    print(json.dumps(extract(source), indent=1))
