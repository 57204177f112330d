"""Documents that tell a client where things are: the cloud, and the services of a workspace.

Both are anonymous, follow the Host of the request, and are answered from memory: azure-ai-ml reads
the first on nearly every operation.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.resource import View
from .http import view

# All with GET.
PATHS = ("/metadata/endpoints", "/discovery", "/discovery/{rest:path}")
_SERVICES = (
    "api",
    "catalog",
    "experimentation",
    "gallery",
    "history",
    "hyperdrive",
    "labeling",
    "mlflow",
    "modelmanagement",
    "notebooks",
    "pipelines",
    "studio",
)


class Cloud(msgspec.Struct, frozen=True):
    """`portal` has two dots: clients make the audience `https://ml.azure.<suffix>` of it."""

    tenant: str
    name: str = "mlestate"
    portal: str = "https://portal.mlestate.local/"
    storage_suffix: str = "core.windows.net"


def _as_azure(cloud: Cloud) -> Cloud:
    """What a program gets that was led here by Azure's names: the cloud that it takes this for."""
    return replace(cloud, name="AzureCloud", portal="https://portal.azure.com/")


def routes(cloud: Cloud) -> list[Route]:
    async def endpoints(request: Request) -> Response:
        seen = view(request)
        asked = _as_azure(cloud) if seen.by_azures_name else cloud
        # From 2020 on it is one object; before, and without a version, a list.
        version = request.query_params.get("api-version", "")
        return _json(_endpoints(asked, seen, version >= "2020"))

    async def services(request: Request) -> Response:
        return _json(_services(view(request).origin))

    answers = (endpoints, services, services)
    return [
        Route(path, answer, methods=["GET"]) for path, answer in zip(PATHS, answers, strict=True)
    ]


@lru_cache(maxsize=256)
def _endpoints(cloud: Cloud, seen: View, single: bool) -> bytes:
    origin = seen.origin
    document = {
        "name": cloud.name,
        "portal": cloud.portal,
        "resourceManager": f"{origin}/",
        "authentication": {
            "loginEndpoint": seen.login,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": cloud.tenant,
            "identityProvider": "AAD",
        },
        "suffixes": {
            "storage": cloud.storage_suffix,
            "keyVaultDns": "vault.azure.net",
            "acrLoginServer": "azurecr.io",
        },
        "graph": f"{origin}/",
        "graphAudience": f"{origin}/",
        "microsoftGraphResourceId": f"{origin}/",
        "gallery": f"{origin}/",
        "media": f"{origin}/",
        "batch": f"{origin}/",
        "sqlManagement": f"{origin}/",
    }
    return msgspec.json.encode(document if single else [document])


@lru_cache(maxsize=256)
def _services(origin: str) -> bytes:
    return msgspec.json.encode(dict.fromkeys(_SERVICES, origin))


def _json(encoded: bytes) -> Response:
    return Response(encoded, media_type="application/json")
