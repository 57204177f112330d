from __future__ import annotations

from .access_answers import COMMANDS as ANSWERS


def command() -> None:
    """Say who may do what, and why. `mlestate access abilities` has the words for what."""


COMMANDS = {**ANSWERS}
