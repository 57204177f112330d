import pytest

from mlestate.core import roles
from mlestate.core.access import Caller, Denial, Grant, Permission, Rights, Role, refusal
from mlestate.core.errors import Forbidden
from mlestate.core.guests import GUEST
from mlestate.core.time_boxes import Eligibility
from mlestate.identity.job_rights import of_job

READER = Role("r", "Reader", (Permission(actions=("*/read",)),))
WORKSPACE = (
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/w"
)


def role(*actions: str, less: tuple[str, ...] = ()) -> Role:
    return Role("x", "X", (Permission(actions=actions, not_actions=less),))


def test_a_grant_reaches_everything_below_its_scope_whatever_the_case():
    rights = Rights([Grant("/subscriptions/S/resourcegroups/RG", READER)])
    assert rights.allows("Microsoft.MachineLearningServices/workspaces/READ", WORKSPACE)
    assert not rights.allows(
        "Microsoft.MachineLearningServices/workspaces/read", "/subscriptions/s"
    )


def test_a_star_between_slashes_matches_nothing_too():
    rights = Rights([Grant("", role("Ml/workspaces/*/read"))])
    assert rights.allows("Ml/workspaces/read", "")
    assert rights.allows("Ml/workspaces/jobs/read", "")
    assert not rights.allows("Ml/workspacesx/read", "")


def test_not_actions_do_not_block_what_another_role_gives():
    rights = Rights(
        [Grant("", role("*", less=("Ml/jobs/write",))), Grant("", role("Ml/jobs/write"))]
    )
    assert rights.allows("Ml/jobs/write", "/subscriptions/s")


def test_rights_within_a_scope_reach_no_further_and_do_no_more():
    limit = role("Ml/*", less=("Ml/workspaces/delete",))
    everything = Rights([Grant("/", role("*")), Grant("/subscriptions/x", role("*"))])
    inside = everything.within(WORKSPACE, limit)
    assert inside.allows("Ml/workspaces/read", WORKSPACE.upper())
    assert inside.allows("Ml/jobs/read", f"{WORKSPACE}/jobs/j")
    assert not inside.allows("Ml/workspaces/delete", WORKSPACE)
    assert not inside.allows("Storage/read", WORKSPACE)
    for elsewhere in ("/", "/subscriptions/s", "/subscriptions/x", f"{WORKSPACE}2"):
        assert not inside.allows("Ml/workspaces/read", elsewhere)
    assert inside.area("Ml/workspaces/read").branches() == [WORKSPACE.lower()]
    assert inside.area("Ml/workspaces/delete").branches() == []


def test_rights_within_a_scope_keep_what_was_given_below_it_where_it_was_given():
    job = f"{WORKSPACE}/jobs/j"
    inside = Rights([Grant(job, READER)]).within(WORKSPACE, role("*"))
    assert inside.allows("Ml/jobs/read", job)
    assert not inside.allows("Ml/jobs/read", WORKSPACE)


def test_nobody_gains_by_a_restriction():
    inside = Rights([Grant(WORKSPACE, READER)]).within("/subscriptions/s", role("*"))
    assert inside.allows("Ml/workspaces/read", WORKSPACE)
    assert not inside.allows("Ml/workspaces/write", WORKSPACE)
    assert not inside.allows("Ml/workspaces/read", "/subscriptions/s")


@pytest.mark.parametrize(
    ("scope", "own"),
    [
        (WORKSPACE, True),
        ("/subscriptions/s/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/a", True),
        ("/subscriptions/s/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/b", 0),
        ("/subscriptions/s", False),
        ("", False),
    ],
)
def test_a_guest_is_told_of_the_project_outside_of_it_only(scope: str, own: bool):
    guest = Caller("g", "gil", "User", Rights([Grant(WORKSPACE, READER)]), ends=1.0)
    read = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    said = str(refusal(guest, read, scope, data=True))
    assert ("The role `Storage Blob Data Reader` has it." in said) == bool(own)
    assert ("A guest has rights in their own project alone." in said) == (not own)


def refused(caller: Caller, action: str, scope: str, data: bool = False) -> str:
    return str(refusal(caller, action, scope, data))


def test_no_role_is_named_where_none_would_help():
    held = Rights([Grant(WORKSPACE, role("*"))])
    guest = Caller("g", "gil", "User", held.within_any([WORKSPACE], GUEST), ends=1.0)
    never = refused(guest, "Microsoft.Authorization/roleAssignments/write", WORKSPACE)
    assert never.endswith("No guest may do this, whatever role they hold.")
    job = Caller("g", "gil", "Job", of_job(held, f"{WORKSPACE}/jobs/j"), job=f"{WORKSPACE}/jobs/j")
    elsewhere = refused(job, "Microsoft.MachineLearningServices/workspaces/read", f"{WORKSPACE}2")
    assert elsewhere.endswith("A job has rights in its own workspace alone.")
    beyond = refused(job, "Microsoft.MachineLearningServices/workspaces/delete", WORKSPACE)
    assert beyond.endswith("No job may do this, whatever its submitter may.")


def test_where_two_actions_are_needed_the_role_that_is_named_has_both():
    nobody = Caller("n", "nia", "User", Rights([]))
    action, besides = (
        "mlestate.Identity/users/write",
        "Microsoft.Authorization/roleAssignments/write",
    )
    with pytest.raises(Forbidden) as raised:
        nobody.need_both(action, besides, "/")
    assert "The role `Owner` has it." in str(raised.value)
    contributor = Caller("n", "nia", "User", Rights([Grant("", role(action))]))
    with pytest.raises(Forbidden, match="roleAssignments/write"):
        contributor.need_both(action, besides, "/")


def test_no_role_is_named_that_a_denial_would_bar_and_nothing_is_told_of_it():
    write = "Microsoft.MachineLearningServices/workspaces/jobs/write"
    denial = Denial("d", "freeze", WORKSPACE, (Permission(actions=("*/jobs/*",)),))
    could = (Eligibility(id="e", principal="n", role=role("*"), scope=WORKSPACE, place=WORKSPACE),)
    nia = Caller("n", "nia", "User", Rights([], denials=[denial]), eligible=could)
    said = refused(nia, write, f"{WORKSPACE}/jobs/j")
    assert said.endswith(f"`{WORKSPACE}/jobs/j`. `mlestate access why` says what you have there.")
    assert "freeze" not in said
    beside = refused(nia, write, f"{WORKSPACE}2")
    assert "The role `AzureML Data Scientist` has it." in beside
    both = refusal(nia, "Microsoft.MachineLearningServices/workspaces/read", WORKSPACE)
    assert "You may activate the role" in str(both)


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("Microsoft.Authorization/roleAssignments/read", "Reader"),
        ("Microsoft.Resources/subscriptions/resourceGroups/write", "Contributor"),
        ("Microsoft.MachineLearningServices/workspaces/write", "Contributor"),
        ("Microsoft.MachineLearningServices/workspaces/computes/write", "AzureML Compute Operator"),
        (
            "Microsoft.Authorization/roleAssignments/write",
            "Role Based Access Control Administrator",
        ),
        ("Microsoft.Authorization/locks/write", "Locks Contributor"),
    ],
)
def test_a_role_is_proposed_that_people_would_give(action: str, name: str):
    found = roles.smallest(action)
    assert found is not None
    assert found.name == name


def test_every_role_that_people_give_is_one_of_azures():
    assert roles.granted() <= set(roles.names())
    data = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
    rare = roles.smallest(data, data=True)
    assert rare is not None
    assert rare.name == "Key Vault Secrets User"
