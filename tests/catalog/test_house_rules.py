"""What holds for every resource type, the next one included."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlestate.catalog import CATALOG, SPELLING, by_name
from mlestate.core import data, ids
from mlestate.core import document as documents
from mlestate.core.errors import Invalid, PlatformError
from mlestate.core.guests import GUEST
from mlestate.core.resource import Resource, Stamp, View
from mlestate.core.resource_type import ResourceType
from mlestate.core.rights import gives
from tests.catalog.golden import ACCEPTED, DATA, EVERY, IMPOSSIBLE, REFUSED, kind_of, located
from tests.catalog.writing_by_hand import get, put

STATUSES = json.loads((DATA / "statuses.json").read_text())
PUBLISHED = {a.lower() for a in data.operations()}
# Verbs that exist and for which Azure publishes no operation; kept exact, so that it stays true.
UNPUBLISHED = {"Microsoft.MachineLearningServices/workspaces/environments/delete"}
EXAMPLES = {kind_of(golden["id"]).name: golden for golden in EVERY.values()}

kinds = pytest.mark.parametrize("kind", CATALOG, ids=lambda kind: kind.name)
goldens = pytest.mark.parametrize("name", EVERY)


@kinds
def test_a_name_is_a_namespace_and_types(kind: ResourceType):
    assert re.fullmatch(r"(Microsoft|Mlestate)\.[A-Z][A-Za-z]+(/[a-z][A-Za-z]+)+", kind.name)


def test_parents_stand_before_their_children():
    seen: set[str] = set()
    for kind in CATALOG:
        assert not kind.parent or kind.personal or kind.parent in seen, kind.name
        seen.add(kind.name)


def test_no_name_is_taken_twice():
    assert len(by_name()) == len(CATALOG) == len(SPELLING)
    assert all(SPELLING[name] == kind.name for name, kind in by_name().items())


@kinds
def test_a_type_says_what_it_is_in_one_sentence(kind: ResourceType):
    assert re.fullmatch(r"[A-Z][^\n]{10,110}\.", kind.doc)


@kinds
def test_the_client_accepts_the_status_codes_of_a_put(kind: ResourceType):
    accepted = STATUSES.get(kind.name, {}).get("put")
    if accepted is None:
        # Not the ML client's own: what other official clients of Azure accept.
        accepted = [200, 201]
    assert {kind.created, kind.replaced} <= set(accepted)


def test_the_client_knows_every_type_and_action_of_the_workspace():
    for kind in CATALOG:
        if kind.namespace != "Microsoft.MachineLearningServices":
            continue
        known = {verb.lower(): codes for verb, codes in STATUSES[kind.name].items()}
        for action in kind.actions:
            assert (202 if action.slow else 200) in known[action.name.lower()]


def test_every_permission_is_one_that_azure_publishes():
    asked = {
        kind.permission(verb)
        for kind in CATALOG
        if kind.name.startswith("Microsoft.MachineLearningServices/workspaces")
        for verb in ("read", "write", "delete", *(action.name for action in kind.actions))
    }
    assert {p for p in asked if p.lower() not in PUBLISHED} == UNPUBLISHED


@kinds
def test_fields_that_are_named_are_distinct_and_well_formed(kind: ResourceType):
    for named in (kind.read_only, kind.fixed, kind.secrets, kind.patchable or ()):
        assert len(set(named)) == len(named)
    assert not set(kind.read_only) & {*kind.fixed, *(kind.patchable or ())}
    assert kind.slow <= {"create", "delete"}
    assert all(key == key.lower() for key in kind.filters)
    assert not kind.makes_parent or kind.parent in SPELLING.values()


@kinds
def test_what_takes_more_to_write_takes_its_counterpart_to_remove(kind: ResourceType):
    verbs = {"write", "delete", *(action.name for action in kind.actions)} if kind.also else set()
    assert set(kind.also) == verbs
    assert all(action.endswith(f"/{verb}") for verb, action in kind.also.items())


@pytest.mark.parametrize("verb", ["write", "delete"])
def test_what_sits_on_a_thing_says_who_may_do_what_and_no_guest_writes_it(verb: str):
    """But for views, which are how somebody looks at it."""
    free = {
        kind.name
        for kind in CATALOG
        if kind.extension and gives(GUEST, kind.permission(verb).lower(), False)
    }
    assert free == {"Mlestate.Organization/savedViews"}


def test_every_type_has_an_example():
    assert set(EXAMPLES) == {kind.name for kind in CATALOG}


@goldens
def test_what_the_client_sends_is_taken_and_comes_back(name: str):
    golden = EVERY[name]
    kind = kind_of(golden["id"])
    body = located(kind, golden["body"])
    shown = get(kind, put(kind, golden["id"], body))
    sent = body.get("properties") or {}
    hidden = {path.partition(".")[0] for path in kind.secrets} | {"accountName", "computeId"}
    same = set(sent) - hidden - {"properties", "environmentId", "outputs", "lease"}
    assert {field: shown["properties"][field] for field in same} == {f: sent[f] for f in same}
    assert shown["id"] == golden["id"]


@goldens
def test_what_was_read_can_be_written_back(name: str):
    """Clients archive, tag and rename by a GET and a full PUT of what they got."""
    golden = EVERY[name]
    kind = kind_of(golden["id"])
    first = put(kind, golden["id"], located(kind, golden["body"]))
    again = put(
        kind, golden["id"], get(kind, first), old=first, fresh_id="another", at=first.modified.at
    )
    assert get(kind, again) == get(kind, first)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_could_never_run_is_refused(name: str):
    golden = IMPOSSIBLE[name]
    with pytest.raises(Invalid, match=r"own machine are not supported|no environment|needs the id"):
        put(kind_of(golden["id"]), golden["id"], golden["body"])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_name(name: str):
    golden = REFUSED[name]
    kind = kind_of(golden["id"])
    with pytest.raises(Invalid, match="is not supported; supported: `") as caught:
        put(kind, golden["id"], golden["body"])
    assert caught.value.target.startswith("$.properties.")


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in the document, the branches included."""
    if path:
        yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield from _leaves(item, (*path, key))


def _text(path: tuple[str | int, ...]) -> str:
    return "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)


def _spoilt(body: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    spoilt = copy.deepcopy(body)
    at: Any = spoilt
    for step in path[:-1]:
        at = at[step]
    # No text, number, flag, list, object or null is this: a list that holds a float.
    at[path[-1]] = [0.5]
    return spoilt


# Places whose content is the client's own: kept as it comes, whatever it is.
FREE = re.compile(r"\.(componentSpec|metadata\.\w+\..+|resources\.properties)\..*")


@goldens
def test_a_wrong_type_anywhere_is_refused_with_its_path(name: str):
    golden = EVERY[name]
    kind = kind_of(golden["id"])
    body = located(kind, golden["body"])
    for path in _leaves(body):
        place = _text(path)
        if FREE.search(place) or path == ("name",):
            continue
        with pytest.raises(Invalid) as caught:
            put(kind, golden["id"], _spoilt(body, path))
        targets = {detail.target for detail in caught.value.details}
        # Of a list the fault is that its one element is wrong.
        assert targets & {place, f"{place}[0]"}, (place, targets)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """An example of a type with some of its places overwritten by anything, or anything at all."""
    golden = EVERY[draw(st.sampled_from(sorted(EVERY)))]
    if draw(st.integers(0, 9)) == 0:
        return golden["id"], draw(json_values)
    body = copy.deepcopy(located(kind_of(golden["id"]), golden["body"]))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_leaves(body))
        if not places:
            break
        path = draw(st.sampled_from(places))
        at: Any = body
        for step in path[:-1]:
            at = at[step]
        like = st.none() | st.text(max_size=8) if isinstance(at[path[-1]], str) else json_values
        at[path[-1]] = draw(like | json_values)
    return golden["id"], body


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bodies())
def test_anything_that_is_sent_is_taken_or_refused_and_never_crashes(sent: Any):
    place, body = sent
    kind = kind_of(place)
    golden = EXAMPLES[kind.name]
    old = put(kind, golden["id"], located(kind, golden["body"]))
    for before in (None, old):
        try:
            written = put(kind, place, body, old=before)
        except PlatformError:
            continue
        json.dumps(get(kind, written))


@kinds
def test_an_empty_resource_renders(kind: ResourceType):
    """What a provider or an older version wrote may lack what the type asks of clients."""
    by = Stamp("x", "User", 0.0)
    bare = Resource(id=ids.parse(EXAMPLES[kind.name]["id"]), document={}, created=by, modified=by)
    if kind.render:
        for view in (View(), View(origin="https://ml.contoso.example", tenant="t")):
            assert json.dumps(kind.render(bare, view))


@kinds
def test_all_faults_are_told_at_once(kind: ResourceType):
    body = {**located(kind, EXAMPLES[kind.name]["body"]), "tags": 1, "kind": 2}
    with pytest.raises(Invalid) as caught:
        documents.read(kind, body)
    assert {"$.tags", "$.kind"} <= {detail.target for detail in caught.value.details}


def test_the_examples_of_the_client_are_not_forgotten():
    assert len(ACCEPTED) == 46
    assert len(REFUSED) == 20
