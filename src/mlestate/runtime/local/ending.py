"""How a job ended, in the words of the API: from what its supervisor left to a report. Pure."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from ..protocol import Failure, Lease, Report
from .folder import Result, Started

_TAIL_LINES, _TAIL_BYTES = 20, 4000


def ended(lease: Lease, node: str, result: Result, started: Started, log: bytes) -> Report:
    """Completed, Failed or Canceled; `log` is the end of the job's output."""
    error = failure(lease, result, log)
    return Report(
        job=lease.job,
        fence=lease.fence,
        node=node,
        state="Canceled" if result.canceled else "Failed" if error else "Completed",
        exit_code=result.exit_code,
        error=None if result.canceled else error,
        protections=started.protections,
        warnings=started.warnings,
        peak_memory=result.peak_memory,
        cpu_seconds=round(result.cpu_seconds, 3),
        seconds=round(result.seconds, 3),
    )


def failure(lease: Lease, result: Result, log: bytes) -> Failure | None:
    if result.failure:
        return Failure("SandboxFailed", result.failure)
    if result.timed_out:
        limit = lease.spec.limits.timeout
        return Failure("JobTimedOut", f"The job ran longer than its limit of {limit:g} seconds.")
    if result.out_of_memory:
        limit = lease.spec.limits.memory >> 20
        return Failure(
            "OutOfMemory", f"The job used more than its {limit} MiB of memory and was killed."
        )
    if result.exit_code == 0:
        return None
    return Failure("ExecutionFailed", _sentence(result.exit_code) + _quoted(log))


def failed(lease: Lease, error: Failure, canceled: bool, warnings: Sequence[str]) -> Report:
    """Something around the job could not be done. Of one that nobody wanted any more, that is no
    more than a warning.
    """
    if canceled:
        told = (*warnings, f"canceled, and not all of it could be done: {error.message}")
        return Report(lease.job, lease.fence, "Canceled", warnings=told)
    return Report(lease.job, lease.fence, "Failed", error=error, warnings=tuple(warnings))


def lost(lease: Lease, node: str, started: Started) -> Report:
    """The supervisor is gone and left no result: it was killed, it failed itself, or the machine
    went down.
    """
    message = "The process that watched over the job was killed or failed; the job died with it."
    error = Failure("SupervisorLost", message)
    return Report(
        lease.job, lease.fence, "Failed", node, error=error, protections=started.protections
    )


def _sentence(code: int) -> str:
    if code > 128 and code - 128 in {one.value for one in signal.Signals}:
        return f"The command was killed by {signal.Signals(code - 128).name} (exit code {code})."
    return f"The command ended with exit code {code}."


def _quoted(log: bytes) -> str:
    lines = log[-_TAIL_BYTES:].decode(errors="replace").strip().splitlines()[-_TAIL_LINES:]
    return "\nThe last lines of its log:\n" + "\n".join(lines) if lines else ""
