"""Signatures of every version that changed the string to sign, against strings written out here."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

import pytest
from azure.storage.blob._shared.authentication import _storage_header_sort
from hypothesis import given
from hypothesis import strategies as st

from mlestate.blob import sas, shared_key
from mlestate.blob.sas import Right, Target
from mlestate.core.errors import Forbidden

KEY = base64.b64encode(b"k" * 32).decode()
SECRET = b"secret"
NOW = 1_800_000_000.0
SE = "2100-01-01T00:00:00Z"
TARGET = Target(("acc",), "box", "a/b")


def sign(text: str, key: str = KEY) -> str:
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(query: dict[str, str], target: Target = TARGET) -> sas.Signed:
    return sas.verify(query, target, "acc", [KEY], SECRET, NOW, "10.0.0.1")


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("2015-04-05", f"r\n\n{SE}\n/blob/acc/box/a/b\n\n\n\n2015-04-05\n\n\n\n\n"),
        ("2018-11-09", f"r\n\n{SE}\n/blob/acc/box/a/b\n\n\n\n2018-11-09\nb\n\n\n\n\n\n"),
        ("2020-12-06", f"r\n\n{SE}\n/blob/acc/box/a/b\n\n\n\n2020-12-06\nb\n\n\n\n\n\n\n"),
        ("2026-04-06", f"r\n\n{SE}\n/blob/acc/box/a/b\n\n\n\n2026-04-06\nb\n\n\n\n\n\n\n"),
    ],
)
def test_a_service_signature_of_any_version(version: str, text: str) -> None:
    query = {"sv": version, "sr": "b", "sp": "r", "se": SE, "sig": sign(text)}
    assert verify(query).permissions == "r"
    with pytest.raises(Forbidden):
        verify(query, Target(("acc",), "box", "a/c"))
    with pytest.raises(Forbidden):
        verify(query | {"sp": "rw"})


@pytest.mark.parametrize(
    ("version", "extra"),
    [
        ("2018-11-09", ""),
        ("2020-02-10", "\n\n\n"),
        ("2025-07-05", "\n\n\n\n\n"),
    ],
)
def test_a_delegated_signature_of_any_version(version: str, extra: str) -> None:
    key = sas.delegation_key(SECRET, "me", "tenant", "2020-01-01T00:00:00Z", SE, version)
    middle = f"me\ntenant\n{key.start}\n{SE}\nb\n{version}{extra}"
    scope = "\n" if version >= "2020-12-06" else ""
    text = f"r\n\n{SE}\n/blob/acc/box\n{middle}\n\n\n{version}\nc\n\n{scope}\n\n\n\n"
    query = {"sv": version, "sr": "c", "sp": "r", "se": SE, "skoid": "me", "sktid": "tenant"}
    query |= {"skt": key.start, "ske": SE, "sks": "b", "skv": version}
    query["sig"] = sign(text, key.value)
    assert verify(query).principal == "me"
    # The key of one is not the key of another.
    with pytest.raises(Forbidden):
        verify(query | {"skoid": "you"})


@pytest.mark.parametrize(("version", "end"), [("2019-12-12", ""), ("2020-12-06", "\n")])
def test_an_account_signature_of_any_version(version: str, end: str) -> None:
    text = f"acc\nrl\nb\nco\n\n{SE}\n\n\n{version}\n{end}"
    query = {"sv": version, "ss": "b", "srt": "co", "sp": "rl", "se": SE, "sig": sign(text)}
    assert verify(query).resource_types == "co"
    with pytest.raises(Forbidden):
        verify(query | {"srt": "sco"})


@pytest.mark.parametrize(
    "changed",
    [
        {"sv": "2014-02-14"},
        {"sv": ""},
        {"se": "2000-01-01T00:00:00Z"},
        {"se": "soon"},
        {"st": "2099-01-01T00:00:00Z"},
        {"spr": "http"},
        {"sip": "10.0.0.2"},
        {"srh": "x"},
        {"si": "policy"},
        {"sr": "bs"},
        {"sig": ""},
    ],
)
def test_a_field_that_is_changed_ends_it(changed: dict[str, str]) -> None:
    text = f"r\n\n{SE}\n/blob/acc/box\n\n\n\n2021-08-06\nc\n\n\n\n\n\n\n"
    query = {"sv": "2021-08-06", "sr": "c", "sp": "r", "se": SE, "sig": sign(text)}
    assert verify(query).resource == "c"
    with pytest.raises(Forbidden):
        verify(query | changed)


def fields(token: str) -> dict[str, str]:
    return dict(parse_qsl(token))


def test_a_bound_signature_tells_whom_to_ask_about_what() -> None:
    right = Right("/scope", "some/action", "folder")
    query = fields(sas.mint_bound(SECRET, "acc", "box", "me", right, "rl", NOW + 60))
    signed = verify(query, Target(("acc",), "box", "folder/b"))
    told = (signed.kind, signed.principal, signed.right, signed.permissions)
    assert told == ("bound", "me", right, "rl")
    with pytest.raises(Forbidden):
        verify(query, Target(("acc",), "other", "folder/b"))
    for changed in ({"skoid": "you"}, {"sp": "rwl"}, {"si": query["si"] + "A"}, {"se": SE}):
        with pytest.raises(Forbidden):
            verify(query | changed, Target(("acc",), "box", "folder/b"))


def test_a_bound_signature_reaches_a_folder_or_the_one_blob() -> None:
    assert sas.reaches("folder", "folder/b")
    assert sas.reaches("folder", "folder")
    assert not any(sas.reaches("folder", name) for name in ("folders/b", ""))
    assert not sas.reaches("folder", "", prefix="folder")


def test_a_bound_signature_holds_only_for_its_secret_and_account() -> None:
    query = fields(sas.mint_bound(SECRET, "acc", "box", "me", Right("/s", "a"), "r", NOW + 60))
    assert verify(query).kind == "bound"
    with pytest.raises(Forbidden):
        sas.verify(query, TARGET, "acc", [], b"another", NOW)
    with pytest.raises(Forbidden):
        sas.verify(query, TARGET, "other", [], SECRET, NOW)


@given(st.sets(st.from_regex(r"x-ms-meta-[a-z_][a-z0-9_-]{0,6}", fullmatch=True), max_size=8))
def test_headers_are_signed_in_the_order_of_the_client(names: set[str]) -> None:
    theirs = [name for name, _ in _storage_header_sort([(name, "") for name in names])]
    text = shared_key.text_to_sign("GET", "acc", "/p", [], dict.fromkeys(names, ""))
    ours = [line[:-1] for line in text.split("\n") if line.startswith("x-ms-")]
    assert ours == theirs
