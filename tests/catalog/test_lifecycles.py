"""House rule over the whole catalog: what a type declares, the estate does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlestate.app.build import Estate
from mlestate.app.settings import Settings
from mlestate.catalog import CATALOG
from mlestate.core.lifecycle import Lifecycle

ACTIONS = [(kind, action) for kind in CATALOG for action in kind.actions]
# Of these the worker's part is the same for all: below them, everything goes; then they go.
ONLY_CONTAIN = {
    "Microsoft.Resources/subscriptions/resourceGroups",
    "Microsoft.MachineLearningServices/workspaces",
}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    made = Estate(tmp_path_factory.mktemp("estate"), Settings(dev=True), ["westeurope"])
    yield made
    made.close()


@pytest.mark.parametrize(
    ("kind", "action"), ACTIONS, ids=[f"{kind.name} {action.name}" for kind, action in ACTIONS]
)
def test_every_action_is_done_by_its_types_lifecycle(estate: Estate, kind, action):
    verb = "run" if action.slow else "act"
    assert _own(estate, kind.name, verb), f"{kind.name} declares {action.name}"


@pytest.mark.parametrize("kind", [kind for kind in CATALOG if kind.slow], ids=lambda k: k.name)
def test_every_slow_part_is_done_by_its_types_lifecycle(estate: Estate, kind):
    for verb in kind.slow:
        contains = verb == "delete" and kind.name in ONLY_CONTAIN
        assert contains or _own(estate, kind.name, verb), f"{kind.name} declares a slow {verb}"


def test_no_lifecycle_is_of_a_type_that_is_not_in_the_catalog(estate: Estate):
    assert set(estate.plane.lifecycles) <= {kind.name.lower() for kind in CATALOG}


def _own(estate: Estate, kind: str, verb: str) -> bool:
    """Whether the type's lifecycle says itself how the verb is done."""
    lifecycle = estate.plane.lifecycles.get(kind.lower())
    return lifecycle is not None and getattr(type(lifecycle), verb) is not getattr(Lifecycle, verb)
