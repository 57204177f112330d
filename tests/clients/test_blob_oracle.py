"""Every scenario answers the same here as on Azurite: status, error code, and what headers tell."""

from __future__ import annotations

import http.client
import re
import shutil
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from mlestate.blob import shared_key
from tests import azurite_server, blob_house

from .blob_steps import SCENARIOS, Step

# Told by both, and meant to be equal.
SAME = [
    "content-type",
    "content-range",
    "content-md5",
    "accept-ranges",
    "cache-control",
    "x-ms-blob-type",
    "x-ms-lease-state",
    "x-ms-lease-status",
    "x-ms-lease-duration",
    "x-ms-lease-id",
    "x-ms-lease-time",
    "x-ms-copy-status",
    "x-ms-meta-a",
    "x-ms-meta-k",
    "x-ms-meta-one",
    "x-ms-meta-two",
    "x-ms-meta-new",
    "x-ms-blob-append-offset",
    "x-ms-blob-committed-block-count",
    "x-ms-tag-count",
    "x-ms-blob-content-length",
]
# Told by both, each in its own words.
PRESENT = ["etag", "last-modified", "x-ms-request-id", "x-ms-version", "x-ms-copy-id"]


class Place(NamedTuple):
    """Where a server is, and how it wants to be signed for."""

    url: str
    name: str
    key: str


class Told(NamedTuple):
    status: int
    code: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: NOT COMPARED with Azurite")
    folder: Path = tmp_path_factory.mktemp("blob")
    (folder / "ours").mkdir()
    house = blob_house.House(folder / "ours")
    with (
        azurite_server.azurite(folder / "azurite") as (theirs, _),
        blob_house.serving(house) as ours,
    ):
        name = "_blob/open.blob.core.windows.net"
        yield (
            Place(theirs, azurite_server.ACCOUNT, azurite_server.KEY),
            Place(f"{ours}/{name}", name, blob_house.KEY),
        )
    house.close()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ours_answers_as_azurite(scenario: str, places: tuple[Place, Place]) -> None:
    theirs, ours = (list(play(place, scenario)) for place in places)
    differences = [
        f"{step.line} {step.headers}: {difference(a, b)}"
        for step, a, b in zip(SCENARIOS[scenario], theirs, ours, strict=True)
        if not agree(step, a, b)
    ]
    assert not differences, "\n" + "\n".join(differences)


def play(place: Place, scenario: str) -> Iterator[Told]:
    container = re.sub("[^a-z]+", "-", scenario)
    if scenario != "containers":
        assert send(place, Step(f"PUT /{container}?restype=container"), "").status == 201
    etag = ""
    for step in SCENARIOS[scenario]:
        line = step.line.replace("{c}", container)
        headers = {
            key: value.replace("{c}", container)
            .replace("{account}", place.url)
            .replace("{etag}", etag)
            for key, value in step.headers.items()
        }
        told = send(place, Step(line, headers, step.body), etag)
        etag = told.headers.get("etag", etag)
        yield told


def send(place: Place, step: Step, etag: str) -> Told:
    method, target = step.line.split(" ", 1)
    base = urlsplit(place.url)
    path, _, query = (base.path + target).partition("?")
    headers = step.headers | {
        "x-ms-date": formatdate(time.time(), usegmt=True),
        "x-ms-version": "2021-12-02",
        "content-length": str(len(step.body)),
    }
    text = shared_key.text_to_sign(
        method, place.name, path, parse_qsl(query, keep_blank_values=True), headers
    )
    headers["authorization"] = f"SharedKey {place.name}:{shared_key.sign(place.key, text)}"
    connection = http.client.HTTPConnection(base.netloc, timeout=30)
    try:
        connection.request(method, base.path + target, step.body, headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    told = {key.lower(): value for key, value in answer.getheaders()}
    return Told(answer.status, told.get("x-ms-error-code", ""), told, body)


def agree(step: Step, theirs: Told, ours: Told) -> bool:
    if step.ours is not None:
        return step.ours == (ours.status, ours.code)
    return not any(difference(theirs, ours))


def difference(theirs: Told, ours: Told) -> tuple[dict[str, object], dict[str, object]]:
    """What Azurite tells and we don't, or tell otherwise; then ours. We may tell more."""
    a, b = summary(theirs), summary(ours)
    if "content-md5" not in b:
        # Azurite hashes whatever it answers; Azure only tells what was told or put whole.
        a.pop("content-md5", None)
    keys = sorted(key for key in a if a[key] != b.get(key))
    return {key: a[key] for key in keys}, {key: b.get(key) for key in keys}


def summary(told: Told) -> dict[str, object]:
    found: dict[str, object] = {"status": told.status, "code": told.code}
    if told.status >= 300:
        return found
    found |= {name: told.headers[name] for name in SAME if name in told.headers}
    found |= {name: True for name in PRESENT if name in told.headers}
    if "x-ms-blob-type" in told.headers:
        found |= {"body": told.body, "content-length": told.headers["content-length"]}
    return found
