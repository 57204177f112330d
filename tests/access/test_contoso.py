"""The access matrix of Contoso (`contoso.yaml`): as the engine checks it, and as lists show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mlestate.core.answers.abilities import abilities, ability
from mlestate.core.answers.overlay import place
from mlestate.core.answers.places import Place
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning.plan import plan
from tests.access.asking import House, Request
from tests.access.test_guests_of_a_file import Port
from tests.contoso import expected, people, workspaces
from tests.estates import CONTOSO

ML = "Microsoft.MachineLearningServices"
WORKSPACES = f"{ML}/workspaces"
# What is listed for all the estate, filtered: which ability shows the rows of which type.
LISTED = {
    "see-workspace": WORKSPACES,
    "see-jobs": f"{WORKSPACES}/jobs",
    "see-models": f"{WORKSPACES}/models/versions",
    "see-data": f"{WORKSPACES}/data/versions",
    "see-computes": f"{WORKSPACES}/computes",
    "see-access": "Microsoft.Authorization/roleAssignments",
}


class Contoso(House):
    """The file applied; in each of the workspaces a job, a model, data and a run."""

    places: dict[str, Place]
    ids: dict[str, str]

    def build(self) -> Contoso:
        port = Port(self)
        found = plan(compile_estate(load(CONTOSO.read_text())), port)
        assert not failed(apply(found, port))
        self.ids = {name: self._known(name) for name in people()}
        rows = self.listed("admin", WORKSPACES)
        known = {row["name"]: place(row["id"], row) for row in rows}
        self.places = {name: known[name] for name in workspaces().values()}
        for each in self.places.values():
            self._fill(each)
        return self

    def listed(self, who: str, type: str) -> list[Mapping[str, Any]]:
        target = f"/estate/v1/resources?types={type}"
        return list(self.made(who, Request("GET", target)).json()["value"])

    def question(self, who: str, name: str, said: str) -> Any:
        return self.made(who, Request("GET", f"/estate/v1/access/{name}?{said}")).json()

    def _known(self, name: str) -> str:
        """With a token of their own; answers the object id."""
        kind = "servicePrincipals" if name == "release-bot" else "users"
        return self.enter(kind, name)

    def _fill(self, each: Place) -> None:
        there = "azureml://datastores/workspaceblobstore/paths/x"
        body: dict[str, dict[str, Any]] = {
            "data/x": {"dataType": "uri_folder", "dataUri": there},
            "models/x": {"modelType": "custom_model", "modelUri": there},
        }
        for name, properties in body.items():
            target = f"{each.id}/{name}/versions/1"
            self.made("admin", Request("PUT", target, {"properties": properties}))
        job = {
            "jobType": "Command",
            "command": "true",
            "environmentId": "azureml:AzureML-sklearn-1.5:1",
            "computeId": f"{each.id}/computes/cpu-cluster",
        }
        self.made("admin", Request("PUT", f"{each.id}/jobs/x", {"properties": job}))


@pytest.fixture(scope="module")
def contoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contoso]:
    house = Contoso(tmp_path_factory.mktemp("contoso"))
    try:
        yield house.build()
    finally:
        house.close()


def test_the_matrix_has_every_ability_there_is():
    assert {each.ability for each in expected()} == {each.name for each in abilities()}
    assert len(abilities()) == 40


def test_the_engine_checks_as_the_matrix_says(contoso: Contoso):
    directory, wrong = contoso.estate.identities.directory, []
    for each in expected():
        caller, wanted = directory.caller(contoso.ids[each.person]), ability(each.ability)
        assert caller is not None
        scope = contoso.places[each.workspace].scope(wanted)
        if caller.rights.allows(wanted.action, scope, wanted.data) != each.allowed:
            wrong.append(each)
    assert not wrong


def test_why_and_the_matrix_of_the_estate_say_the_same(contoso: Contoso):
    found = contoso.question("admin", "matrix", "")
    cells = {(cell["principal"], cell["workspace"]): cell["abilities"] for cell in found["cells"]}
    wrong = []
    for each in expected():
        said = f"principal={each.person}&action={each.ability}&scope={each.workspace}"
        why = contoso.question("admin", "why", said)
        told = each.ability in cells.get((each.person, each.workspace), ())
        if (why["allowed"], told) != (each.allowed, each.allowed):
            wrong.append(each)
        assert bool(why["through"]) == each.allowed
    assert not wrong


def test_everybody_is_told_the_same_of_themselves(contoso: Contoso):
    """Of workspaces that they may read; of the others not even that they are there."""
    for name in people():
        found = contoso.question(name, "matrix", f"principals={name}")
        cells = {cell["workspace"]: cell["abilities"] for cell in found["cells"]}
        own = [each for each in expected() if each.person == name]
        readable = {e.workspace for e in own if e.ability == "see-workspace" and e.allowed}
        assert {word for word in workspaces().values() if word in cells} == readable
        told = {e: e.ability in cells[e.workspace] for e in own if e.workspace in readable}
        assert [each for each, said in told.items() if said != each.allowed] == []


def test_one_is_told_of_oneself_at_an_id_that_one_may_not_read(contoso: Contoso):
    prod = contoso.places["mlw-fraud-prod"].id
    found = contoso.question("ana", "why", f"principal=me&action=train&scope={prod}")
    assert (found["allowed"], found["through"], found["beside"]) == (False, [], [])
    assert found["missing"]["smallestRole"]["name"] == "AzureML Data Scientist"
    named = Request("GET", "/estate/v1/access/why?principal=me&action=train&scope=mlw-fraud-prod")
    assert contoso.ask("ana", named).code == "ScopeNotFound"


def test_who_lists_those_that_the_matrix_says(contoso: Contoso):
    wanted: dict[tuple[str, str], set[str]] = {}
    for each in expected():
        may = wanted.setdefault((each.ability, each.workspace), set())
        may |= {each.person} if each.allowed else set()
    for (word, workspace), names in wanted.items():
        found = contoso.question("admin", "who", f"action={word}&scope={workspace}")["value"]
        assert {each["name"] for each in found} & set(people()) == names, (word, workspace)


def test_lists_show_what_the_matrix_says(contoso: Contoso):
    wrong = []
    for name in people():
        for word, type in LISTED.items():
            shown = [str(row["id"]).lower() for row in contoso.listed(name, type)]
            for each in expected():
                if (each.person, each.ability) != (name, word):
                    continue
                home = contoso.places[each.workspace].id.lower()
                there = any(id == home or id.startswith(f"{home}/") for id in shown)
                wrong += [each] if there != each.allowed else []
    assert not wrong
