"""The processes' insides: HTTP in front, the worker and the clock beside it."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from ..api.forwarded import Forwarded
from ..api.straight import StraightProtocol
from .build import Estate
from .upkeep import Upkeep, duties


class Server:
    """Serves an estate until `stop`. `certificate` holds the chain and its key in PEM; `ensure`
    makes a new one there in time."""

    def __init__(self, estate: Estate, certificate: Path, ensure: Callable[[], object]):
        self.estate, self._certificate, self._ensure = estate, certificate, ensure
        self._servers = [self._listener(estate.settings.port, certificate)]
        if estate.settings.plain_port:
            self._servers.append(self._listener(estate.settings.plain_port, None))
        self._stopping = threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        """Blocks; `ready` is called, in a thread, once the listeners accept."""
        threads = [
            threading.Thread(target=self.estate.worker.run, name="worker", daemon=True),
            threading.Thread(target=self.estate.courier.run, name="courier", daemon=True),
            threading.Thread(target=self._when_up, args=(ready,), name="ready", daemon=True),
        ]
        for thread in threads:
            thread.start()
        upkeep = Upkeep(duties(self.estate, self.renew))
        upkeep.start()
        _collect_seldom()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())
        self._stopping.set()
        self.estate.worker.stop()
        self.estate.courier.stop()
        upkeep.stop()
        for thread in threads:
            thread.join(timeout=10)

    @property
    def stopping(self) -> bool:
        return any(server.should_exit for server in self._servers)

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True

    def renew(self) -> None:
        """What connects from now on sees the certificate as it is now."""
        self._ensure()
        for server in self._servers:
            if server.started and server.config.ssl is not None:
                server.config.ssl.load_cert_chain(self._certificate)

    async def _serve(self) -> None:
        await asyncio.gather(*(server.serve() for server in self._servers))

    def _listener(self, port: int, certificate: Path | None) -> uvicorn.Server:
        pem = str(certificate) if certificate else None
        config = uvicorn.Config(
            self.estate.app if certificate else Forwarded(self.estate.app),
            host="127.0.0.1",
            port=port,
            ssl_certfile=pem,
            ssl_keyfile=pem,
            http=StraightProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
        return _Listener(config)

    def _when_up(self, ready: Callable[[], None]) -> None:
        while not all(server.started for server in self._servers):
            if self._stopping.wait(0.01):
                return
        ready()


class _Listener(uvicorn.Server):
    """Signals are the process's to handle, not a listener's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _collect_seldom() -> None:
    """What was imported stays, and what is kept in memory of an estate, mostly: a collector that
    goes through all of it holds every answer up for as long, 40 ms with 60,000 resources."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 100)
