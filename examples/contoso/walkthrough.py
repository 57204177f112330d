"""A day at Contoso, with nothing but Microsoft's and MLflow's own packages.

Each person works in a process of their own, with the variables that `mlestate env --as` gives to
any program. Run it in a second terminal while `make up` runs in the first:

    .venv/bin/python examples/contoso/walkthrough.py

It ends with a table of what happened, and with exit code 1 if anything did not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

HERE = Path(__file__).parent
MLESTATE = Path(sys.executable).with_name("mlestate")
PROD = (
    "/subscriptions/6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0002/resourceGroups/rg-fraud-prod"
    "/providers/Microsoft.MachineLearningServices/workspaces/mlw-fraud-prod"
)
EXPERIMENT, MODEL, DATA = "breast-cancer", "breast-cancer-forest", "breast-cancer"
FORESTS = ((5, 1), (40, 3), (200, 8))  # trees, depth
ENVIRONMENT = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"


def upload(say: Say) -> None:
    """The data that scikit-learn ships becomes a data asset."""
    from azure.ai.ml.entities import Data
    from sklearn.datasets import load_breast_cancer

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "breast-cancer.csv")
        load_breast_cancer(as_frame=True).frame.to_csv(file, index=False)
        asset = client().data.create_or_update(Data(name=DATA, path=str(file), type="uri_file"))
    say("uploads the breast-cancer data", f"{asset.name} version {asset.version}")


def train(say: Say) -> list[str]:
    """Three jobs at once; the log of the first is watched while it runs."""
    from azure.ai.ml import Input, command

    ml = client()
    latest = ml.data.get(DATA, label="latest")
    names = []
    for trees, depth in FORESTS:
        job = command(
            code=str(HERE / "src"),
            command=f"python train.py --data ${{{{inputs.data}}}} --trees {trees} --depth {depth}",
            inputs={"data": Input(type="uri_file", path=latest.id)},
            environment=ENVIRONMENT,
            compute="cpu-cluster",
            experiment_name=EXPERIMENT,
            display_name=f"forest of {trees}",
        )
        names.append(str(ml.jobs.create_or_update(job).name))
    say("submits three training jobs", ", ".join(names))
    ml.jobs.stream(names[0])
    say("streams the first one's log until it ends", names[0])
    ended = {name: await_end(ml, name) for name in names}
    assert set(ended.values()) == {"Completed"}, ended
    say("has three trained forests", "all Completed, in sandboxes of their own")
    return names


def await_end(ml: MLClient, name: str) -> str:
    for _ in range(600):
        status = ml.jobs.get(name).status
        status = str(getattr(status, "value", status))
        if status in ("Completed", "Failed", "Canceled"):
            return status
        time.sleep(0.5)
    return "still not ended"


def choose(say: Say, names: list[str]) -> str:
    """The runs are compared; the best one's model is registered."""
    import mlflow

    runs = mlflow.search_runs(
        experiment_names=[EXPERIMENT], order_by=["metrics.test_accuracy DESC"], output_format="list"
    )
    mine = [run for run in runs if run.info.run_id in names]
    assert len(mine) == len(names), "a job's run has the job's name"
    best = mine[0]
    accuracy = best.data.metrics["test_accuracy"]
    say("compares the runs", f"best: {best.info.run_name}, accuracy {accuracy:.4f}")
    [logged] = mlflow.search_logged_models(
        experiment_ids=[best.info.experiment_id],
        filter_string=f"source_run_id = '{best.info.run_id}'",
        output_format="list",
    )
    registered = mlflow.register_model(logged.model_uri, MODEL)
    say("registers the best model", f"{MODEL} version {registered.version}")
    return str(registered.version)


def predict(say: Say, version: str) -> None:
    """The registered model is downloaded with Azure's SDK, and used with MLflow."""
    import mlflow
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer(as_frame=True)
    with tempfile.TemporaryDirectory() as folder:
        client().models.download(MODEL, version, download_path=folder)
        [found] = Path(folder).rglob("MLmodel")
        forest = mlflow.pyfunc.load_model(str(found.parent))
        guessed = forest.predict(table.data)
    right = float((guessed == table.target).mean())
    assert right > 0.9, right
    say("downloads it and predicts", f"{right:.1%} of {len(guessed)} tumours right")


def explore(say: Say) -> None:
    upload(say)
    names = train(say)
    predict(say, choose(say, names))


def intrude(say: Say) -> None:
    """The same person, in production."""
    refusal = refused(lambda: list(client().jobs.list()))
    for words in (
        "(AuthorizationFailed)",
        "Microsoft.MachineLearningServices/workspaces/jobs/read",
        "The role `Reader` has it",
    ):
        assert words in refusal, refusal
    say("is refused in production", "403: needs …/jobs/read, which Reader has")


def refused(attempt: Callable[[], object]) -> str:
    from azure.core.exceptions import HttpResponseError

    try:
        attempt()
    except HttpResponseError as error:
        if error.status_code == 403:
            return str(error)
        raise
    raise AssertionError("production let a data scientist in")


def oversee(say: Say) -> None:
    ml = client()
    spaces = [space.name for space in ml.workspaces.list(scope="subscription")]
    say("sees every workspace outside production", f"{len(spaces)} workspaces")
    jobs = [job for job in ml.jobs.list() if job.experiment_name == EXPERIMENT]
    authors = {job.creation_context.created_by for job in jobs}
    assert len(jobs) >= len(FORESTS), jobs
    assert authors == {"ana"}, authors
    say("sees who trained what", f"{len(jobs)} jobs, all by ana")
    model = ml.models.get(MODEL, label="latest")
    author = model.creation_context.created_by
    assert author == "ana", author
    say("sees who registered the model", f"{MODEL} version {model.version}, by {author}")


Say = Callable[[str, str], None]
REPORT = "WALKTHROUGH_REPORT"
ACTS: dict[str, tuple[str, str, Callable[[Say], None]]] = {
    "explore": ("ana", "mlw-rnd-explore", explore),
    "intrude": ("ana", PROD, intrude),
    "oversee": ("pat", "mlw-rnd-explore", oversee),
}


def client() -> MLClient:
    """As in any script that was written for Azure: nothing here names this estate."""
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZURE_ML_WORKSPACE"],
    )


def act(name: str) -> int:
    """One person's part, in this process; what happened is also written to the parent's file."""
    user, _, play = ACTS[name]

    def say(what: str, result: str) -> None:
        print(f"\n=== {user} {what}: {result}\n", flush=True)
        with Path(os.environ[REPORT]).open("a") as report:
            report.write(json.dumps([user, what, result]) + "\n")

    play(say)
    return 0


def variables(user: str, workspace: str) -> dict[str, str]:
    command = [MLESTATE, "env", "--as", user, "--workspace", workspace, "--format", "json"]
    said = subprocess.run(command, capture_output=True, text=True)
    if said.returncode:
        sys.exit(f"{said.stderr.strip()}\nIs the estate up? `make up` starts it.")
    return {**os.environ, **json.loads(said.stdout)}


def perform(name: str) -> tuple[bool, list[list[str]]]:
    user, workspace, _ = ACTS[name]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        environment = {**variables(user, workspace), REPORT: str(report)}
        code = subprocess.call([sys.executable, __file__, name], env=environment)
        said = report.read_text() if report.exists() else ""
    return code == 0, [json.loads(line) for line in said.splitlines()]


def main() -> int:
    began = time.monotonic()
    rows, wrong = [], []
    for name, (user, _, _) in ACTS.items():
        good, steps = perform(name)
        rows += steps
        if not good:
            wrong.append(name)
            rows.append([user, f"could not finish `{name}`", "FAILED: see above"])
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    print("\n" + "-" * (sum(widths) + 4))
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
    print("-" * (sum(widths) + 4))
    verdict = "FAILED" if wrong else "all done"
    print(f"{len(rows)} steps in {time.monotonic() - began:.0f} s: {verdict}")
    return 1 if wrong else 0


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("act", nargs="?", choices=list(ACTS), help="one person's part alone")
    return words


if __name__ == "__main__":
    try:
        asked = parser().parse_args().act
        sys.exit(act(asked) if asked else main())
    except KeyboardInterrupt:
        sys.exit("stopped; jobs that were submitted go on" if len(sys.argv) == 1 else 130)
