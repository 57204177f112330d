"""The proxy, listening on the loopback while something goes on."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

import uvloop

from .door import Door, Ways
from .pipe import Open

HOST = "127.0.0.1"


def listen() -> socket.socket:
    """A free port. Who connects already is answered once it is served."""
    return socket.create_server((HOST, 0), backlog=512)


@contextmanager
def serving(listener: socket.socket, ways: Ways) -> Iterator[None]:
    """In a thread of its own; what is still open in the end is cut off."""
    loop, ended = uvloop.new_event_loop(), asyncio.Event()
    serve = _serve(listener, ways, ended)
    thread = threading.Thread(target=_run, args=(loop, serve), name="forward")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, serve: Coroutine[None, None, None]) -> None:
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve)
    loop.close()


async def _serve(listener: socket.socket, ways: Ways, ended: asyncio.Event) -> None:
    ends: Open = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Door(ways, ends), sock=listener)
    await ended.wait()
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    for end in list(ends):
        end.transport.abort()
    # Once more around, for them to hear of it.
    await asyncio.sleep(0.01)
