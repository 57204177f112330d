"""A login by the provider: the browser is sent there, and comes back with a code."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ...core.activity import UNASKED, Asked
from ...core.errors import Unauthenticated
from ...core.principals import Principal
from ...core.provisioned import PendingLogin
from ...store import provisioned
from ...store.database import Database
from ..credentials import hashed
from ..generation import Clock
from ..sessions import MOST_OF_ONE, MOST_WAITING, Sessions, pkce_challenge
from ..throttle import whence
from .discovery import Discovery, Metadata
from .id_tokens import IdTokens, kept
from .people import People
from .wanted import Provider
from .wire import Wire

LIFETIME = 900.0


class Finished(msgspec.Struct, frozen=True):
    """Who logged in, and what for; `purpose` is what `begin` was given. `fault` in place of the
    person, where the provider or this estate refused."""

    purpose: Mapping[str, str]
    person: Principal | None = None
    fault: Unauthenticated | None = None


class ProviderLogins:
    def __init__(
        self,
        provider: Provider,
        secret: str,
        database: Database,
        people: People,
        sessions: Sessions,
        clock: Clock,
    ):
        self.provider = provider
        self._secret, self._database, self._clock = secret, database, clock
        self._people, self._sessions = people, sessions
        self._wire = Wire(provider.shown)
        self._discovery = Discovery(provider, self._wire, clock)
        self._tokens = IdTokens(provider, self._discovery, clock)

    def begin(
        self, purpose: Mapping[str, str], browser: str, redirect_uri: str, address: str = ""
    ) -> str:
        """Where to send the browser to, which came from that address. `browser` is a word that it
        keeps in a cookie."""
        metadata, now = self._discovery.metadata(), self._clock()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun, ends = hashed(whence(address)), now + LIFETIME
        pending = PendingLogin(
            hashed(browser), nonce, verifier, redirect_uri, dict(purpose), ends, begun
        )
        with self._database.write() as connection:
            provisioned.sweep(connection, now)
            # Anybody may begin a login; nobody may fill the disk with them, or the room of others.
            provisioned.make_room_to_wait(connection, begun, MOST_OF_ONE, MOST_WAITING)
            provisioned.wait(connection, hashed(state), pending)
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": pkce_challenge(verifier),
            "code_challenge_method": "S256",
        }
        mark = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{mark}{urlencode(asked)}"

    def begun(self, state: str, browser: str) -> PendingLogin:
        """The login that a browser comes back from, used up by that. Raises Unauthenticated where
        this browser began none."""
        with self._database.write() as connection:
            pending = provisioned.take_waiting(connection, hashed(state))
        same = pending is not None and secrets.compare_digest(pending.browser, hashed(browser))
        if pending is None or not same or self._clock() >= pending.expires:
            raise Unauthenticated("This login is too old, or was begun elsewhere: begin it anew.")
        return pending

    def finish(
        self, pending: PendingLogin, answer: Mapping[str, str], asked: Asked = UNASKED
    ) -> Finished:
        """What the browser brought back. Raises Unavailable where the provider does not answer."""
        try:
            person = self._person(answer, pending, asked)
        except Unauthenticated as fault:
            return Finished(pending.purpose, fault=fault)
        return Finished(pending.purpose, person)

    def end_session_address(self) -> str:
        """Where somebody logs out of the provider too; empty where it has no such place."""
        address = self._discovery.metadata().end_session_endpoint
        return f"{address}?{urlencode({'client_id': self.provider.client_id})}" if address else ""

    def logged_out(self, logout_token: str, asked: Asked = UNASKED) -> None:
        """The provider says that somebody logged out there. Raises Unauthenticated."""
        claims = self._tokens.verify_logout(logout_token)
        object_id = self._people.linked(self._tokens.subject(claims))
        if object_id is not None:
            why = f"{self.provider.shown} says that they logged out there"
            self._sessions.end_all(object_id, why, asked)

    def _person(self, answer: Mapping[str, str], pending: PendingLogin, asked: Asked) -> Principal:
        metadata = self._discovery.metadata()
        self._hold_issuer(answer, metadata)
        if error := answer.get("error"):
            raise self._refused(error, answer.get("error_description", ""))
        if not answer.get("code"):
            raise Unauthenticated(f"{self.provider.shown} sent neither a code nor an error.")
        said = self._exchange(answer["code"], pending, metadata)
        claims = self._tokens.verify(str(said.get("id_token", "")), pending.nonce)
        whole = self._completed(claims, str(said.get("access_token", "")), metadata)
        return self._people.person(self._tokens.subject(claims), whole, asked)

    def _hold_issuer(self, answer: Mapping[str, str], metadata: Metadata) -> None:
        """RFC 9207: an answer of another provider is not taken for this one's."""
        needed = metadata.authorization_response_iss_parameter_supported
        said = answer.get("iss")
        if said != self.provider.issuer and (needed or said is not None):
            raise Unauthenticated("The answer is from another provider.")

    def _exchange(self, code: str, pending: PendingLogin, metadata: Metadata) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        basic: tuple[str, str] | None = None
        known = metadata.token_endpoint_auth_methods_supported
        if self._secret and "client_secret_basic" in known:
            basic = (quote(self.provider.client_id, safe=""), quote(self._secret, safe=""))
        else:
            form["client_id"] = self.provider.client_id
            if self._secret:
                form["client_secret"] = self._secret
        status, said = self._wire.post(metadata.token_endpoint, form, basic)
        if status != 200:
            raise self._refused(str(said.get("error", status)), "")
        return said

    def _completed(
        self, claims: Mapping[str, Any], token: str, metadata: Metadata
    ) -> Mapping[str, Any]:
        """With what the provider tells at its own address alone."""
        wanted = {self.provider.username, self.provider.groups} - {""}
        if not token or not metadata.userinfo_endpoint or wanted <= claims.keys():
            return claims
        more = self._wire.get(metadata.userinfo_endpoint, token)
        if more.get("sub") != claims.get("sub"):
            raise Unauthenticated(f"{self.provider.shown} tells of somebody else.")
        return kept({**more, **claims})

    def _refused(self, error: str, description: str) -> Unauthenticated:
        if error in ("invalid_client", "unauthorized_client"):
            why = "it does not know this estate, or its secret: an administrator has to look"
        else:
            why = " ".join(part for part in (error, description) if part)[:300]
        return Unauthenticated(
            f"{self.provider.shown} refused the login: {why}", code="access_denied"
        )
