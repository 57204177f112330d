"""One artifact, two addresses: the plain client's and the plug-in's lead back to each other."""

from __future__ import annotations

import pytest

from mlestate.api.mlflow.address import Roots, plain_source, roots
from mlestate.api.mlflow.address import split as split_address
from tests.house import RED

PLAIN = [
    "mlflow-artifacts:/ExperimentRun/dcid.r1/model",
    "mlflow-artifacts:/LoggedModels/m-1",
    "mlflow-artifacts:/Models/fraud/3/folder/MLmodel",
]


def plugin() -> Roots:
    found = split_address(f"/mlflow/v2.0{RED.id}/api/2.0/mlflow/runs/get")
    assert found is not None
    return roots(found[0], RED.id, "localhost:8443")


@pytest.mark.parametrize("plain", PLAIN)
def test_what_the_plug_in_is_shown_is_read_back_as_it_is_kept(plain: str):
    shown = plugin().shown(plain)
    assert shown.startswith(f"azureml://localhost:8443{RED.id}/experiments/")
    assert plain_source(shown, RED.id) == plain


@pytest.mark.parametrize("plain", PLAIN)
def test_plain_clients_are_shown_what_is_kept(plain: str):
    assert Roots("mlflow-artifacts:").shown(plain) == plain


def test_an_address_of_another_workspace_is_not_taken_for_ones_own():
    shown = plugin().shown(PLAIN[0])
    assert plain_source(shown, RED.id.replace("red", "blue")) == shown
