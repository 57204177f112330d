"""Broken files: every fault at once, each with its place and what to do."""

from __future__ import annotations

import pytest

from mlestate.core.errors import Invalid
from mlestate.estate.load import load
from mlestate.identity.changes import checked
from tests.estates import CONTOSO, broken, small


def faults(text: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        load(text, "e.yaml")
    assert caught.value.code == "InvalidEstate"
    return [str(detail) for detail in caught.value.details]


def test_contoso_holds_together():
    estate = load(CONTOSO.read_text())
    assert list(estate.environments) == ["explore", "dev", "qa", "prod"]
    assert list(estate.divisions["claims"].projects) == ["fraud", "triage", "churn"]


def test_one_may_stand_for_a_list_of_one():
    project = small().divisions["claims"].projects["fraud"]
    assert project.members == {"scientist": ("science",), "engineer": ("bot",)}


def test_an_unknown_key_is_shown_with_the_one_that_was_meant():
    text = broken(("workspacePer: project", "workspacesPer: project"))
    assert faults(text) == [
        "e.yaml:26:5: `workspacePer` is missing in `divisions.claims`",
        "e.yaml:26:5: unknown key `workspacesPer`; did you mean `workspacePer`?",
    ]


def test_a_wrong_type_says_what_would_be_right():
    text = broken(('costcenter: "55332"', "costcenter: 55332"), ("max: 2", "max: two"))
    assert faults(text) == [
        "e.yaml:11:50: `two` is not a whole number",
        'e.yaml:28:17: `55332` is not text: write "55332"',
    ]


def test_dangling_references_are_all_found_at_once():
    text = broken(
        ("scientist: {dev:", "scientist: {deb:"),
        ("groups: [science]}", "groups: [sciense]}"),
        ("home: westeurope", "home: West Europe"),
        ("size: Standard_DS3_v2", "size: Standard_DS3v2"),
        ("scientist: science", "scientist: anna"),
        ("subscription: one\n", "subscription: two\n"),
        ("mlops, Storage", "mlop, Storage"),
        ("owner: science\n", "owner: scienc\n"),
    )
    assert faults(text) == [
        "e.yaml:6:17: unknown region `West Europe`; did you mean `westeurope`?",
        "e.yaml:10:19: unknown subscription `two`; there is `one`",
        "e.yaml:11:28: unknown size `Standard_DS3v2`; did you mean `Standard_DS3_v2`?",
        "e.yaml:14:15: unknown environment `deb`; did you mean `dev`?",
        "e.yaml:15:39: unknown role `mlop`; did you mean `mlops`?",
        "e.yaml:21:29: unknown group `sciense`; did you mean `science`?",
        "e.yaml:29:12: unknown owner `scienc`; did you mean `science`?",
        "e.yaml:31:25: role `scientist` gives nothing in `dev`, `prod`: give it in `roles`",
        "e.yaml:31:36: unknown person, group or service principal `anna`; did you mean `ana`?",
    ]


def test_contradictions_are_refused():
    text = broken(
        ("prod: none", "prod: [none, Reader]"),
        ("workspacePer: project", "workspacePer: team"),
        ("environments: [dev, prod]", "environments: [dev, dev]"),
        ("max: 2", "max: 2, min: 3"),
    )
    assert faults(text) == [
        "e.yaml:11:58: `3` is not between 0 and max (2)",
        "e.yaml:14:50: `none` stands beside other roles: keep one or the other",
        "e.yaml:26:19: a workspace per team needs `teams`, and division `claims` has none",
        "e.yaml:27:25: `dev` is written twice: keep one of them",
        "e.yaml:31:7: project `fraud` needs `team`: workspaces are per team here",
    ]


def test_a_shared_workspace_has_one_region():
    text = broken(
        ("workspacePer: project", "workspacePer: division"),
        ("fraud: {", "fraud: {region: eastus, "),
    )
    assert faults(text) == [
        "e.yaml:31:15: `region` has no effect: workspaces are per division here",
    ]


def test_a_region_must_be_allowed():
    text = broken(("fraud: {", "fraud: {region: northeurope, "))
    assert faults(text) == [
        "e.yaml:31:23: region `northeurope` is not in `regions.allowed`; "
        "did you mean `westeurope`?",
    ]


def test_a_role_that_gives_nothing_here_is_no_membership():
    text = broken(("environments: [dev, prod]", "environments: [prod]"))
    assert faults(text) == [
        "e.yaml:31:25: role `scientist` gives nothing in `prod`: give it in `roles`",
    ]


def test_a_name_that_is_too_long_comes_with_one_that_fits():
    text = broken(("fraud:", "fraudulent-claims-investigation:"))
    found = faults(text)
    assert found[0] == (
        "e.yaml:31:7: the Azure ML workspace of `fraudulent-claims-investigation` in `prod`, "
        "`mlw-fraudulent-claims-investigation-prod`, is 40 characters long and may be 33: "
        "with `fraudulent-cl` for `fraudulent-claims-investigation` it is "
        "`mlw-fraudulent-cl-prod`; or change `naming.workspace`"
    )
    # One advice, which mends the key vault and the storage account too.
    assert len(found) == 3
    assert all("with `fraudulent-cl` for" in text for text in found)
    small(("fraud:", "fraudulent-cl:"))


def test_two_things_cannot_have_one_name():
    text = broken(("id: small", 'id: small\nnaming: {resourceGroup: "rg-{estate}-{env}"}'))
    text = text.replace("      fraud:", "      churn: {}\n      fraud:")
    assert faults(text) == [
        (
            "e.yaml:33:7: `fraud` in `dev` and `churn` in `dev` would both be called "
            "`rg-small-dev`: let `naming.resourceGroup` tell them apart"
        ),
        (
            "e.yaml:33:7: `fraud` in `prod` and `churn` in `prod` would both be called "
            "`rg-small-prod`: let `naming.resourceGroup` tell them apart"
        ),
    ]


def test_an_unknown_placeholder_is_refused():
    text = broken(("id: small", 'id: small\nnaming: {workspace: "mlw-{projekt}-{env}"}'))
    assert faults(text) == [
        "e.yaml:3:21: unknown placeholder `projekt`; did you mean `project`?",
    ]


def test_required_tags_must_have_a_value():
    text = broken(("[costcenter, owner]", "[costcenter, owner, dataclass]"))
    assert faults(text) == [
        (
            "e.yaml:31:7: the required tag `dataclass` has no value for `fraud`: give one under "
            "`tags`, here or in `tags.values` of the estate"
        ),
    ]


def test_a_custom_role_keeps_azures_rules():
    text = broken(
        (
            "mlops: {actions: [Microsoft.MachineLearningServices/workspaces/*/read]}",
            "mlops: {actions: [Microsoft.MachineLearningServices/*/x/*, read]}\n  Reader: {}",
        )
    )
    assert faults(text) == [
        (
            "e.yaml:17:21: `Microsoft.MachineLearningServices/*/x/*` has two wildcards: Azure "
            "takes one in a custom role"
        ),
        (
            "e.yaml:17:62: `read` is not an action: write one like "
            "Microsoft.MachineLearningServices/workspaces/*/read"
        ),
        "e.yaml:18:3: `Reader` is a built-in role of Azure: choose another name",
        "e.yaml:18:3: custom role `Reader` allows nothing: give it `actions`",
    ]


def test_principals_share_one_space_of_names():
    text = broken(("bot: {name: Bot}", "ana: {name: Bot}"), ("engineer: bot", "engineer: ana"))
    assert faults(text) == [
        "e.yaml:23:3: `ana` is in `people` too: ids are unique",
    ]


def test_a_key_is_written_once():
    text = broken(("  ana: {name: Ana", "  ana: {name: Bea}\n  ana: {name: Ana"))
    assert faults(text) == [
        "e.yaml:22:3: `ana` is written twice: keep one of them",
    ]


def test_members_of_the_estate_need_one_role_in_the_whole_subscription():
    text = broken(("divisions:", "members: {engineer: science}\ndivisions:"))
    assert faults(text) == [
        (
            "e.yaml:24:11: role `engineer` differs between `dev` and `prod`, which share "
            "subscription `one`: make them equal, or name its members in the divisions"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1", "e.yaml:2:1: this is not YAML: did not find expected ',' or ']'"),
        ("", "e.yaml:1:1: the file is empty: begin with `schema: 1`"),
        ("just words", "e.yaml:1:1: `just words` is not a mapping of keys to values"),
    ],
)
def test_what_is_no_mapping_is_said_to_be_none(text: str, fault: str):
    assert faults(text) == [fault]


def test_files_are_read_as_one():
    main = broken(("divisions:\n", "include: teams/*.yaml\ndivisions:\n"))
    more = "divisions:\n  claims:\n    projects:\n      churn: {members: {scientist: ana}}\n"
    estate = load(main, "e.yaml", {"teams/churn.yaml": more})
    assert list(estate.divisions["claims"].projects) == ["fraud", "churn"]


def test_a_fault_names_the_file_that_it_is_in():
    more = "divisions:\n  claims:\n    projects:\n      churn: {members: {scientist: anna}}\n"
    with pytest.raises(Invalid) as caught:
        load(broken(), "e.yaml", {"teams/churn.yaml": more})
    assert [str(each) for each in caught.value.details] == [
        "teams/churn.yaml:4:36: unknown person, group or service principal `anna`;"
        " did you mean `ana`?"
    ]


def test_what_two_files_say_is_a_contradiction():
    more = {"b.yaml": "divisions: {claims: {owner: ana}}\n", "c.yaml": "include: d.yaml\n"}
    with pytest.raises(Invalid) as caught:
        load(broken(), "e.yaml", more)
    assert [str(each) for each in caught.value.details] == [
        "b.yaml:1:22: `divisions.claims.owner` is said at e.yaml:29:12 too: keep one of them",
        "c.yaml:1:1: an included file includes nothing: name it in the estate's own file",
    ]


def test_an_included_file_that_is_no_yaml_is_named():
    with pytest.raises(Invalid) as caught:
        load(broken(), "e.yaml", {"b.yaml": "people: {ana"})
    assert str(caught.value.details[0]).startswith("b.yaml:2:1: this is not YAML: ")


def test_patterns_that_contradict_themselves_are_named():
    two = "train: [westeurope], tune: {base: eastus, in: [eastus]}"
    text = broken(
        ("environments: [dev, prod]", "environments: [prod, dev]\n    serve: [dev]"),
        ("fraud: {", f"fraud: {{region: eastus, regions: {{{two}}}, "),
    )
    assert faults(text) == [
        "e.yaml:27:26: `dev` is out of order: things are promoted by `dev`, `prod`",
        "e.yaml:28:13: `dev` is in `environments` too: either it serves only, or not",
        "e.yaml:32:48: `region` is `eastus`, where nothing trains: add it",
        "e.yaml:32:62: `tune` and `train` stand together: keep one of them",
        "e.yaml:32:87: `eastus` is the base: name other regions",
    ]


def test_overrides_are_held_to_the_same_rules():
    own = "overrides: {dev: {subscription: two, computes: {gpu: {max: 1}}}, test: {}}"
    text = broken(("fraud: {", f"fraud: {{environments: [test], {own}, "))
    assert faults(text) == [
        "e.yaml:31:30: unknown environment `test`; there is `dev`, `prod`",
        "e.yaml:31:69: unknown subscription `two`; there is `one`",
        "e.yaml:31:102: unknown environment `test`; there is `dev`, `prod`",
    ]
    assert faults(
        text.replace("two", "one").replace(", test: {}", "").replace("[test]", "dev")
    ) == [
        "e.yaml:31:82: cluster `gpu` has no `size`: give it here",
    ]


def test_an_id_is_of_one_thing_whatever_it_is():
    more = (
        "  lab:\n    workspacePer: team\n    environments: [dev]\n    costcenter: '1'\n"
        "    owner: ana\n    teams: {fraud: {members: {scientist: ana}}, lab: {}}\n"
        "  small: {workspacePer: division, environments: [dev], costcenter: '1', owner: ana}\n"
    )
    text = broken() + more
    assert faults(text) == [
        "e.yaml:37:13: `fraud` is the id of a project of division `claims` too:"
        " choose another, names are made of it",
        "e.yaml:37:49: `lab` is the id of division `lab` too: choose another, names are made of it",
    ]
    held = text.replace("divisions:\n", "members: {engineer: bot}\ndivisions:\n", 1)
    assert any("`small` is the id of the estate too" in fault for fault in faults(held))


def test_what_is_said_of_an_environment_that_is_not_there_has_no_effect():
    own = "environments: [dev], overrides: {prod: {containerRegistry: false}}, "
    text = broken(("fraud: {", f"fraud: {{{own}roles: {{engineer: {{prod: Reader}}}}, "))
    assert faults(text) == [
        "e.yaml:31:48: `prod` has no effect: `fraud` has `dev`",
        "e.yaml:31:102: `prod` has no effect: `fraud` has `dev`",
    ]


def test_a_region_is_named_once():
    text = broken(("fraud: {", "fraud: {regions: {train: [eastus, eastus]}, "))
    assert faults(text) == ["e.yaml:31:41: `eastus` is written twice: keep one of them"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema: 1\n<<: {}\n", "2:1: keys are not merged by `<<` here"),
        ('schema: 1\nid: "fraud\n\n', "2:5: this is not YAML: what begins here has no end"),
        ("schema: 1\nid: fr\x01aud\n", "2:7: this is not YAML: a character stands here that no"),
        ("schema: 1\nid:\n", "2:4: `id` says nothing: write text, or leave it out"),
    ],
)
def test_slips_of_yaml_are_told_where_they_are_and_with_what_to_do(text: str, told: str):
    assert [each for each in faults(text) if each.startswith(f"e.yaml:{told}")]


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("a" * 129, f"`{'a' * 40}…` has 129 characters: an id has up to 128"),
        (
            "0e0e0e0e-0000-4000-8000-000000000001",
            "`0e0e0e0e-0000-4000-8000-000000000001` looks like an object id, which nobody is "
            "called by: choose another id",
        ),
        ("0e" * 16, f"`{'0e' * 16}` looks like an object id, which nobody is called by: choose "
         "another id"),
    ],
)  # fmt: skip
def test_an_id_is_one_that_the_directory_takes(id: str, said: str):
    assert faults(broken(("people:\n", f'people:\n  "{id}": {{name: Eve}}\n'))) == [
        f"e.yaml:21:3: {said}"
    ]
    guests = f"{{guests: {{'{id}': {{name: Eve, sponsor: ana, until: 2027-03-31, role: scientist, "
    guest = ("fraud: {", f"fraud: {guests}environments: [dev]}}}}, ")
    assert faults(broken(guest)) == [f"e.yaml:31:24: {said}"]
    with pytest.raises(Invalid):
        checked(id)
    small(("people:\n", f"people:\n  {'a' * 128}: {{name: Eve}}\n"))
