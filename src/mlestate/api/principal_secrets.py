"""Secrets and passwords of users and service principals."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from ..core.access import Caller
from ..core.errors import Forbidden, Unauthenticated
from ..core.principals import Principal, Secret
from ..core.times import iso
from .http import answer
from .principal_documents import KINDS, Asked, People, checked

_NO_STORE = {"cache-control": "no-store"}
# The seconds for which a login is proof enough of who asks.
FRESH = 600.0


class SecretBody(msgspec.Struct, forbid_unknown_fields=True):
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[^/\s][^/\n]*$")]
    days: Annotated[int, msgspec.Meta(ge=1, le=730)] = 365


class OwnSecretBody(SecretBody, forbid_unknown_fields=True):
    """`current`: the password, where the login was not a moment ago."""

    current: Annotated[str, msgspec.Meta(max_length=1024)] = ""


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    password: Annotated[str, msgspec.Meta(max_length=1024)]
    current: Annotated[str, msgspec.Meta(max_length=1024)] = ""


def listed(people: People, asked: Asked) -> Response:
    principal = people.directory.get(KINDS[asked.kind], asked.name)
    return answer({"value": [_document(s) for s in people.credentials.secrets(principal)]})


def created(people: People, asked: Asked) -> Response:
    """Answers with the secret itself: the only time that it is shown."""
    body = checked(asked.body, OwnSecretBody if asked.kind == "users" else SecretBody)
    principal = people.directory.get(KINDS[asked.kind], asked.name)
    if not may_impersonate(people, asked.caller, principal):
        raise Forbidden(
            f"Only `{principal.name}` can make a secret for themselves: whoever holds one acts in "
            "their name. An administrator may do it on a development estate alone "
            "(`mlestate up --dev`); for a program, make a service principal."
        )
    if isinstance(body, OwnSecretBody) and principal.id == asked.caller.id:
        _prove(people, asked, principal, body.current)
    lasts = body.days * 86400.0
    secret, text = people.credentials.create_secret(principal, body.label, lasts, asked.by)
    told = {
        "clientId": principal.client_id,
        "secret": text,
        "tenant": people.directory.tenant,
    }
    return answer(_document(secret) | told, 201, _NO_STORE)


def revoked(people: People, asked: Asked) -> Response:
    principal = people.directory.get(KINDS[asked.kind], asked.name)
    people.credentials.revoke_secret(principal, asked.label, asked.by)
    return Response(status_code=204)


def password_set(people: People, asked: Asked) -> Response:
    body = checked(asked.body, PasswordBody)
    person = people.directory.get("User", asked.name)
    has_one = people.credentials.has_password(person)
    if asked.caller.id == person.id and has_one:
        # A session left open must not be enough to lock its owner out.
        _check_current(people, asked, person, body.current)
    elif asked.caller.id == person.id:
        _prove(people, asked, person, "")
    elif has_one and not may_impersonate(people, asked.caller, person):
        raise Forbidden(
            f"Only `{person.name}` can change their password: whoever sets it can act in their "
            "name. An administrator may set the first one, or delete the user."
        )
    people.credentials.set_password(person, body.password, asked.by)
    return Response(status_code=204)


def may_impersonate(people: People, caller: Caller, principal: Principal) -> bool:
    """Beyond the action, which was checked: a person's credentials are the person's."""
    return principal.kind != "User" or principal.id == caller.id or people.dev


def _prove(people: People, asked: Asked, person: Principal, current: str) -> None:
    """What outlives a token takes more than the token, which may have been stolen: the password, or
    a login of a moment ago."""
    if current:
        _check_current(people, asked, person, current)
    elif asked.age > FRESH:
        raise Forbidden(
            f"This takes a login of the last {FRESH // 60:.0f} minutes: log in again "
            "(`mlestate login`), or send your password as `current`.",
            code="LoginTooOld",
        )


def _check_current(people: People, asked: Asked, person: Principal, current: str) -> None:
    try:
        people.logins.confirm(asked.source, person, current)
    except Unauthenticated as error:
        # Not 401: the token is good, and clients would get another one for nothing.
        if error.code == "too_many_failures":
            raise Forbidden(str(error), code="TooManyFailedLogins") from None
        raise Forbidden("`current` is not the password that is in force.") from None


def _document(secret: Secret) -> dict[str, Any]:
    return {
        "id": secret.id,
        "label": secret.label,
        "created": iso(secret.created),
        "expires": iso(secret.expires),
        "revoked": iso(secret.revoked) if secret.revoked is not None else None,
    }
