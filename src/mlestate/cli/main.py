"""The command line's front door: finds the command, runs it, and turns refusals into one line.

A command's module is imported only when it is called, so that help comes at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ..core.errors import Invalid, PlatformError
from .printable import printable

# Name -> what it does, in the order of `mlestate --help`. The module has the name, less hyphens.
COMMANDS = {
    "up": "Start everything on this machine, and apply an estate file.",
    "down": "Stop what `up` started.",
    "status": "Say what is running, and how it is.",
    "plan": "Say what would change to make an estate file real.",
    "apply": "Make an estate file real.",
    "lint": "Say what is unwise in an estate file, or what a change of it opens.",
    "diff": "Say what was changed since the estate file was applied last.",
    "login": "Become a user of the estate on this machine.",
    "logout": "Log out of the estate on this machine.",
    "whoami": "Say who you are towards the estate.",
    "env": "Print the variables that make official clients talk to this estate.",
    "run": "Run a script that is written for Azure, unchanged, against this estate.",
    "get": "Show one resource.",
    "list": "List the resources of a type.",
    "search": "Search everything you may read.",
    "query": "Query everything you may read, in Azure Resource Graph's language.",
    "webhooks": "Say what webhooks were told, and look after them.",
    "audit": "Say who did what, export it, or check that nobody tampered with it.",
    "access": "Say who may do what, and why.",
    "approve": "Approve a request for a role.",
    "refuse": "Refuse a request for a role.",
    "put": "Make a resource, or change it to what a file says.",
    "delete": "Delete a resource.",
    "scim": "Manage the tokens of directories that push people here.",
    "schema": "Print the JSON Schema of an estate file, for completion in editors.",
    "doctor": "Check this machine and the estate, and say how to mend what is wrong.",
}


# What typer makes of Ctrl-C.
_INTERRUPTED = 130


def main() -> None:
    # A command is over soon, and most of what it makes it keeps: there is little to collect.
    gc.set_threshold(100_000, 20, 100)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Exit code: 0 done, 1 an error (wrong usage too), 2 for a plan that has changes."""
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(usage())
        return 0 if arguments else 1
    if arguments[0] == "--version":
        print(_version())
        return 0
    if arguments[0] not in COMMANDS:
        return _complain(f"there is no command `{arguments[0]}`{_near(arguments[0])}")
    return _guarded(arguments[0], list(arguments[1:]))


def usage() -> str:
    width = max(map(len, COMMANDS)) + 2
    rows = [f"  {name:{width}}{summary}" for name, summary in COMMANDS.items()]
    return "\n".join(
        [
            "Usage: mlestate COMMAND [ARGUMENTS]",
            "",
            "Organises an enterprise's machine-learning environments from one estate.yaml.",
            "",
            "Commands:",
            *rows,
            "",
            "`mlestate COMMAND --help` says more; `mlestate --version` says which this is.",
        ]
    )


def _guarded(name: str, arguments: list[str]) -> int:
    from typer import Abort
    from typer._click.exceptions import ClickException, UsageError

    try:
        return _invoke(name, arguments)
    except ClickException as error:
        message = error.format_message().rstrip(".")
        at = error.ctx if isinstance(error, UsageError) else None
        path = at.command_path if at is not None else f"mlestate {name}"
        return _complain(f"{message}: see `{path} --help`")
    except PlatformError as error:
        return _complain(_told(error))
    except (Abort, KeyboardInterrupt):
        return _complain("stopped")
    except BrokenPipeError:
        # Whoever read us has had enough (`| head`); Python would complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        named = f"`{error.filename}`: " if error.filename else ""
        return _complain(f"{named}{error.strerror or error}")


def _invoke(name: str, arguments: list[str]) -> int:
    import typer

    module = import_module(f".commands.{name}", __package__)
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    settings = getattr(module, "SETTINGS", None)
    if inner := getattr(module, "COMMANDS", None):
        app.callback(help=module.command.__doc__)(module.command)
        for word, each in inner.items():
            app.command(word, help=each.__doc__)(each)
    else:
        app.command(name, help=module.command.__doc__, context_settings=settings)(module.command)
    command = typer.main.get_command(app)
    code = command.main(arguments, prog_name=f"mlestate {name}", standalone_mode=False)
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    return int(code or 0)


def _told(error: PlatformError) -> str:
    """One line for one fault; where there are more, a line for each.

    What is invalid is but its faults; any other refusal is more than its particulars.
    """
    faults = [_one_line(_placed(detail)) for detail in error.details]
    if not faults:
        return _one_line(str(error))
    if len(faults) == 1 and isinstance(error, Invalid):
        return faults[0]
    # A server's message has its faults in it already.
    head = f"{len(faults)} faults:" if faults[0] in str(error) else str(error)
    return "\n  ".join([head, *faults])


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n")


def _placed(detail: PlatformError) -> str:
    """A server's fault with the JSON path it is at; faults of a file say their place themselves."""
    return f"{detail.target}: {detail}" if detail.target.startswith("$") else str(detail)


def _complain(message: str) -> int:
    print(f"error: {printable(message)}", file=sys.stderr)
    return 1


def _near(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word, COMMANDS, n=1)
    return f"; did you mean `{near[0]}`?" if near else "; `mlestate --help` lists them"


def _version() -> str:
    from importlib.metadata import version

    return f"mlestate {version('mlestate')}"
