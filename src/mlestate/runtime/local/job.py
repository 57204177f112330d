"""One leased job's course on this machine, as its agent sees it: prepare, start, follow, settle.

Every step leaves its trace in the folder first, so that the next agent takes it up where this one
stopped.
"""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from signal import Signals
from threading import Event
from typing import TypeVar

import msgspec

from ...core.errors import Forbidden, PlatformError, Unavailable
from .. import environments
from ..protocol import Failure, Held, Lease, Renewal, Report, Reported, State
from . import ending, materialise
from .blobs import Blobs, Log
from .cgroup import ControlGroup
from .folder import Folder, Started
from .keys import Keys
from .machine import Machine, free_uid, living_uids
from .order import order
from .patience import Interrupted, persist
from .process import kill_all, send
from .sandbox import view
from .venvs import Venv, Venvs
from .wire import Api, Http

T = TypeVar("T")

logger = logging.getLogger("mlestate.agent")

LOG = "user_logs/std_log.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"
# How long one may try to reach the blob store when all else is done.
_FINALIZING_SECONDS = 3600.0
_LOG_SECONDS = 1.0
_TAIL = 8192
_SUPERVISOR = "mlestate.runtime.local.supervisor"


class MachineFailed(PlatformError):
    """The disk is full, a program is missing, …: nothing that the job can mend."""

    code = "MachineFailed"


class Gone(Exception):
    """The lease is another's now, or the job has ended elsewhere."""


class Job:
    def __init__(self, lease: Lease, machine: Machine, venvs: Venvs, api: Api, http: Http):
        self.lease = lease
        self.folder = machine.folder(lease.spec.workspace, lease.spec.name)
        self._machine, self._venvs, self._api, self._http = machine, venvs, api, http
        self._blobs = Blobs(http)
        self._halt = Event()
        self._gone = self._leaving = False
        self._child: subprocess.Popen[bytes] | None = None
        self._keys = Keys()
        self._warnings: list[str] = []

    # What the agent says, from its own thread

    @property
    def held(self) -> Held:
        return Held(self.lease.job, self.lease.fence, self._keys.wanted)

    def hear(self, renewal: Renewal) -> None:
        """The answer to a renewal."""
        if renewal.spec is not None:
            self.lease = msgspec.structs.replace(self.lease, spec=renewal.spec)
        if renewal.spec is not None or renewal.refused is not None:
            self._keys.answer(renewal.refused)
        if renewal.verdict == "gone":
            self.drop()
        elif renewal.verdict == "cancel":
            self._hear_cancel()

    def drop(self) -> None:
        """Stop it: it is another's now."""
        self._gone = True
        self._stop_process()
        self._halt.set()

    def _hear_cancel(self) -> None:
        if self.folder.cancel_asked():
            return
        self.folder.ask_cancel()
        self._stop_process()
        if self.folder.started() is None:
            self._halt.set()

    def _stop_process(self) -> None:
        self.folder.ask_cancel()
        started = self.folder.started()
        if started is not None:
            send(started.process, Signals.SIGTERM)

    def leave(self) -> None:
        """Let go of the job as it is: its supervisor goes on, and the next agent takes it up."""
        self._leaving = True
        self._halt.set()

    # The course, in the job's own thread

    def run(self) -> None:
        followed = False
        try:
            self._run()
            followed = True
        except Gone:
            self._abandon()
            followed = True
        finally:
            self._http.close()
            if not followed:
                # A fault of ours: nobody looks after the job any more, so it may not go on.
                self._stop_process()

    def _run(self) -> None:
        while True:
            try:
                return self._course()
            except Interrupted:
                if self._leaving:
                    return None
                if self._gone:
                    raise Gone from None
                # Canceled: the course is taken up again, to another end.
                self._halt.clear()
            except PlatformError as error:
                return self._fail(error)
            except OSError as error:
                # Where it lies on the machine is the operator's business.
                logger.warning("%s: %s", self.lease.job, error)
                what = error.strerror or type(error).__name__
                return self._fail(MachineFailed(f"The machine could not do it: {what}."))

    def _fail(self, error: PlatformError) -> None:
        # To end it, it is canceled by us, too.
        canceled = self.folder.cancel_asked()
        self._end_process()
        failure = Failure(error.code, str(error))
        self._last_word(ending.failed(self.lease, failure, canceled, self._warnings))

    def _last_word(self, report: Report) -> None:
        self._say(report)
        self.folder.remove()

    def _abandon(self) -> None:
        """Not ours any more: nothing of it may go on here."""
        self._end_process()
        self.folder.remove()

    def _end_process(self) -> None:
        while self.folder.has_supervisor():
            self._stop_process()
            time.sleep(0.1)

    def _course(self) -> None:
        if not self.folder.has_supervisor() and self.folder.started() is None:
            if self.folder.cancel_asked():
                return self._last_word(Report(self.lease.job, self.lease.fence, "Canceled"))
            self._begin()
        self._follow()
        self._settle()
        return None

    def _begin(self) -> None:
        self._tell("Preparing")
        self.folder.clear()
        materialise.make_room(self.folder, self.lease.spec, self._machine.ca)
        venv = self._environment()
        self._persist(lambda: materialise.fetch_code(self._blobs, self.lease.spec, self.folder))
        inputs = self._inputs()
        uid = free_uid(self.folder.path.name, living_uids()) if self._machine.own_uids else 0
        decided = order(self.lease.spec, self.folder, self._machine, venv, inputs, uid)
        materialise.hand_over(self.folder, uid)
        self.folder.write_order(decided)
        # Nothing starts before the API has agreed: that is what makes a job run once.
        self._tell("Running")
        if self._halt.is_set():
            raise Interrupted
        self._child = start_supervisor(self.folder)

    def _environment(self) -> Venv:
        log = Log(self._http, self.lease.spec.artifacts, BUILD_LOG)
        recipe = environments.recipe(self.lease.spec.environment)
        self._warnings += recipe.warnings
        self.folder.log.write_text("".join(f"WARNING: {one}\n" for one in recipe.warnings))
        try:
            with self.folder.build_log.open("a") as file:
                return self._venvs.ensure(recipe, file, self._halt)
        finally:
            self._persist(lambda: log.send(self.folder.build_log))

    def _inputs(self) -> dict[str, str]:
        seen = view(self.folder, self._machine.bwrap)
        found = {}
        for one in self.lease.spec.inputs:
            fetch = partial(materialise.fetch_input, self._blobs, one, self.folder, seen)
            found[one.name] = self._persist(fetch)
        return found

    def _follow(self) -> None:
        """Until the supervisor is gone, bring the log up to date."""
        log = self._log()
        began, told = time.monotonic(), False
        while self.folder.has_supervisor():
            if self._halt.is_set():
                raise Interrupted
            started = self.folder.started()
            if started is not None and not told:
                self._tell("Running", started)
                told = True
            self._send_log(log)
            # An append blob takes 50,000 pieces: the longer a job runs, the rarer they come.
            self._rest(started, max(_LOG_SECONDS, (time.monotonic() - began) / 600))

    def _rest(self, started: Started | None, seconds: float) -> None:
        if started is None:
            self._halt.wait(0.02)
            return
        wait_for_end(started, seconds, self._halt)

    def _log(self) -> Log:
        return Log(self._http, self.lease.spec.artifacts, LOG)

    def _send_log(self, log: Log) -> None:
        """It is on disk: what could not be sent now goes with the next piece, or at the end."""
        try:
            log.send(self.folder.log)
        except Forbidden:
            self._keys.want()
        except Unavailable:
            return
        except PlatformError as error:
            logger.warning("the log of %s cannot be sent: %s", self.lease.job, error)

    def _settle(self) -> None:
        """Everything has ended: send what it left, and say how it went."""
        if self._child is not None:
            self._child.wait()
        started, result = self.folder.started(), self.folder.result()
        if started is None:
            raise PlatformError("The supervisor could not be started; see its log on the machine.")
        if result is None:
            self._kill_rest()
        self._tell("Finalizing", started)
        self._persist(lambda: self._log().send(self.folder.log))
        self._send_outputs()
        if result is None:
            self._sweep()
            report = ending.lost(self.lease, self._machine.node, started)
        else:
            report = ending.ended(self.lease, self._machine.node, result, started, self._tail())
        warnings = (*report.warnings, *self._warnings, *self._machine.warnings)
        self._last_word(msgspec.structs.replace(report, warnings=warnings))

    def _send_outputs(self) -> None:
        send = partial(materialise.send_outputs, self._blobs, self.lease.spec, self.folder)
        left = self._persist(send)
        if not left:
            return
        self._warnings += left
        with self.folder.log.open("a") as log:
            log.writelines(f"WARNING: {one}\n" for one in left)
        self._persist(lambda: self._log().send(self.folder.log))

    def _kill_rest(self) -> None:
        """A supervisor that was killed could not see to it that nothing of the job is left, which
        would change files while they are sent. What bubblewrap began died with it.
        """
        order = self.folder.order()
        if order is not None and not order.bwrap:
            kill_all(order.uid, str(self.folder.home))

    def _sweep(self) -> None:
        order = self.folder.order()
        if order is not None and order.control_groups:
            ControlGroup(Path(order.control_groups), self.folder.path.name).remove()

    def _tail(self) -> bytes:
        if not self.folder.log.exists():
            return b""
        with self.folder.log.open("rb") as file:
            file.seek(max(0, self.folder.log.stat().st_size - _TAIL))
            return file.read()

    def _tell(self, state: State, started: Started | None = None) -> None:
        report = Report(self.lease.job, self.lease.fence, state)
        if started is not None:
            report = msgspec.structs.replace(report, protections=started.protections)
        self._say(report)

    def _say(self, report: Report) -> None:
        report = msgspec.structs.replace(report, node=self._machine.node)
        answer: Reported = persist(lambda: self._api.report(report), self._halt)
        if not answer.accepted:
            raise Gone
        if answer.cancel:
            self._hear_cancel()

    def _persist(self, action: Callable[[], T]) -> T:
        """Until it is done; with fresh keys once, when the old ones are refused."""
        try:
            return persist(action, self._halt, _FINALIZING_SECONDS)
        except Forbidden:
            self._keys.fresh(self._halt)
            return persist(action, self._halt, _FINALIZING_SECONDS)


def start_supervisor(folder: Folder) -> subprocess.Popen[bytes] | None:
    """In a session of its own, with the folder's lock in its hands. None when one is there."""
    lock = folder.lock()
    if lock is None:
        return None
    passed = {name: os.environ[name] for name in ("PYTHONPATH", "LANG") if name in os.environ}
    try:
        with (folder.path / "supervisor.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", _SUPERVISOR, str(folder.path), str(lock)],
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", **passed},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                start_new_session=True,
            )
    finally:
        os.close(lock)


def wait_for_end(started: Started, seconds: float, halt: Event) -> None:
    """Sleep until the supervisor ends, the time is over or a halt is heard."""
    try:
        descriptor = os.pidfd_open(started.process.pid)
    except ProcessLookupError:
        return
    try:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and not halt.is_set():
            if select.select([descriptor], [], [], min(left, 0.25))[0]:
                return
    finally:
        os.close(descriptor)
