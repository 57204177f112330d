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
# All public addresses of IPv6 are in it.
_UNICAST = ipaddress.IPv6Network("2000::/3")
# An IPv4 address stands in the end of these, and is what is meant: mapped, compatible, translated,
# and by the NAT64 that all know of. Of other NAT64s where it stands is not known.
_DRESSED = tuple(
    ipaddress.IPv6Network(f"{prefix}/96")
    for prefix in ("::ffff:0:0", "::", "::ffff:0:0:0", "64:ff9b::")
)
# In the middle of an address that ends with an IPv4 address, to be reached by a tunnel (ISATAP).
_ISATAP = (0x00005EFE, 0x02005EFE)


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
        addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
        for address in addresses:
            for meant in _meant(address):
                inside = any(meant in network for network in self._allowed)
                if not inside and not _is_public(meant):
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


def _meant(address: Address) -> list[Address]:
    """All that what is sent to an address may reach, through whatever translates or tunnels it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if number > 1 and any(address in network for network in _DRESSED):
        return [last]
    inside = [last] if number >> 32 & 0xFFFFFFFF in _ISATAP else []
    if address.sixtofour is not None:
        inside.append(address.sixtofour)
    return [address, *inside]


def _is_public(address: Address) -> bool:
    """By what it is for, as far as that is known: what nothing is known of is not public."""
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast
