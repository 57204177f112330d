"""What uv is told of this machine: where its indexes are by variables, how to get in by a file.

Packages say what they need in lines of their own, and uv fills variables in there too: what stands
in its environment can be sent to anyone. So no password does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from .folder import write

_ADDRESSES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_PLAIN = re.compile(
    r"UV_(CONCURRENT_\w+|CONFIG_FILE|EXCLUDE_NEWER|HTTP_\w+|INDEX_STRATEGY|INSECURE_HOST|LINK_MODE"
    r"|NATIVE_TLS|NO_CONFIG|OFFLINE|REQUEST_TIMEOUT|SYSTEM_CERTS|TORCH_BACKEND)"
    r"|SSL_CERT_(FILE|DIR)|SSL_CLIENT_CERT"
)
# uv fills in names of capitals alone, and heeds these in small letters.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_LOGIN = re.compile(r"(?<=://)([^\s/@]*)@")
_ONE = re.compile(r"(?:(?P<name>[\w.-]+)=)?(?P<url>[a-z]+://[^\s,]+)")


class Login(NamedTuple):
    host: str
    user: str
    password: str


def settings(environ: Mapping[str, str], netrc: Path) -> dict[str, str]:
    """The variables for uv; the logins among them go to the file `netrc`, before those of ours."""
    found = {name: value for name, value in environ.items() if _PLAIN.fullmatch(name)}
    found |= {name: environ[name.upper()] for name in _PROXIES if name.upper() in environ}
    found |= {name: environ[name] for name in _PROXIES if name in environ}
    found |= {name: _LOGIN.sub("", environ[name]) for name in _ADDRESSES if name in environ}
    lines = [_line(login) for login in logins(environ)]
    write(netrc, "\n".join([*lines, _known(environ)]).encode())
    return {**found, "NETRC": str(netrc), "HOME": environ.get("HOME", "/")}


def logins(environ: Mapping[str, str]) -> Iterator[Login]:
    """Of addresses such as `https://user:password@host`, and of `UV_INDEX_<NAME>_PASSWORD`."""
    for variable in _ADDRESSES:
        for one in _ONE.finditer(environ.get(variable, "")):
            parts = urlsplit(one["url"])
            name = re.sub(r"[^A-Z0-9]", "_", (one["name"] or "").upper())
            user = environ.get(f"UV_INDEX_{name}_USERNAME") or unquote(parts.username or "")
            password = environ.get(f"UV_INDEX_{name}_PASSWORD") or unquote(parts.password or "")
            if parts.hostname and (user or password):
                yield Login(parts.hostname, user or "__token__", password)


def _line(login: Login) -> str:
    # The word after `password` is the password, also where it would be the next line's first.
    word = f" password {login.password}" if login.password else ""
    return f"machine {login.host} login {login.user}{word}"


def _known(environ: Mapping[str, str]) -> str:
    """What this machine's user has of the kind."""
    path = Path(environ.get("NETRC") or Path(environ.get("HOME", "/")) / ".netrc")
    return path.read_text() if os.access(path, os.R_OK) and path.is_file() else ""
