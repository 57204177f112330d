"""What is locked stays, as Azure says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlestate.app.build import Estate as Real
from mlestate.app.settings import Settings
from mlestate.control.engine import Engine
from mlestate.control.writing import Conditions
from mlestate.core.access import Caller, Grant, Rights
from mlestate.core.errors import Conflict, Forbidden, Invalid, NotFound, PlatformError
from mlestate.core.resource import View
from mlestate.core.roles import by_name

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
STORE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stone"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-one"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw"
COMPUTE = f"{WORKSPACE}/computes/cpu"
KEEP, FREEZE = "CanNotDelete", "ReadOnly"


def holder(role: str, scope: str = "") -> Caller:
    found = by_name(role)
    assert found is not None
    return Caller(role, role, "User", Rights([Grant(scope, found)]))


class Estate:
    def __init__(self, folder: Path):
        self.real = Real(folder, Settings(), ["westeurope"])
        self.engine, self.owner = self.real.engine, holder("Owner")
        self.put(SUBSCRIPTION, {})
        here = {"location": "westeurope"}
        self.put(GROUP, here)
        self.put(STORE, {**here, "properties": {"allowSharedKeyAccess": True}})
        self.put(VAULT, here)
        self.put(WORKSPACE, {**here, "properties": {"storageAccount": STORE}})

    def put(self, id: str, body: dict[str, Any], who: Caller | None = None) -> Any:
        return self.engine.put(who or self.owner, id, body, Conditions(), View())

    def put_among(self, id: str, body: dict[str, Any]) -> Any:
        """A PUT among many, whose refusal is raised."""
        [answer] = self.engine.put_many(self.owner, [(id, body)], View())
        if isinstance(answer, PlatformError):
            raise answer
        return answer

    def lock(self, scope: str, level: str = KEEP, name: str = "keep") -> str:
        id = f"{scope}/providers/Microsoft.Authorization/locks/{name}"
        self.put(id, {"properties": {"level": level}})
        return id

    def delete(self, id: str) -> Any:
        outcome = self.engine.delete(self.owner, id, Conditions(), View())
        while self.real.worker.step():
            pass
        return outcome

    def patch(self, id: str, tags: dict[str, str]) -> Any:
        return self.engine.patch(self.owner, id, {"tags": tags}, Conditions(), View())

    def post(self, id: str, action: str) -> Any:
        return self.engine.act(self.owner, f"{id}/{action}", {}, View())

    def there(self, id: str) -> bool:
        try:
            self.engine.get(self.owner, id, {}, View())
        except NotFound:
            return False
        return True


@pytest.fixture
def estate(tmp_path: Path):
    made = Estate(tmp_path)
    yield made
    made.real.close()


def locked(work: Any) -> str:
    with pytest.raises(Conflict) as refused:
        work()
    assert refused.value.code == "ScopeLocked"
    return str(refused.value)


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, STORE])
def test_what_is_at_or_below_a_lock_is_not_deleted_and_can_be_changed(estate: Estate, scope: str):
    lock = estate.lock(scope)
    said = locked(lambda: estate.delete(STORE))
    assert said == (
        f"The scope '{STORE}' cannot perform delete operation because following scope(s) are "
        f"locked: '{scope}'. Please remove the lock and try again."
    )
    estate.patch(STORE, {"a": "b"})
    estate.post(STORE, "listKeys")
    estate.delete(lock)
    estate.delete(STORE)
    assert not estate.there(STORE)


def test_what_stands_above_a_lock_is_not_deleted_either(estate: Estate):
    estate.lock(STORE)
    estate.lock(VAULT)
    for scope in (GROUP, SUBSCRIPTION):
        said = locked(lambda scope=scope: estate.delete(scope))
        assert f"'{STORE}'" in said
        assert f"'{VAULT}'" in said
    estate.delete(WORKSPACE)
    assert [estate.there(id) for id in (WORKSPACE, STORE, VAULT)] == [False, True, True]


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, STORE])
def test_what_is_read_only_is_not_written_and_gives_no_keys(estate: Estate, scope: str):
    estate.lock(scope, FREEZE)
    assert "cannot perform write" in locked(lambda: estate.patch(STORE, {"a": "b"}))
    assert "cannot perform write" in locked(lambda: estate.put(STORE, {"location": "westeurope"}))
    assert "cannot perform action" in locked(lambda: estate.post(STORE, "listKeys"))
    assert "cannot perform delete" in locked(lambda: estate.delete(STORE))
    assert estate.there(STORE)


WRITING = {
    "put": lambda e: e.put(STORE, {"location": "westeurope"}),
    "put_many": lambda e: e.put_among(STORE, {"location": "westeurope"}),
    "patch": lambda e: e.patch(STORE, {"a": "b"}),
    "delete": lambda e: e.delete(STORE),
    "act": lambda e: e.post(STORE, "listKeys"),
}
READING = {"address", "get", "known", "refused", "several"}


def test_every_way_into_the_engine_that_writes_asks_for_locks(estate: Estate):
    """Fails where the engine gets another way in: say here that it only reads, or try it."""
    ways = {name for name in vars(Engine) if not name.startswith("_")}
    assert ways - READING == set(WRITING)
    estate.lock(GROUP, FREEZE)
    for way in WRITING.values():
        locked(lambda way=way: way(estate))


def test_nothing_new_is_made_in_what_is_read_only_and_its_surroundings_are_free(estate: Estate):
    estate.lock(WORKSPACE, FREEZE)
    compute = {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS3_v2"}}
    locked(lambda: estate.put(COMPUTE, {"location": "westeurope", "properties": compute}))
    estate.patch(GROUP, {"a": "b"})
    estate.patch(STORE, {"a": "b"})


def test_a_cluster_that_was_asked_for_is_made_and_grows_under_any_lock(estate: Estate):
    """In Azure a lock on a group keeps clusters from shrinking; here none does."""
    scale = {"minNodeCount": 0, "maxNodeCount": 1}
    compute = {"vmSize": "Standard_DS3_v2", "scaleSettings": scale}
    body = {"computeType": "AmlCompute", "properties": compute}
    estate.put(COMPUTE, {"location": "westeurope", "properties": body})
    estate.lock(GROUP, FREEZE)
    while estate.real.worker.step():
        pass
    shown = estate.engine.get(estate.owner, COMPUTE, {}, View()).document
    assert shown["properties"]["provisioningState"] == "Succeeded"


def test_a_lock_that_is_loosened_or_gone_holds_no_more_from_the_next_request_on(estate: Estate):
    lock = estate.lock(STORE, FREEZE)
    locked(lambda: estate.patch(STORE, {"a": "b"}))
    estate.lock(STORE, KEEP)
    estate.patch(STORE, {"a": "b"})
    estate.lock(STORE, FREEZE)
    locked(lambda: estate.patch(STORE, {"a": "c"}))
    estate.delete(lock)
    estate.patch(STORE, {"a": "c"})


def test_the_strictest_of_several_wins(estate: Estate):
    estate.lock(GROUP, KEEP, "one")
    estate.lock(STORE, FREEZE, "two")
    assert f"locked: '{STORE}'." in locked(lambda: estate.patch(STORE, {"a": "b"}))
    assert f"locked: '{STORE}', '{GROUP}'." in locked(lambda: estate.delete(STORE))


def test_a_lock_outlives_a_restart(estate: Estate, tmp_path: Path):
    estate.lock(STORE)
    again = Real(tmp_path, Settings(), ["westeurope"])
    locked(lambda: again.engine.delete(estate.owner, STORE, Conditions(), View()))
    again.close()


def test_a_lock_of_something_that_is_gone_stands_in_nobodys_way(estate: Estate):
    estate.lock(STORE)
    estate.real.cells.forget(f"{STORE}/providers/microsoft.authorization/locks/keep".lower())
    estate.delete(STORE)
    assert not estate.there(STORE)


@pytest.mark.parametrize("role", ["Owner", "User Access Administrator"])
def test_who_may_let_others_in_may_lock(estate: Estate, role: str):
    id = f"{STORE}/providers/Microsoft.Authorization/locks/keep"
    estate.put(id, {"properties": {"level": "cannotdelete"}}, holder(role))
    shown = estate.engine.get(holder(role), id, {}, View()).document
    assert shown["properties"] == {"level": "CanNotDelete"}
    assert shown["type"] == "Microsoft.Authorization/locks"


@pytest.mark.parametrize("role", ["Contributor", "Reader", "AzureML Data Scientist"])
def test_nobody_else_may(estate: Estate, role: str):
    id = f"{STORE}/providers/Microsoft.Authorization/locks/keep"
    with pytest.raises(Forbidden, match="locks/write"):
        estate.put(id, {"properties": {"level": KEEP}}, holder(role))
    estate.lock(STORE)
    with pytest.raises(Forbidden, match="locks/delete"):
        estate.engine.delete(holder(role), id, Conditions(), View())


def test_a_stranger_is_refused_before_the_lock_is_told(estate: Estate):
    estate.lock(STORE)
    with pytest.raises(Forbidden) as refused:
        estate.engine.delete(holder("Reader", VAULT), STORE, Conditions(), View())
    assert refused.value.code == "AuthorizationFailed"


@pytest.mark.parametrize(
    ("scope", "level"), [("", KEEP), (STORE, "NotSpecified"), (STORE, "Never"), ("lock", KEEP)]
)
def test_what_makes_no_sense_is_refused(estate: Estate, scope: str, level: str):
    where = estate.lock(STORE) if scope == "lock" else scope
    with pytest.raises(Invalid):
        estate.put(
            f"{where}/providers/Microsoft.Authorization/locks/l", {"properties": {"level": level}}
        )


def test_locks_are_listed_at_their_scope_and_above(estate: Estate):
    estate.lock(STORE, name="one")
    estate.lock(VAULT, name="two")
    for scope, names in ((STORE, ["one"]), (GROUP, ["one", "two"]), (SUBSCRIPTION, ["one", "two"])):
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        page = estate.engine.get(estate.owner, path, {}, View()).page
        assert sorted(row["name"] for row in page.rows) == names


def test_a_role_assignment_on_what_is_locked_is_not_taken_back(estate: Estate):
    reader = by_name("Reader")
    person = estate.real.identities.directory.put("User", "ana")[0]
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{reader.id}"
    name = "33333333-3333-3333-3333-333333333333"
    id = f"{STORE}/providers/Microsoft.Authorization/roleAssignments/{name}"
    estate.put(id, {"properties": {"roleDefinitionId": definition, "principalId": person.id}})
    estate.lock(GROUP)
    locked(lambda: estate.delete(id))
