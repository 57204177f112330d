"""What a program asks of the proxy, as it is read from the wire and sent on."""

from __future__ import annotations

import httptools

from ...core.errors import Invalid

_MOST = 64 << 10
# Between two neighbours only, or told anew.
_HOPS = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
    }
)


class Request:
    """Grows while it is fed. `body` has what arrived of a body, framed to be sent on as it is."""

    def __init__(self) -> None:
        self.method, self.headers = "", list[tuple[str, str]]()
        self.headed = self.complete = False
        self.body, self.rest = bytearray(), b""
        self._parser = httptools.HttpRequestParser(self)
        self._target, self._version = b"", ""
        self._size, self._chunked = 0, False

    def feed(self, data: bytes) -> None:
        """Raises Invalid for what is not HTTP."""
        if self.complete:
            # Behind a CONNECT it is for the other end; behind all else it is one request more.
            self.rest += data if self.method == "CONNECT" else b""
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.rest = data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            if self.complete:
                return
            raise Invalid(f"this is not HTTP: {error}") from None
        if not self.headed:
            self._size += len(data)
        if self._size > _MOST:
            raise Invalid("the request's head is too long")

    @property
    def target(self) -> str:
        return self._target.decode("latin-1")

    def value(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name), "")

    def head(self, target: str, host: str, authorization: str) -> bytes:
        """For the next hop, which is to answer this one request and close."""
        named = {each.strip().lower() for each in self.value("connection").split(",")}
        kept = [(n, v) for n, v in self.headers if n.lower() not in _HOPS | named]
        own = [("Host", host), *kept, ("Connection", "close")]
        own += [("Proxy-Authorization", authorization)] if authorization else []
        first = f"{self.method} {target} HTTP/{self._version}"
        lines = [first, *(f"{name}: {value}" for name, value in own)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def take(self) -> bytes:
        """What arrived of the body since the last time."""
        taken = bytes(self.body)
        self.body.clear()
        return taken

    # The parser's calls. It goes on to a next request where there is one: that is nobody's.

    def on_url(self, url: bytes) -> None:
        if not self.complete:
            self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.complete:
            self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        if self.complete:
            return
        self.method = self._parser.get_method().decode("ascii")
        self._version = self._parser.get_http_version()
        self._size = sum(len(name) + len(value) for name, value in self.headers)
        self._chunked = "chunked" in self.value("transfer-encoding").lower()
        self.headed = True

    def on_body(self, body: bytes) -> None:
        if self.complete:
            return
        if self._chunked:
            self.body += b"%x\r\n" % len(body) + body + b"\r\n"
        else:
            self.body += body

    def on_message_complete(self) -> None:
        if self._chunked and not self.complete:
            self.body += b"0\r\n\r\n"
        self.complete = True
