"""Every address beside ARM's, in one table, with the ARM action that it takes.

Derived from the tables that the parts declare and answer by. ARM's own addresses are a grammar:
there the type in the path is the action.

    python -m mlestate.api.addresses > docs/reference/addresses.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from . import (
    access,
    access_report,
    agents,
    audit,
    cloud,
    contents,
    graph,
    health,
    history,
    operations,
    principals,
    resources,
    search,
    tenants,
)
from .blob import rules
from .blob.rules import Level
from .login import routes as login
from .mlflow import routes as mlflow
from .msgraph import routes as msgraph
from .puts import Puts
from .scim import app as scim

Scope = Literal["", "/", "workspace", "account", "container", "what is asked about"]
_WORKSPACE = (
    "/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
)
OPENAPI = "/estate/v1/openapi.json"
MLFLOW = f"/mlflow/v3.0{_WORKSPACE}/api/2.0"
BLOB = {
    Level.SERVICE: "/_blob/{account}",
    Level.CONTAINER: "/_blob/{account}/{container}",
    Level.BLOB: "/_blob/{account}/{container}/{blob}",
}


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """`action` is needed at a `scope`; without one, any known caller is answered, about what that
    caller may see. `anonymous` needs no caller at all. `each`: every part of the request takes what
    it would take alone, and the one that is refused says so in its own answer. `body` is the type
    of what is sent, and `query` the keys that the address reads of its query string. `answers` is
    the media type of the answer."""

    part: str
    method: str
    path: str
    action: str = ""
    scope: Scope = ""
    data: bool = False
    anonymous: bool = False
    each: bool = False
    body: Any = None
    query: tuple[str, ...] = ()
    answers: str = "application/json"

    @property
    def needed(self) -> tuple[str, ...]:
        """Keys of the query string without which it is refused."""
        return _NEEDED.get(self.path, ()) if self.method == "GET" else ()


_NEEDED = {
    f"{access.HEAD}/why": ("action", "scope"),
    f"{access.HEAD}/who": ("action", "scope"),
    access.DIFF: ("from", "to"),
    access_report.PATH: ("request",),
    contents.PATH: ("id",),
    operations.PATH: ("ids",),
}


def table() -> tuple[Address, ...]:
    parts = (_open(), _estate(), _scim(), _graph(), _history(), _mlflow(), _blob())
    return tuple(address for part in parts for address in part)


def actions() -> frozenset[str]:
    """Each that an address takes."""
    return frozenset(address.action for address in table() if address.action)


def _open() -> Iterator[Address]:
    for one in health.ADDRESSES:
        yield Address(
            part="health",
            method="GET",
            path=one.path,
            action=one.action,
            scope="/" if one.action else "",
            anonymous=not one.action,
            answers=one.answers,
        )
    for path in cloud.PATHS:
        yield Address(part="cloud", method="GET", path=path, anonymous=True)
    for door in login.ADDRESSES:
        for method in door.methods:
            yield Address(part="login", method=method, path=door.path, anonymous=True)


def _estate() -> Iterator[Address]:
    for one in principals.ADDRESSES:
        scope: Scope = "/" if one.action else ""
        yield Address(
            part="principals",
            method=one.method,
            path=one.path,
            action=one.action,
            scope=scope,
            body=one.body,
        )
    yield Address(part="openapi", method="GET", path=OPENAPI)
    yield Address(part="resources", method="GET", path=resources.PATH, query=resources.QUERY)
    yield Address(part="resources", method="POST", path=resources.PATH, each=True, body=Puts)
    yield Address(part="operations", method="GET", path=operations.PATH, query=("ids",))
    yield Address(part="tenants", method="GET", path=tenants.PATH)
    for path in (search.PATH, search.VIEWS):
        yield Address(part="search", method="GET", path=path, query=tuple(search.PARAMETERS))
    for path, methods in audit.METHODS.items():
        for method in methods:
            yield Address(
                part="audit",
                method=method,
                path=path,
                action=audit.ACTION,
                scope="/",
                body=audit.Kept if method == "POST" else None,
            )
    yield Address(part="resource-graph", method="POST", path=graph.PATH, body=graph.QueryRequest)
    yield Address(part="contents", method="GET", path=contents.PATH, query=("id",))
    for question in access.ADDRESSES:
        yield Address(
            part="access",
            method=question.method,
            path=question.path,
            action=question.action,
            scope=question.where,
            body=question.body,
            query=question.query,
        )
    yield Address(
        part="access report", method="GET", path=access_report.PATH, query=access_report.QUERY
    )
    for verb, body in agents.VERBS.items():
        yield Address(
            part="agents",
            method="POST",
            path=f"{agents.PATH}/{verb}",
            action=agents.ACTION,
            scope="/",
            body=body,
        )


def _scim() -> Iterator[Address]:
    for one in scim.ADDRESSES:
        yield Address(
            part="scim",
            method=one.method,
            path=one.path,
            action=one.action,
            scope="/",
            body=one.body,
            query=one.query,
        )


def _graph() -> Iterator[Address]:
    for one in msgraph.ADDRESSES:
        yield Address(
            part="graph",
            method=one.method,
            path=one.path,
            action=one.action,
            scope="/" if one.action else "",
            body=one.body,
            query=one.query,
        )


def _history() -> Iterator[Address]:
    for rule in history.RULES:
        service, _, rest = rule.path.partition("/")
        yield Address(
            part="history",
            method=rule.method,
            path=f"/{service}/v1.0{_WORKSPACE}/{rest}",
            action=rule.action,
            scope="workspace",
        )


def _mlflow() -> Iterator[Address]:
    for route in mlflow.ROUTES:
        yield Address(
            part="mlflow",
            method=route.method,
            path=f"{MLFLOW}{route.path}",
            action=route.action,
            scope="workspace",
        )


def _blob() -> Iterator[Address]:
    for (level, method, restype, comp), rule in rules.RULES.items():
        words = (("restype", restype), ("comp", comp))
        query = "&".join(f"{name}={word}" for name, word in words if word)
        yield Address(
            part="blob",
            method=method,
            path=BLOB[level] + (f"?{query}" if query else ""),
            action=rule.action,
            scope="account" if level is Level.SERVICE else "container",
            data=rule.data,
        )


_INTRODUCTION = """# Addresses

Every address beside Azure Resource Manager's, with the ARM action that it takes and where. Made by
`python -m mlestate.api.addresses`; do not edit.

The addresses of Azure Resource Manager (`/subscriptions/…`, `/providers/…`) are a grammar: the type
in the path and the method say the action, such as
`Microsoft.MachineLearningServices/workspaces/jobs/read`. What is at none of these addresses is 404,
and 405 what has another method, for those who are known; for all others it is 401.

The workspace of an MLflow address may stand in the path, under `v1.0`, `v2.0` or `v3.0`, or, below
`/mlflow/api/…`, in the header `X-MLFLOW-WORKSPACE`.
"""


def page() -> str:
    """The table as Markdown."""
    lines = [_INTRODUCTION, "| method | address | action | at |", "| --- | --- | --- | --- |"]
    lines += [_line(address) for address in table()]
    return "\n".join(lines) + "\n"


def _line(address: Address) -> str:
    action = f"`{address.action}`" if address.action else "any known caller"
    if address.each:
        action = "for each, as its own PUT"
    if address.data:
        action += " (data action)"
    if address.anonymous:
        action = "anonymous"
    path = address.path.replace(_WORKSPACE, "{workspace id}")
    return f"| {address.method} | `{path}` | {action} | {address.scope} |"


if __name__ == "__main__":
    print(page(), end="")
