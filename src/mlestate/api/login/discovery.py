"""OpenID Connect discovery: where to log in, and the keys that tokens are signed with."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from ...identity.environment import TENANT
from ..http import answer, view
from .oauth import Handler
from .realm import Realm


def configuration(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        tenant, origin = realm.path_tenant(request), view(request).origin
        here = f"{origin}/{tenant}"
        # An AD FS, which this tenant is taken for, has no v2.
        path = "oauth2" if tenant.lower() == TENANT else "oauth2/v2.0"
        oauth, pages = f"{here}/{path}", f"{realm.pages(request)}/{tenant}/{path}"
        return answer(
            {
                "issuer": f"{origin}/{realm.tenant}/v2.0",
                "authorization_endpoint": f"{pages}/authorize",
                "token_endpoint": f"{oauth}/token",
                "device_authorization_endpoint": f"{oauth}/devicecode",
                "end_session_endpoint": f"{pages}/logout",
                "revocation_endpoint": f"{oauth}/revoke",
                "jwks_uri": f"{here}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "form_post"],
                "grant_types_supported": [
                    "authorization_code",
                    "client_credentials",
                    "refresh_token",
                    "urn:ietf:params:oauth:grant-type:device_code",
                ],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "client_secret_basic",
                    "none",
                ],
                "code_challenge_methods_supported": ["S256"],
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "name"],
            }
        )

    return handle


def keys(realm: Realm) -> Handler:
    async def handle(request: Request) -> Response:
        realm.path_tenant(request)
        return answer(realm.keys.jwks())

    return handle


def instance(realm: Realm) -> Handler:
    """Answers for any authority: this estate is the only one it knows, and it is itself."""

    async def handle(request: Request) -> Response:
        origin = view(request).origin
        tenant = _tenant(request.query_params.get("authorization_endpoint", "")) or realm.tenant
        host = origin.partition("://")[2]
        found = f"{origin}/{tenant}/v2.0/.well-known/openid-configuration"
        names = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        return answer(
            {
                "tenant_discovery_endpoint": found,
                "api-version": "1.1",
                "metadata": [names],
            }
        )

    return handle


def _tenant(endpoint: str) -> str:
    """The first word of an address's path; empty where that is no tenant."""
    try:
        path = urlsplit(endpoint).path
    except ValueError:
        return ""
    tenant = path.strip("/").partition("/")[0]
    return tenant if tenant.replace("-", "").isalnum() else ""
