from __future__ import annotations

from .access_answers import COMMANDS as ANSWERS
from .access_requests import COMMANDS as REQUESTS


def command() -> None:
    """Say who may do what, and why; take a role for some time, or see who asked for one.

    `mlestate access abilities` has the words for what.
    """


COMMANDS = {**ANSWERS, **REQUESTS}
