"""The examples are what their pages say: workspaces, patterns, walls."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from mlestate.app.estate_file import texts
from mlestate.app.up import read_file
from mlestate.estate.bundles import load_bundle
from mlestate.estate.compile import compile_estate
from mlestate.estate.layout.places import Workspace, workspaces
from mlestate.estate.lint.lint import lint
from mlestate.estate.load import load
from mlestate.estate.spec import Estate

EXAMPLES = Path(__file__).parents[3] / "examples"
COUNTS = {
    "contoso": 10,
    # A workspace for each of three teams.
    "team": 3,
    # Four teams with three projects each.
    "project": 12,
    "single": 1,
    "combination": 13,
    "single-environment": 6,
    "double-environment": 6,
    "regional-training": 8,
    "regional-serving": 7,
    "regional-tuning": 6,
}
MOST_LINES = 60

_ROW = re.compile(r"^\| (mlw-[\w-]+) \| ([\w-]+) \| (\w+) \| (all|serve|tune) \|$", re.M)
_SECTIONS = ("What you get", "Try it", "Look at", "Move on")


def estate(example: str) -> Estate:
    wanted = read_file(str(EXAMPLES / example / "estate.yaml"))
    return load_bundle(wanted.files, wanted.name)


def page(example: str) -> str:
    return (EXAMPLES / example / "README.md").read_text()


def row(each: Workspace) -> tuple[str, str, str, str]:
    return each.names["workspace"], each.environment, each.region, each.place.purpose


def test_every_example_is_counted():
    assert {each.parent.name for each in EXAMPLES.glob("*/estate.yaml")} == set(COUNTS)


@pytest.mark.parametrize("example", COUNTS)
def test_it_compiles_to_the_workspaces_that_its_page_lists(example: str):
    made = workspaces(estate(example))
    assert len(made) == COUNTS[example]
    assert sorted(_ROW.findall(page(example))) == sorted(row(each) for each in made)
    compiled = [each.id for each in compile_estate(estate(example))]
    assert {each.id("workspace") for each in made} < set(compiled)


@pytest.mark.parametrize("example", COUNTS)
def test_its_page_is_short_and_says_what_it_is_for(example: str):
    text = page(example)
    assert len(text.splitlines()) <= MOST_LINES
    for words in ("**Choose it when**", "**Benefit.**", "**Risk.**"):
        assert words in text
    assert tuple(re.findall(r"^## (.+)$", text, re.M)) == _SECTIONS
    count = re.search(r"^(\d+) workspaces?\b", text.split("## What you get")[1], re.M)
    assert count is not None
    assert int(count[1]) == COUNTS[example]


def test_the_list_of_examples_counts_as_they_do():
    text = (EXAMPLES / "README.md").read_text()
    rows = re.findall(r"^\| \[([\w-]+)\]\(\1/README.md\) \|[^|]+\| (\d+) \|", text, re.M)
    assert {name: int(count) for name, count in rows} == COUNTS


@pytest.mark.parametrize("example", COUNTS)
def test_nothing_in_it_is_gravely_unwise(example: str):
    whole = texts(EXAMPLES / example / "estate.yaml")
    grave = [each for each in lint(whole, date(2026, 11, 1)) if each.severity == "high"]
    assert grave == []
    assert not [each for each in lint(whole, date(2026, 11, 1)) if each.rule == "lint-comment"]


def test_each_has_an_organisation_and_subscriptions_of_its_own():
    found = [estate(each) for each in COUNTS]
    guids = [guid for each in found for guid in each.azure.subscriptions.values()]
    assert len({each.id for each in found}) == len({each.azure.tenant for each in found}) == 10
    assert len(set(guids)) == len(guids)


def test_a_combination_has_a_file_for_each_division_and_a_pattern_for_each():
    made = estate("combination")
    divisions = [Path(each) for each in texts(EXAMPLES / "combination" / "estate.yaml")]
    assert {each.stem for each in divisions if each.parent.name == "divisions"} == set(
        made.divisions
    )
    assert {each.workspace_per for each in made.divisions.values()} == {
        "division",
        "team",
        "project",
    }
    assert len({each.environments for each in made.divisions.values()}) == 4


def test_only_who_is_named_has_anything_in_live_storage_and_no_key_opens_it():
    compiled = compile_estate(estate("double-environment"))
    names = {each.body.get("objectId"): each.id.rsplit("/", 1)[-1] for each in compiled}
    given = {
        names[each.body["properties"]["principalId"]]
        for each in compiled
        if each.type.endswith("roleAssignments") and "/storageAccounts/" in each.id
    }
    assert given == {
        "sg-ml-fraud-live-trainer-live",
        "sg-ml-disputes-live-trainer-live",
        "sg-ml-ledger-live-trainer-live",
        "sg-ml-ledger-feed-live",
        "sg-ml-tallis-auditor-live",
    }
    opened = {
        each.id.rsplit("/", 1)[-1]: each.body["properties"]["allowSharedKeyAccess"]
        for each in compiled
        if each.type.endswith("storageAccounts")
    }
    assert {name for name, by_key in opened.items() if not by_key} == {
        name for name in opened if "live" in name
    }


def test_what_serves_has_no_cluster_in_any_example():
    for example in COUNTS:
        compiled = [each.id for each in compile_estate(estate(example))]
        for each in workspaces(estate(example)):
            if each.place.purpose == "serve":
                assert not [id for id in compiled if id.startswith(each.id("workspace") + "/comp")]


def test_a_wall_within_a_team_lets_nobody_of_it_through_who_is_not_named():
    compiled = compile_estate(estate("project"))
    names = {each.body.get("objectId"): each.id.rsplit("/", 1)[-1] for each in compiled}
    behind = {
        names[each.body["properties"]["principalId"]]
        for each in compiled
        if each.type.endswith("roleAssignments") and "/mlw-harbour-main/" in each.id
    }
    assert behind == {"sg-ml-harbour-insider-main", "sg-ml-harbour-client-main"}


WHOLE = "[Contributor, User Access Administrator]"
EXTRA = "australiaeast, japaneast]}\n"
# What its page says under "Move on": the text of the file, and what to write instead.
MOVES = {
    "team": (
        ("  main: {}", "  main: {}\n  prod: {}"),
        ("environments: [main]", "environments: [main, prod]"),
        ("platform: {main: [Con", f"platform: {{prod: {WHOLE}, main: [Con"),
    ),
    "project": (
        ("\nroles:\n", "  prod: {subscription: clients}\n\nroles:\n"),
        ("project\n    environments: [main]", "project\n    environments: [main, prod]"),
        ("office: {main: [Con", f"office: {{prod: {WHOLE}, main: [Con"),
    ),
    "single-environment": (
        ("serve: [qa, prod]", "serve: [qa]"),
        ("[main]\n    # Environments", "[main, prod]\n    # Environments"),
    ),
    "double-environment": (
        ("  live:\n    sub", "  check: {subscription: limited}\n  live:\n    sub"),
        ("environments: [limited, live]", "environments: [limited, check, live]"),
        ("  operations:\n", f"  operations:\n    check: {WHOLE}\n"),
    ),
    "regional-training": (
        ("australiaeast]}\n\n", f"{EXTRA}\n"),
        ("australiaeast]}\n        members", f"{EXTRA}        members"),
    ),
    "regional-serving": (("environments: [dev, prod]", "environments: [dev]\n    serve: [prod]"),),
    "regional-tuning": (
        ("        regions:\n", "        region: eastus\n        regions:\n"),
        ("tune: {base: eastus, in: [westeurope, ", "train: [eastus, westeurope, "),
        ("australiaeast]}\n        members", "australiaeast]\n        members"),
    ),
}


@pytest.mark.parametrize("example", MOVES)
def test_moving_on_renames_nothing_that_is_there(example: str):
    text = (EXAMPLES / example / "estate.yaml").read_text()
    before = {name for each in workspaces(load(text)) for name in each.names.values()}
    for old, new in MOVES[example]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    after = {name for each in workspaces(load(text)) for name in each.names.values()}
    assert before <= after


def test_a_team_that_is_walled_off_has_a_workspace_for_each_of_its_projects():
    text = (EXAMPLES / "team" / "estate.yaml").read_text()
    made = workspaces(load(text.replace("workspacePer: team", "workspacePer: project")))
    assert [each.names["workspace"] for each in made] == ["mlw-day-ahead-main", "mlw-solar-main"]
