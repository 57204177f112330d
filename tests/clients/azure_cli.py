"""The Azure CLI, in an environment of its own beside ours: installed once, by its lock."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from tests.running import ROOT, Running

HOME = ROOT / ".venv-az"
LOCK = Path(__file__).parent / "azure-cli.lock"
UV = Path(sys.executable).parent / "uv"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def installed() -> Path:
    """Its folder of programs. Whoever comes second waits for the first."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = HOME / "installed"
    with HOME.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            _install()
            stamp.write_text(wanted)
    return HOME / "bin"


def variables(estate: Running, folder: Path, user: str) -> dict[str, str]:
    """What a shell has in which `az` is about to be used by somebody for the first time."""
    dressed = estate.variables(user)
    kept = {name: value for name, value in estate.environment.items() if name != "PYTHONPATH"}
    return {
        **kept,
        "PATH": f"{installed()}{os.pathsep}{kept['PATH']}",
        "AZURE_CONFIG_DIR": str(folder / f"azure-{user}"),
        "REQUESTS_CA_BUNDLE": dressed["REQUESTS_CA_BUNDLE"],
        "ORIGIN": estate.origin,
        "CLIENT": dressed["AZURE_CLIENT_ID"],
        "SECRET": dressed["AZURE_CLIENT_SECRET"],
        "TENANT": json.loads(estate.mlestate("whoami", "-o", "json"))["tenant"],
        "PERSON": "ana@mlestate.local",
    }


def make_owner(estate: Running, name: str) -> None:
    """A service principal that owns the whole estate."""
    estate.mlestate("put", "service-principal", name, "--file", _file(estate, {}))
    shown = json.loads(estate.mlestate("get", "service-principal", name, "-o", "json"))
    kind = "Microsoft.Authorization/roleAssignments"
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
    said = {"properties": {"roleDefinitionId": role, "principalId": shown["objectId"]}}
    id = f"/providers/{kind}/{uuid.uuid4()}"
    estate.mlestate("put", kind, id, "--file", _file(estate, said))


def _file(estate: Running, body: dict[str, Any]) -> str:
    path = estate.data / "body.json"
    path.write_text(json.dumps(body))
    return str(path)


def _install() -> None:
    subprocess.run([UV, "venv", "--quiet", "--clear", "--python", sys.executable, HOME], check=True)
    python = HOME / "bin" / "python"
    wanted = ["--require-hashes", LOCK]
    subprocess.run([UV, "pip", "sync", "--quiet", "--python", python, *wanted], check=True)
