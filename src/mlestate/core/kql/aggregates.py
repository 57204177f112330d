"""What `summarize` reckons over the rows of a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from . import values
from .compiled import AGGREGATES, Row, Scene, Value, test_of, value_of
from .fault import near
from .naming import names, natural
from .tree import Call, Column, Constant, Name
from .values import number

MOST_IN_A_SET = 1000


class Tally(Protocol):
    """Of one group."""

    def add(self, row: Row) -> None: ...
    def results(self) -> tuple[Any, ...]:
        """One for each of its columns."""


class _Counting:
    def __init__(self, test: Callable[[Row], bool] | None):
        self._test, self._count = test, 0

    def add(self, row: Row) -> None:
        if self._test is None or self._test(row):
            self._count += 1

    def results(self) -> tuple[Any, ...]:
        return (self._count,)


class _Different:
    def __init__(self, value: Value):
        self._value, self._seen = value, set[Any]()

    def add(self, row: Row) -> None:
        found = self._value(row)
        if found is not None:
            self._seen.add(values.same(found))

    def results(self) -> tuple[Any, ...]:
        return (len(self._seen),)


class _Sum:
    def __init__(self, value: Value, mean: bool):
        self._value, self._mean = value, mean
        self._sum: int | float = 0
        self._count = 0

    def add(self, row: Row) -> None:
        found = number(self._value(row))
        if found is not None:
            self._sum += found
            self._count += 1

    def results(self) -> tuple[Any, ...]:
        if not self._mean:
            return (self._sum,)
        return (self._sum / self._count if self._count else None,)


class _Outermost:
    """The largest or smallest value, and what else its row says."""

    def __init__(self, value: Value, sign: int, also: tuple[Value, ...] = ()):
        self._value, self._sign, self._also = value, sign, also
        self._best: tuple[int, Any] | None = None
        self._found: Any = None
        self._row: Row | None = None

    def add(self, row: Row) -> None:
        found = self._value(row)
        if found is None:
            return
        rank = values.rank(found)
        if self._best is None or (rank > self._best if self._sign > 0 else rank < self._best):
            self._best, self._found = rank, found
            self._row = row if self._also else None

    def results(self) -> tuple[Any, ...]:
        row = self._row
        return (self._found, *(also(row) if row is not None else None for also in self._also))


class _Collected:
    def __init__(self, value: Value, most: int, once: bool, hold: Callable[[], None]):
        self._value, self._most, self._once, self._hold = value, most, once, hold
        self._found: list[Any] = []
        self._seen = set[Any]()

    def add(self, row: Row) -> None:
        if len(self._found) >= self._most:
            return
        found = self._value(row)
        if found is None:
            return
        if self._once:
            known = values.same(found)
            if known in self._seen:
                return
            self._seen.add(known)
        self._hold()
        self._found.append(values.shown(found))

    def results(self) -> tuple[Any, ...]:
        return (self._found,)


class _Any:
    def __init__(self, value: Value):
        self._value = value
        self._found: Any = None

    def add(self, row: Row) -> None:
        if self._found is None:
            self._found = self._value(row)

    def results(self) -> tuple[Any, ...]:
        return (self._found,)


class _If:
    """Of those rows only that pass a test."""

    def __init__(self, test: Callable[[Row], bool], inner: Tally):
        self._test, self._inner = test, inner

    def add(self, row: Row) -> None:
        if self._test(row):
            self._inner.add(row)

    def results(self) -> tuple[Any, ...]:
        return self._inner.results()


Begin = Callable[[], Tally]


def aggregate(scene: Scene, call: Call, name: str) -> tuple[tuple[str, ...], Begin]:
    """The columns it makes, and how a group's tally begins. Without a name, one is made."""
    if call.name not in AGGREGATES:
        why = f"`{call.name[:60]}` does not count over rows{near(call.name, AGGREGATES)}"
        raise scene.fault(call.at, why, "InvalidFunction")
    if call.name in ("arg_max", "arg_min"):
        return _arg(scene, call, name)
    own = name or _own_name(call)
    if call.name == "count":
        _hold(scene, call, 0, 0)
        return (own,), lambda: _Counting(None)
    if call.name == "countif":
        _hold(scene, call, 1, 1)
        test = test_of(scene, call.arguments[0])
        return (own,), lambda: _Counting(test)
    if call.name.endswith("if"):
        _hold(scene, call, 2, 2)
        plain = Call(call.name.removesuffix("if"), call.arguments[:1], call.at)
        _, begin = aggregate(scene, plain, own)
        test = test_of(scene, call.arguments[1])
        return (own,), lambda: _If(test, begin())
    return (own,), _simple(scene, call)


def _simple(scene: Scene, call: Call) -> Begin:
    listed = call.name in ("make_set", "make_list")
    _hold(scene, call, 1, 2 if listed or call.name == "dcount" else 1)
    value = value_of(scene, call.arguments[0])
    if listed:
        most, once, hold = _most(scene, call), call.name == "make_set", scene.budget.hold
        return lambda: _Collected(value, most, once, hold)
    begins: dict[str, Begin] = {
        "dcount": lambda: _Different(value),
        "sum": lambda: _Sum(value, mean=False),
        "avg": lambda: _Sum(value, mean=True),
        "max": lambda: _Outermost(value, 1),
        "min": lambda: _Outermost(value, -1),
        "any": lambda: _Any(value),
        "take_any": lambda: _Any(value),
    }
    return begins[call.name]


def _most(scene: Scene, call: Call) -> int:
    if len(call.arguments) < 2:
        return MOST_IN_A_SET
    said = call.arguments[1]
    if not isinstance(said, Constant) or not isinstance(said.value, int) or said.value < 1:
        raise scene.fault(said.at, f"how many `{call.name}` keeps is a whole number above 0")
    return min(said.value, MOST_IN_A_SET)


def _arg(scene: Scene, call: Call, name: str) -> tuple[tuple[str, ...], Begin]:
    if not call.arguments or (len(call.arguments) == 1 and not call.star):
        why = f"write `{call.name}(by, *)`, or columns in place of the `*`"
        raise scene.fault(call.at, why, "InvalidFunction")
    first, *others = call.arguments
    sign = 1 if call.name == "arg_max" else -1
    own = [Column(name, first, first.at), *(Column("", one, one.at) for one in others)]
    columns = names(own)
    plain = [one.name for one in call.arguments if isinstance(one, Name)]
    rest = [each for each in scene.columns if each not in (*columns, *plain)] if call.star else []
    also = [value_of(scene, one) for one in others]
    also += [value_of(scene, Name(each, call.at)) for each in rest]
    value = value_of(scene, first)
    return (*columns, *rest), lambda: _Outermost(value, sign, tuple(also))


_PREFIX = {"make_set": "set", "make_list": "list", "take_any": "any"}


def _own_name(call: Call) -> str:
    """`count_`, `sum_price`, `set_location`."""
    first = call.arguments[0] if call.arguments else None
    word = _PREFIX.get(call.name, call.name)
    return f"{word}_{natural(first) if first is not None else ''}"


def _hold(scene: Scene, call: Call, least: int, most: int) -> None:
    if call.star or not least <= len(call.arguments) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        why = f"`{call.name}` takes {wanted} arguments, and has {len(call.arguments)}"
        raise scene.fault(call.at, why, "InvalidFunction")
