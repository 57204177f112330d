"""A real estate and the people on it: each plays in a process of their own, with official clients.

A play is a plain function of a test module, so that it reads and is checked like any other code.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import ROOT, Running, running

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Environment, Job

WORKSPACE = "mlw-rnd-explore"
_PLAY = """
import importlib, sys, warnings
warnings.simplefilter("ignore")
_, module, name, *arguments = sys.argv
getattr(importlib.import_module(module), name)(*arguments)
"""


class Stage:
    def __init__(self, estate: Running, workspace: str = WORKSPACE):
        self.estate, self.workspace = estate, workspace
        self._variables: dict[str, dict[str, str]] = {}

    def play(self, user: str, act: Callable[..., None], *arguments: str) -> None:
        """Raises with what was printed where an assertion of the act does not hold."""
        variables = self._variables.get(user) or self._dressed(user)
        self.estate.python(_PLAY, variables, act.__module__, act.__name__, *arguments)

    def _dressed(self, user: str) -> dict[str, str]:
        found = self.estate.variables(user, self.workspace)
        paths = [str(ROOT), *filter(None, [found.get("PYTHONPATH")])]
        found["PYTHONPATH"] = os.pathsep.join(paths)
        found["AZUREML_RUN_POLLING_INTERVAL_MIN"] = "1"
        self._variables[user] = found
        return found


@contextmanager
def staged(factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running(factory.mktemp("sdk") / "data") as estate:
        yield Stage(estate)


# What the plays are made of


def client(workspace: str = "") -> MLClient:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        workspace or os.environ["AZURE_ML_WORKSPACE"],
    )


def refused(work: Callable[[], Any]) -> tuple[int, str]:
    """The status and the whole text of a refusal."""
    from azure.core.exceptions import HttpResponseError

    try:
        work()
    except HttpResponseError as error:
        return error.status_code or 0, str(error)
    raise AssertionError("it was not refused")


def bare() -> Environment:
    """An environment without packages: there at once."""
    from azure.ai.ml.entities import Environment

    conda = {"name": "bare", "dependencies": ["python=3.11"]}
    return Environment(name="bare", version="1", image="python:3.11", conda_file=conda)


def until(ml: MLClient, name: str, *states: str, seconds: float = 60.0) -> Job:
    """The job once it is in one of the states; without states, once it has ended."""
    wanted = states or ("Completed", "Failed", "Canceled")
    end = time.monotonic() + seconds
    while (job := ml.jobs.get(name)).status not in wanted:
        assert time.monotonic() < end, f"{name} is still {job.status}"
        time.sleep(0.2)
    return job


def files(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
