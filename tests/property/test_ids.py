"""Every path that the grammar can make is read back as what it was made from."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlestate.core import ids
from mlestate.core.errors import Invalid, NotFound
from mlestate.core.ids import ResourceId, Step

names = st.text(string.ascii_letters + string.digits + "-_.()äß@ ", min_size=1, max_size=20)
words = st.text(string.ascii_letters, min_size=1, max_size=12).filter(
    lambda w: w.lower() != "providers"
)
spaces = st.builds(lambda a, b: f"{a}.{b}", words, words)


@st.composite
def provider_steps(draw: st.DrawFn) -> tuple[Step, ...]:
    first = Step(draw(spaces), draw(words), draw(names))
    rest = draw(st.lists(st.builds(Step, st.just(""), words, names), max_size=3))
    return (first, *rest)


bases = st.one_of(
    st.just(()),
    st.builds(lambda s: (Step("", "subscriptions", s),), names),
    st.builds(
        lambda s, g: (Step("", "subscriptions", s), Step("", "resourceGroups", g)), names, names
    ),
)


@st.composite
def resource_ids(draw: st.DrawFn) -> ResourceId:
    steps = draw(bases)
    for _ in range(draw(st.integers(0 if steps else 1, 3))):
        steps += draw(provider_steps())
    return ResourceId(steps)


@given(resource_ids())
def test_an_id_reads_back_as_itself(id: ResourceId):
    assert ids.parse(str(id)) == id


@given(resource_ids(), words)
def test_an_odd_segment_is_a_collection_or_an_action(id: ResourceId, word: str):
    address = ids.read(f"{id}/{word}")
    assert (address.id, address.tail) == (id, word)
    if id.top():
        assert address.collection == f"{id.type}/{word}"


@given(resource_ids(), spaces, words)
def test_a_collection_may_start_a_provider(id: ResourceId, namespace: str, word: str):
    address = ids.read(f"{id}/providers/{namespace}/{word}")
    assert (address.id, address.collection) == (id, f"{namespace}/{word}")


@given(resource_ids())
def test_every_ancestor_is_a_prefix(id: ResourceId):
    assert all(id.key.startswith(a.key) for a in id.ancestors)
    assert list(id.ancestors)[-1] == id.parent


@given(resource_ids())
def test_aliases_lead_to_the_same_place(id: ResourceId):
    text = str(id)
    for alias in ("/mferp/managementfrontend" + text, "/" + text, text + "/"):
        assert ids.parse(alias) == id
    swapped = text.replace("/resourceGroups/", "/resourcegroups/").replace(
        "/providers/", "/Providers/"
    )
    assert ids.parse(swapped).key == id.key


@given(st.text(max_size=80))
def test_no_text_at_all_does_anything_but_read_or_refuse(text: str):
    try:
        ids.read(text)
    except (Invalid, NotFound):
        return


def test_types_of_every_kind_of_id():
    assert ids.parse("/subscriptions/s").type == "Microsoft.Resources/subscriptions"
    group = ids.parse("/subscriptions/s/resourcegroups/g")
    assert group.type == "Microsoft.Resources/subscriptions/resourceGroups"
    mg = ids.parse("/providers/Microsoft.Management/managementGroups/contoso")
    assert mg.type == "Microsoft.Management/managementGroups"
    lock = ids.parse(f"{group}/providers/Ml/workspaces/w/providers/Microsoft.Authorization/locks/l")
    assert lock.type == "Microsoft.Authorization/locks"
    assert lock.parent.type == "Ml/workspaces"
    assert lock.top() == lock.parent
    on_mg = ids.parse(f"{mg}/providers/Microsoft.Authorization/roleAssignments/a")
    assert on_mg.parent == mg


def test_a_deployment_without_its_provider_is_found():
    address = ids.read("/subscriptions/s/resourcegroups/g/deployments/d/operations")
    assert address.id.type == "Microsoft.Resources/deployments"
    assert address.tail == "operations"


def test_spelling_follows_the_catalog_and_names_stay():
    ml = "Microsoft.MachineLearningServices"
    spelling = {t.lower(): t for t in (f"{ml}/workspaces", f"{ml}/workspaces/jobs")}
    path = f"/SUBSCRIPTIONS/S/resourcegroups/G/providers/{ml.upper()}/Workspaces/W/JOBS/j"
    assert str(ids.canonical(ids.parse(path), spelling)) == (
        f"/subscriptions/S/resourceGroups/G/providers/{ml}/workspaces/W/jobs/j"
    )


@pytest.mark.parametrize("path", ["/subscriptions/s/workspaces/w", "/nothing/here", "/a/b/c/d"])
def test_a_chain_that_no_address_has_is_not_found(path: str):
    with pytest.raises(NotFound):
        ids.read(path)
