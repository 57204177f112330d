from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mlestate.client.session import Login, administrator, at, find, forget, save
from mlestate.core.errors import Invalid, Unauthenticated

ADMIN = '{"client_id": "a", "client_secret": "s", "tenant": "t"}'
ANA = Login("ana", "hers", "t", "https://estate.example", "ana")


def test_the_token_file_of_the_first_start_is_enough(tmp_path: Path):
    (tmp_path / "admin.token").write_text(ADMIN)
    session = find(tmp_path, {})
    assert session.origin == "https://localhost:8443"
    assert session.login == Login("a", "s", "t")


def test_a_login_goes_before_the_administrator_until_it_is_forgotten(tmp_path: Path):
    (tmp_path / "admin.token").write_text(ADMIN)
    save(tmp_path, ANA)
    assert find(tmp_path, {}).login == ANA
    assert find(tmp_path, {}).origin == "https://estate.example"
    elevated = administrator(tmp_path, {})
    assert elevated is not None
    assert elevated.login == Login("a", "s", "t")
    forget(tmp_path)
    assert find(tmp_path, {}).login == Login("a", "s", "t")


def test_the_environment_goes_before_all(tmp_path: Path):
    save(tmp_path, ANA)
    session = find(tmp_path, {"MLESTATE_URL": "http://x", "MLESTATE_TOKEN": "k"})
    assert (session.origin, session.token, session.login) == ("http://x", "k", None)


def test_credentials_alone_are_tried_where_the_estate_is_said_to_be(tmp_path: Path):
    assert at(tmp_path, {}, None).origin == "https://localhost:8443"
    assert at(tmp_path, {"MLESTATE_URL": "http://x"}, ANA).origin == "http://x"
    assert at(tmp_path, {"MLESTATE_URL": "http://x"}, ANA, "http://y").origin == "http://y"


def test_a_login_is_for_its_owners_eyes(tmp_path: Path):
    path = save(tmp_path / "new", ANA)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    save(tmp_path / "new", ANA)
    assert [each.name for each in path.parent.iterdir()] == ["session.json"]


def test_nobody_is_told_what_to_do(tmp_path: Path):
    with pytest.raises(Unauthenticated, match="start one with `mlestate up`"):
        find(tmp_path, {})


def test_a_damaged_file_is_named(tmp_path: Path):
    (tmp_path / "session.json").write_text("{")
    with pytest.raises(Invalid, match=r"session\.json` is damaged"):
        find(tmp_path, {})


def test_the_authority_of_the_data_folder_is_trusted(tmp_path: Path):
    save(tmp_path, ANA)
    assert find(tmp_path, {}).ca is None
    bundle = tmp_path / "tls" / "bundle.pem"
    bundle.parent.mkdir()
    bundle.touch()
    assert find(tmp_path, {}).ca == bundle
    assert find(tmp_path, {"MLESTATE_CA": "/else.pem"}).ca == Path("/else.pem")
