"""The proxy, listening on the loopback while something goes on."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

from .door import Door, Ways

HOST = "127.0.0.1"


def listen() -> socket.socket:
    """A free port. Who connects already is answered once it is served."""
    return socket.create_server((HOST, 0), backlog=512)


@contextmanager
def serving(listener: socket.socket, ways: Ways) -> Iterator[None]:
    """In a thread of its own; what is still open in the end is cut off."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=_serve, args=(loop, listener, ways), name="forward")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _serve(loop: asyncio.AbstractEventLoop, listener: socket.socket, ways: Ways) -> None:
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(loop.create_server(lambda: Door(ways), sock=listener))
    loop.run_forever()
    server.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    # Once more around, for them to hear of it.
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
