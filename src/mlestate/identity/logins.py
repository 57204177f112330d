"""The grants of OAuth 2.0: from what a client shows to the tokens it gets."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from ..core.activity import By, Event
from ..core.errors import Invalid
from ..core.principals import Principal
from . import events
from .audiences import Requested
from .credentials import Credentials, Proof
from .guard import Entered, From, Guard, Note
from .sessions import Opened, Sessions
from .throttle import Crowd, Throttle
from .tokens import Tokens

# v1 clients of Entra have their own names for these.
DEVICE_GRANTS = ("urn:ietf:params:oauth:grant-type:device_code", "device_code")


def _nobody_listens(event: Event) -> None:
    """Where no log is kept."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer of a token endpoint."""

    access_token: str
    expires_in: int
    ext_expires_in: int
    scope: str
    resource: str
    # Seconds since 1970, as text: so v1 clients of Entra want it.
    expires_on: str
    token_type: str = msgspec.field(default_factory=lambda: "Bearer")
    refresh_token: str = ""
    id_token: str = ""
    client_info: str = ""


class Logins:
    def __init__(
        self,
        credentials: Credentials,
        sessions: Sessions,
        tokens: Tokens,
        throttle: Throttle,
        crowd: Crowd,
        note: Note = _nobody_listens,
    ):
        self.credentials, self.sessions, self._note = credentials, sessions, note
        self._tokens = tokens
        self.guard = Guard(credentials, throttle, crowd, tokens.clock, note)
        self._grants: dict[str, Callable[[Mapping[str, str], From], Answer]] = {
            "client_credentials": self._by_secret,
            "refresh_token": self._by_refresh_token,
            "authorization_code": self._by_code,
            **dict.fromkeys(DEVICE_GRANTS, self._by_device_code),
        }

    @property
    def origin(self) -> str:
        """The estate's own address: the one that needs nobody to lead there."""
        return self._tokens.audiences.origins[0]

    def token(self, form: Mapping[str, str], source: From) -> Answer:
        """Answers a token request; raises Invalid or Unauthenticated with OAuth's error words."""
        grant = self._grants.get(needed(form, "grant_type"))
        if grant is None:
            raise Invalid(
                "This grant is not offered. Offered are: " + ", ".join(self._grants) + ".",
                code="unsupported_grant_type",
            )
        return grant(form, source)

    def end(self, identity: str) -> None:
        """The session of an id token that this estate gave. Raises Unauthenticated."""
        session = self._tokens.session_of(identity)
        if session:
            self.sessions.end(session, why="")

    def person(self, source: From, name: str, password: str) -> Entered:
        """A person, by password or by a secret of their own. Raises Unauthenticated."""
        check = partial(self.credentials.check_person, name, password)
        if self.credentials.is_secret_of(name, password):
            return Entered(self.guard.secret(source, name, check))
        return self.guard.password(source, name, check)

    def confirm(self, source: From, person: Principal, password: str) -> None:
        """That it is their password, and nothing else of theirs. Raises Unauthenticated."""
        check = partial(self.credentials.check_password, person, password)
        self.guard.confirmation(source, person, check)

    def requested(self, form: Mapping[str, str]) -> Requested:
        return self._tokens.audiences.requested(form.get("scope", ""), form.get("resource", ""))

    def _by_secret(self, form: Mapping[str, str], source: From) -> Answer:
        client, secret = needed(form, "client_id"), needed(form, "client_secret")
        if not (form.get("scope") or form.get("resource")):
            raise Invalid("`scope` or `resource` is missing.", code="invalid_request")
        asked = self.requested(form)
        check = partial(self.credentials.check_secret, client, secret)
        proof = self.guard.secret(source, client, check)
        now, who = self._tokens.clock(), proof.principal
        self._note(events.of_login(By(asked=source.asked), now, who, who.client_id))
        return self._answer(proof, asked, proof.principal.client_id, source)

    def _by_refresh_token(self, form: Mapping[str, str], source: From) -> Answer:
        # A refresh token is good for every resource of the estate, as one of Entra is.
        asked = self.requested(form) if form.get("scope") or form.get("resource") else None
        opened = self.sessions.refresh(needed(form, "refresh_token"), needed(form, "client_id"))
        return self._opened(opened, asked, source)

    def _by_device_code(self, form: Mapping[str, str], source: From) -> Answer:
        # v1 clients call it `code`.
        code = form.get("device_code") or needed(form, "code")
        return self._opened(
            self.sessions.poll_device(code, needed(form, "client_id"), source.asked),
            None,
            source,
        )

    def _by_code(self, form: Mapping[str, str], source: From) -> Answer:
        wanted = ("code", "client_id", "redirect_uri", "code_verifier")
        code, client, redirect_uri, verifier = (needed(form, name) for name in wanted)
        opened = self.sessions.redeem(code, client, redirect_uri, verifier, source.asked)
        return self._opened(opened, None, source)

    def _opened(self, opened: Opened, asked: Requested | None, source: From) -> Answer:
        granted = self._tokens.audiences.requested(opened.scope)
        answer = self._answer(opened.proof, asked or granted, opened.client, source)
        id_token = (
            self._tokens.identity(opened.proof, opened.client, opened.nonce, source.origin)
            if granted.openid
            else ""
        )
        return msgspec.structs.replace(
            answer,
            id_token=id_token,
            refresh_token=opened.refresh_token if granted.offline else "",
            client_info=client_info(opened.proof.principal.id, self._tokens.tenant),
        )

    def _answer(self, proof: Proof, asked: Requested, client: str, source: From) -> Answer:
        token, lasts = self._tokens.access(proof, asked.audience, client, source.origin)
        now = int(self._tokens.clock())
        return Answer(
            access_token=token,
            expires_in=lasts,
            ext_expires_in=lasts,
            scope=" ".join(asked.scopes),
            resource=asked.audience,
            expires_on=str(now + lasts),
        )


def needed(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise Invalid(f"`{name}` is missing.", code="invalid_request", target=name)
    return value


def client_info(object_id: str, tenant: str) -> str:
    """How MSAL names an account in its cache."""
    raw = msgspec.json.encode({"uid": object_id, "utid": tenant})
    return urlsafe_b64encode(raw).decode().rstrip("=")
