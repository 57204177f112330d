"""A conda environment file read as pip requirements. Pure.

No conda channel is asked: names go through a table, versions change their grammar, and what is no
Python package becomes a warning. Build strings and channels fall away.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from ..core.errors import Invalid
from .requirement import shown

_LONGEST = 2000
_SPEC = re.compile(
    r"(?:[\w/.-]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<version>[^\[]*?)\s*(?:\[(?P<more>.*)\])?"
)
_VERSION_KEY = re.compile(r"version=(?P<quote>['\"]?)(?P<version>[^'\"]+)(?P=quote)")
# An operator or none, a version, and a build string, which is dropped.
_CLAUSE = re.compile(r"(===|==|>=|<=|!=|~=|=|>|<|)\s*([\w.*!+-]+)(?:([= ])\s*[\w.*]+)?")


class Conda(msgspec.Struct, frozen=True):
    """`python` is like `3.11`, or empty when the file leaves it open."""

    python: str = ""
    requirements: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def parse(text: str) -> Conda:
    """Raises Invalid for what is no environment file."""
    python, requirements, warnings = "", [], []
    for entry in _dependencies(text):
        if isinstance(entry, dict):
            requirements += _pip(entry)
            continue
        name, version = _split(entry)
        if name == "python":
            python = _python(version)
        elif name in _names()["not_python"]:
            warnings.append(f"`{name}` is not installable from PyPI and was left out")
        else:
            requirements.append(_names()["renamed"].get(name, name) + requirement(version))
    return Conda(python, tuple(requirements), tuple(warnings))


def _dependencies(text: str) -> list[Any]:
    try:
        document = yaml.safe_load(text)
    # What is nested too deeply, and a date that is none, are told in Python's own way.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _invalid(f"The conda file is no YAML: {_line(error)}.") from error
    if not isinstance(document, dict):
        raise _invalid("The conda file is no mapping with `dependencies`.")
    found = document.get("dependencies") or []
    if not isinstance(found, list):
        raise _invalid("`dependencies` of the conda file is no list.")
    return found


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _pip(entry: dict[Any, Any]) -> list[str]:
    found = entry.get("pip")
    if set(entry) != {"pip"} or not isinstance(found, list):
        raise _invalid("A mapping in `dependencies` must be `pip:` with a list.")
    return [line for one in found if (line := _text(one).strip())]


def _text(entry: Any) -> str:
    # Nothing else is written out: what refers to itself again and again would fill the memory.
    if not isinstance(entry, str) or len(entry) > _LONGEST:
        raise _invalid("An entry of `dependencies` is no package specification, or is too long.")
    return entry


def _split(entry: Any) -> tuple[str, str]:
    found = _SPEC.fullmatch(_text(entry).strip())
    if found is None:
        raise _invalid(f"`{shown(entry)}` in `dependencies` is no package specification.")
    keyed = _VERSION_KEY.search(found["more"] or "")
    return found["name"].lower(), keyed["version"] if keyed else found["version"]


def _python(version: str) -> str:
    """The `X.Y` that the specification pins; a lower bound alone leaves it open."""
    found = re.search(r"(?:^|[^<>!=])={0,2}\s*(\d+\.\d+)", version)
    if found is None or version.lstrip().startswith((">", "<", "!")):
        return ""
    return found[1]


def requirement(version: str) -> str:
    """conda's version grammar in pip's: `=1.2` is `==1.2.*`, `1.2` and `==1.2` are exact."""
    version = version.strip()
    if version.lstrip("=") in ("", "*"):
        return ""
    if "|" in version:
        raise _invalid(f"The version `{shown(version)}` has an `|`, which pip has no word for.")
    return ",".join(_clause(clause.strip()) for clause in version.split(",") if clause.strip())


def _clause(text: str) -> str:
    found = _CLAUSE.fullmatch(text)
    if found is None:
        raise _invalid(f"`{shown(text)}` is no version.")
    operator, number, build = found.groups()
    if operator == "=" and build != "=":
        # `=1.2` is any 1.2; `=1.2=build` is exactly the 1.2 that has a build.
        return f"=={number.removesuffix('.*')}.*"
    if operator in ("", "=", "=="):
        return _equal(number)
    return f"{operator}{number}"


def _equal(number: str) -> str:
    any_further = number.endswith("*") and not number.endswith(".*")
    return f"=={number[:-1]}.*" if any_further else f"=={number}"


def _invalid(message: str) -> Invalid:
    return Invalid(message, code="InvalidCondaFile", target="properties.condaFile")


@cache
def _names() -> dict[str, Any]:
    text = files(__package__).joinpath("data/conda_names.json").read_text("utf-8")
    names: dict[str, Any] = json.loads(text)
    return names
