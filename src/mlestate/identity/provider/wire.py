"""Requests to the provider: short in all, bounded, and not led elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from ...core.errors import Unavailable

SECONDS = 10.0
_LARGEST = 1 << 20


class Wire:
    """`name` is what people call the provider. Raises Unavailable where it has not answered within
    these seconds, however slowly it drips."""

    def __init__(self, name: str, seconds: float = SECONDS):
        self._name, self._seconds = name, seconds
        self._certificates = httpx2.create_ssl_context()

    def get(self, address: str, token: str = "") -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        status, content = self._ask("GET", address, headers=headers)
        if status != 200:
            raise Unavailable(f"{self._name} answers `{address}` with {status}")
        return self._object(content, address)

    def post(
        self, address: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> tuple[int, dict[str, Any]]:
        """The status and what is said; an error of OAuth is an answer too."""
        status, content = self._ask("POST", address, data=dict(form), auth=basic)
        return status, self._object(content, address)

    def _ask(self, method: str, address: str, **parts: Any) -> tuple[int, bytes]:
        try:
            return asyncio.run(self._whole(method, address, **parts))
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
            # The request is not said again: its form has secrets in it.
            raise Unavailable(
                f"{self._name} does not answer at `{address}` ({type(error).__name__}): try again"
            ) from None

    async def _whole(self, method: str, address: str, **parts: Any) -> tuple[int, bytes]:
        client = httpx2.AsyncClient(verify=self._certificates, follow_redirects=False, timeout=None)
        async with (
            asyncio.timeout(self._seconds),
            client,
            client.stream(method, address, **parts) as answer,
        ):
            content = b""
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _LARGEST:
                    raise Unavailable(f"{self._name} sends too much at `{address}`")
            return int(answer.status_code), content

    def _object(self, content: bytes, address: str) -> dict[str, Any]:
        try:
            return msgspec.json.decode(content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unavailable(f"{self._name} answers `{address}` with what is no JSON") from None
