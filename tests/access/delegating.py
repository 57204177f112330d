"""Signatures that people make themselves, by a key that they got from an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from mlestate.blob import sas
from tests.access.asking import Request
from tests.access.two_workspaces import A, Place, Two


def delegated(two: Two, who: str, place: Place, box: str = "", letters: str = "r") -> str:
    """For a container, such as `/stlive/sales`; bo's unless said. The key is of `place`."""
    now = datetime.now(UTC)
    start, expiry = (f"{now + timedelta(hours=h):%Y-%m-%dT%H:%M:%SZ}" for h in (-1, 1))
    info = f"<KeyInfo><Start>{start}</Start><Expiry>{expiry}</Expiry></KeyInfo>"
    target = f"{place.blobs}?restype=service&comp=userdelegationkey"
    told = two.made(who, Request("POST", target, info.encode(), {"x-ms-version": "2021-08-06"}))
    value = told.text.partition("<Value>")[2].partition("<")[0]
    tenant = told.text.partition("<SignedTid>")[2].partition("<")[0]
    fields = {
        "sv": "2021-08-06",
        "sr": "c",
        "sp": letters,
        "se": expiry,
        "skoid": two.ids[who],
        "sktid": tenant,
        "skt": start,
        "ske": expiry,
        "sks": "b",
        "skv": "2021-08-06",
    }
    text = sas._service_text(fields, f"/blob{box or f'/st{A.mark}/{two.bo.container}'}")
    return urlencode({**fields, "sig": sas._sign(sas._key(value), text)})
