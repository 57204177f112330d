"""A POST to an address that somebody named: only where it may lead, checked by its certificate, not
for long, and never anywhere else than that."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from ..core.errors import Invalid

SECONDS = 10.0
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks(said: Iterable[str]) -> tuple[Network, ...]:
    """Raises Invalid where one is none, such as `10.0.0.0/8`."""
    try:
        return tuple(ipaddress.ip_network(one) for one in said)
    except ValueError as error:
        raise Invalid(f"`webhook_networks`: {error}") from None


class Sender:
    """`allowed` are networks inside which addresses may lead though they are not public, and
    without TLS. Certificates are believed as on the whole machine (`SSL_CERT_FILE` names others),
    or those that `ca` has signed."""

    def __init__(self, allowed: Sequence[Network] = (), ca: Path | None = None):
        self._allowed = tuple(allowed)
        self._certificates = ssl.create_default_context(cafile=ca)

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status. Raises OSError with what kept it from being answered."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(host, port, parts.scheme == "https")
        # To the very address that was looked at: a name may mean another one the next time.
        shown = f"[{address}]" if address.version == 6 else str(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        named = {**headers, "host": parts.netloc, "user-agent": "mlestate"}
        request = httpx2.Request(
            "POST",
            f"{parts.scheme}://{shown}:{port}{path}",
            content=body,
            headers=named,
            extensions={"sni_hostname": host},
        )
        try:
            return asyncio.run(self._status(request))
        except TimeoutError:
            raise OSError(f"no answer within {SECONDS:.0f} seconds") from None
        except httpx2.HTTPError as error:
            raise OSError(f"{type(error).__name__}: {_why(error)}") from error

    async def _status(self, request: httpx2.Request) -> int:
        """Within ten seconds in all, however slowly it drips."""
        client = httpx2.AsyncClient(
            verify=self._certificates, trust_env=False, follow_redirects=False, timeout=None
        )
        async with asyncio.timeout(SECONDS), client:
            answer = await client.send(request, stream=True)
            await answer.aclose()
            return int(answer.status_code)

    def _address(self, host: str, port: int, secure: bool) -> Address:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise OSError(f"`{host}` has no address: {error}") from error
        addresses = [_plain(str(one[4][0])) for one in found]
        for address in addresses:
            inside = any(address in network for network in self._allowed)
            if not inside and (not address.is_global or address.is_multicast):
                raise OSError(
                    f"`{host}` leads to an address that is not public; the setting"
                    " `webhook_networks` would allow it"
                )
            if not inside and not secure:
                raise OSError(f"`{host}` is reached without TLS: write `https://`")
        return addresses[0]


def _why(error: BaseException) -> str:
    """In the words of the machine, where it was the machine that refused."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.errno and not isinstance(found, ssl.SSLError):
            return os.strerror(found.errno)
        found = found.__cause__ or found.__context__
    return str(error)


def _plain(text: str) -> Address:
    """An IPv4 address that is dressed as an IPv6 one is looked at as what it is."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address
