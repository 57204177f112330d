"""What an answer tells that its request did not say; and the same request about what is not."""

from __future__ import annotations

import re

import msgspec

from tests.access.asking import Answer, House, Request
from tests.access.two_workspaces import MARKS, Bo

# Of the same length, so that no size tells them apart.
_ABSENT = {"quokka": "wombat", "numbat": "dingos"}
_NAMED = re.compile(rf"[\w.@-]*(?:{'|'.join(MARKS)})[\w.@-]*", re.I)


def leaked(bo: Bo, request: Request, answer: Answer) -> set[str]:
    """The names and ids of bo's that the answer has and the request has not."""
    said = request.text.lower()
    told = {name.lower() for name in _NAMED.findall(answer.text)}
    told |= {secret for secret in bo.secrets if secret in answer.text}
    return {name for name in told if name not in said}


def without_workspace(bo: Bo, request: Request) -> Request:
    """The same, about a workspace, an account and a group that are not there."""
    return _renamed(request, _ABSENT | _fresh(bo))


def without_thing(bo: Bo, request: Request) -> Request:
    """The same, about things that are not in bo's workspace."""
    return _renamed(request, {"numbat": _ABSENT["numbat"]} | _fresh(bo))


def told_apart(house: House, who: str, bo: Bo, request: Request) -> list[str]:
    """What is wrong with the answer that somebody gets who may see nothing of bo's."""
    there = house.ask(who, request)
    absent = [house.ask(who, other(bo, request)) for other in (without_workspace, without_thing)]
    faults = [f"tells {name}" for name in sorted(leaked(bo, request, there))]
    if there.status not in (401, 403):
        faults.append(f"is answered {there.status}")
    seen = {(one.status, one.code) for one in (there, *absent)}
    if len(seen) > 1:
        faults.append(f"answers differ where there is nothing: {sorted(seen)}")
    return [f"{request.method} {request.target} as {who or 'nobody'}: {fault}" for fault in faults]


def _fresh(bo: Bo) -> dict[str, str]:
    """Ids of the same form that nothing has."""
    return {
        secret: secret[:-4] + ("0000" if secret[-4:] != "0000" else "1111") for secret in bo.secrets
    }


def _renamed(request: Request, names: dict[str, str]) -> Request:
    def plain(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    body = plain(request.content.decode()).encode() if request.body is not None else None
    headers = {name: plain(value) for name, value in request.headers.items()}
    return msgspec.structs.replace(
        request, target=plain(request.target), body=body, headers=headers
    )
