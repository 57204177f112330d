"""Over random estates: the same file gives the same ids, and what was applied is what was asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlestate.core import naming
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning.plan import plan
from tests.estates import Strict

ENVIRONMENTS = ["explore", "dev", "qa", "prod"]
ROLES = ["scientist", "engineer", "auditor"]
BUILTIN = ["Reader", "Contributor", "AzureML Data Scientist", "Storage Blob Data Reader", "none"]
LOCKED = ["resourceGroup", "workspace", "storage", "keyvault", "insights"]
DAYS = [date(2026, 1, 1), date(2027, 1, 1)]
TODAY = date(2026, 6, 1)
HOLDERS = ["ana", "ben", "science", "bot"]

members = st.dictionaries(
    st.sampled_from(ROLES), st.lists(st.sampled_from(HOLDERS), unique=True), max_size=3
)
given_roles = st.fixed_dictionaries(
    {
        role: st.fixed_dictionaries({e: st.sampled_from(BUILTIN) for e in ENVIRONMENTS})
        for role in ROLES
    }
)


@st.composite
def estates(draw: st.DrawFn) -> dict[str, Any]:
    subscriptions = {"one": "1" * 8 + "-1111-1111-1111-" + "1" * 12}
    subscriptions |= {"two": subscriptions["one"].replace("1", "2")}
    roles = draw(given_roles)
    document: dict[str, Any] = {
        "schema": 1,
        "id": "acme",
        "azure": {"tenant": "acme.example", "subscriptions": subscriptions},
        "regions": {"home": "westeurope", "allowed": REGIONS},
        "tags": {"inherit": draw(st.booleans())},
        "environments": {name: draw(_environment()) for name in ENVIRONMENTS},
        "roles": {**roles, "everyone": dict.fromkeys(ENVIRONMENTS, "Reader")},
        "groups": {"science": {"name": "Science"}},
        "people": {"ana": {"name": "Ana", "groups": ["science"]}, "ben": {"name": "Ben"}},
        "servicePrincipals": {"bot": {"name": "Bot"}},
        "members": draw(st.just({}) | st.just({"everyone": ["science"]})),
        "divisions": {f"d{i}": draw(_division(i, roles)) for i in range(draw(st.integers(1, 3)))},
    }
    _guard(draw, document)
    _invite(draw, document)
    return document


def _guard(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """Locks, and live data where no layer asks for keys."""
    for name, environment in document["environments"].items():
        if locked := draw(st.lists(st.sampled_from(LOCKED), unique=True, max_size=2)):
            environment["lock"] = locked
        readers = [role for role in ROLES if document["roles"][role][name] != "none"]
        if readers and not _keys_asked(document, name) and draw(st.booleans()):
            environment["live"] = draw(st.lists(st.sampled_from(readers), unique=True))


def _keys_asked(document: dict[str, Any], environment: str) -> bool:
    divisions = document["divisions"].values()
    parts = [p for d in divisions for p in (d, *d["teams"].values(), *d["projects"].values())]
    return any(environment in part.get("overrides", {}) for part in parts)


def _invite(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """Guests, where a project has workspaces of its own."""
    for division in document["divisions"].values():
        where = division["environments"]
        for name, project in division["projects"].items():
            role = draw(st.sampled_from(ROLES))
            open_ = [each for each in where if document["roles"][role][each] != "none"]
            if division["workspacePer"] != "project" or not open_ or not draw(st.booleans()):
                continue
            stay = {"sponsor": "ben", "until": draw(st.sampled_from(DAYS)), "role": role}
            stay |= {"name": "Guest", "environments": open_}
            if draw(st.booleans()):
                stay["people"] = {f"one-of-{name}": "One", f"two-of-{name}": "Two"}
            project["guests"] = {f"guest-of-{name}": stay}


_LAKE = {"account": "stothers", "filesystem": "raw"}
_FLAG = st.booleans()


@st.composite
def _environment(draw: st.DrawFn) -> dict[str, Any]:
    environment: dict[str, Any] = {
        "subscription": draw(st.sampled_from(["one", "two"])),
        "containerRegistry": draw(st.booleans()),
    }
    if draw(st.booleans()):
        environment["storageAuth"] = "identity"
    if draw(st.booleans()):
        environment["computes"] = {"cpu": {"size": "Standard_DS3_v2", "max": 2}}
    if draw(st.booleans()):
        environment |= draw(pointers)
    return environment


pointers = st.fixed_dictionaries(
    {},
    optional={
        "datastores": st.fixed_dictionaries(
            {"lake": st.fixed_dictionaries({"adlsGen2": st.just(_LAKE)}, optional={"live": _FLAG})},
            optional={"old": st.just({"adlsGen1": {"store": "old"}, "access": "write"})},
        ),
        "computes": st.just({"ray": {"ray": "ray://head.example:10001"}}),
    },
)


REGIONS = ["westeurope", "eastus", "australiaeast"]
patterns = st.sampled_from(
    [
        {"train": REGIONS[:2]},
        {"serve": REGIONS[1:]},
        {"train": REGIONS[:2], "serve": REGIONS[1:]},
        {"tune": {"base": "westeurope", "in": ["australiaeast"]}},
    ]
)


@st.composite
def _division(draw: st.DrawFn, number: int, roles: dict[str, Any]) -> dict[str, Any]:
    per = draw(st.sampled_from(["project", "team", "division"]))
    said = draw(st.sets(st.sampled_from(ENVIRONMENTS), min_size=1))
    where = [each for each in ENVIRONMENTS if each in said]
    useful = {role for role, gives in roles.items() if any(gives[e] != "none" for e in where)}
    teams: dict[str, Any] = {}
    for team in (f"t{number}", f"u{number}") if per == "team" or draw(st.booleans()) else ():
        teams[team] = {"members": _held(draw(members), useful)}
        if per == "team":
            teams[team] |= draw(_own(where))
    projects: dict[str, Any] = {}
    for i in range(draw(st.integers(1 if per != "division" else 0, 3))):
        projects[f"p{number}{i}"] = {"members": _held(draw(members), useful)}
        if teams:
            projects[f"p{number}{i}"]["team"] = draw(st.sampled_from(sorted(teams)))
        if per == "project":
            projects[f"p{number}{i}"] |= draw(_own(where))
    return {
        "workspacePer": per,
        "environments": where,
        "costcenter": "1",
        "owner": "science",
        **draw(_own(where)),
        "teams": teams,
        "projects": projects,
    }


def _held(drawn: dict[str, list[str]], useful: set[str]) -> dict[str, list[str]]:
    return {role: who for role, who in drawn.items() if role in useful}


@st.composite
def _own(draw: st.DrawFn, where: list[str]) -> dict[str, Any]:
    """What any level may say for itself."""
    own: dict[str, Any] = {}
    if draw(st.booleans()):
        own["regions"] = draw(patterns)
    if draw(st.booleans()):
        changed = {"storageAuth": "key", "computes": {"own": {"size": "Standard_DS3_v2", "max": 1}}}
        own["overrides"] = {draw(st.sampled_from(where)): changed}
    if draw(st.booleans()):
        own["tags"] = {"colour": "blue"}
    return own


@settings(max_examples=40, deadline=None)
@given(estates())
def test_the_same_file_gives_the_same_resources(document: dict[str, Any]):
    text = yaml.safe_dump(document, sort_keys=False)
    first, second = compile_estate(load(text), TODAY), compile_estate(load(text), TODAY)
    assert first == second
    ids = [each.id.lower() for each in first]
    assert len(ids) == len(set(ids))


@settings(max_examples=40, deadline=None)
@given(estates())
def test_after_an_apply_there_is_nothing_to_do(document: dict[str, Any]):
    desired, port = compile_estate(load(yaml.safe_dump(document, sort_keys=False)), TODAY), Strict()
    assert failed(apply(plan(desired, port), port)) == []
    assert plan(desired, port).changes == []


@settings(max_examples=40, deadline=None)
@given(estates(), st.data())
def test_a_new_project_changes_nothing_that_was_there(
    document: dict[str, Any], data: st.DataObject
):
    before = {
        each.id: each
        for each in compile_estate(load(yaml.safe_dump(document, sort_keys=False)), TODAY)
    }
    division = document["divisions"][data.draw(st.sampled_from(sorted(document["divisions"])))]
    if division["workspacePer"] != "project":
        return
    division["projects"]["fresh"] = {}
    after = {
        each.id: each
        for each in compile_estate(load(yaml.safe_dump(document, sort_keys=False)), TODAY)
    }
    assert {each: after[each] for each in before} == before


WORDS = st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True)


@given(st.sampled_from(sorted(naming.kinds())), WORDS, WORDS)
def test_a_proposed_name_is_always_one_that_azure_takes(key: str, project: str, env: str):
    kind = naming.kind(key)
    parts = {"id": project, "env": env, "hash5": naming.hash5(project, env)}
    for pattern in ("{abbr}-{id}-{env}", "{abbr}{id}{env}{hash5}"):
        if proposal := naming.propose(kind, pattern, parts):
            assert kind.fault(proposal.name) is None
            assert all(len(word) < len(parts[part]) for part, word in proposal.shorter.items())


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_a_hash_is_five_letters_or_digits(parts: list[str]):
    found = naming.hash5(*parts)
    assert len(found) == 5
    assert found.isalnum()
    assert found == found.lower() == naming.hash5(*parts)
