"""Every refusal names an action and a role, the role really would do, and nobody else is named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlestate.api.addresses import table
from mlestate.core.roles import by_name
from tests.access.arm_cases import arm_cases
from tests.access.asking import Answer, Request
from tests.access.cases import cases
from tests.access.test_isolation import OWN
from tests.access.two_workspaces import A, Bo, Two

SAID = re.compile(
    r"perform (?:data )?action `(?P<action>[^`]+)` over scope `(?P<scope>[^`]+)`\. "
    r"The role `(?P<role>[^`]+)` has it\. `mlestate access why` says what you have there\."
)
_THEIRS = "no role gives it"


def asked(bo: Bo) -> Iterator[tuple[str, Request]]:
    open_ = {(row.method, row.path) for row in table() if not row.action} | OWN
    for row, case in cases(bo).items():
        if row not in open_:
            yield " ".join(row), case.request
    for _, case in arm_cases(bo):
        yield f"{case.request.method} {case.request.target}", case.request


def message(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace").replace("&#x27;", "'")


def test_every_refusal_names_the_action_and_a_role_that_would_do(fresh: Two):
    """Asked by somebody without any role; given just that role, they are not refused the same."""
    faults: list[str] = []
    for name, request in asked(fresh.bo):
        if request.method == "HEAD":
            continue
        answer = fresh.ask("stranger", request)
        text = message(answer)
        said = SAID.search(text)
        if answer.status != 403 or (said is None and _THEIRS not in text):
            faults.append(f"{name}: {answer.status} {text[:300]}")
        elif said is not None:
            faults += [f"{name}: {fault}" for fault in _would_not_do(fresh, request, said)]
    assert not faults, "\n".join(faults)


def _would_not_do(two: Two, request: Request, said: re.Match[str]) -> Iterator[str]:
    role = by_name(said["role"])
    assert role is not None, said["role"]
    who = f"{said['role']} at {said['scope']}"
    if who not in two.tokens:
        name = f"given-{len(two.tokens)}"
        principal = two.person(name)
        two.tokens[who] = two.tokens.pop(name)
        two.grant(_scope(said["scope"]), role.id, principal)
    answer = two.ask(who, request)
    again = SAID.search(message(answer))
    # What else it takes, elsewhere, is said when the first is there.
    same = again is not None and again.group("action", "scope") == said.group("action", "scope")
    if answer.status == 403 and same:
        yield f"`{said['role']}` did not do: {message(answer)[:300]}"
    two.work()


def _scope(said: str) -> str:
    """The blob protocol's own words name an account and a container; roles are given on the one."""
    if said.startswith("/"):
        return said.rstrip("/")
    account = said.partition("/")[0]
    return f"{A.group}/providers/Microsoft.Storage/storageAccounts/{account}"
