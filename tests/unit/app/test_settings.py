"""The settings of a provider: from the file, and from variables over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlestate.app.settings import read
from mlestate.core.errors import Invalid
from mlestate.identity.provider.wanted import SECRET_FILE, secret

FILE = """
passwords = false
[oidc]
issuer = "https://login.contoso.example"
client_id = "estate"
group_names = {"8d2c" = "science"}
"""


def test_variables_lie_over_the_file(tmp_path: Path):
    (tmp_path / "mlestate.toml").write_text(FILE)
    said = {"MLESTATE_OIDC_SCOPES": "openid,groups", "MLESTATE_OIDC_CREATE": "true"}
    settings = read(tmp_path, said)
    assert settings.passwords is False
    assert settings.oidc is not None
    assert settings.oidc.scopes == ("openid", "groups")
    assert (settings.oidc.create, settings.oidc.group_names) == (True, {"8d2c": "science"})
    assert settings.oidc.shown == "login.contoso.example"


def test_variables_alone_are_enough(tmp_path: Path):
    said = {"MLESTATE_OIDC_ISSUER": "https://x.example", "MLESTATE_OIDC_CLIENT_ID": "estate"}
    provider = read(tmp_path, said).oidc
    assert provider is not None
    assert provider.issuer == "https://x.example"
    assert read(tmp_path, {}).oidc is None


@pytest.mark.parametrize(
    "line",
    [
        'issuer = "http://login.contoso.example"',
        'issuer = "login.contoso.example"',
        'issuer = "https://x.example?tenant=1"',
        'issuer = "https://x.example"\nscopes = ["profile"]',
        'issuer = "https://x.example"\nclient_secret = "in a file of settings"',
        'issuer = "https://x.example"\nlink = ["name"]',
        'issuer = "https://x.example"\nhours = 0',
    ],
)
def test_what_is_no_provider_is_refused(tmp_path: Path, line: str):
    (tmp_path / "mlestate.toml").write_text(f'[oidc]\nclient_id = "estate"\n{line}\n')
    with pytest.raises(Invalid, match="the settings are wrong"):
        read(tmp_path, {})


def test_a_secret_is_in_a_variable_or_in_a_file_for_its_owners_eyes(tmp_path: Path):
    assert secret(tmp_path, {}) == ""
    file = tmp_path / SECRET_FILE
    file.write_text("s3cret\n")
    file.chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        secret(tmp_path, {})
    file.chmod(0o600)
    assert secret(tmp_path, {}) == "s3cret"
    assert secret(tmp_path, {"MLESTATE_OIDC_SECRET": "other"}) == "other"


@pytest.mark.parametrize(
    "line",
    [
        'database = "postgresql+psycopg://me:word@db.example/estate"',
        'database = "postgresql+psycopg://db.example/estate?user=me&password=word"',
        '[regions.home]\ntracking = "postgresql+psycopg://me:word@db.example/estate"',
    ],
)
def test_settings_with_a_password_in_them_are_for_their_owners_eyes(tmp_path: Path, line: str):
    file = tmp_path / "mlestate.toml"
    file.write_text(line)
    file.chmod(0o644)
    with pytest.raises(Invalid, match=r"may be read by others: `chmod 600 .*mlestate\.toml`"):
        read(tmp_path, {})
    file.chmod(0o600)
    assert read(tmp_path, {})


def test_settings_without_one_may_be_read_by_others(tmp_path: Path):
    file = tmp_path / "mlestate.toml"
    file.write_text('names = ["ml.example"]\ndatabase = "postgresql+psycopg://me@db.example/e"\n')
    file.chmod(0o644)
    assert read(tmp_path, {}).names == ("ml.example",)
