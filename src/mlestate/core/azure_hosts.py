"""The host names of Azure's public cloud that an estate answers to, once they are led to it."""

from __future__ import annotations

RESOURCE_MANAGER = "management.azure.com"
LOGIN = "login.microsoftonline.com"
STORAGE_SUFFIX = "core.windows.net"
# Older names of the login stand in older scripts.
_WHOLE = (
    RESOURCE_MANAGER,
    LOGIN,
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "graph.microsoft.com",
    "ml.azure.com",
)
# One label stands before these: an account, a region. The estate refuses what storage beside blobs
# is asked for; were it not answered here, it would be asked of Azure.
_BELOW = (
    "api.azureml.ms",
    "experiments.azureml.net",
    "login.microsoft.com",
    *(f"{service}.{STORAGE_SUFFIX}" for service in ("blob", "dfs", "file", "queue", "table")),
)
# As a certificate writes them.
NAMES = (*_WHOLE, *(f"*.{domain}" for domain in _BELOW))


def answered(host: str) -> bool:
    """Whether it is one of them; `host` is without a port."""
    name = host.lower().removesuffix(".")
    label, _, domain = name.partition(".")
    return name in _WHOLE or (bool(label) and domain in _BELOW)
