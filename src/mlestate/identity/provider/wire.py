"""Requests to the provider: short, bounded, and not led elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from ...core.errors import Unavailable

_TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
_LARGEST = 1 << 20


class Wire:
    """`name` is what people call the provider. Raises Unavailable where it does not answer."""

    def __init__(self, name: str):
        self._name = name
        self._http = httpx2.Client(timeout=_TIMEOUT, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

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
            with self._http.stream(method, address, **parts) as answer:
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > _LARGEST:
                        raise Unavailable(f"{self._name} sends too much at `{address}`")
                return answer.status_code, content
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # The request is not said again: its form has secrets in it.
            raise Unavailable(
                f"{self._name} does not answer at `{address}` ({type(error).__name__}): try again"
            ) from None

    def _object(self, content: bytes, address: str) -> dict[str, Any]:
        try:
            return msgspec.json.decode(content, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unavailable(f"{self._name} answers `{address}` with what is no JSON") from None
