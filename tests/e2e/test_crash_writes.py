"""The server is killed while everyone writes: what it acknowledged is there afterwards."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import writers
from tests.running import CONTOSO, Running, running

pytestmark = pytest.mark.timeout(180)

KINDS = (
    writers.Assets,
    writers.Grants,
    writers.Accounts,
    writers.Together,
    writers.Blobs,
    writers.Blocks,
    writers.Appends,
    writers.Metrics,
    writers.Reads,
)
SEED = random.randrange(1 << 30)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("estate") / "data") as one:
        yield one


@pytest.mark.parametrize("turn", range(4))
def test_what_was_acknowledged_is_there_after_a_kill(estate: Running, turn: int) -> None:
    chance = random.Random(SEED + turn)
    print(f"seed {SEED}")
    going = [kind(estate, chance.getrandbits(30)) for kind in KINDS]
    for writer in going:
        writer.start()
    time.sleep(chance.uniform(0.2, 2.5))
    estate.kill_api()
    for writer in going:
        writer.join(30)
        assert not writer.is_alive()
    estate.start()
    print({type(writer).__name__: writer.done for writer in going})
    for writer in going:
        writer.again()
        writer.raw.close()
    assert sum(writer.done for writer in going) > 0
    assert estate.mlestate("audit", "verify").endswith("whole\n")


@pytest.mark.parametrize("turn", range(3))
def test_a_first_start_that_is_cut_off_goes_on_at_the_next(tmp_path: Path, turn: int) -> None:
    """At any moment: while the folder is founded, while the file is applied."""
    chance = random.Random(SEED + turn)
    print(f"seed {SEED}")
    estate = Running(tmp_path / "data")
    try:
        estate.begin()
        estate.await_words("mlestate is up" if turn else "")
        time.sleep(chance.uniform(0.0, 2.0))
        estate.kill_api()
        estate.start()
        said = estate.mlestate("plan", str(CONTOSO))
        assert "nothing to do" in said.lower(), said
    finally:
        estate.end()
