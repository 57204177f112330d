from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlestate.core.errors import Unauthenticated
from mlestate.identity import bootstrap
from tests.identity_house import House, house_in


def found(house: House, data: Path) -> bootstrap.Founded:
    return bootstrap.found(data, ["westeurope"], house.directory, house.credentials, house.grants)


def opens(house: House, path: Path) -> str:
    kept = bootstrap.read(path)
    assert kept.tenant == house.directory.tenant
    return house.credentials.check_secret(kept.client_id, kept.client_secret).principal.name


def test_the_first_start_makes_an_administrator_and_an_agent_per_region(
    house: House, tmp_path: Path
):
    made = found(house, tmp_path)
    assert opens(house, tmp_path / "admin.token") == "admin"
    agent_file = tmp_path / "regions/westeurope/agent.token"
    assert opens(house, agent_file) == made.agents["westeurope"].name == "agent-westeurope"
    admin = house.directory.caller(made.administrator.id)
    agent = house.directory.caller(made.agents["westeurope"].id)
    assert admin is not None
    assert agent is not None
    assert admin.rights.allows("anything/write", "/")
    assert not agent.rights.allows("anything/read", "/")
    for path in (tmp_path / "admin.token", agent_file):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_start_keeps_who_is_there_and_their_files(house: House, tmp_path: Path):
    first, content = found(house, tmp_path), (tmp_path / "admin.token").read_bytes()
    assert found(house, tmp_path).administrator.id == first.administrator.id
    assert (tmp_path / "admin.token").read_bytes() == content


def test_a_moved_data_folder_works(house: House, tmp_path: Path):
    found(house, tmp_path)
    house.close()
    copy = tmp_path.with_name(f"{tmp_path.name}-copy")
    shutil.copytree(tmp_path, copy)
    restored = house_in(copy)
    content = (copy / "admin.token").read_bytes()
    found(restored, copy)
    assert opens(restored, copy / "admin.token") == "admin"
    assert (copy / "admin.token").read_bytes() == content
    restored.close()


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"client_id":"x","client_secret":"y","tenant":"z"}']
)
def test_a_token_file_that_opens_nothing_is_made_anew(house: House, tmp_path: Path, content: bytes):
    found(house, tmp_path)
    old = bootstrap.read(tmp_path / "admin.token")
    (tmp_path / "admin.token").write_bytes(content)
    found(house, tmp_path)
    assert opens(house, tmp_path / "admin.token") == "admin"
    with pytest.raises(Unauthenticated, match="was revoked"):
        house.credentials.check_secret(old.client_id, old.client_secret)


def test_a_token_file_that_others_could_read_is_made_anew(house: House, tmp_path: Path):
    found(house, tmp_path)
    path = tmp_path / "admin.token"
    content = path.read_bytes()
    path.chmod(0o644)
    found(house, tmp_path)
    assert path.read_bytes() != content
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lost_token_file_comes_back_at_the_next_start(house: House, tmp_path: Path):
    found(house, tmp_path)
    (tmp_path / "admin.token").unlink()
    found(house, tmp_path)
    assert opens(house, tmp_path / "admin.token") == "admin"
