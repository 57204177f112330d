"""What a kill leaves half done, and what a start makes of it. A kill at an exact moment is played
here; tests/e2e has real ones, at random moments."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from mlestate.control.settling import settle
from mlestate.core.errors import Conflict, Forbidden, NotFound
from mlestate.core.resource import View
from mlestate.store.cells import Cells
from mlestate.store.directory_tables import directory, names
from mlestate.store.operations import Operations
from mlestate.store.resources import Resources

from .conftest import CPU, GROUP, WORKSPACE, Estate, caller

GRANT = f"{WORKSPACE}/providers/Au/grants/g"
OTHER = f"{GROUP}/providers/Ml/workspaces/other"


class Killed(BaseException):
    """Nothing in the program may catch it."""


def die(*_: Any) -> None:
    raise Killed


def restart(estate: Estate) -> None:
    estate.cells._known.clear()
    settle(estate.plane, set(estate.cells.regions))


def key(path: str) -> str:
    return path.lower()


def test_a_name_that_was_reserved_and_never_used_is_anyones(estate: Estate):
    estate.cells.reserve(key(OTHER), "here", "workspace", "other", estate.now)
    namesake = OTHER.replace("/rg/", "/rg2/")
    estate.put(GROUP.replace("/rg", "/rg2"))
    with pytest.raises(Conflict):
        estate.put(namesake, {"location": "here"})
    restart(estate)
    estate.put(namesake, {"location": "here"})
    assert estate.get(namesake)["name"] == "other"


def test_a_refused_write_keeps_no_place(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr("mlestate.control.work.Work.write_over", die)
        with pytest.raises(Killed):
            estate.put(OTHER, {"location": "here"})
    estate.put(OTHER, {"location": "there"})
    assert estate.plane.cells.region_of(key(OTHER)) == "there"


def test_what_is_there_keeps_its_place_and_its_grants(estate: Estate):
    estate.put(GRANT)
    restart(estate)
    assert estate.get(GRANT)["name"] == "g"
    assert estate.cells.owner("workspace", "w") == key(WORKSPACE)


def test_work_that_was_held_is_done_at_once_after_a_start(estate: Estate):
    estate.put(CPU, {"properties": {"vmSize": "Small"}})
    with estate.cells.regions["here"].write() as connection:
        assert Operations(connection).claim(estate.now, 120.0) is not None
    assert not estate.worker.step()
    restart(estate)
    estate.work()
    assert estate.get(CPU)["properties"]["provisioningState"] == "Succeeded"


def test_a_removal_that_was_cut_off_between_two_cells_is_finished(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
):
    estate.put(GRANT)
    estate.delete(WORKSPACE)
    with monkeypatch.context() as patch:
        patch.setattr(Cells, "release", die)
        with pytest.raises(Killed):
            estate.worker.step()
    restart(estate)
    assert estate.cells.owner("workspace", "w") is None
    estate.put(WORKSPACE, {"location": "there"})
    with pytest.raises(NotFound):
        estate.get(GRANT)


def test_a_namesake_is_not_removed_by_the_work_of_its_forerunner(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
):
    estate.delete(WORKSPACE)
    with monkeypatch.context() as patch:
        patch.setattr(Cells, "release", die)
        with pytest.raises(Killed):
            estate.worker.step()
    restart(estate)
    estate.put(WORKSPACE, {"location": "here"})
    estate.work()
    assert estate.get(WORKSPACE)["name"] == "w"


def test_grants_of_what_is_gone_are_gone(estate: Estate, monkeypatch: pytest.MonkeyPatch):
    model = f"{WORKSPACE}/models/m"
    grant = f"{model}/providers/Au/grants/g"
    estate.put(model)
    estate.put(grant)
    with monkeypatch.context() as patch:
        patch.setattr(Cells, "forget", die)
        with pytest.raises(Killed):
            estate.delete(model)
    restart(estate)
    estate.put(model)
    with pytest.raises(NotFound):
        estate.get(grant)


def test_a_slow_action_wakes_the_worker(estate: Estate):
    """Else it would wait for the worker's own round."""
    estate.put(CPU, {"properties": {"vmSize": "Small"}})
    estate.work()
    said: list[str] = []
    estate.plane.changed = said.append
    estate.engine.act(estate.admin, f"{CPU}/start", {}, View())
    assert said == ["ml/workspaces/computes"]


def test_of_a_database_that_may_lack_more_nothing_is_taken_to_be_gone(estate: Estate):
    """Such as one that was put back from a backup, or the wrong one."""
    estate.put(GRANT)
    with estate.cells.named(estate.cells.region_of(key(WORKSPACE)) or "").turn() as connection:
        Resources(connection).drop_tree(key(WORKSPACE))
    settle(estate.plane, set())
    assert estate.cells.region_of(key(WORKSPACE))
    assert is_known(estate, GRANT)
    restart(estate)
    assert estate.cells.region_of(key(WORKSPACE)) is None
    assert not is_known(estate, GRANT)


def is_known(estate: Estate, id: str) -> bool:
    with estate.cells.estate.read() as connection:
        return Resources(connection).load(key(id)) is not None


def lose_places(estate: Estate) -> None:
    """As where the estate's own database is older than a region's, or another one."""
    with estate.cells.estate.write() as connection:
        for table in (directory, names):
            connection.execute(delete(table))
    estate.cells._known.clear()


def test_what_a_region_has_is_found_again_without_what_the_estate_knew_of_it(estate: Estate):
    estate.put(CPU, {"properties": {"vmSize": "Small"}})
    lose_places(estate)
    with pytest.raises(NotFound):
        estate.get(CPU)
    restart(estate)
    assert estate.get(CPU)["name"] == "cpu"
    assert estate.list(f"{GROUP}/providers/Ml/workspaces") == ["w"]
    estate.put(GROUP.replace("/rg", "/rg2"))
    with pytest.raises(Conflict, match="is taken"):
        estate.put(WORKSPACE.replace("/rg/", "/rg2/"), {"location": "there"})


def test_it_stands_where_its_group_is_made_again_and_is_seen_by_nobody_more(estate: Estate):
    somebody = caller("ana", (GROUP, "Ml/workspaces/read"))
    lose_places(estate)
    with estate.cells.estate.write() as connection:
        Resources(connection).drop_tree(key(GROUP))
    restart(estate)
    assert estate.list("/subscriptions/s/providers/Ml/workspaces") == ["w"]
    with pytest.raises(Forbidden):
        estate.get(WORKSPACE, caller("eva", (f"{GROUP}2", "Ml/workspaces/read")))
    estate.put(GROUP)
    estate.put(WORKSPACE, {"location": "here", "tags": {"a": "b"}})
    assert estate.get(WORKSPACE, somebody)["tags"] == {"a": "b"}


def test_a_name_that_another_one_has_by_now_stays_with_it(estate: Estate):
    lose_places(estate)
    namesake = WORKSPACE.replace("/rg/", "/rg2/")
    estate.put(GROUP.replace("/rg", "/rg2"))
    estate.put(namesake, {"location": "there"})
    restart(estate)
    assert estate.cells.owner("workspace", "w") == key(namesake)
    assert [estate.get(each)["location"] for each in (WORKSPACE, namesake)] == ["here", "there"]
    estate.delete(WORKSPACE)
    estate.work()
    assert estate.cells.owner("workspace", "w") == key(namesake)


def test_a_row_is_shown_by_the_cell_that_it_was_found_in(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
):
    """Also where the directory has let go of it since."""
    cells = list[str]()
    monkeypatch.setattr(estate.computes, "show", lambda work, _: cells.append(work.region) or {})
    estate.put(CPU, {"properties": {"vmSize": "Small"}})
    cells.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Cells, "regions_of", lambda *_: {})
        assert estate.list(f"{WORKSPACE}/computes") == ["cpu"]
    assert cells == ["here"]
