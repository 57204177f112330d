"""Abilities and their words; verdicts with their reasons; a world that is changed in thought."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.catalog import CATALOG
from mlestate.core import roles
from mlestate.core.answers import difference
from mlestate.core.answers.abilities import abilities, ability, is_data
from mlestate.core.answers.change import Change
from mlestate.core.answers.holders import holders
from mlestate.core.answers.matrix import Asked, cells
from mlestate.core.answers.overlay import after, place, places_after
from mlestate.core.answers.places import Place, scope_of
from mlestate.core.answers.verdict import Question, decide, decide_all
from mlestate.core.answers.world import Against, Assignment, Bound, World
from mlestate.core.errors import Invalid
from mlestate.core.principals import Principal
from mlestate.core.rights import EVERYONE, Denial, Permission, Role
from mlestate.core.time_boxes import Activation, Eligibility

ML = "Microsoft.MachineLearningServices/workspaces"
GROUP = "/subscriptions/s/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/{ML}/w"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
PLACE = Place(WORKSPACE, "w", "fraud", "dev")
READER, SCIENTIST, OWNER = (
    found
    for name in ("Reader", "AzureML Data Scientist", "Owner")
    if (found := roles.by_name(name))
)
TRAIN = Question(f"{ML}/jobs/write", WORKSPACE)
SEE = Question(f"{ML}/read", WORKSPACE)


def principal(name: str, kind: Any = "User") -> Principal:
    return Principal(f"id-{name}", kind, name, "", name, True, 0.0)


def assigned(name: str, principal: str, scope: str, role: Role) -> Assignment:
    id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    return Assignment(id, principal, scope, role)


def world(**more: Any) -> World:
    """Ana is in `inner`, which is in `outer`, which is Data Scientist; Pat owns the group."""
    people = [principal("ana"), principal("pat")]
    people += [principal(name, "Group") for name in ("inner", "outer")]
    given = [
        assigned("a1", "id-outer", WORKSPACE, SCIENTIST),
        assigned("a2", "id-ana", "/subscriptions/s", READER),
        assigned("a3", "id-pat", GROUP, OWNER),
    ]
    inside = {"id-outer": ["id-inner"], "id-inner": ["id-ana", "id-outer"]}
    known = {**roles.builtin()}
    return World(people, inside, given, more.pop("bounds", {}), 0.0, known, **more)


class TestAbilities:
    @pytest.mark.parametrize(
        ("word", "name"),
        [("train", "train"), ("Submit Job", "train"), ("grant", "give-role"), ("look", None)],
    )
    def test_people_have_words_for_them(self, word: str, name: str | None):
        assert ability(word).name == (name or "see-workspace")

    def test_an_action_is_one_too_and_azures_roles_tell_what_it_is(self):
        blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
        assert ability(blobs).data
        assert not is_data(f"{ML}/jobs/write")
        assert not ability(blobs, data=False).data

    def test_a_slip_is_told(self):
        with pytest.raises(Invalid, match="did you mean `train`"):
            ability("trian")

    def test_each_is_of_a_type_of_the_catalog_but_some_that_are_known(self):
        offered = {kind.name.lower() for kind in CATALOG}
        verbs = [each for each in abilities() if not each.action.endswith("/action")]
        # Endpoints are not offered yet; runs, artifacts, containers and blobs are no resources.
        assert {
            each.name for each in verbs if each.action.lower().rpartition("/")[0] not in offered
        } == {
            *("deploy", "delete-endpoint"),
            *("see-runs", "log-metrics", "delete-run", "read-artifacts"),
            *("create-container", "read-data", "write-data", "delete-data"),
        }

    def test_no_word_means_two(self):
        words = [word for each in abilities() for word in (each.name, *each.also)]
        assert len(words) == len(set(words))


class TestVerdicts:
    def test_a_way_is_told_through_groups_in_groups_and_rings_end(self):
        found = decide(world(), "id-ana", TRAIN)
        ways = [(way.assignment.role.name, way.groups) for way in found.through]
        assert ways == [("AzureML Data Scientist", ("id-inner", "id-outer"))]
        assert [way.assignment.role.name for way in found.beside] == ["Reader"]

    def test_what_is_missing_is_told_with_the_smallest_role(self):
        found = decide(world(), "id-ana", Question(f"{ML}/computes/write", WORKSPACE))
        assert (found.allowed, found.role and found.role.name) == (
            False,
            "AzureML Compute Operator",
        )

    def test_a_guest_is_told_what_keeps_them_out_and_no_role(self):
        bounds = {"id-pat": Bound((f"{GROUP}2",), 9.0)}
        found = decide(world(bounds=bounds), "id-pat", SEE)
        assert (found.allowed, found.bar, found.role) == (False, "guest-scope", None)
        over = decide(world(bounds={"id-pat": Bound((GROUP,), 0.0)}), "id-pat", SEE)
        assert over.bar == "guest-over"

    def test_a_denial_goes_before_an_owner_but_not_before_who_is_excluded(self):
        denial = Denial("d1", "freeze", GROUP, (Permission((f"{ML}/*",)),))
        against = [Against(denial, frozenset({EVERYONE}), frozenset({"id-inner"}))]
        found = decide(world(against=against), "id-pat", SEE)
        assert (found.allowed, found.bar, found.denial) == (False, "denied", denial)
        assert decide(world(against=against), "id-pat", Question("x/read", WORKSPACE)).allowed
        assert decide(world(against=against), "id-ana", SEE).allowed

    def test_a_role_that_one_could_take_is_told(self):
        could = Eligibility(id="e1", principal="id-inner", scope=GROUP, role=OWNER)
        late = Eligibility(id="e2", principal="id-ana", scope=GROUP, role=OWNER, begins=5.0)
        delete = Question(f"{ML}/delete", WORKSPACE)
        found = decide(world(eligible=[could, late]), "id-ana", delete)
        assert (found.allowed, found.eligible) == (False, (could,))

    @pytest.mark.parametrize(("now", "held"), [(0.9, False), (1.0, True), (2.0, False)])
    def test_a_role_that_was_taken_counts_while_it_lasts_and_what_it_rests_on(
        self, now: float, held: bool
    ):
        could = Eligibility(id="e1", principal="id-inner", scope=GROUP, role=OWNER)
        took = {"principal": "id-ana", "scope": GROUP, "role": OWNER, "begins": 1.0, "ends": 2.0}
        rests = Activation(id="x", rests_on="e1", **took)
        delete = Question(f"{ML}/delete", WORKSPACE)
        there = world(eligible=[could], activations=[rests]).at(now)
        assert decide(there, "id-ana", delete).allowed == held
        assert ("id-ana" in {each.principal.id for each in holders(there, delete)}) == held
        cell = cells(there, ["id-ana"], [Asked(PLACE, ability("delete-workspace"))])
        assert bool(cell) == held
        gone = world(activations=[rests]).at(now)
        assert not decide(gone, "id-ana", delete).allowed


class TestInThought:
    def test_a_new_member_gains_and_a_deleted_group_loses(self):
        before = world()
        join = Change("/estate/v1/groups/inner", {"members": ["ana", "pat", "nobody"]})
        assert decide(after(before, [join]), "id-pat", TRAIN).through[0].groups
        gone = after(before, [Change("/estate/v1/groups/outer")])
        assert not decide(gone, "id-ana", TRAIN).allowed

    def test_new_people_roles_and_assignments_count_together(self):
        role = {"roleName": "runner", "permissions": [{"actions": [f"{ML}/jobs/*"]}]}
        given = {"roleDefinitionId": "/x/runner", "principalId": "id-mia"}
        authorization = f"{WORKSPACE}/providers/Microsoft.Authorization"
        changes = [
            Change("/estate/v1/users/mia", {"objectId": "id-mia"}),
            Change(
                "/providers/Microsoft.Authorization/roleDefinitions/runner", {"properties": role}
            ),
            Change(f"{authorization}/roleAssignments/a9", {"properties": given}),
        ]
        assert decide(after(world(), changes), "id-mia", TRAIN).allowed

    def test_what_goes_with_its_group_of_resources_is_lost(self):
        later = after(world(), [Change(GROUP)])
        assert not decide(later, "id-pat", SEE).allowed
        assert places_after([PLACE], [Change(GROUP)]) == []

    def test_what_is_written_and_deleted_in_one_is_gone(self):
        said = {"members": ["pat"], "guest": None}
        changes = [Change("/estate/v1/groups/new", said), Change("/estate/v1/groups/new")]
        assert after(world(), changes).find("new") is None

    def test_a_guest_who_is_invited_is_bounded(self):
        until = {"until": "1970-01-03", "scopes": [f"{GROUP}9"], "sponsor": "ana"}
        later = after(world(), [Change("/estate/v1/users/pat", {"guest": until})])
        assert decide(later, "id-pat", SEE).bar == "guest-scope"
        assert decide(
            after(later, [Change("/estate/v1/users/pat", {"guest": None})]), "id-pat", SEE
        )

    @pytest.mark.parametrize(
        "change",
        [
            Change("/estate/v1/users/pat", {"guest": {"until": "soon", "scopes": []}}),
            Change(
                "/x/providers/Microsoft.Authorization/roleDefinitions/r",
                {"properties": {"permissions": 1}},
            ),
        ],
    )
    def test_nonsense_is_refused(self, change: Change):
        with pytest.raises(Invalid):
            after(world(), [change])

    def test_the_difference_is_by_person_and_place(self):
        before, asked = world(), [Asked(PLACE, each) for each in abilities()]
        ids = ["id-ana", "id-pat"]
        later = after(before, [Change("/estate/v1/groups/inner", {"members": []})])
        found = difference.over_time(cells(before, ids, asked), cells(later, ids, asked))
        assert [(each.principal, each.gained, "train" in each.lost) for each in found] == [
            ("id-ana", (), True)
        ]


def test_who_may_not_read_data_is_told_the_role_that_reads_data_and_no_more():
    asked = ability("read-data")
    _, found = decide_all(world(), "id-pat", [Question(asked.action, WORKSPACE, asked.data)])
    assert found.role is not None
    assert found.role.name == "Storage Blob Data Reader"


def test_a_workspace_is_known_by_its_tags():
    document = {"tags": {"Project": "fraud", "environment": "prod"}, "properties": {}}
    found = place(WORKSPACE, document)
    assert (found.project, found.environment, found.group) == ("fraud", "prod", GROUP)


def test_what_is_asked_of_a_group_is_asked_above_an_id():
    assert scope_of(ability("create-workspace"), WORKSPACE) == GROUP
    assert scope_of(ability("create-resource-group"), WORKSPACE) == "/subscriptions/s"
    assert scope_of(ability("train"), GROUP) == GROUP
