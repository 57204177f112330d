"""Whatever a conda file says, uv is given requirements of PEP 508 and nothing else."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from mlestate.core.errors import Invalid
from mlestate.runtime.environments import Recipe, recipe
from mlestate.runtime.protocol import EnvironmentSpec

# What means something to pip, uv, a shell or YAML, with what belongs to ordinary requirements.
PIECES = [
    *(
        "six",
        "a.whl",
        "-e ",
        "-r ",
        "--index-url ",
        "--hash=sha256:ab",
        "--pre",
        "\\\n",
        "\r",
        "\n",
    ),
    *("\x0b", "\x85", "\u2028", "\0", "${HOME}", "$", " @ ", "https://e.org/x.whl", "file:///x"),
    *("git+", "u:p@", "/", "./", "..", "[a]", ">=1", "==1.*", ",", ";", "os_name", "==", "'", '"'),
    *("(", ")", " or ", "#", " #", " ", "\t", "=", "python", "1.2", "===", "\\"),
]
LINES = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)


def held(found: Recipe) -> None:
    given_to_uv = "\n".join(found.requirements)
    assert given_to_uv.splitlines() == list(found.requirements)
    for line in found.requirements:
        assert line.isprintable()
        assert "$" not in line
        named, *hashes = line.split(" --hash=")
        assert all(re.fullmatch(r"sha\d+:[0-9a-f]+", one) for one in hashes)
        read = Requirement(named)
        assert re.match(r"[a-z0-9]", line)
        if read.url is not None:
            parts = urlsplit(read.url)
            assert (parts.scheme, parts.username, parts.password) == ("https", None, None)
    options = list(found.options)
    while options:
        name, value = options.pop(0), options.pop(0)
        assert name in ("--index-url", "--extra-index-url", "--prerelease")
        assert value == "allow" or value.startswith("https://")


def told(spec: EnvironmentSpec) -> str:
    """What is given to uv is held to the promise; the refusal, where there is one."""
    try:
        held(recipe(spec))
    except Invalid as refused:
        return str(refused)
    return ""


@given(LINES)
@example("six\r-e /x")
@example("x @ https://e.org/${A}/x.whl")
@example("six; os_name == 'a\"b'")
def test_pip_lines_become_requirements_and_nothing_else(line: str) -> None:
    assert told(EnvironmentSpec(requirements=(line,))).isprintable()


@given(LINES)
def test_conda_lines_become_requirements_and_nothing_else(line: str) -> None:
    assert told(EnvironmentSpec(conda_file=json.dumps({"dependencies": [line]}))).isprintable()
