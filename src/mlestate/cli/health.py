"""What `mlestate doctor` looks at: each check says what it found, and how to mend it."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import urlsplit

from ..client.session import BUNDLE, ORIGIN, served_at
from ..core.errors import Invalid, PlatformError

if TYPE_CHECKING:
    from ..app.settings import Settings

Verdict = Literal["ok", "poor", "bad"]
LEAST_DISK = 2 << 30
MOST_SKEW = 60.0
SOON = 14 * 86400.0
USUAL_PORT = 8443
_WAIT = 3.0


class Finding(NamedTuple):
    """`poor` works, with less; `bad` does not. `mend` is empty when there is nothing to do."""

    check: str
    verdict: Verdict
    detail: str
    mend: str = ""


def examine(data: Path, port: int, url: str = "") -> Iterator[Finding]:
    """`port` 0 is that of the settings."""
    found = _settings(data, os.environ)
    port = port or (USUAL_PORT if isinstance(found, Finding) else found.port)
    origin = url or os.environ.get("MLESTATE_URL", "") or served_at(data) or _at(port)
    yield python(sys.version_info[:3])
    yield program(
        "uv", "environments of jobs cannot be made", "install it: `pip install uv`", "bad"
    )
    sandbox = "jobs see more of this machine than they need"
    yield program("bwrap", sandbox, "install bubblewrap, with apt or dnf", "poor")
    yield disk(data)
    yield certificate(data)
    yield from server(origin, data, port)
    if isinstance(found, Finding):
        yield found
        return
    yield from databases(found)
    yield from provider(found, data, os.environ)


def python(version: tuple[int, ...]) -> Finding:
    text = ".".join(map(str, version))
    if version >= (3, 11):
        return Finding("python", "ok", text)
    return Finding("python", "bad", text, "install Python 3.11 or newer, and mlestate in it")


def program(name: str, lack: str, mend: str, verdict: Verdict) -> Finding:
    beside = Path(sys.executable).parent / name
    if found := shutil.which(name) or (str(beside) if os.access(beside, os.X_OK) else None):
        return Finding(name, "ok", found)
    return Finding(name, verdict, f"not found: {lack}", mend)


def disk(data: Path) -> Finding:
    place = next(each for each in (data, *data.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / (1 << 30):.1f} GiB free at `{place}`"
    if not os.access(place, os.W_OK):
        return Finding("disk", "bad", f"`{place}` is not writable", "choose another with --data")
    if free < LEAST_DISK:
        return Finding("disk", "bad", detail, "free 2 GiB, or choose another disk with --data")
    return Finding("disk", "ok", detail)


def certificate(data: Path) -> Finding:
    bundle, served = data / BUNDLE, data / "tls" / "server.pem"
    if not bundle.is_file() or not served.is_file():
        return Finding("certificate", "poor", "none yet", "the first `mlestate up` makes it")
    left = _ends(served) - time.time()
    days = f"good for {left / 86400:.0f} days"
    if left < 0:
        return Finding("certificate", "bad", "it has expired", "start `mlestate up` again")
    if left < SOON:
        return Finding("certificate", "poor", days, "start `mlestate up` again: it renews it")
    return Finding("certificate", "ok", days)


def server(origin: str, data: Path, port: int) -> Iterator[Finding]:
    """Is it there and well; if it is, does its clock agree with ours; if not, is the port free."""
    import httpx2

    bundle = data / BUNDLE
    trust = ssl.create_default_context(cafile=str(bundle) if bundle.is_file() else None)
    try:
        answer = httpx2.get(f"{origin}/readyz", verify=trust, timeout=_WAIT, trust_env=False)
    except httpx2.ConnectError as error:
        yield _silent(origin, str(error))
        yield free_port(port)
        return
    except httpx2.TransportError as error:
        why = f"`{origin}` does not answer ({type(error).__name__})"
        yield Finding("server", "bad", why, "see its log in `DIR/logs`, then start it again")
        return
    if answer.status_code != 200:
        detail = f"`{origin}` is not ready: {answer.text.strip()[:120]}"
        yield Finding("server", "bad", detail, "see `mlestate status`")
    else:
        yield Finding("server", "ok", f"`{origin}` is ready")
    yield clock(answer.headers.get("date", ""), time.time())


def clock(date: str, now: float) -> Finding:
    """Tokens are refused when clocks differ by minutes."""
    if not date:
        return Finding("clock", "poor", "the server does not say its time")
    skew = abs(parsedate_to_datetime(date).timestamp() - now)
    if skew <= MOST_SKEW:
        return Finding("clock", "ok", f"within {max(skew, 1):.0f} s of the server's")
    detail = f"{skew:.0f} s from the server's: tokens will be refused"
    return Finding("clock", "bad", detail, "set both by NTP")


def databases(settings: Settings) -> Iterator[Finding]:
    """Those on servers; files are in the data folder."""
    from ..app.databases import away

    for use, why in away(settings):
        yield Finding("database", "bad", f"that of {use}: {why}", "see `database` in its settings")


def provider(settings: Settings, data: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """The provider of logins that this machine's settings name: as the server asks it."""
    from ..identity.provider.discovery import Discovery
    from ..identity.provider.wanted import secret
    from ..identity.provider.wire import Wire

    wanted = settings.oidc
    if wanted is None:
        return
    try:
        shown, known = wanted.shown, bool(secret(data, environment))
    except Invalid as error:
        yield Finding("provider", "bad", str(error), "mend `mlestate.toml`, or the variables")
        return
    try:
        keys = Discovery(wanted, Wire(shown), time.time).count()
    except PlatformError as error:
        yield Finding("provider", "bad", str(error), "see `oidc.issuer` of `mlestate.toml`")
        return
    yield Finding("provider", "ok", f"{shown} answers, with {keys} keys")
    if not known:
        lack = "no secret of this estate at the provider: good for a public client alone"
        yield Finding("provider", "poor", lack, "write it to `DIR/oidc.secret`, and chmod 600")


def free_port(port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            mend = "stop what uses it, or choose another with `mlestate up --port`"
            return Finding("port", "bad", f"{port}: {error.strerror}", mend)
    return Finding("port", "ok", f"{port} is free")


def _settings(data: Path, environment: Mapping[str, str]) -> Settings | Finding:
    from ..app.settings import read

    try:
        return read(data, environment)
    except Invalid as error:
        return Finding("settings", "bad", str(error), "mend `mlestate.toml`, or the variables")


def _silent(origin: str, why: str) -> Finding:
    if "CERTIFICATE_VERIFY_FAILED" in why:
        mend = "say its data folder with --data: the authority is in `DIR/tls`"
        return Finding("server", "bad", f"the certificate of `{origin}` is not trusted", mend)
    return Finding("server", "poor", f"nothing answers at `{origin}`", "start it: `mlestate up`")


def _at(port: int) -> str:
    return urlsplit(ORIGIN)._replace(netloc=f"localhost:{port}").geturl()


def _ends(pem: Path) -> float:
    """When the first certificate of a file ends, in seconds since the epoch."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem.read_bytes()).not_valid_after_utc.timestamp()
