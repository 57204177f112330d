"""A signature opens what it was made for, however the request is written; and a wrong one tells
nobody which accounts there are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote, urlencode

import pytest

from mlestate.api.blob.request import address
from mlestate.blob import blobs, containers, sas, shared_key
from mlestate.blob.cell import Place
from tests.blob_house import KEY, SECRET, TENANT, House
from tests.unit.blob.test_rules import ask

SUFFIX = ".blob.core.windows.net"
# How clients call the account where its address is a path.
NAMED = f"_blob/open{SUFFIX}"
NOW = datetime.now(UTC)
SOON = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
FAILED = (403, "AuthenticationFailed")
OPENS = (200, "")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    cell = house.cells["west"]
    for container in ("data", "models"):
        containers.create(cell, "open", container)
        for name in ("b", "dir", "dir/secret", "models/b", "x/y"):
            blobs.put(cell, Place("open", container, name), [b"x"])
    yield house
    house.close()


def got(house: House, target: str, query: str, method: str = "GET") -> tuple[int, str]:
    status, told, _ = ask(house, method, target, query, {})
    return status, told.get("x-ms-error-code", "")


def service(
    path: str, sr: str, sv: str = "2021-08-06", name: str = NAMED, key: str = KEY, **more: str
) -> dict[str, str]:
    """A signature for a path, as a client makes it; `sr` was not signed at first."""
    lines = ["r", "", SOON, f"/blob/{name}{path}", "", "", "", sv]
    lines += [sr, ""] if sv >= "2018-11-09" else []
    lines += [""] if sv >= "2020-12-06" else []
    lines += [more.get(field, "") for field in ("rscc", "rscd", "rsce", "rscl", "rsct")]
    signature = shared_key.sign(key, "\n".join(lines))
    return {"sp": "r", "se": SOON, "sv": sv, "sr": sr, "sig": signature} | more


@pytest.mark.parametrize(
    ("made", "own", "others"),
    [
        (service("/data/models/b", "b"), "/data/models/b", ["/models/b"]),
        (service("/data/models", "d", sdd="1"), "/data/models/b", ["/models/b", "/models/x/y"]),
        (service("/data", "c"), "/data/b", ["/models/b"]),
    ],
)
def test_a_slash_that_is_written_in_code_moves_nothing(
    house: House, made: dict[str, str], own: str, others: list[str]
) -> None:
    assert got(house, f"/_blob/open{SUFFIX}{own}", urlencode(made)) == OPENS
    for other, slash, depth in itertools.product(others, ("%2F", "%2f", "%252F"), "012"):
        inside = own.split("/")[1]
        query = urlencode(made | ({"sdd": depth} if "sdd" in made else {}))
        moved = f"/_blob/open{SUFFIX}{slash}{inside}{other}"
        assert got(house, moved, query) == FAILED
        host = f"open{SUFFIX}{slash}{inside}"
        status, told, _ = ask(house, "GET", other, query, {}, host)
        assert (status, told["x-ms-error-code"]) == FAILED


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_no_container_has_a_slash_in_its_name(house: House, slash: str) -> None:
    for who in ({}, {"authorization": "Bearer owner"}):
        target = f"/_blob/open/data{slash}models/b"
        status, told, _ = ask(house, "GET", target, "", who)
        assert (status, told["x-ms-error-code"]) == (400, "InvalidUri")


@pytest.mark.parametrize("version", ["2015-04-05", "2017-11-09", "2019-12-12", "2021-08-06"])
def test_the_kind_of_thing_that_was_signed_for_cannot_be_changed(
    house: House, version: str
) -> None:
    made = service("/data/dir", "b", version)
    assert got(house, f"/_blob/open{SUFFIX}/data/dir", urlencode(made)) == OPENS
    for kind, depth in itertools.product("bcd", ("", "0", "1", "2")):
        changed = urlencode(made | {"sr": kind, "sdd": depth})
        assert got(house, f"/_blob/open{SUFFIX}/data/dir/secret", changed) == FAILED
        listed = f"{changed}&restype=container&comp=list"
        assert got(house, f"/_blob/open{SUFFIX}/data%2Fdir", listed)[0] in (400, 403)


def test_a_directory_opens_from_the_version_on_that_has_them(house: House) -> None:
    place = f"/_blob/open{SUFFIX}/data/dir/secret"
    assert got(house, place, urlencode(service("/data/dir", "d", "2020-02-10", sdd="1"))) == OPENS
    older = service("/data/dir", "d", "2019-12-12", sdd="1")
    assert got(house, place, urlencode(older)) == FAILED


def test_a_delegation_key_signs_from_the_version_on_that_has_them(house: House) -> None:
    start = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    answers = []
    for version in ("2018-11-09", "2017-11-09"):
        key = sas.delegation_key(SECRET, "owner", TENANT, start, SOON, version)
        said = {"skoid": "owner", "sktid": TENANT, "skt": start, "ske": SOON, "sks": "b"}
        lines = ["r", "", SOON, "/blob/open/data/b", *said.values(), version, "", "", version]
        lines += ["b", ""] if version >= "2018-11-09" else []
        text = "\n".join([*lines, "", "", "", "", ""])
        query = {"sp": "r", "se": SOON, "sv": version, "sr": "b", "skv": version, **said}
        query["sig"] = shared_key.sign(key.value, text)
        answers.append(got(house, "/_blob/open/data/b", urlencode(query)))
    assert answers == [OPENS, FAILED]


def test_what_would_narrow_a_signature_is_not_read_over(house: House) -> None:
    made = service("/data/b", "b", name="open")
    assert got(house, "/_blob/open/data/b", urlencode(made)) == OPENS
    for field in ("srh", "srq", "sduoid", "suoid"):
        assert got(house, "/_blob/open/data/b", urlencode(made | {field: "x"})) == FAILED


def test_no_field_can_be_read_as_two(house: House) -> None:
    made = service("/data/b", "b", name="open", rscd="a\nb")
    assert got(house, "/_blob/open/data/b", urlencode(made))[0] == 400
    assert got(house, "/_blob/open/data/b", urlencode(made | {"rscd": "a", "rsce": "b"})) == FAILED
    named = service("/data/b\n", "b", name="open")
    for si in ("", "\n"):
        split = named | {"si": si, "sip": "", "spr": "\n"}
        assert got(house, "/_blob/open/data/b", urlencode(split))[0] in (400, 403)


@pytest.mark.parametrize("version", ["", "2", "zzzz-99-99", "2021-08-06x", "b"])
def test_a_version_is_a_date(house: House, version: str) -> None:
    made = service("/data/b", "b", version, name="open")
    assert got(house, "/_blob/open/data/b", urlencode(made)) == FAILED


@pytest.mark.parametrize("account", ["open", "shut", "nobody", "x", "open%2Fdata", "open.dfs.a"])
def test_a_wrong_signature_is_refused_alike_whatever_the_account(
    house: House, account: str
) -> None:
    for sr in "bcd":
        query = urlencode(service("/c/b", sr, name=account, key="d3Jvbmc=", sdd="1"))
        assert got(house, f"/_blob/{account}/c/b", query) == FAILED
    common = {"sp": "r", "se": SOON, "sv": "2021-08-06", "sig": "aaaa"}
    for more in ({"ss": "b", "srt": "sco"}, {"ss": "b", "srt": "sco", "skoid": ""}, {}):
        assert got(house, f"/_blob/{account}/c/b", urlencode(common | more)) == FAILED
    for key in (f"{account}:aaaa", ":", "x"):
        headers = {"authorization": f"SharedKey {key}", "x-ms-date": format_datetime(NOW)}
        status, told, _ = ask(house, "GET", f"/_blob/{account}/c/b", "", headers)
        assert (status, told["x-ms-error-code"]) == FAILED


def test_who_has_the_key_of_an_account_is_told_that_keys_are_off_there(house: House) -> None:
    query = urlencode(service("/c/b", "b", name="shut"))
    off = (403, "KeyBasedAuthenticationNotPermitted")
    assert got(house, "/_blob/shut/c/b", query) == off
    date = format_datetime(NOW, usegmt=True)
    signed = {"x-ms-date": date, "host": "localhost"}
    text = shared_key.text_to_sign("GET", "shut", "/_blob/shut/c/b", [], signed)
    headers = {**signed, "authorization": f"SharedKey shut:{shared_key.sign(KEY, text)}"}
    status, told, _ = ask(house, "GET", "/_blob/shut/c/b", "", headers)
    assert (status, told["x-ms-error-code"]) == off


def test_a_signer_does_not_learn_which_accounts_there_are(house: House) -> None:
    """Who may ask for a delegation key can sign for any name."""
    start = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    key = sas.delegation_key(SECRET, "stranger", TENANT, start, SOON, "2021-08-06")
    said = {"skoid": "stranger", "sktid": TENANT, "skt": start, "ske": SOON, "sks": "b"}
    answers = set()
    for account in ("open", "nobody"):
        lines = ["r", "", SOON, f"/blob/{account}/data/b", *said.values(), "2021-08-06"]
        text = "\n".join([*lines, "", "", "", "", "", "2021-08-06", "b", "", "", *[""] * 5])
        query = {"sp": "r", "se": SOON, "sv": "2021-08-06", "sr": "b", "skv": "2021-08-06"}
        query |= {**said, "sig": shared_key.sign(key.value, text)}
        status, told, body = ask(house, "GET", f"/_blob/{account}/data/b", urlencode(query), {})
        answers.add((status, told["x-ms-error-code"], body.partition(b"\nRequestId")[0]))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("path", "host", "account"),
    [
        ("/_blob/open/c/b", "h", "open"),
        ("/_blob/OPEN.Blob.core.windows.net/c/b", "h", "open"),
        ("/c/b", "open.blob.core.windows.net:443", "open"),
        ("/c/b", "open.blob.localhost", "open"),
        ("/c/b", "open.dfs.core.windows.net", ""),
        ("/c/b", "localhost:8443", ""),
        ("/c/b", "open%2Fc.blob.core.windows.net", ""),
        ("/_blob/open.dfs.core.windows.net/c/b", "h", ""),
        ("/_blob/open.blob/c/b", "h", ""),
        ("/_blob/open.blob.a%2Fc/c/b", "h", ""),
        ("/_blob/open.blob.a\tb/c/b", "h", ""),
        ("/_blob/open%2Eblob.a/c/b", "h", ""),
        ("/_blob/open.x/c/b", "h", ""),
        ("/_blob//c/b", "h", ""),
        (f"/_blob/{quote('öpen')}/c/b", "h", ""),
    ],
)
def test_an_account_is_named_in_the_forms_that_clients_build_and_no_other(
    path: str, host: str, account: str
) -> None:
    found = address(path, host)
    assert (found.account, bool(found.names)) == (account, bool(account))
