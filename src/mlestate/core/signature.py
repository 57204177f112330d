"""Signatures of webhooks, as Standard Webhooks has them: `v1,` and an HMAC-SHA256 in base64."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
BYTES = 32


def secret(random: bytes) -> str:
    return PREFIX + base64.b64encode(random).decode()


def sign(secrets: Iterable[str], id: str, timestamp: int, body: bytes) -> str:
    """One for each secret, parted by blanks: the receiver takes any that it can check."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_mac(each, signed)}" for each in secrets)


def _mac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
