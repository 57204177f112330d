"""Help comes at once: nothing heavy is imported for it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from mlestate.cli.main import COMMANDS, run, usage

HEAVY = ("httpx2", "yaml", "rich", "msgspec", "cryptography", "mlestate.client", "mlestate.estate")


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]):
    assert run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: mlestate {command} ")
    assert "--help" in shown


@pytest.mark.parametrize("command", list(COMMANDS))
def test_the_summary_is_the_first_line_of_the_commands_own_words(command: str):
    module = import_module(f"mlestate.cli.commands.{command}")
    said = module.command.__doc__.splitlines()[0]
    assert said.split()[:2] == COMMANDS[command].split()[:2]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    assert run(["--help"]) == 0
    assert capsys.readouterr().out == usage() + "\n"
    assert all(summary in usage() for summary in COMMANDS.values())


def test_no_command_at_all_is_an_error():
    assert run([]) == 1


def test_help_imports_nothing_heavy():
    # A process of its own: what this one has imported already would hide it.
    code = (
        "import sys; from mlestate.cli.main import COMMANDS, run\n"
        "assert all(run([name, '--help']) == 0 for name in COMMANDS)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
