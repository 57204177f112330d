"""What `doctor` finds, and what it says to do."""

from __future__ import annotations

import json
import socket
from email.utils import formatdate
from pathlib import Path

import pytest

from mlestate.app.settings import Settings, read
from mlestate.cli import health
from mlestate.cli.main import run
from tests.estate_server import Estate, serving


def test_an_old_python_is_to_be_replaced():
    assert health.python((3, 11, 2)).verdict == "ok"
    found = health.python((3, 10, 9))
    assert (found.verdict, found.mend) == (
        "bad",
        "install Python 3.11 or newer, and mlestate in it",
    )


def test_a_missing_program_is_as_bad_as_what_lacks_without_it():
    assert health.program("sh", "", "", "bad").verdict == "ok"
    found = health.program("no-such-program", "nothing runs", "install it", "poor")
    assert found == health.Finding(
        "no-such-program", "poor", "not found: nothing runs", "install it"
    )


def test_a_disk_is_looked_at_where_the_folder_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert health.disk(tmp_path / "not" / "yet").verdict == "ok"
    monkeypatch.setattr(health, "LEAST_DISK", 1 << 60)
    assert health.disk(tmp_path).verdict == "bad"


def test_a_port_in_use_is_said(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = health.free_port(port)
        assert found.verdict == "bad"
        assert "--port" in found.mend
    assert health.free_port(port).verdict == "ok"


def test_clocks_that_differ_by_minutes_are_bad():
    now = 1_800_000_000.0
    assert health.clock(formatdate(now - 5, usegmt=True), now).verdict == "ok"
    assert health.clock(formatdate(now - 600, usegmt=True), now).verdict == "bad"
    assert health.clock("", now).verdict == "poor"


def test_a_server_that_is_ready_is_ok_and_one_that_is_not_is_bad(tmp_path: Path):
    estate = Estate()
    with serving(estate) as origin:
        estate.script("GET", "/readyz", (200, {}, {}), (503, {"waiting": "store"}, {}))
        assert [each.check for each in health.server(origin, tmp_path, 1)] == ["server", "clock"]
        found = next(iter(health.server(origin, tmp_path, 1)))
    assert found.verdict == "bad"
    assert "waiting" in found.detail


def test_doctor_prints_and_exits_as_programs_need_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    url = "http://127.0.0.1:9"
    arguments = ["doctor", "--data", str(tmp_path), "--url", url, "--port", "0", "-o", "json"]
    code = run(arguments)
    findings = {each["check"]: each for each in json.loads(capsys.readouterr().out)}
    assert findings["server"]["verdict"] == "poor"
    assert findings["certificate"]["mend"] == "the first `mlestate up` makes it"
    assert code == int(any(each["verdict"] == "bad" for each in findings.values()))


def test_a_provider_that_is_away_or_whose_secret_others_may_read_is_bad(tmp_path: Path):
    assert list(health.provider(Settings(), tmp_path, {})) == []
    said = {"MLESTATE_OIDC_ISSUER": "http://127.0.0.1:9", "MLESTATE_OIDC_CLIENT_ID": "estate"}
    away = read(tmp_path, said)
    [found] = health.provider(away, tmp_path, said)
    assert (found.verdict, "does not answer" in found.detail) == ("bad", True)
    (tmp_path / "oidc.secret").write_text("secret")
    (tmp_path / "oidc.secret").chmod(0o644)
    [found] = health.provider(away, tmp_path, said)
    assert (found.verdict, "chmod 600" in found.detail) == ("bad", True)


def test_a_database_that_does_not_answer_and_the_port_are_those_of_the_settings(tmp_path: Path):
    server = "postgresql+psycopg://estate@127.0.0.1:9/estate"
    regions = f'[regions.westeurope]\ndatabase = "{server}"\n[regions.northeurope]\n'
    (tmp_path / "mlestate.toml").write_text(f"port = 18443\n{regions}")
    found = {each.check: each for each in health.examine(tmp_path, 0)}
    assert "https://localhost:18443" in found["server"].detail
    assert found["port"].detail.startswith("18443")
    assert (found["database"].verdict, "westeurope" in found["database"].detail) == ("bad", True)
    (tmp_path / "mlestate.toml").write_text("port = [")
    found = {each.check: each for each in health.examine(tmp_path, 0)}
    assert (found["settings"].verdict, found["settings"].mend) == (
        "bad",
        "mend `mlestate.toml`, or the variables",
    )
