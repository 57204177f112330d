"""The patterns of the page: who has how many workspaces, where, and what each is for."""

from __future__ import annotations

import yaml

from mlestate.estate.compile import compile_estate
from mlestate.estate.layout.places import Workspace, workspaces
from mlestate.estate.load import load
from mlestate.estate.spec import Estate
from tests.estates import small

REGIONS = ("allowed: [westeurope, eastus]", "allowed: [westeurope, eastus, australiaeast]")


def where(estate: Estate) -> list[tuple[str, str, str]]:
    return [(w.names["workspace"], w.region, w.place.purpose) for w in workspaces(estate)]


def test_four_teams_with_three_projects_each_have_twelve_workspaces():
    division = "workspacePer: project, environments: [main], costcenter: '1', owner: ana"
    projects = [{f"p{t}{i}": {} for i in range(3)} for t in range(4)]
    divisions = "\n".join(f"  d{t}: {{{division}, projects: {projects[t]}}}" for t in range(4))
    assert len(workspaces(load(BARE.replace("  DIVISIONS", divisions)))) == 12


def test_a_team_has_one_workspace_with_or_without_projects():
    teams = "teams: {red: {}, blue: {}, green: {}}, projects: {p: {team: red}, q: {team: red}}"
    division = (
        f"  d: {{workspacePer: team, environments: [main], costcenter: '1', owner: ana, {teams}}}"
    )
    made = workspaces(load(BARE.replace("  DIVISIONS", division)))
    assert [each.solution.id for each in made] == ["red", "blue", "green"]
    assert made[0].solution.projects == ("p", "q")


def test_training_in_two_regions_is_a_workspace_in_each_and_every_environment():
    estate = small(("fraud: {", "fraud: {regions: {train: [westeurope, eastus]}, "))
    assert where(estate) == [
        ("mlw-fraud-dev", "westeurope", "all"),
        ("mlw-fraud-dev-eus", "eastus", "all"),
        ("mlw-fraud-prod", "westeurope", "all"),
        ("mlw-fraud-prod-eus", "eastus", "all"),
    ]
    assert {each.tags["region"] for each in workspaces(estate)} == {"westeurope", "eastus"}


def test_serving_in_other_regions_is_of_the_last_environment_only():
    estate = small(("fraud: {", "fraud: {regions: {serve: [eastus]}, "))
    assert where(estate) == [
        ("mlw-fraud-dev", "westeurope", "all"),
        ("mlw-fraud-prod", "westeurope", "all"),
        ("mlw-fraud-prod-eus", "eastus", "serve"),
    ]


def test_a_workspace_that_serves_has_no_clusters():
    estate = small(
        ("environments: [dev, prod]", "environments: [dev]\n    serve: [prod]"),
        ("containerRegistry: true", "computes: {gpu: {size: Standard_NC6s_v3, max: 1}}"),
    )
    assert where(estate)[1] == ("mlw-fraud-prod", "westeurope", "serve")
    clusters = [each.id for each in compile_estate(estate) if each.type.endswith("/computes")]
    assert [each.split("/")[-3] for each in clusters] == ["mlw-fraud-dev"]


def test_tuning_happens_in_its_regions_beside_the_base():
    tune = "regions: {tune: {base: eastus, in: [australiaeast]}}, "
    estate = small(REGIONS, ("fraud: {", f"fraud: {{{tune}"))
    assert where(estate) == [
        ("mlw-fraud-dev", "eastus", "all"),
        ("mlw-fraud-dev-ae", "australiaeast", "tune"),
        ("mlw-fraud-prod", "eastus", "all"),
        ("mlw-fraud-prod-ae", "australiaeast", "tune"),
    ]


def test_another_region_later_renames_nothing():
    before = {each.names["storage"] for each in workspaces(small())}
    two = small(("fraud: {", "fraud: {regions: {train: [eastus, westeurope]}, "))
    assert before < {each.names["storage"] for each in workspaces(two)}


def test_a_pattern_that_names_regions_needs_no_suffix():
    named = ("tags: {require", 'naming: {workspace: "mlw-{id}-{env}-{region}"}\ntags: {require')
    estate = small(named, ("fraud: {", "fraud: {regions: {train: [westeurope, eastus]}, "))
    assert [name for name, _, _ in where(estate)][:2] == [
        "mlw-fraud-dev-westeurope",
        "mlw-fraud-dev-eastus",
    ]


def test_the_narrower_layer_wins_and_says_only_what_differs():
    estate = small(
        ("environments:\n", "defaults: {containerRegistry: true}\nenvironments:\n"),
        ("fraud: {", "fraud: {overrides: {dev: {computes: {cpu: {max: 8}}}}, "),
    )
    dev = _named(estate, "mlw-fraud-dev").settings
    assert dev.container_registry is True
    assert (dev.computes["cpu"].size, dev.computes["cpu"].max) == ("Standard_DS3_v2", 8)


def test_a_project_gives_up_a_cluster_of_its_environment():
    estate = small(("fraud: {", "fraud: {overrides: {dev: {computes: {cpu: {max: 0}}}}, "))
    assert not [each for each in compile_estate(estate) if each.type.endswith("/computes")]


def test_a_role_may_give_something_else_in_one_project():
    estate = small(
        ("fraud: {", "plain: {members: {engineer: bot}}\n      fraud: {roles: ROLES, "),
        ("ROLES", "{engineer: {dev: Reader, prod: none}}"),
    )
    groups = {each.id.rsplit("/", 1)[-1] for each in compile_estate(estate)}
    assert "sg-ml-plain-engineer-prod" in groups
    assert "sg-ml-fraud-engineer-prod" not in groups


def test_a_member_of_a_team_has_the_role_in_each_of_its_projects():
    team = "    teams: {red: {members: {engineer: bot}}}\n    projects:\n      other: {team: red}"
    estate = small(
        ("    projects:\n", f"{team}\n      third: {{}}\n"), ("fraud: {", "fraud: {team: red, ")
    )
    group = next(e for e in compile_estate(estate) if e.id.endswith("/sg-ml-red-engineer-dev"))
    given = [
        each.id
        for each in compile_estate(estate)
        if yaml.safe_load(str(each.body)) and group.body["objectId"] in str(each.body)
        if each.type.endswith("roleAssignments")
    ]
    assert sorted(each.split("/")[4] for each in given) == ["rg-fraud-dev", "rg-other-dev"]


def test_a_project_may_have_fewer_environments_than_its_division():
    estate = small(("fraud: {", "fraud: {environments: [dev], "))
    assert [name for name, _, _ in where(estate)] == ["mlw-fraud-dev"]


def test_a_division_spreads_over_subscriptions():
    estate = small(
        ("{one: ", "{two: 22222222-2222-2222-2222-222222222222, one: "),
        (
            "    owner: science\n",
            "    owner: science\n    overrides: {prod: {subscription: two}}\n",
        ),
    )
    assert [each.subscription[-1] for each in workspaces(estate)] == ["1", "2"]


def _named(estate: Estate, name: str) -> Workspace:
    return next(each for each in workspaces(estate) if each.names["workspace"] == name)


BARE = """\
schema: 1
id: bare
azure: {tenant: bare.example, subscriptions: {one: 11111111-1111-1111-1111-111111111111}}
regions: {home: westeurope}
environments: {main: {subscription: one}}
roles: {scientist: {main: AzureML Data Scientist}}
people: {ana: {name: Ana}}
divisions:
  DIVISIONS
"""
