"""The body of a request, from a file of YAML or JSON."""

from __future__ import annotations

from typing import Any

import yaml

from ..core.errors import Invalid


def parse(text: str, file: str) -> dict[str, Any]:
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Invalid(f"`{file}` is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(body, dict):
        raise Invalid(f"`{file}` is not a mapping of keys to values: write the body of the PUT")
    return body
