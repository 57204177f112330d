"""The limits of MLflow on names and values. Every refusal names what it refuses."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterable, Sequence

from ..core.errors import Invalid
from ..core.tracking import Metric, Pair

METRICS_PER_BATCH = 1000
PAIRS_PER_BATCH = 100
ENTITIES_PER_BATCH = 1000
KEY_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 8000
EXPERIMENT_TAG_LENGTH = 20_000
REGISTRY_TAG_LENGTH = 100_000
NAME_LENGTH = 500

_NAME = re.compile(r"[/\w.\- :]+")
_RUN_ID = re.compile(r"[A-Za-z0-9][\w\-]{0,255}")


def name(text: str | None, what: str) -> str:
    """A metric's, param's or tag's name: some of them become file names."""
    if not text:
        raise Invalid(f"Missing value for required parameter '{what}'.")
    if len(text) > KEY_LENGTH:
        raise Invalid(f"'{what}' exceeds the maximum length of {KEY_LENGTH} characters")
    # The usual name is told by one look; a path has to be looked at in pieces.
    if not _NAME.fullmatch(text):
        raise Invalid(
            f"Invalid value `{text}` for parameter '{what}' supplied: Names may only contain "
            "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and "
            "slashes (/)."
        )
    if ("/" in text or "." in text) and not _plain_path(text):
        raise Invalid(
            f"Invalid value `{text}` for parameter '{what}' supplied: Names may be treated as "
            "files in certain cases, and must not resolve to other names when treated as such."
        )
    return text


def text(value: str | None, what: str, limit: int) -> str:
    value = value or ""
    if len(value) > limit:
        raise Invalid(f"'{what}' exceeds the maximum length of {limit} characters")
    if "\0" in value:
        raise Invalid(f"'{what}' holds a NUL character, which text may not")
    return value


def number(metric: Metric) -> float:
    """The value; JSON has NaN and the infinities as words."""
    value = metric.value
    if not isinstance(value, str):
        return float(value) + 0.0
    try:
        number = float(value)
    except ValueError:
        raise Invalid(
            f"Invalid value `{value[:100]}` for parameter 'value' supplied: metric "
            f"`{metric.key}` needs a double (64-bit floating point)"
        ) from None
    return math.nan if math.isnan(number) else number + 0.0


def metric(given: Metric) -> Metric:
    name(given.key, "metric name")
    if given.timestamp < 0:
        raise Invalid(
            f"Invalid value {given.timestamp} for parameter 'timestamp' supplied: metric "
            f"`{given.key}` needs a nonnegative long (64-bit integer)"
        )
    return given


def params(pairs: Iterable[Pair]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        value = text(pair.value, f"Param value of `{pair.key}`", PARAM_LENGTH)
        if found.setdefault(name(pair.key, "key"), value) != value:
            raise Invalid(
                f"Duplicate parameter keys have been submitted: `{pair.key}`. Please ensure the "
                "request contains only one param value per param key."
            )
    return found


def tags(pairs: Iterable[Pair], limit: int = TAG_LENGTH) -> dict[str, str]:
    return {name(p.key, "key"): text(p.value, f"tag value of `{p.key}`", limit) for p in pairs}


def batch(metrics: Sequence[object], params: Sequence[object], tags: Sequence[object]) -> None:
    _at_most("metrics", METRICS_PER_BATCH, len(metrics))
    _at_most("params", PAIRS_PER_BATCH, len(params))
    _at_most("tags", PAIRS_PER_BATCH, len(tags))
    total = len(metrics) + len(params) + len(tags)
    _at_most("metrics, params, and tags", ENTITIES_PER_BATCH, total)


def run_id(text: str) -> str:
    if not _RUN_ID.fullmatch(text):
        raise Invalid(f"Invalid value `{text[:300]}` for parameter 'run_id' supplied.")
    return text


def title(value: str | None, what: str) -> str:
    """An experiment's or model's name: any text, but not none."""
    if not value or not value.strip():
        raise Invalid(f"Missing value for required parameter '{what}'.")
    return text(value, what, NAME_LENGTH)


def results(asked: int | None, default: int, most: int) -> int:
    if asked is None:
        return default
    if not 1 <= asked <= most:
        raise Invalid(
            f"Invalid value {asked} for parameter 'max_results' supplied: it must be a positive "
            f"integer of at most {most}."
        )
    return asked


def _plain_path(text: str) -> bool:
    norm = posixpath.normpath(text)
    return norm == text and norm != "." and not norm.startswith(("..", "/"))


def _at_most(what: str, limit: int, count: int) -> None:
    if count > limit:
        raise Invalid(
            f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
            f"Please split up {what} across multiple requests and try again."
        )
