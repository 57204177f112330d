"""What the documentation says is there: links, commands, targets of make, and paths."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer._click.exceptions import ClickException

from mlestate.cli.kinds import KINDS
from mlestate.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "mlestate"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
TEXTS = [*PAGES, ROOT / "NOTICE"]

_FENCE = re.compile(r"^```.*?^```", re.M | re.S)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.M)
_INLINE = re.compile(r"`(?P<text>[^`\n]+)`")
_CALL = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?mlestate (?P<rest>(?:\"[^\"$]*\"|[^|)&;\"])+)")
_VARIABLE = re.compile(r"<[^>\n]*>")  # `<…>` stands for what differs
_TARGET = re.compile(r"^\$? ?make (?P<target>[\w-]+)", re.M)
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
# Of one machine, or of where somebody gets their packages from: of no use to a reader.
_FORBIDDEN = (
    re.compile(r"(?<![\w.>-])/(?:home|Users|root|tmp|work)/\S*"),
    re.compile(r"(?:https?://|\b)[\w.-]*(?:pypi|pythonhosted|anaconda|npmjs)\.\w+"),
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = [target for target in _links(page) if not _leads(page, target)]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_shown_can_be_given(page: Path) -> None:
    wrong = {line: why for line in _calls(page) if (why := _refusal(line))}
    assert wrong == {}


def test_the_contract_lists_every_type_that_has_a_word() -> None:
    contract = (ROOT / "docs" / "contract.md").read_text()
    [said] = re.findall(r"^TYPE is one of (.+?), its plural", contract, re.M | re.S)
    assert re.findall(r"`([^`]+)`", said) == [kind.word for kind in KINDS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_target_of_make_is_in_the_makefile(page: Path) -> None:
    known = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
    named = {match["target"] for block in _code(page) for match in _TARGET.finditer(block)}
    assert named - set(known) == set()


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_of_the_repository_exists(page: Path) -> None:
    gone = [path for path in _paths(page.read_text()) if not _there(path)]
    assert gone == []


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_nothing_is_said_of_one_machine_alone(page: Path) -> None:
    text = page.read_text()
    assert [match.group() for each in _FORBIDDEN for match in each.finditer(text)] == []


def test_every_command_is_in_the_contract() -> None:
    contract = (ROOT / "docs" / "contract.md").read_text()
    assert [name for name in COMMANDS if f"`mlestate {name}" not in contract] == []


def test_decisions_are_short_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text()
    assert [p.name for p in pages if f"({p.name})" not in index] == []
    assert [p.name for p in pages if len(p.read_text().splitlines()) > 60] == []
    numbers = [int(p.name[:4]) for p in pages]
    assert numbers == sorted(set(numbers))


def _links(page: Path) -> list[str]:
    found = [match["target"] for match in _LINK.finditer(_FENCE.sub("", page.read_text()))]
    return [target for target in found if "://" not in target]


def _leads(page: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    place = (page.parent / file).resolve() if file else page
    if not place.exists() or not place.is_relative_to(ROOT):
        return False
    return not anchor or anchor in _anchors(place)


def _anchors(page: Path) -> set[str]:
    titles = (match["title"].lower() for match in _HEADING.finditer(page.read_text()))
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in titles}


def _code(page: Path) -> Iterator[str]:
    """Blocks between fences, and those that are indented."""
    text = page.read_text()
    yield from _FENCE.findall(text)
    rest = _FENCE.sub("", text)
    yield "\n".join(line[4:] for line in rest.splitlines() if line.startswith("    "))


def _calls(page: Path) -> list[str]:
    """What stands behind `mlestate` in the lines that a reader would type."""
    found = []
    for block in _code(page):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found += [match["rest"].strip() for match in _CALL.finditer(line)]
    return found


def _refusal(call: str) -> str:
    """Why the command line would not understand it; empty where it does."""
    name, *arguments = shlex.split(_VARIABLE.sub("x", call), comments=True)
    if name in ("--help", "--version"):
        return ""
    if name not in COMMANDS:
        return "no such command"
    module = import_module(f"mlestate.cli.commands.{name}")
    command = module.command
    if inner := getattr(module, "COMMANDS", None):
        name, *arguments = arguments or ["--help"]
        if name not in inner:
            return "no such command of the group"
        command = inner[name]
    app = typer.Typer(add_completion=False)
    app.command(name)(command)
    try:
        typer.main.get_command(app).make_context(name, arguments)
    except ClickException as error:
        return error.format_message()
    return ""


def _paths(text: str) -> list[str]:
    """What is named between backticks, or at a line's start as in NOTICE, as a file of ours."""
    named = [match["text"] for match in _INLINE.finditer(text)]
    named += [
        part for line in text.splitlines() for part in re.findall(r"^[\w/.-]+(?=[,:] )", line)
    ]
    return [path for path in named if _PATH.fullmatch(path) and _ours(path)]


def _ours(path: str) -> bool:
    first, slash, rest = path.partition("/")
    if first.strip(".") == "":
        return False
    if not slash or not rest:
        return first in (".importlinter", "requirements.lock", "pyproject.toml", "Makefile")
    if first == "src":
        return rest.startswith("mlestate")
    tops = ("docs", "tests", "examples", "benchmarks", ".ci")
    return first in tops or (PACKAGE / first / "__init__.py").exists()


def _there(path: str) -> bool:
    return (ROOT / path).exists() or (PACKAGE / path).exists()
