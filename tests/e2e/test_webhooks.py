"""What was acknowledged is told, whenever the server is killed; and the guide does what it says."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import guide
from tests.ports import free_port
from tests.receiver import Delivery, receiver
from tests.running import COMMAND, CONTOSO, ROOT, Running

pytestmark = pytest.mark.timeout(180)
GUIDE = (ROOT / "docs" / "guides" / "webhooks.md").read_text()
HOOK = {"events": ["*.ModelRegistered"]}
MODEL = {"properties": {"modelUri": "azureml://datastores/workspaceblobstore/paths/m/"}}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    estate = Running(tmp_path_factory.mktemp("estate") / "data")
    estate.environment["MLESTATE_WEBHOOK_NETWORKS"] = "127.0.0.0/8,::1/128"
    try:
        estate.start()
        yield estate
    finally:
        estate.end()


def put(estate: Running, folder: Path, kind: str, name: str, body: object, *more: str) -> None:
    file = folder / "body.json"
    file.write_text(json.dumps(body))
    estate.mlestate("put", kind, name, "--file", str(file), *more)


def register(estate: Running, folder: Path, version: int) -> None:
    put(estate, folder, "model", f"fox:{version}", MODEL, "--workspace", "mlw-fraud-dev")


def test_a_kill_loses_nothing_that_was_to_be_told(estate: Running, tmp_path: Path):
    port = free_port()
    hook = {"properties": {**HOOK, "url": f"http://localhost:{port}/hook"}}
    put(estate, tmp_path, "webhook", "hub", hook)
    secret = estate.mlestate("webhooks", "secret", "hub").strip()
    # Nobody listens while these are written, and then the server is gone.
    register(estate, tmp_path, 1)
    register(estate, tmp_path, 2)
    estate.kill_api()
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(delivery: Delivery) -> int:
        hangs.set()
        goes_on.wait(60)
        return 200

    with receiver(port) as heard:
        estate.start()
        assert {e["subject"] for e in heard.until(2)} == {"models/fox:1", "models/fox:2"}
        assert all(one.signed_with(secret) for one in heard.got)
        # Killed between the delivery and its answer: told again, as the same event.
        heard.answer = hang
        register(estate, tmp_path, 3)
        assert hangs.wait(30)
        estate.kill_api()
        heard.answer = lambda delivery: 200
        goes_on.set()
        estate.start()
        told = [e for e in heard.until(4) if e["subject"] == "models/fox:3"]
        assert len(told) == 2
        assert told[0] == told[1]


def test_the_guide_does_what_it_says(estate: Running, tmp_path: Path):
    folder = tmp_path / "guide"
    folder.mkdir()
    shutil.copy(CONTOSO, folder / "estate.yaml")
    plain = estate.environment
    path = f"{COMMAND.parent}:{plain['PATH']}"
    port = str(estate.port)
    reader = guide.Reader(folder, {**plain, "PATH": path, "MLESTATE_PORT": port})
    for step in guide.steps(GUIDE.replace("9000", str(free_port()))):
        reader.do(step)
