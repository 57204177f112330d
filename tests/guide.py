"""A guide of the documentation, done line by line as a reader would do it.

- A fenced YAML block is written to the file whose name stands in backticks right before it;
  ```` ```yaml add before "text" ```` puts it before, or after, that line of `estate.yaml`.
- A fenced `diff` block changes `estate.yaml`: the lines with `-` are found, and replaced.
- A line of four spaces and `$ ` is run; the lines below it are what must be on the screen, where
  `…` stands for anything. `    # exit code 2` behind it says how it ends.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_NAMED = re.compile(r"`(?P<name>[\w./-]+\.\w+)`:\s*$")
_FENCE = re.compile(r'^```\w+(?: add (?P<where>before|after) "(?P<line>.*)")?$')
_EVAL = re.compile(r'eval "\$\((?P<command>mlestate env .*)\)"')
_EXPORT = re.compile(r'export (?P<name>\w+)="?(?P<value>[^"]*)"?')


class Write(NamedTuple):
    file: str
    text: str


class Add(NamedTuple):
    where: str
    line: str
    text: str


class Change(NamedTuple):
    old: str
    new: str


class Run(NamedTuple):
    command: str
    expected: tuple[str, ...]


Step = Write | Add | Change | Run


def steps(page: str) -> Iterator[Step]:
    lines = page.splitlines()
    i = 0
    while i < len(lines):
        if fence := _FENCE.match(lines[i]):
            end = lines.index("```", i)
            text = "\n".join(lines[i + 1 : end]) + "\n"
            before = next((line for line in reversed(lines[:i]) if line.strip()), "")
            if lines[i] == "```diff":
                yield _change(lines[i + 1 : end])
            elif fence["where"]:
                yield Add(fence["where"], fence["line"], text)
            elif named := _NAMED.search(before):
                yield Write(named["name"], text)
            i = end
        elif lines[i].startswith("    $ "):
            end = _end_of(lines, i)
            yield Run(lines[i][6:], tuple(line[4:] for line in lines[i + 1 : end]))
            i = end - 1
        i += 1


def _change(lines: list[str]) -> Change:
    old, new = ([line[1:] for line in lines if line[0] != sign] for sign in "+-")
    return Change("".join(f"{line}\n" for line in old), "".join(f"{line}\n" for line in new))


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
            case Change(old, new):
                path = self.folder / "estate.yaml"
                assert old in path.read_text(), old
                path.write_text(path.read_text().replace(old, new, 1))
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
        if variables := _EVAL.fullmatch(command):
            said = self.call(f"{variables['command']} --format json").stdout
            self.environment |= json.loads(said)
            return
        command, _, code = command.partition("    # exit code ")
        done = self.call(command)
        said = done.stdout
        # A plan with changes is 2, and that is no failure.
        looks = " plan " in command or command.endswith(" diff")
        good = (int(code),) if code else (0, 2) if looks else (0,)
        assert done.returncode in good, f"{command}\n{said}"
        assert_shown(expected, said.replace(self.environment["MLESTATE_PORT"], "8443"))

    def call(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
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
