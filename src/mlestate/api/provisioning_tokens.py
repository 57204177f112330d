"""What administrators do with directories that push people here: their tokens, and the release of
what they own."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from ..core.provisioned import ProvisioningToken
from ..core.times import iso
from .http import answer
from .principal_documents import KINDS, Asked, People, checked
from .principal_secrets import SecretBody


def listed(people: People, asked: Asked) -> Response:
    return answer({"value": [_document(token) for token in people.tokens.all()]})


def created(people: People, asked: Asked) -> Response:
    """Answers with the token itself: the only time that it is shown."""
    body = checked(asked.body, SecretBody)
    token, text = people.tokens.create(body.label, body.days * 86400.0, asked.by)
    told = {"token": text, "address": f"{asked.origin}/scim/v2"}
    return answer(_document(token) | told, 201, {"cache-control": "no-store"})


def revoked(people: People, asked: Asked) -> Response:
    people.tokens.revoke(asked.label, asked.by)
    return Response(status_code=204)


def released(people: People, asked: Asked) -> Response:
    """The estate's own again."""
    people.provisioning.release(asked.by, KINDS[asked.kind], asked.name)
    return Response(status_code=204)


def _document(token: ProvisioningToken) -> dict[str, Any]:
    told = msgspec.structs.asdict(token)
    moments = {name: told[name] for name in ("created", "expires", "revoked")}
    return told | {name: iso(at) if at is not None else None for name, at in moments.items()}
