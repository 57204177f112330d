"""Why a text is not YAML, in words that say what to write instead."""

from __future__ import annotations

import yaml


def not_yaml(error: yaml.MarkedYAMLError, text: str) -> str:
    at = _character(error, text)
    if at == "\t" or "tab character" in (error.problem or ""):
        return "a tab stands here: indent with blanks"
    if "alias" in (error.context or ""):
        return 'a text that begins with `*` needs quotes, such as `"*.yaml"`'
    if "single document" in (error.context or ""):
        return "`---` begins a second document: a file has one"
    if ended(error):
        return "what begins here has no end: is a quote or a bracket missing?"
    if at in ("@", "`", "%"):
        return f"a text that begins with {at if at != '`' else 'a backtick'} needs quotes"
    return error.problem or "it cannot be read"


def ended(error: yaml.MarkedYAMLError) -> bool:
    """The text is over in the middle of something."""
    said = f"{error.context} {error.problem}"
    return "end of stream" in said or "<stream end>" in said


def _character(error: yaml.MarkedYAMLError, text: str) -> str:
    """What stands where the reader stopped; empty at the end."""
    mark = error.problem_mark
    lines = text.split("\n")
    if mark is None or mark.line >= len(lines):
        return ""
    return lines[mark.line][mark.column : mark.column + 1]
