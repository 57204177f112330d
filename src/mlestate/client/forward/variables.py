"""The variables by which programs find the proxy."""

from __future__ import annotations

from collections.abc import Mapping

# What is on the machine itself needs no proxy. All else asks this one, which heeds what the
# variable said: were it kept, a pattern such as `.azure.com` in it would lead past the estate.
_DIRECT = "localhost,127.0.0.1,::1"
_ALL = ("ALL_PROXY", "all_proxy")


def proxied(environment: Mapping[str, str], port: int, secret: str) -> dict[str, str]:
    """The environment with every proxy in it replaced by this one."""
    here = f"http://{secret}@127.0.0.1:{port}"
    own = {"HTTPS_PROXY": here, "HTTP_PROXY": here, "NO_PROXY": _DIRECT}
    both = own | {name.lower(): value for name, value in own.items()}
    kept = {name: value for name, value in environment.items() if name not in _ALL}
    # Node heeds none of these without being told.
    return kept | both | {"NODE_USE_ENV_PROXY": "1"}
