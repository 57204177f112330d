from mlestate.core.access import Grant, Permission, Rights, Role

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
