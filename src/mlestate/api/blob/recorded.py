"""What is done in storage of live and confidential data goes into the activity log before it is
answered: to blobs, to containers, and to the account's service."""

from __future__ import annotations

from typing import Any

from ...core import activity
from ...core.activity import By
from .answer import Answer
from .authorize import Access, resource_of
from .ports import Ports
from .request import Request
from .rules import Rule

# A block that was put is nothing yet; to commit it is what counts.
_SILENT = ("put_block",)


def record(
    ports: Ports, request: Request, access: Access, rule: Rule, answer: Answer | None = None
) -> None:
    account = access.account
    action = rule.action or rule.told
    if not account.guarded or not action or rule.operation in _SILENT:
        return
    id = resource_of(account, request.address)
    by, known = _by(request, access), dict[str, Any](_through(access, rule, id))
    known["code"] = answer.status if answer else 200
    if rule.writes:
        ports.record.did(account.region, by, action, id, **known)
        return
    size = 0 if answer is None or request.method == "HEAD" else answer.length or len(answer.body)
    ports.record.read(account.region, by, action, id, size=size, **known)


def _through(access: Access, rule: Rule, id: str) -> dict[str, str]:
    """By which role of whoever is known. What a signature derives from is asked about where it
    is."""
    action, scope, data = rule.action, id, rule.data
    if access.signed is not None and (right := access.signed.right):
        action, scope, data = right.action, right.scope, right.data
    who = access.caller or access.bound
    rights = who.rights if who else None
    found = activity.through(rights, action, scope, data)
    return found if found["role"] else activity.through(rights, rule.create_action, id, rule.data)


def _by(request: Request, access: Access) -> By:
    asked = request.trail.asked
    if access.caller is not None:
        return activity.by(access.caller, asked)
    if access.bound is not None:
        return activity.by(access.bound, asked, via="signature")
    # Whoever has an account's key, or a signature made with it, is nobody in particular.
    via = "signature of the account's key" if access.signed else "the account's key"
    return By("", f"key of {access.account.name}", "", asked=asked, via=via)
