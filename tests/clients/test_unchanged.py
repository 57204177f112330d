"""Scripts that name Azure's public cloud alone, run by `mlestate run` against a real estate."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import COMMAND, Running, running

HERE = Path(__file__).parent
pytestmark = [pytest.mark.timeout(240), pytest.mark.sandbox]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("unchanged") / "data") as one:
        yield one


def run(estate: Running, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), "run", *arguments],
        env={**estate.environment, "PYTHONWARNINGS": "ignore", **variables},
        capture_output=True,
        text=True,
        cwd=estate.data,
    )


def test_a_script_for_azure_trains_registers_and_tracks_here(estate: Running, tmp_path: Path):
    # What an earlier `eval "$(mlestate env)"` left in the shell leads nowhere else.
    left = estate.variables("ana", "mlw-rnd-explore") | {"AZURE_TOKEN_CREDENTIALS": "dev"}
    done = run(
        estate,
        *("--as", "ana", "--workspace", "mlw-rnd-explore", "-v", "--"),
        *(sys.executable, str(HERE / "azure_cloud_script.py")),
        **{**left, "TMPDIR": str(tmp_path), "AZUREML_RUN_POLLING_INTERVAL_MIN": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "trained on Azure, as far as I know" in done.stdout
    assert done.stdout.endswith("all done\n")
    account = done.stdout.partition("account ")[2].split()[0]
    for host in ("management.azure.com", f"{account}.blob.core.windows.net"):
        assert f"mlestate run: {host}:443 is answered by the estate\n" in done.stderr
    # Which is all that is said: no address, no token, no secret.
    assert "eyJ" not in done.stderr
    assert "sig=" not in done.stderr
    assert list(tmp_path.glob("mlestate-run-*")) == []


def test_a_script_for_storage_reads_what_its_user_may(estate: Running):
    accounts = json.loads(estate.mlestate("list", "storage-account", "-o", "json"))
    account = next(one["name"] for one in accounts if "fraudprod" in one["name"])
    script = [sys.executable, str(HERE / "azure_cloud_storage.py"), account]
    mia = run(estate, "--as", "mia", "--", *script)
    assert mia.returncode == 0, mia.stderr
    assert "azureml-blobstore-" in mia.stdout
    # The estate authorizes as always: whoever leads there adds no right.
    ana = run(estate, "--as", "ana", "--", *script)
    assert ana.returncode == 1
    assert "does not have authorization to perform action" in ana.stderr


def test_every_client_that_reads_the_variables_gets_there(estate: Running):
    script = """
import asyncio, aiohttp, httpx2, requests, urllib.request
address = "https://management.azure.com/healthz"
print(requests.get(address).status_code, httpx2.get(address).status_code)
print(urllib.request.urlopen(address).status)
async def main():
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(address) as answer:
        print(answer.status)
asyncio.run(main())
"""
    done = run(estate, "--", sys.executable, "-c", script)
    assert done.stdout.split() == ["200"] * 4, done.stderr
    curl = ["curl", "--silent", "https://management.azure.com/healthz"]
    assert run(estate, "--", *curl).stdout == "ok\n"
    # And without them Azure's name is nobody's here.
    bare = ["env", "-u", "HTTPS_PROXY", "-u", "https_proxy", *curl, "--max-time", "5"]
    assert run(estate, "--", *bare).returncode != 0


def test_the_exit_code_is_the_commands_and_a_missing_command_is_said(estate: Running):
    assert run(estate, "--", "sh", "-c", "exit 7").returncode == 7
    missing = run(estate, "no-such-command", "--help")
    assert missing.returncode == 127
    assert missing.stderr == "error: `no-such-command` cannot be run: No such file or directory\n"
    assert run(estate, "--", "/etc/passwd").returncode == 126


def test_control_c_ends_the_command_and_leaves_nothing_behind(estate: Running, tmp_path: Path):
    command = [str(COMMAND), "run", "--", "sh", "-c", "echo $HTTPS_PROXY; exec sleep 300"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        env={**estate.environment, "TMPDIR": str(tmp_path)},
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 128 + signal.SIGINT
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
