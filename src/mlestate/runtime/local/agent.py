"""The agent of one region on one machine: it leases jobs, has them run, and says how they go.

`python -m mlestate.runtime.local.agent --url URL --region REGION --data DIR --token-file FILE`.
It never opens a database. It may be stopped or killed at any time: the jobs go on, and the next
agent takes them up.
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import uv

from ...core.errors import Unavailable
from ..protocol import Claim, Lease, Renew
from .folder import Folder
from .job import Job
from .machine import Machine, look
from .venvs import Venvs
from .wire import Api, Http

_log = logging.getLogger("mlestate.agent")

_CLAIM_SECONDS = 0.5
_RENEW_SECONDS = 1.0
_LONGEST_PAUSE = 5.0
_PRUNE_SECONDS = 3600.0


class Agent:
    """`slots` is how many jobs run here at once."""

    def __init__(self, machine: Machine, venvs: Venvs, api: Api, http: Http, slots: int):
        self._machine, self._venvs, self._api, self._http = machine, venvs, api, http
        self._slots = slots
        self._running: dict[str, tuple[Job, Thread]] = {}
        self._stop = Event()

    def run(self) -> None:
        """Until `stop`."""
        self._adopt()
        renewing = Thread(target=self._loop, args=(self._renew, _RENEW_SECONDS), daemon=True)
        pruning = Thread(target=self._loop, args=(self._prune, _PRUNE_SECONDS), daemon=True)
        renewing.start()
        pruning.start()
        self._loop(self._claim, _CLAIM_SECONDS)
        for job, _ in self._jobs():
            job.leave()
        for _, thread in self._jobs():
            thread.join()
        self._venvs.close()

    def stop(self) -> None:
        self._stop.set()

    def _loop(self, step: Callable[[], None], seconds: float) -> None:
        """Again and again; more and more rarely while the API is not there."""
        pause = seconds
        try:
            while not self._stop.wait(pause):
                pause = self._stepped(step, seconds, pause)
        finally:
            # An agent that has lost one of its loops is none: it stops, and its jobs go on.
            self._stop.set()

    def _stepped(self, step: Callable[[], None], seconds: float, pause: float) -> float:
        """How long to wait for the next."""
        try:
            step()
        except Unavailable as error:
            _log.warning("the API is not there, trying again: %s", error)
            return min(pause * 2, max(_LONGEST_PAUSE, seconds))
        return seconds

    def _jobs(self) -> list[tuple[Job, Thread]]:
        """Those that still run here; the ended are forgotten."""
        for name, (_, thread) in list(self._running.items()):
            if not thread.is_alive():
                self._running.pop(name, None)
        return list(self._running.values())

    def _adopt(self) -> None:
        """Take up what an agent before this one has left."""
        for path in sorted(self._machine.jobs.iterdir()):
            folder = Folder(path)
            lease = folder.lease()
            if lease is None:
                # Cut short while it was made or removed: nothing ever ran from it, or it is told.
                folder.remove()
                continue
            _log.info("adopting %s", lease.job)
            self._take(lease)

    def _claim(self) -> None:
        jobs = self._jobs()
        held = tuple(job.held for job, _ in jobs)
        free = max(0, self._slots - len(jobs))
        claimed = self._api.claim(Claim(self._machine.node, free, held))
        for lease in claimed.leases:
            self._let_go(lease.job)
            self._machine.folder(lease.spec.workspace, lease.spec.name).write_lease(lease)
            self._take(lease)

    def _let_go(self, job: str) -> None:
        """An older lease of the same job ends here before the newer one begins."""
        old = self._running.pop(job, None)
        if old is not None:
            old[0].drop()
            old[1].join()

    def _take(self, lease: Lease) -> None:
        job = Job(lease, self._machine, self._venvs, self._api, self._http)
        thread = Thread(target=job.run, name=lease.job)
        self._running[lease.job] = (job, thread)
        thread.start()

    def _renew(self) -> None:
        jobs = {job.lease.job: job for job, _ in self._jobs()}
        if not jobs:
            return
        held = tuple(job.held for job in jobs.values())
        answer = self._api.renew(Renew(self._machine.node, held))
        for renewal in answer.renewals:
            if renewal.job in jobs:
                jobs[renewal.job].hear(renewal)

    def _prune(self) -> None:
        orders = [job.folder.order() for job, _ in self._jobs()]
        used = {Path(order.environment).name for order in orders if order is not None}
        for name in self._venvs.prune(used):
            _log.info("removed environment %s, which nothing used for longest", name)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    region = options.data / "regions" / options.region
    region.mkdir(parents=True, exist_ok=True)
    lock = _only_one(region)
    if lock is None:
        print(f"an agent of `{options.region}` runs here already", file=sys.stderr)
        return 1
    machine = look(region, options.url, options.ca, use_bwrap=not options.no_sandbox)
    for warning in machine.warnings:
        _log.warning(warning)
    http = Http(options.ca)
    api = Api(http, options.url, options.region, options.token_file)
    venvs = Venvs(region / "environments", options.data / "uv-cache", uv.find_uv_bin())
    agent = Agent(machine, venvs, api, http, options.slots)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())
    if options.while_stdin:
        Thread(target=_stop_with_stdin, args=(agent,), daemon=True).start()
    _log.info("agent of %s is up, with %d slots", options.region, options.slots)
    agent.run()
    os.close(lock)
    return 0


def _stop_with_stdin(agent: Agent) -> None:
    """Whoever started us holds the other end: however it ends, the end is heard."""
    os.read(sys.stdin.fileno(), 1)
    agent.stop()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlestate-agent", description=__doc__)
    parser.add_argument("--url", required=True, help="the API's address")
    parser.add_argument("--region", required=True)
    parser.add_argument("--data", required=True, type=_absolute, help="the data directory")
    parser.add_argument("--token-file", required=True, type=_absolute)
    parser.add_argument("--ca", type=_absolute, help="PEM file of the authority to trust")
    parser.add_argument("--slots", type=int, default=max(2, os.cpu_count() or 1))
    parser.add_argument("--no-sandbox", action="store_true", help="do without bubblewrap")
    parser.add_argument(
        "--while-stdin", action="store_true", help="stop when standard input is closed"
    )
    return parser.parse_args(arguments)


def _absolute(text: str) -> Path:
    return Path(text).absolute()


def _only_one(region: Path) -> int | None:
    """The descriptor whose lock says that this region has its agent."""
    descriptor = os.open(region / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
