"""`mlestate up`: everything on this machine in one process tree, then the file applied."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog

from ..api.allocator import keep_freed_memory
from ..client.client import several
from ..client.session import Login, Session
from ..core.activity import without_secrets
from ..core.bundle import Bundle
from ..core.errors import Conflict, PlatformError
from ..core.guests import today
from ..estate.applying.outcome import Outcome, failed
from ..estate.applying.reconcile import Wanted, carry_out, survey
from ..estate.bundles import load_bundle
from ..identity import bootstrap, tls
from . import holders, processes, settings
from .agents import Agents
from .build import Estate
from .estate_file import texts
from .server import Server

Say = Callable[[str], None]


def run(file: str | None, data: Path, port: int | None, dev: bool, detach: bool) -> int:
    """The exit code. Stays until it is stopped, unless `detach`."""
    if detach:
        return _in_background(file, data, port, dev)
    keep_freed_memory()
    data = data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    wanted_file = read_file(file) if file else None
    spec = load_bundle(wanted_file.files, wanted_file.name) if wanted_file else None
    wanted = settings.read(data, os.environ, port=port, dev=dev or None)
    lock = only_one(data)
    _need_port(wanted.port)
    processes.write(data, f"https://localhost:{wanted.port}", settled=False)
    _log_to(data / "logs")
    regions = settings.regions(data, wanted, spec.regions.all if spec else ())
    certificate = _certificate(data, wanted)
    estate = Estate(data, wanted, regions)
    try:
        estate.found()
    except PlatformError:
        # What SQLite keeps beside a database would be taken for that of the one put in its place.
        estate.leave()
        raise
    code = _serve(estate, certificate, wanted_file)
    os.close(lock)
    return code


def _serve(estate: Estate, certificate: tls.Tls, file: Wanted | None) -> int:
    server = Server(estate, certificate.server, lambda: _certificate(estate.data, estate.settings))
    agents = Agents(estate.data, estate.origin, lambda: estate.regions, certificate.ca)
    trouble: list[str] = []

    def ready() -> None:
        agents.start()
        _print(f"mlestate is up at {estate.origin} (data in {estate.data})")
        if file is not None:
            trouble.extend(_apply(estate, certificate, file, server))
        if not server.stopping:
            processes.write(estate.data, estate.origin, settled=True, trouble=trouble)
            _print("ready; Ctrl-C stops it")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    server.run(ready)
    agents.stop()
    processes.clear(estate.data)
    estate.close()
    _print("stopped; jobs that run go on, and are taken up by the next `mlestate up`")
    return 1 if trouble else 0


def _certificate(data: Path, wanted: settings.Settings) -> tls.Tls:
    return tls.ensure(data / "tls", wanted.names, datetime.now(UTC))


def _apply(estate: Estate, certificate: tls.Tls, file: Wanted, server: Server) -> list[str]:
    """As anyone else does it: over HTTP, with the administrator's token."""
    started = time.monotonic()
    login = bootstrap.read(estate.data / bootstrap.ADMIN_FILE)
    session = Session(
        estate.origin,
        certificate.bundle,
        Login(login.client_id, login.client_secret, login.tenant),
    )
    try:
        with session.open() as client, several() as workers:
            day = today(estate.clock())
            found = survey(msgspec.structs.replace(file, today=day), client, workers)
            outcomes = carry_out(
                found,
                client,
                workers,
                holders.server(),
                time.monotonic,
                stop=lambda: "the estate stops" if server.stopping else "",
            )
    except PlatformError as error:
        if server.stopping:
            return _cut_off()
        faults = [f"  {each}" for each in error.details]
        _print("\n".join([f"the estate file could not be applied: {error}", *faults]))
        return [str(error)]
    if server.stopping and failed(outcomes):
        return _cut_off()
    return _tell(outcomes, len(found.plan.steps), time.monotonic() - started)


def _cut_off() -> list[str]:
    _print("stopped before the file was applied in whole: the next `mlestate up` goes on")
    return []


def _tell(outcomes: list[Outcome], total: int, seconds: float) -> list[str]:
    wrong = failed(outcomes)
    said = [f"{outcome.result}: {outcome.id}: {outcome.why}" for outcome in wrong]
    made = len(outcomes) - len(wrong)
    kept = f"{made} written, {total - len(outcomes)} as they were"
    if not wrong:
        _print(f"estate applied in {seconds:.1f} s: {kept}")
        return []
    _print("\n".join(f"  {each}" for each in said))
    skipped = sum(outcome.result == "skipped" for outcome in wrong)
    _print(
        f"estate applied in part: {kept}, {len(wrong) - skipped} failed, {skipped} skipped; "
        "mend what failed and run `mlestate apply FILE`"
    )
    return said


def read_file(file: str) -> Wanted:
    whole = texts(Path(file))
    return Wanted(Bundle(whole.pop(str(Path(file))), whole), file)


def only_one(data: Path) -> int:
    """The descriptor whose lock says that this data folder is in use."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Conflict(
            f"an estate runs on `{data}` already: `mlestate status` shows it, "
            "`mlestate down` stops it"
        ) from None
    return descriptor


def _need_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Conflict(
                f"port {port} is in use: choose another one with --port or MLESTATE_PORT"
            ) from None


def _log_to(folder: Path) -> None:
    """The server's own log: a file of JSON lines. What a person should read is printed."""
    folder.mkdir(parents=True, exist_ok=True)
    stream = (folder / "server.log").open("a", buffering=1)
    logging.basicConfig(stream=stream, level=logging.INFO, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _scrubbed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(stream),
    )


def _scrubbed(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """No line of the log has a token, a secret or a signature, whatever it tells of."""
    return {k: without_secrets(v) if isinstance(v, str) else v for k, v in event.items()}


def _in_background(file: str | None, data: Path, port: int | None, dev: bool) -> int:
    data.mkdir(parents=True, exist_ok=True)
    (data / "logs").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "mlestate", "up", "--data", str(data)]
    command += ["--port", str(port)] if port else []
    command += [*(["--dev"] if dev else []), *([file] if file else [])]
    log = data / "logs" / "up.log"
    with log.open("ab") as stream:
        before = stream.tell()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        return _await(child, data, log, before)
    except KeyboardInterrupt:
        print("it goes on in the background; `mlestate down` stops it", file=sys.stderr)
        return 1


def _await(child: subprocess.Popen[bytes], data: Path, log: Path, before: int) -> int:
    for _ in range(600):
        if child.poll() is not None:
            print(_last_words(log, before), file=sys.stderr)
            return 1
        found = processes.read(data)
        if found is not None and found.pid == child.pid and found.settled:
            _print(f"mlestate is up at {found.origin} (data in {data})")
            return _tell_trouble(found, log)
        time.sleep(0.1)
    print(f"mlestate is not ready after a minute: see `{log}`", file=sys.stderr)
    return 1


def _tell_trouble(found: processes.Running, log: Path) -> int:
    if not found.trouble:
        return 0
    lines = "\n".join(f"  {each}" for each in found.trouble)
    print(
        f"{lines}\nnot all of the file could be applied (see `{log}`): "
        "mend what failed and run `mlestate apply FILE`",
        file=sys.stderr,
    )
    return 1


def _last_words(log: Path, before: int) -> str:
    """What the process that just ended said, as far as a person should read it."""
    said = log.read_bytes()[before:].decode(errors="replace").strip()
    if said and "Traceback (most recent" not in said:
        return said
    return f"mlestate did not start: see the end of `{log}`"


def _print(text: str) -> None:
    print(text, flush=True)
