"""A guide of the documentation, done line by line as a reader would do it.

- A fenced YAML block is written to the file whose name stands in backticks right before it;
  ```` ```yaml add before "text" ```` puts it before, or after, that line of `estate.yaml`.
- A line of four spaces and `$ ` is run; the lines below it are what must be on the screen, where
  `…` stands for anything.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_NAMED = re.compile(r"`(?P<name>[\w./-]+\.\w+)`:\s*$")
_FENCE = re.compile(r'^```\w+(?: add (?P<where>before|after) "(?P<line>.*)")?$')
_EXPORT = re.compile(r'export (?P<name>\w+)="?(?P<value>[^"]*)"?')


class Write(NamedTuple):
    file: str
    text: str


class Add(NamedTuple):
    where: str
    line: str
    text: str


class Run(NamedTuple):
    command: str
    expected: tuple[str, ...]


Step = Write | Add | Run


def steps(page: str) -> Iterator[Step]:
    lines = page.splitlines()
    i = 0
    while i < len(lines):
        if fence := _FENCE.match(lines[i]):
            end = lines.index("```", i)
            text = "\n".join(lines[i + 1 : end]) + "\n"
            before = next((line for line in reversed(lines[:i]) if line.strip()), "")
            if fence["where"]:
                yield Add(fence["where"], fence["line"], text)
            elif named := _NAMED.search(before):
                yield Write(named["name"], text)
            i = end
        elif lines[i].startswith("    $ "):
            end = _end_of(lines, i)
            yield Run(lines[i][6:], tuple(line[4:] for line in lines[i + 1 : end]))
            i = end - 1
        i += 1


def _end_of(lines: list[str], start: int) -> int:
    end = start + 1
    while end < len(lines) and lines[end].startswith("    ") and not lines[end].startswith("    $"):
        end += 1
    return end


class Reader:
    """Does the steps in a folder. `environment` may have what the guide's own `export` says."""

    def __init__(self, folder: Path, environment: Mapping[str, str]):
        self.folder, self.environment = folder, dict(environment)

    def do(self, step: Step) -> None:
        match step:
            case Write(file, text):
                path = self.folder / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            case Add(where, line, text):
                self.add(where, line, text)
            case Run(command, expected):
                self.run(command, expected)

    def add(self, where: str, line: str, text: str) -> None:
        path = self.folder / "estate.yaml"
        lines = path.read_text().splitlines(keepends=True)
        index = next(i for i, each in enumerate(lines) if each.startswith(line))
        index += where == "after"
        path.write_text("".join([*lines[:index], text, *lines[index:]]))

    def run(self, command: str, expected: tuple[str, ...]) -> None:
        if export := _EXPORT.fullmatch(command):
            self.environment.setdefault(export["name"], export["value"])
            return
        done = self.call(command)
        said = done.stdout + done.stderr
        # A plan with changes is 2, and that is no failure.
        assert done.returncode in ((0, 2) if " plan " in command else (0,)), f"{command}\n{said}"
        assert_shown(expected, said.replace(self.environment["MLESTATE_PORT"], "8443"))

    def call(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            shlex.split(command),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )


def assert_shown(expected: tuple[str, ...], said: str) -> None:
    """Each line, in order; blanks count once."""
    rest = [" ".join(line.split()) for line in said.splitlines()]
    for line in expected:
        words = " ".join(line.split())
        pattern = re.compile(re.escape(words).replace("…", ".*").replace(r"\ .*", ".*"))
        at = next((i for i, each in enumerate(rest) if pattern.fullmatch(each)), None)
        assert at is not None, f"{line!r} is not in:\n{said}"
        rest = rest[at + 1 :]
