"""An expression becomes a function of a row. What there is not is refused before a row is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from . import values
from .budget import Budget
from .fault import BadQuery, fault, near
from .functions import FUNCTIONS
from .regex import compiled
from .tree import Among, Between, Binary, Call, Constant, Expression, Name, Negative, Path
from .values import text, truth

Row = Mapping[str, Any]
Value = Callable[[Row], Any]
_PLAIN = ("count", "dcount", "sum", "avg", "min", "max", "take_any")
_LISTS = ("make_set", "make_list", "arg_max", "arg_min", "any")
AGGREGATES = frozenset((*_PLAIN, *_LISTS, *(f"{name}if" for name in _PLAIN)))


class Scene(msgspec.Struct, frozen=True):
    """Where an expression stands: the columns that there are, the query's text, and the time."""

    columns: tuple[str, ...]
    text: str
    now: datetime
    budget: Budget

    def fault(self, at: int, why: str, kind: str = "InvalidQueryExpression") -> BadQuery:
        return fault(self.text, at, why, kind)

    def column(self, name: Name) -> str:
        if name.name not in self.columns:
            why = f"there is no column `{name.name[:60]}`{near(name.name, self.columns)}"
            raise self.fault(name.at, why, "UnknownColumn")
        return name.name


def value_of(scene: Scene, node: Expression) -> Value:
    match node:
        case Constant(value):
            return lambda row: value
        case Name():
            name = scene.column(node)
            return lambda row: row[name]
        case Path():
            return _path(scene, node)
        case Call():
            return _call(scene, node)
        case Binary():
            return _binary(scene, node)
        case Negative(of):
            return _negative(value_of(scene, of))
        case Among():
            return _among(scene, node)
        case Between():
            return _between(scene, node)


def test_of(scene: Scene, node: Expression) -> Callable[[Row], bool]:
    """Whether a row passes; null is no."""
    value = value_of(scene, node)
    return lambda row: truth(value(row)) is True


def _path(scene: Scene, node: Path) -> Value:
    of = value_of(scene, node.of)
    if isinstance(node.step, Constant) and isinstance(node.step.value, str):
        step = node.step.value

        def fixed(row: Row) -> Any:
            found = of(row)
            return found.get(step) if isinstance(found, dict) else _within(found, step)

        return fixed
    key = value_of(scene, node.step)
    return lambda row: _within(of(row), key(row))


def _within(found: Any, step: Any) -> Any:
    if isinstance(found, dict) and isinstance(step, str):
        return found.get(step)
    if isinstance(found, list) and isinstance(step, int):
        return found[step] if -len(found) <= step < len(found) else None
    return None


def _negative(of: Value) -> Value:
    def run(row: Row) -> Any:
        found = of(row)
        try:
            return -found if isinstance(found, int | float | timedelta) else None
        except OverflowError:  # the longest span has no opposite
            return None

    return run


def _binary(scene: Scene, node: Binary) -> Value:
    left, right = value_of(scene, node.left), value_of(scene, node.right)
    if node.op == "matches regex":
        return _matches(scene, node, left, right)
    if node.op in _LOGIC:
        return _LOGIC[node.op](left, right)
    word = node.op.removeprefix("!")
    if word in _TEXTUAL or word.removesuffix("_cs") in _TEXTUAL:
        return _textual(node.op, left, right)
    if node.op in ("=~", "!~"):
        return _alike(node.op == "=~", left, right)
    run = _VALUES[node.op]
    return lambda row: run(left(row), right(row))


def _and(left: Value, right: Value) -> Value:
    def run(row: Row) -> bool | None:
        first = truth(left(row))
        if first is False:
            return False
        second = truth(right(row))
        return second if first or second is False else None

    return run


def _or(left: Value, right: Value) -> Value:
    def run(row: Row) -> bool | None:
        first = truth(left(row))
        if first:
            return True
        second = truth(right(row))
        return second if first is False or second else None

    return run


_LOGIC: dict[str, Callable[[Value, Value], Value]] = {"and": _and, "or": _or}


def _alike(wanted: bool, left: Value, right: Value) -> Value:
    return lambda row: (text(left(row)).lower() == text(right(row)).lower()) == wanted


_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "has": values.has,
    "contains": lambda said, term: term in said,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "hasprefix": values.starts,
    "hassuffix": values.ends,
}


def _textual(op: str, left: Value, right: Value) -> Value:
    wanted = not op.startswith("!")
    word = op.removeprefix("!")
    run = _TEXTUAL[word.removesuffix("_cs")]
    if word.endswith("_cs"):
        return lambda row: run(text(left(row)), text(right(row))) == wanted
    return lambda row: run(text(left(row)).lower(), text(right(row)).lower()) == wanted


def _matches(scene: Scene, node: Binary, left: Value, right: Value) -> Value:
    if not isinstance(node.right, Constant):
        raise scene.fault(node.at, "the pattern behind `matches regex` is a text in quotes")
    try:
        pattern = compiled(text(node.right.value))
    except ValueError as error:
        raise scene.fault(node.right.at, f"it is no pattern: {error}") from None
    return lambda row: pattern.search(text(left(row))) is not None


def _ordered(holds: Callable[[int], bool]) -> Callable[[Any, Any], bool | None]:
    def run(left: Any, right: Any) -> bool | None:
        found = values.order(left, right)
        return None if found is None else holds(found)

    return run


def _plus(left: Any, right: Any) -> Any:
    return left + right


def _over(left: Any, right: Any) -> Any:
    """Whole numbers give a whole one, cut towards zero."""
    if isinstance(left, int) and isinstance(right, int):
        return math.trunc(left / right) if abs(left) < 2**53 else left // right
    return left / right


_LARGEST = 2**63


def _reckoned(run: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Null where the two do not go together, or the result is out of all bounds."""

    def guarded(left: Any, right: Any) -> Any:
        if any(isinstance(one, str | bool | list | dict | None) for one in (left, right)):
            return None
        try:
            found = run(left, right)
        except (TypeError, ZeroDivisionError, OverflowError, ValueError):
            return None
        if isinstance(found, int) and abs(found) >= _LARGEST:
            return None
        return None if isinstance(found, float) and not math.isfinite(found) else found

    return guarded


_VALUES: dict[str, Callable[[Any, Any], Any]] = {
    "==": values.equal,
    "!=": values.unequal,
    "<": _ordered(lambda found: found < 0),
    "<=": _ordered(lambda found: found <= 0),
    ">": _ordered(lambda found: found > 0),
    ">=": _ordered(lambda found: found >= 0),
    "+": _reckoned(_plus),
    "-": _reckoned(lambda left, right: left - right),
    "*": _reckoned(lambda left, right: left * right),
    "/": _reckoned(_over),
    "%": _reckoned(lambda left, right: left % right),
}


def _among(scene: Scene, node: Among) -> Value:
    value = value_of(scene, node.value)
    options = [value_of(scene, option) for option in node.options]
    if node.op in ("has_any", "has_all"):
        every = all if node.op == "has_all" else any
        return lambda row: _has_terms(every, value(row), [option(row) for option in options])
    wanted, folded = not node.op.startswith("!"), node.op.endswith("~")
    if all(isinstance(option, Constant) for option in node.options):
        given = _spread(option({}) for option in options)
        return lambda row: _is_among(value(row), given, folded) == wanted
    return lambda row: _is_among(value(row), _spread(o(row) for o in options), folded) == wanted


def _has_terms(every: Callable[[Any], bool], value: Any, terms: list[Any]) -> bool:
    said = text(value).lower()
    return every(values.has(said, text(term).lower()) for term in _spread(terms))


def _spread(options: Any) -> list[Any]:
    """A dynamic list among them stands for its elements."""
    return [one for each in options for one in (each if isinstance(each, list) else [each])]


def _is_among(value: Any, options: list[Any], folded: bool) -> bool:
    if folded:
        said = text(value).lower()
        return any(text(option).lower() == said for option in options)
    return any(values.equal(value, option) for option in options)


def _between(scene: Scene, node: Between) -> Value:
    value, low, high = (value_of(scene, one) for one in (node.value, node.low, node.high))

    def run(row: Row) -> bool | None:
        said, first, last = value(row), low(row), high(row)
        if isinstance(first, datetime) and isinstance(last, timedelta):
            last = _VALUES["+"](first, last)
        one, two = values.order(said, first), values.order(said, last)
        if one is None or two is None:
            return None
        return (one >= 0 >= two) != node.negated

    return run


def _call(scene: Scene, node: Call) -> Value:
    if node.name in AGGREGATES:
        why = f"`{node.name}` counts over rows: it stands in `summarize`"
        raise scene.fault(node.at, why, "InvalidFunction")
    if node.star:
        raise scene.fault(node.at, f"`{node.name}` takes no `*`", "InvalidFunction")
    lazy = _LAZY.get(node.name)
    if lazy is not None:
        least, most, build = lazy
        _hold_count(scene, node, least, most)
        return build(scene, node, [value_of(scene, one) for one in node.arguments])
    found = FUNCTIONS.get(node.name)
    if found is None:
        known = near(node.name, [*FUNCTIONS, *_LAZY])
        raise scene.fault(node.at, f"there is no function `{node.name[:60]}`{known}")
    _hold_count(scene, node, found.least, found.most)
    if found.paired and len(node.arguments) % 2:
        why = f"`{node.name}` takes names, each with a value"
        raise scene.fault(node.at, why, "InvalidFunction")
    run, arguments = found.run, [value_of(scene, one) for one in node.arguments]
    if found.growing:
        made = scene.budget.made_of
        return lambda row: made(run(*(one(row) for one in arguments)))
    if len(arguments) == 1:
        (only,) = arguments
        return lambda row: run(only(row))
    return lambda row: run(*(one(row) for one in arguments))


def _hold_count(scene: Scene, node: Call, least: int, most: int) -> None:
    if not least <= len(node.arguments) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        why = f"`{node.name}` takes {wanted} arguments, and has {len(node.arguments)}"
        raise scene.fault(node.at, why, "InvalidFunction")


def _now(scene: Scene, node: Call, arguments: list[Value]) -> Value:
    if not arguments:
        return lambda row: scene.now
    return lambda row: _VALUES["+"](scene.now, arguments[0](row))


def _ago(scene: Scene, node: Call, arguments: list[Value]) -> Value:
    return lambda row: _VALUES["-"](scene.now, arguments[0](row))


def _if(scene: Scene, node: Call, arguments: list[Value]) -> Value:
    test, then, other = arguments
    return lambda row: then(row) if truth(test(row)) else other(row)


def _case(scene: Scene, node: Call, arguments: list[Value]) -> Value:
    if len(arguments) % 2 == 0:
        why = "`case` takes conditions with a value for each, and one more for all else"
        raise scene.fault(node.at, why, "InvalidFunction")
    pairs, other = list(zip(arguments[:-1:2], arguments[1::2], strict=True)), arguments[-1]

    def run(row: Row) -> Any:
        for test, then in pairs:
            if truth(test(row)):
                return then(row)
        return other(row)

    return run


def _coalesce(scene: Scene, node: Call, arguments: list[Value]) -> Value:
    def run(row: Row) -> Any:
        found = (one(row) for one in arguments)
        return next((one for one in found if one is not None and one != ""), None)

    return run


def _extract(scene: Scene, node: Call, arguments: list[Value]) -> Value:
    first = node.arguments[0]
    if not isinstance(first, Constant):
        raise scene.fault(node.at, "the pattern of `extract` is a text in quotes")
    try:
        pattern = compiled(text(first.value))
    except ValueError as error:
        raise scene.fault(first.at, f"it is no pattern: {error}") from None

    def run(row: Row) -> str:
        found, group = pattern.search(text(arguments[2](row))), arguments[1](row)
        known = isinstance(group, int) and 0 <= group <= pattern.groups
        return (found.group(group) or "") if found and known else ""

    return run


_Build = Callable[[Scene, Call, list[Value]], Value]
# Those that look at some of their arguments only, or at the time.
_LAZY: dict[str, tuple[int, int, _Build]] = {
    "now": (0, 1, _now),
    "ago": (1, 1, _ago),
    "iff": (3, 3, _if),
    "iif": (3, 3, _if),
    "case": (3, 63, _case),
    "coalesce": (1, 64, _coalesce),
    "extract": (3, 3, _extract),
}
