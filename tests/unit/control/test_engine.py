"""One request's way through the control plane."""

from typing import Any

import pytest

from mlestate.control.writing import Conditions
from mlestate.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Stale,
)
from mlestate.core.resource import View
from mlestate.store import activity

from .conftest import CPU, GROUP, SUBSCRIPTION, WORKSPACE, Estate, caller

BODY = {"properties": {"vmSize": "Small", "colour": "red"}}


def test_a_slow_write_is_accepted_then_made(estate: Estate):
    accepted = estate.put(CPU, BODY)
    assert accepted.created
    assert accepted.document["properties"]["provisioningState"] == "Creating"
    assert accepted.operation
    assert estate.computes.done == []
    estate.work()
    made = estate.get(CPU)["properties"]
    assert (made["provisioningState"], made["nodes"]) == ("Succeeded", 0)
    status = estate.engine.get(estate.admin, accepted.operation, {}, View()).operation
    assert status.status == "Succeeded"


def test_unknown_fields_come_back(estate: Estate):
    assert estate.put(CPU, BODY).document["properties"]["colour"] == "red"


def test_a_failure_is_a_state_with_its_reason(estate: Estate):
    asked = estate.put(CPU, {"properties": {"vmSize": "Huge"}})
    estate.work()
    assert estate.get(CPU)["properties"]["provisioningState"] == "Failed"
    status = estate.engine.get(estate.admin, asked.operation, {}, View()).operation
    assert status.error == {"code": "QuotaExceeded", "message": "no quota for `Huge`"}


def test_a_stale_worker_does_not_settle_a_newer_write(estate: Estate):
    estate.put(CPU, BODY)
    newer = estate.put(CPU, BODY)
    estate.worker.step()
    assert estate.get(CPU)["properties"]["provisioningState"] == "Updating"
    estate.work()
    assert estate.get(CPU)["properties"]["provisioningState"] == "Succeeded"
    assert newer.operation


def test_work_that_was_claimed_and_lost_is_taken_up_again(estate: Estate):
    estate.put(CPU, BODY)
    from mlestate.store.operations import Operations

    with estate.cells.named("here").write() as connection:
        assert Operations(connection).claim(estate.now, lease=60) is not None
    assert not estate.worker.step()
    estate.now += 61
    estate.work()
    assert estate.computes.done == [("create", "cpu")]


def test_every_fault_is_named_at_once(estate: Estate):
    with pytest.raises(Invalid) as refused:
        estate.put(
            f"{WORKSPACE}/computes/not_a_name",
            {"tags": {"a<b": 1}, "properties": {"minNodes": -1}},
        )
    assert [d.target for d in refused.value.details] == [
        "name",
        "$.tags.a<b",
        "$.properties.vmSize",
        "$.properties.minNodes",
    ]


def test_the_types_own_check_refuses(estate: Estate):
    with pytest.raises(Invalid, match="not a size"):
        estate.put(CPU, {"properties": {"vmSize": "Unheard"}})


def test_what_is_fixed_stays(estate: Estate):
    estate.put(CPU, BODY)
    with pytest.raises(Invalid, match="cannot change"):
        estate.put(CPU, {"properties": {"vmSize": "Other"}})


def test_a_resource_cannot_change_its_region(estate: Estate):
    with pytest.raises(Conflict, match="region"):
        estate.put(WORKSPACE, {"location": "there"})
    assert estate.get(WORKSPACE)["location"] == "here"


def test_an_unknown_region_is_refused_and_takes_no_place(estate: Estate):
    path = f"{GROUP}/providers/Ml/workspaces/far"
    with pytest.raises(Invalid, match="no region `mars`"):
        estate.put(path, {"location": "mars"})
    estate.put(path, {"location": "There"})
    assert estate.get(path)["name"] == "far"


def test_what_the_server_sets_is_not_the_clients_to_say(estate: Estate):
    before = estate.get(WORKSPACE)["properties"]["workspaceId"]
    body = {
        "location": "here",
        "properties": {"workspaceId": "mine", "provisioningState": "Failed"},
    }
    after = estate.put(WORKSPACE, body).document["properties"]
    assert (after["workspaceId"], after["provisioningState"]) == (before, "Succeeded")


def test_secrets_are_kept_and_never_read_back(estate: Estate):
    secret = {"properties": {"vmSize": "S", "login": {"user": "u", "password": "p"}}}
    shown = estate.put(CPU, secret).document["properties"]
    assert shown["login"] == {"user": "u"}
    answer = estate.engine.act(estate.admin, f"{CPU}/listkeys", {}, View())
    assert answer.document == {"password": "p"}


def test_a_version_makes_its_container(estate: Estate):
    estate.put(f"{WORKSPACE}/models/m/versions/1", {"properties": {"uri": "x"}})
    assert estate.list(f"{WORKSPACE}/models") == ["m"]


def test_lists_filter_by_their_query(estate: Estate):
    for version, archived in (("1", True), ("2", False)):
        body = {"properties": {"uri": "x", "isArchived": archived}}
        estate.put(f"{WORKSPACE}/models/m/versions/{version}", body)
    versions = f"{WORKSPACE}/models/m/versions"
    assert estate.list(versions, listviewtype="ActiveOnly") == ["2"]
    assert estate.list(versions, listviewtype="ListViewType.ARCHIVED_ONLY") == ["1"]
    assert estate.list(versions, listviewtype="All") == ["1", "2"]
    with pytest.raises(Invalid, match="ActiveOnly"):
        estate.list(versions, listviewtype="Some")


def test_pages_over_regions_meet(estate: Estate):
    for i in range(7):
        body = {"location": "here" if i % 2 else "there"}
        estate.put(f"{GROUP}/providers/Ml/workspaces/x{i}", body)
    path, seen, asked = f"{SUBSCRIPTION}/providers/Ml/workspaces", [], {"$top": "3"}
    while True:
        page = estate.engine.get(estate.admin, path, asked, View()).page
        seen += [row["name"] for row in page.rows]
        if not page.next:
            break
        asked = {"$top": "3", "$skiptoken": page.next}
    assert seen == ["w", *(f"x{i}" for i in range(7))]


def test_etags_hold(estate: Estate):
    first = estate.put(WORKSPACE, {"location": "here"})
    estate.put(WORKSPACE, {"location": "here"}, if_match=first.etag)
    with pytest.raises(Stale):
        estate.put(WORKSPACE, {"location": "here"}, if_match=first.etag)
    with pytest.raises(Stale):
        estate.put(WORKSPACE, {"location": "here"}, if_none_match="*")


def test_delete_takes_all_below_and_frees_the_name(estate: Estate):
    estate.put(CPU, BODY)
    estate.put(f"{WORKSPACE}/providers/Au/grants/g")
    estate.work()
    going = estate.delete(WORKSPACE)
    assert going.operation
    with pytest.raises(Conflict, match="being deleted"):
        estate.put(f"{WORKSPACE}/models/m")
    estate.work()
    assert ("delete", "cpu") in estate.computes.done
    with pytest.raises(NotFound):
        estate.get(WORKSPACE)
    with pytest.raises(NotFound):
        estate.get(f"{WORKSPACE}/providers/Au/grants/g")
    estate.put(WORKSPACE, {"location": "there"})
    assert estate.list(f"{WORKSPACE}/computes") == []


def test_a_group_goes_with_all_its_regions(estate: Estate):
    estate.put(f"{GROUP}/providers/Ml/workspaces/far", {"location": "there"})
    estate.delete(GROUP)
    estate.work()
    assert estate.list(f"{SUBSCRIPTION}/resourceGroups") == []
    estate.put(GROUP)
    assert estate.list(f"{SUBSCRIPTION}/providers/Ml/workspaces") == []


def test_deleting_what_is_not_there_says_so(estate: Estate):
    assert not estate.delete(f"{WORKSPACE}/models/none").existed


def test_patch_merges_properties_and_replaces_tags(estate: Estate):
    from mlestate.control.writing import Conditions

    estate.put(CPU, {**BODY, "tags": {"a": "1"}})
    patch: dict[str, Any] = {"tags": {"b": "2"}, "properties": {"minNodes": 2, "colour": None}}
    shown = estate.engine.patch(estate.admin, CPU, patch, Conditions(), View()).document
    assert shown["tags"] == {"b": "2"}
    assert shown["properties"]["vmSize"] == "Small"
    assert "colour" not in shown["properties"]


@pytest.mark.parametrize(
    "path",
    [
        f"{SUBSCRIPTION}/resourceGroups/none/providers/Ml/workspaces/x",
        f"{GROUP}/providers/Ml/workspaces/none/models/m",
        f"{GROUP}/providers/Ml/unheard/x",
    ],
)
def test_nothing_is_written_where_there_is_no_parent_or_type(estate: Estate, path: str):
    with pytest.raises(NotFound):
        estate.put(path, {"location": "here"})


def test_strangers_learn_nothing(estate: Estate):
    eve = caller("eve")
    for path in (WORKSPACE, f"{GROUP}/providers/Ml/workspaces/none", CPU):
        with pytest.raises(Forbidden):
            estate.get(path, eve)
        with pytest.raises(Forbidden):
            estate.delete(path, eve)
    with pytest.raises(Forbidden):
        estate.list(f"{WORKSPACE}/computes", eve)
    assert estate.list(f"{SUBSCRIPTION}/providers/Ml/workspaces", eve) == []


def test_a_list_far_above_shows_what_one_may_read(estate: Estate):
    estate.put(f"{GROUP}/providers/Ml/workspaces/other", {"location": "there"})
    bob = caller("bob", (WORKSPACE, "*/read"))
    assert estate.list(f"{SUBSCRIPTION}/providers/Ml/workspaces", bob) == ["w"]
    assert estate.list("/subscriptions", bob) == []


def test_a_refusal_names_the_action(estate: Estate):
    bob = caller("bob", (WORKSPACE, "*/read"))
    with pytest.raises(Forbidden, match="Ml/workspaces/computes/write"):
        estate.put(CPU, BODY, who=bob)


def test_an_operation_is_seen_by_who_asked_and_who_may_read(estate: Estate):
    asked = estate.put(CPU, BODY).operation
    reader, eve = caller("bob", (WORKSPACE, "*/read")), caller("eve")
    assert estate.engine.get(reader, asked, {}, View()).operation
    with pytest.raises(Forbidden):
        estate.engine.get(eve, asked, {}, View())


def test_what_is_not_served_is_said_to_everybody_since_no_role_would_help(estate: Estate):
    engine, when = estate.engine, Conditions()
    for who in (estate.admin, caller("eve")):
        for unserved in (
            lambda who: engine.act(who, f"{WORKSPACE}/dance", {}, View()),
            lambda who: engine.act(who, f"{WORKSPACE}/hats/h/dance", {}, View()),
            lambda who: engine.get(who, f"{WORKSPACE}/hats", {}, View()),
            lambda who: engine.get(who, f"{WORKSPACE}/hats/h", {}, View()),
            lambda who: engine.put(who, f"{WORKSPACE}/hats/h", {}, when, View()),
            lambda who: engine.delete(who, f"{WORKSPACE}/hats/h", when, View()),
        ):
            with pytest.raises(NotFound):
                unserved(who)


def test_a_collection_is_not_written(estate: Estate):
    with pytest.raises(MethodNotAllowed):
        estate.put(f"{WORKSPACE}/models")


def test_every_write_is_on_record_in_a_chain(estate: Estate):
    estate.put(CPU, BODY)
    estate.delete(CPU)
    with estate.cells.named("here").read() as connection:
        found = activity.events(connection)
    assert [e.action.rpartition("/")[2] for e in found] == ["delete", "write", "write"]
    assert {e.name for e in found} == {"admin"}


def test_a_managed_identity_says_its_tenant_and_no_principal(estate: Estate):
    body = {"location": "here", "identity": {"type": "SystemAssigned"}, "properties": {}}
    estate.put(WORKSPACE, body)
    seen = View(tenant="t")
    shown = estate.engine.get(estate.admin, WORKSPACE, {}, seen).document
    assert shown["identity"] == {"type": "SystemAssigned", "tenantId": "t"}
