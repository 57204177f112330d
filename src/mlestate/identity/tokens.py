"""Tokens: JSON Web Tokens signed with ES256, with the claims that clients of Entra look for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec
from jwt.types import Options

from ..core.errors import Unauthenticated
from ..core.principals import Principal
from .audiences import Audiences
from .credentials import Proof
from .generation import Clock
from .job_rights import workspace_of
from .keys import SigningKeys

LIFETIME = 3600.0
# A job's token ends with the lease of the job, which is asked for on every use; this only has to
# be longer than any job, because a running process has no way to take a new token.
JOB_LIFETIME = 366 * 86400.0
_SIGNATURE_ONLY: Options = {
    "verify_aud": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


class JobClaim(msgspec.Struct, frozen=True):
    """The ARM id of a job, and the fence of the lease under which it runs."""

    id: str
    fence: int


class Claims(msgspec.Struct, frozen=True):
    """What is read of a token; other claims are there for clients."""

    aud: str
    exp: float
    nbf: float
    iat: float
    tid: str
    oid: str
    idtyp: str
    via: str = msgspec.field(name="mlestate.via", default="")
    job: JobClaim | None = msgspec.field(name="mlestate.job", default=None)


class Tokens:
    def __init__(self, keys: SigningKeys, tenant: str, audiences: Audiences, clock: Clock):
        self.tenant, self.audiences, self.clock = tenant, audiences, clock
        self._keys = keys

    def access(self, proof: Proof, audience: str, client: str, origin: str) -> tuple[str, int]:
        """A token and the seconds that it lasts: never longer than what it was got with."""
        now = self.clock()
        expires = min(now + LIFETIME, proof.expires)
        claims = self._about(proof.principal, origin) | {
            "aud": audience,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(expires),
            "appid": client,
            "azp": client,
            "idtyp": "user" if proof.principal.kind == "User" else "app",
            "mlestate.via": proof.via,
        }
        return self._sign(claims), int(expires) - int(now)

    def identity(self, proof: Proof, client: str, nonce: str, origin: str) -> str:
        """An id token: tells a client who logged in, and opens nothing (it has no `idtyp`)."""
        now = int(self.clock())
        claims = self._about(proof.principal, origin) | {
            "aud": client,
            "iat": now,
            "nbf": now,
            "exp": now + int(LIFETIME),
            "preferred_username": proof.principal.name,
            "sid": proof.via,
        }
        return self._sign(claims | ({"nonce": nonce} if nonce else {}))

    def for_job(self, job_id: str, fence: int, submitter: Principal) -> str:
        """A token good while that lease of the job lives, with the submitter's rights in it."""
        workspace_of(job_id)
        now, origin = self.clock(), self.audiences.origins[0]
        claims = self._about(submitter, origin) | {
            "aud": origin,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + JOB_LIFETIME),
            "idtyp": "job",
            "mlestate.job": {"id": job_id, "fence": fence},
        }
        return self._sign(claims)

    def session_of(self, identity: str) -> str:
        """The session of an id token of this estate, however old; empty where it has none."""
        claims = self._payload(identity)
        kind, _, session = str(claims.get("sid", "")).partition(":")
        return session if kind == "session" and claims.get("tid") == self.tenant else ""

    def verify(self, token: str) -> Claims:
        """The claims of an access token of this estate that is good now."""
        claims = self._signed(token)
        now = self.clock()
        if claims.tid != self.tenant:
            raise Unauthenticated("The access token is from another tenant.")
        if not self.audiences.accepts(claims.aud):
            raise Unauthenticated(
                f"The access token is meant for `{claims.aud[:200]}`, not for this estate.",
                code="InvalidAuthenticationTokenAudience",
            )
        if now >= claims.exp:
            raise Unauthenticated(
                "The access token has expired: log in again.", code="ExpiredAuthenticationToken"
            )
        if now < claims.nbf - 1:
            raise Unauthenticated("The access token is not valid yet.")
        return claims

    def _signed(self, token: str) -> Claims:
        try:
            return msgspec.convert(self._payload(token), Claims)
        except msgspec.ValidationError:
            raise Unauthenticated(
                "The access token lacks a claim, or has one of a wrong type."
            ) from None

    def _payload(self, token: str) -> dict[str, Any]:
        try:
            key = self._keys.public(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise Unauthenticated("The access token is not signed by this estate.")
            # Times and audience are checked by `verify`, against the clock of this estate.
            payload: dict[str, Any] = jwt.decode(
                token, key, algorithms=["ES256"], options=_SIGNATURE_ONLY
            )
            return payload
        except jwt.InvalidTokenError as error:
            raise Unauthenticated(f"The access token is not valid: {error}.") from None
        except RecursionError:
            raise Unauthenticated("The access token is not valid: it is nested too deep.") from None

    def _about(self, principal: Principal, origin: str) -> dict[str, Any]:
        claims = {
            "iss": f"{origin}/{self.tenant}/v2.0",
            "tid": self.tenant,
            "oid": principal.id,
            "sub": principal.id,
            "name": principal.display_name,
            "jti": str(uuid.uuid4()),
            "ver": "2.0",
        }
        if principal.kind == "User":
            claims |= {"upn": principal.name, "unique_name": principal.name}
        return claims

    def _sign(self, claims: Mapping[str, Any]) -> str:
        kid, key = self._keys.newest
        return jwt.encode(dict(claims), key, algorithm="ES256", headers={"kid": kid})
