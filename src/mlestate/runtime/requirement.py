"""One line of what a job needs, read and written anew: what an index or https can give. Pure.

uv works outside the sandbox and is told nothing else. Its own grammar has lines that build what
lies on this machine, that read its files, and that fill in the agent's settings.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from ..core.errors import Invalid

_LONGEST, _DEEPEST = 2000, 20
_COMMENT = re.compile(r"(?:^| )#.*")
_INDEX = re.compile(r"(--(?:extra-)?index-url)(?: +|=)([^ ]+)")
_HASHES = re.compile(r" +--hash[= ]")
_HASH = re.compile(r"sha(?:256|384|512):[0-9a-f]+")
# What of ASCII stands in an address; neither quotes nor what uv would fill in.
_ADDRESS = re.compile(r"[A-Za-z0-9._~:/?#@!&()*+,;=%\[\]-]+")
_FRAGMENT = re.compile(r"(?:sha(?:256|384|512)=[0-9a-f]+)?")


class Line(msgspec.Struct, frozen=True):
    """`requirement` is of PEP 508, with its hashes behind it; `options` are uv's arguments. A
    comment has neither.
    """

    requirement: str = ""
    options: tuple[str, ...] = ()


def parse(line: str) -> Line:
    """Raises Invalid for all but names, versions, extras, markers, wheels by https and indexes."""
    plain = line.replace("\t", " ")
    if len(line) > _LONGEST or plain.count("(") > _DEEPEST:
        raise _refused(line, "it is too long")
    if not plain.isprintable():
        raise _refused(line, "it has characters that are not printed")
    text = _COMMENT.sub("", plain).strip()
    if "$" in text:
        raise _refused(line, "variables are not filled in")
    if text.startswith("-"):
        return Line(options=_option(line, text))
    return Line(_requirement(line, text)) if text else Line()


def _option(line: str, text: str) -> tuple[str, ...]:
    if text == "--pre":
        return "--prerelease", "allow"
    found = _INDEX.fullmatch(text)
    if found is None:
        why = "of pip's options there are `--index-url`, `--extra-index-url`, `--pre` and `--hash`"
        raise _refused(line, why)
    _address(line, found[2])
    return found[1], found[2]


def _requirement(line: str, text: str) -> str:
    named, *hashes = _HASHES.split(text)
    if not all(map(_HASH.fullmatch, hashes)):
        raise _refused(line, "a hash is `--hash=sha256:…`")
    try:
        read = Requirement(named)
        read.name = canonicalize_name(read.name, validate=True)
        # A marker's text with both kinds of quotes can be read and not written.
        Requirement(str(read))
    except (InvalidRequirement, InvalidName) as error:
        raise _refused(line, "it is no requirement of PEP 508") from error
    if read.url is not None:
        _wheel(line, read.url)
    return " ".join([str(read), *(f"--hash={one}" for one in hashes)])


def _wheel(line: str, url: str) -> None:
    parts = _address(line, url)
    if not parts.path.endswith(".whl"):
        raise _refused(line, "only wheels are installed, and its address ends otherwise")
    if not _FRAGMENT.fullmatch(parts.fragment):
        raise _refused(line, "behind `#` there may be `sha256=…` alone")


def _address(line: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _refused(line, "its address is none") from error
    if parts.scheme != "https" or not host or not _ADDRESS.fullmatch(url):
        raise _refused(line, "its address is no plain `https://…`")
    if "@" in parts.netloc:
        raise _refused(line, "passwords are set where the agent runs, not in environments")
    return parts


def _refused(line: str, why: str) -> Invalid:
    return Invalid(
        f"The requirement `{shown(line)}` is not allowed: {why}. Write the package of an index by "
        "name and version, such as `six==1.17.0`, or `name @ https://…/name-1.0-py3-none-any.whl`.",
        code="RequirementNotAllowed",
        target="properties.condaFile",
    )


def shown(text: str) -> str:
    """On one line, and not all of it when it is long."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:200])
