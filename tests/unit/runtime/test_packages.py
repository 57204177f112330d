"""What packages may not do while an environment is built of them, outside of any sandbox.

By uv itself, on wheels of a folder, since what it does with an environment is what counts.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import uv

from mlestate.runtime.environments import Recipe, recipe
from mlestate.runtime.local.uv_settings import settings
from mlestate.runtime.local.venvs import BuildFailed, Venv, Venvs
from mlestate.runtime.protocol import EnvironmentSpec
from tests.unit.runtime.wheels import wheel

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that uv takes for its index, as an operator may set it."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return folder


def built(tmp_path: Path, recipe: Recipe) -> Venv:
    """With its libraries compiled, which goes on after the build."""
    venvs = Venvs(tmp_path / "environments", tmp_path / "cache", uv.find_uv_bin())
    with (tmp_path / "log").open("w+") as log:
        venv = venvs.ensure(recipe, log, threading.Event())
    deadline = time.monotonic() + 30
    while not list(venv.path.glob("lib/*/site-packages/*/__pycache__/*.pyc")):
        assert time.monotonic() < deadline, "nothing was compiled"
        time.sleep(0.02)
    venvs.close()
    return venv


@pytest.mark.parametrize("compiled_by_uv", ["0", "1"])
def test_code_that_a_package_has_run_at_every_start_does_not_run_outside(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled_by_uv: str
) -> None:
    monkeypatch.setenv("UV_COMPILE_BYTECODE", compiled_by_uv)
    ran = tmp_path / "ran"
    wheel(shelf, "hostile", {"hostile.pth": f"import os; open({str(ran)!r}, 'w')\n"})
    venv = built(tmp_path, Recipe(("hostile",)))
    assert not ran.exists()
    # It would have: whoever starts the environment's own interpreter runs it.
    subprocess.run([venv.path / "bin/python", "-I", "-c", ""], check=True)
    assert ran.exists()


def test_what_is_written_anew_is_what_uv_reads(shelf: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256(wheel(shelf, "some_thing").read_bytes()).hexdigest()
    lines = (
        "--pre",
        "--extra-index-url https://localhost:1/simple",
        f"Some.Thing >=0.5, ~=1.0 ; python_version > '3' --hash=sha256:{digest}  # why",
    )
    venv = built(tmp_path, recipe(EnvironmentSpec(requirements=lines)))
    assert list(venv.path.glob("lib/*/site-packages/some_thing-1.0.dist-info"))


class Shop(ThreadingHTTPServer):
    """A folder by HTTP; it remembers what it was asked, and wants `password` where there is one."""

    asked: list[str]
    password = ""


class Counter(SimpleHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        login = base64.b64encode(f"someone:{self.server.password}".encode()).decode()
        if self.server.password and self.headers["Authorization"] != f"Basic {login}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        super().do_GET()

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    folder = tmp_path / "shop"
    folder.mkdir()
    server = Shop(("127.0.0.1", 0), lambda *given: Counter(*given, directory=str(folder)))
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def bought(shop: Shop, tmp_path: Path, *needs: str) -> str:
    """The address of a package that needs more."""
    wheel(tmp_path / "shop", "first", needs=needs)
    return f"first @ http://127.0.0.1:{shop.server_port}/first-1.0-py3-none-any.whl"


def test_a_package_cannot_have_a_file_of_this_machine_installed(shop: Shop, tmp_path: Path) -> None:
    second = wheel(tmp_path / "secret", "second")
    with pytest.raises(BuildFailed, match=r"second-1\.0"):
        built(tmp_path, Recipe((bought(shop, tmp_path, f"second @ {second.as_uri()}"),)))
    assert not [one for one in (tmp_path / "environments").iterdir() if one.name[0] != "."]


def test_a_package_cannot_have_programs_started_that_fetch(shop: Shop, tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("GIT IS NOT INSTALLED: nothing could be started")
    url = f"git+http://127.0.0.1:{shop.server_port}/second"
    with pytest.raises(BuildFailed):
        built(tmp_path, Recipe((bought(shop, tmp_path, f"second @ {url}"),)))
    assert not [path for path in shop.asked if path.startswith("/second")]


def test_a_package_cannot_have_passwords_sent_away(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = "https://someone:hunter2@index.example/simple"
    secrets = {
        "UV_INDEX_CONTOSO_PASSWORD": "hunter2",
        "UV_PUBLISH_TOKEN": "hunter2",
        "PIP_INDEX_URL": index,
        "UV_EXTRA_INDEX_URL": index,
        "NO_PROXY": "127.0.0.1,hunter2",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    place = "/".join(f"${{{name}}}" for name in secrets)
    url = f"http://127.0.0.1:{shop.server_port}/{place}/second-1.0-py3-none-any.whl"
    with pytest.raises(BuildFailed):
        built(tmp_path, Recipe((bought(shop, tmp_path, f"second @ {url}"),)))
    assert "hunter2" not in " ".join(shop.asked)
    assert "hunter2" not in (tmp_path / "log").read_text()
    assert [path for path in shop.asked if "second" in path]


@pytest.mark.parametrize("way", ["in the address", "by name"])
def test_an_index_still_gets_the_password_that_is_set_for_it(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    shop.password = "hunter2"
    folder = tmp_path / "shop" / "simple" / "third"
    link = wheel(folder, "third").name
    (folder / "index.html").write_text(f'<a href="{link}">{link}</a>')
    place = f"127.0.0.1:{shop.server_port}/simple"
    if way == "by name":
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"our-own=http://{place}")
        monkeypatch.setenv("UV_INDEX_OUR_OWN_USERNAME", "someone")
        monkeypatch.setenv("UV_INDEX_OUR_OWN_PASSWORD", "hunter2")
    else:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://someone:hunter2@{place}")
    built(tmp_path, Recipe(("third",)))
    assert (tmp_path / "environments/.netrc").stat().st_mode & 0o077 == 0


def test_logins_of_this_machine_are_kept_behind_those_that_are_set(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine a login b password c\n")
    environ = {"HOME": str(tmp_path), "UV_INDEX": "x=https://u:p%40q@h/s https://v@i/s"}
    found = settings(environ, tmp_path / "made")
    assert found["UV_INDEX"] == "x=https://h/s https://i/s"
    assert (tmp_path / "made").read_text().splitlines() == [
        "machine h login u password p@q",
        "machine i login v",
        "machine a login b password c",
    ]
