"""`/estate/v1/access`: why somebody may do a thing, who may, all at a glance, and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..control.answering import READ_ASSIGNMENTS, READ_PEOPLE, Answering, Wanted
from ..core.access import Caller
from ..core.answers.abilities import abilities
from ..core.answers.change import Change
from ..core.errors import Invalid, MethodNotAllowed
from . import access_documents as documents
from .http import Authenticate, answer, bearer, handled, in_thread, query, read_json

HEAD = "/estate/v1/access"
MOST = 100_000
Asked = dict[str, str]
Question = Callable[[Answering, Caller, Asked], dict[str, Any]]


def routes(answering: Answering, authenticate: Authenticate) -> list[Route]:
    def at(path: str, question: Question) -> Route:
        async def handle(request: Request) -> Response:
            caller = await in_thread(authenticate, bearer(request))
            if request.method == "POST" and path == DIFF:
                return answer(await in_thread(_change, answering, caller, await read_json(request)))
            if request.method not in ("GET", "HEAD"):
                raise MethodNotAllowed(f"`{request.method}` is not used at {path}")
            return answer(await in_thread(question, answering, caller, query(request)))

        return Route(path, handled(handle))

    return [at(path, question) for path, question in QUESTIONS.items()]


def _why(answering: Answering, caller: Caller, asked: Asked) -> dict[str, Any]:
    who = _need(asked, "principal") if "principal" in asked else "me"
    what = _need(asked, "action")
    found = answering.why(caller, who, what, _need(asked, "scope"), _data(asked))
    return documents.why(found)


def _who(answering: Answering, caller: Caller, asked: Asked) -> dict[str, Any]:
    what, where = _need(asked, "action"), _need(asked, "scope")
    return documents.who(answering.who(caller, what, where, _data(asked)))


def _matrix(answering: Answering, caller: Caller, asked: Asked) -> dict[str, Any]:
    wanted = Wanted(
        asked.get("of", ""),
        _words(asked, "environments"),
        _words(asked, "abilities"),
        _words(asked, "principals"),
    )
    return documents.matrix(answering.matrix(caller, wanted))


def _between(answering: Answering, caller: Caller, asked: Asked) -> dict[str, Any]:
    before, after = _need(asked, "from"), _need(asked, "to")
    return documents.diff(answering.between(caller, asked.get("of", ""), before, after))


def _abilities(answering: Answering, caller: Caller, asked: Asked) -> dict[str, Any]:
    return {"value": [documents.ability(each) for each in abilities()]}


def _change(answering: Answering, caller: Caller, body: Any) -> dict[str, Any]:
    try:
        said = msgspec.convert(body, Changes)
    except msgspec.ValidationError as error:
        raise Invalid(f"the body is not right: {error}") from None
    if len(said.changes) > MOST:
        raise Invalid(f"{len(said.changes):,} changes are too many: up to {MOST:,} at once")
    return documents.diff(answering.change(caller, said.changes))


class Address(NamedTuple):
    """`where` is the scope of the action; without one, any known caller is answered."""

    method: str
    path: str
    action: str = ""
    where: Literal["", "/", "what is asked about"] = ""
    query: tuple[str, ...] = ()
    body: type | None = None


class Changes(msgspec.Struct, forbid_unknown_fields=True):
    """A write has a body, a deletion none."""

    changes: list[Change]


DIFF = f"{HEAD}/diff"
QUESTIONS: dict[str, Question] = {
    f"{HEAD}/why": _why,
    f"{HEAD}/who": _who,
    f"{HEAD}/matrix": _matrix,
    DIFF: _between,
    f"{HEAD}/abilities": _abilities,
}
_ASKED: Literal["what is asked about"] = "what is asked about"
_WHAT = ("action", "scope", "isDataAction")
# Why and who are asked about a scope; anyone may ask why about themselves. Of the others each is
# told what they may know.
ADDRESSES = [
    Address("GET", f"{HEAD}/why", READ_ASSIGNMENTS, _ASKED, query=("principal", *_WHAT)),
    Address("GET", f"{HEAD}/who", READ_ASSIGNMENTS, _ASKED, query=_WHAT),
    Address("GET", f"{HEAD}/matrix", query=("of", "environments", "abilities", "principals")),
    Address("GET", DIFF, query=("of", "from", "to")),
    Address("POST", DIFF, READ_PEOPLE[0], "/", body=Changes),
    Address("GET", f"{HEAD}/abilities"),
]


def _need(asked: Asked, name: str) -> str:
    if not asked.get(name, "").strip():
        raise Invalid(f"say `{name}`", target=name)
    return asked[name]


def _words(asked: Asked, name: str) -> tuple[str, ...]:
    """None where nothing is said of them; said to be nothing, it is a slip."""
    if name in asked:
        _need(asked, name)
    return tuple(word.strip() for word in asked.get(name, "").split(",") if word.strip())


def _data(asked: Asked) -> bool | None:
    """Whether the action is a data action; None where that is not said."""
    said = asked.get("isdataaction", "").lower()
    if said not in ("", "true", "false"):
        raise Invalid(f"`isDataAction` is `{said[:40]}`: true or false", target="isDataAction")
    return {"true": True, "false": False}.get(said)
