from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from mlestate.blob import blobs, containers
from mlestate.blob.bodies import Body
from mlestate.blob.cell import Cell, Place
from mlestate.store.blob_tables import Blob

NAMES = ["a", "a/b", "a/c", "a/d/e", "b", "bé/x", "c-1", "c/1", "c0", "d/", "ÿ/1", "\U0001f600"]


def fill(cell: Cell, names: list[str], container: str = "box") -> None:
    for name in names:
        blobs.place_body(cell, Place("acc", container, name), Body(b"0" * 32, 1))


def listed(cell: Cell, prefix: str = "", delimiter: str = "", limit: int = 5000) -> list[str]:
    """All pages together."""
    found: list[str] = []
    start: str | None = ""
    while start is not None:
        page = containers.page(cell, "acc", "box", prefix, delimiter, start, limit)
        assert len(page.entries) <= limit
        found += [one.name if isinstance(one, Blob) else f"<{one}>" for one in page.entries]
        start = page.next
    return found


def expected(names: list[str], prefix: str, delimiter: str) -> list[str]:
    found: list[str] = []
    for name in sorted(names):
        if not name.startswith(prefix):
            continue
        at = name.find(delimiter, len(prefix)) if delimiter else -1
        entry = name if at < 0 else f"<{name[: at + len(delimiter)]}>"
        if entry not in found:
            found.append(entry)
    return found


def test_pages_together_are_the_list(cell: Cell) -> None:
    fill(cell, NAMES)
    prefixes = ("", "a", "a/", "c", "zzz", "\U0001f600")
    for prefix, delimiter, limit in product(prefixes, ("", "/", "-", "/d"), (1, 2, 3, 5000)):
        assert listed(cell, prefix, delimiter, limit) == expected(NAMES, prefix, delimiter)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.sets(st.text("ab/\ud7ff\ue000\U0010ffff", min_size=1, max_size=5), max_size=12),
    prefix=st.text("ab/", max_size=2),
    delimiter=st.sampled_from(["", "/", "a", "\ud7ff"]),
    limit=st.integers(1, 4),
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_any_names_are_listed_right(
    cell: Cell, names: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    containers.delete(cell, "acc", "box")
    containers.create(cell, "acc", "box")
    fill(cell, sorted(names))
    assert listed(cell, prefix, delimiter, limit) == expected(sorted(names), prefix, delimiter)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_seeks_in_the_index_and_never_scans(cell: Cell) -> None:
    fill(cell, [f"big/{i}" for i in range(30)] + ["z"])
    asked: list[tuple[str, object]] = []

    def remember(
        _c: object, _k: object, statement: str, parameters: object, *_rest: object
    ) -> None:
        asked.append((statement, parameters))

    event.listen(cell.database.engine, "after_cursor_execute", remember)
    for prefix, delimiter in (("", "/"), ("big/", "/"), ("big/", "")):
        containers.page(cell, "acc", "box", prefix, delimiter)
    queries = [
        (said, given) for said, given in asked if said.lstrip().startswith(("SELECT", "WITH"))
    ]
    assert len(queries) <= 3 * 3
    with cell.database.read() as connection:
        for statement, parameters in queries:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row.detail for row in plan]
            assert not [step for step in steps if step.startswith("SCAN blob")], steps
