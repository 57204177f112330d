"""From the text of an estate.yaml to a spec that holds together, or every fault in it."""

from __future__ import annotations

import yaml

from .check import check
from .decode import decode
from .source import Source, Spot
from .spec import Estate

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str, file: str = "estate.yaml") -> Estate:
    """Raises `Invalid` whose details are all faults, each as `file:line:column: what to do`."""
    source = Source(file)
    estate: Estate = decode(_compose(text, source), Estate, source)
    check(estate, source)
    source.refuse()
    return estate


def _compose(text: str, source: Source) -> yaml.Node:
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        source.place((), Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1))
        source.fault((), f"this is not YAML: {error.problem}")
    except yaml.YAMLError as error:
        source.fault((), f"this is not YAML: {' '.join(str(error).split())}")
    else:
        if node is not None:
            return node
        source.fault((), "the file is empty: begin with `schema: 1`")
    source.refuse()
    raise AssertionError("a fault was recorded, so it was refused")
