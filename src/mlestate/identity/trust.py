"""Whom a program shall believe: all that it would believe anyway, and some more."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

import certifi

# By which clients are told of authorities: ssl and curl, requests, curl alone, Node.
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.S)


def bundle(environment: Mapping[str, str], more: Iterable[bytes]) -> bytes:
    """Each authority once, in PEM."""
    found = b"\n".join([*(_text(file) for file in _files(environment)), *more])
    return b"\n".join(dict.fromkeys(_CERTIFICATE.findall(found))) + b"\n"


def _files(environment: Mapping[str, str]) -> list[str]:
    """A company's own authority is often in one of the variables, and in no other place."""
    named = [environment.get(name, "") for name in VARIABLES]
    usual = ssl.get_default_verify_paths().cafile or ""
    return [*dict.fromkeys(each for each in (*named, usual, certifi.where()) if each)]


def _text(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        # A folder, or gone: whoever read the variable before had nothing of it either.
        return b""
