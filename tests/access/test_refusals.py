"""Every refusal names an action and a role, the role really would do, and nobody else is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import msgspec

from mlestate.api.addresses import table
from mlestate.core.roles import by_name
from tests.access.arm_cases import arm_cases, unserved
from tests.access.asking import Answer, Request
from tests.access.blob_cases import blob_cases
from tests.access.cases import cases
from tests.access.leaks import leaked
from tests.access.test_isolation import OWN
from tests.access.two_workspaces import A, B, Bo, Two

SAID = re.compile(
    r"perform (?:data )?action `(?P<action>[^`]+)` over scope `(?P<scope>[^`]+)`\. "
    r"The role `(?P<role>[^`]+)` has it\. `mlestate access why` says what you have there\."
)
_THEIRS = "no role gives it"
# An account whose keys are off shows them to nobody.
_NOT_OF_ROLES = ("KeyBasedAuthenticationNotPermitted",)
# No request takes more roles than these, given one after the other.
_STEPS = 4


def asked(bo: Bo) -> Iterator[tuple[str, Request]]:
    # What any right at an account opens is refused to who has none there.
    open_ = {(row.method, row.path) for row in table() if not row.action and row.part != "blob"}
    for row, case in cases(bo).items():
        if row not in open_ | OWN:
            yield from _headed(" ".join(row), case.request)
    yield from blob_cases(bo)
    for _, case in arm_cases(bo):
        yield from _headed(f"{case.request.method} {case.request.target}", case.request)


def _headed(name: str, request: Request) -> Iterator[tuple[str, Request]]:
    """What can be read is asked for by HEAD, too."""
    if request.method == "GET":
        yield f"HEAD for {name}", msgspec.structs.replace(request, method="HEAD")
    yield name, request


def message(request: Request, answer: Answer) -> str:
    """Of an answer to a HEAD no client sees a body."""
    if request.method == "HEAD":
        return answer.headers.get("warning", "")
    return unescape(answer.body.decode("utf-8", "replace"))


def test_every_refusal_names_the_action_and_a_role_that_would_do(fresh: Two):
    """Asked by somebody without any role; given just the roles that are named, one after the
    other, they are no longer refused."""
    faults: list[str] = []
    for name, request in asked(fresh.bo):
        answer = fresh.ask("stranger", request)
        if answer.status == 405 and request.method == "HEAD":
            continue  # nothing is told
        text = message(request, answer)
        if answer.status != 403 or (SAID.search(text) is None and _THEIRS not in text):
            faults.append(f"{name}: {answer.status} {text[:300]}")
        elif _THEIRS not in text:
            faults += [f"{name}: {fault}" for fault in _misled(fresh, request)]
        faults += [f"{name}: tells {other}" for other in _others(fresh, request, answer)]
    assert not faults, "\n".join(faults)


def test_what_nobody_has_is_not_found_by_anybody(two: Two):
    """No role would help: none is named, and all are told the same."""
    for request in unserved(two.bo):
        told = [two.ask(who, request) for who in ("admin", "gil")]
        assert [each.status for each in told] == [404, 404], request
        assert told[0].body == told[1].body


def _misled(two: Two, request: Request) -> Iterator[str]:
    """What is wrong with the way on which refusals lead who follows them."""
    missing: set[tuple[str, str]] = set()
    held: tuple[tuple[str, str], ...] = ()
    for _ in range(_STEPS):
        answer = two.ask(_holder(two, held), request)
        text = message(request, answer)
        said = SAID.search(text)
        two.work()
        if said is None:
            if answer.status == 403 and answer.code not in _NOT_OF_ROLES:
                yield f"is the end of {held}: {text[:300]}"
            return
        if said.group("action", "scope") in missing:
            yield f"`{held[-1][1]}` did not do: {text[:300]}"
            return
        missing.add(said.group("action", "scope"))
        held += (said.group("scope", "role"),)
    yield f"leads on and on: {held}"


def _holder(two: Two, held: tuple[tuple[str, str], ...]) -> str:
    """Somebody who holds these roles and no other."""
    if not held:
        return "stranger"
    who = ", ".join(f"{role} at {scope}" for scope, role in held)
    if who not in two.tokens:
        name = f"given-{len(two.tokens)}"
        principal = two.person(name)
        two.tokens[who] = two.tokens.pop(name)
        for scope, named in held:
            role = by_name(named)
            assert role is not None, named
            two.grant(_scope(scope), role.id, principal)
    return who


def _scope(said: str) -> str:
    """The blob protocol's own words name an account and a container; roles are given on the one."""
    if said.startswith("/"):
        return said.rstrip("/")
    account = said.partition("/")[0]
    place = next(place for place in (A, B) if place.account.endswith(f"/{account}"))
    return place.account


def _others(two: Two, request: Request, answer: Answer) -> Iterator[str]:
    """Whoever stands in a refusal, and is not the asker."""
    yield from leaked(two.bo, request, answer)
    said = request.text
    for name, id in two.ids.items():
        if name != "stranger" and id in answer.text and id not in said:
            yield id
        if name != "stranger" and f"`{name}`" in answer.text:
            yield name
