"""What a running job needs of its workspace: the most that its token can do."""

from __future__ import annotations

from ..core.access import Permission, Rights, Role
from ..core.errors import Invalid

_ML = "Microsoft.MachineLearningServices/workspaces"

# It reads what it works on and writes what it finds. It starts nothing, deletes nothing, changes
# no workspace, compute, endpoint or datastore, and opens no key or secret: whoever can submit a
# job could otherwise do all that in somebody else's name, by having them run a piece of code.
RUNNING_JOB = Role(
    "running-job",
    "Running job",
    (
        Permission(
            actions=(
                f"{_ML}/*/read",
                f"{_ML}/experiments/*/write",
                f"{_ML}/metrics/*/write",
                f"{_ML}/metadata/artifacts/write",
                f"{_ML}/metadata/snapshots/write",
                f"{_ML}/models/*/write",
                f"{_ML}/data/*/write",
                f"{_ML}/datasets/*/write",
                f"{_ML}/onlineEndpoints/score/action",
            ),
            not_actions=(
                f"{_ML}/metadata/secrets/read",
                f"{_ML}/environments/readSecrets/*",
                f"{_ML}/listNotebookAccessToken/read",
                f"{_ML}/listNotebookKeys/read",
            ),
        ),
    ),
)


def workspace_of(job_id: str) -> str:
    """The scope that the job runs in."""
    workspace, mark, name = job_id.rpartition("/jobs/")
    # An empty scope is everything: an id that names no workspace must not get that far.
    if not mark or not name or "/workspaces/" not in workspace:
        raise Invalid(f"`{job_id}` is not the id of a job in a workspace.")
    return workspace


def of_job(submitter: Rights, job_id: str) -> Rights:
    return submitter.within(workspace_of(job_id), RUNNING_JOB)
