"""Approvals: what is asked of those who decide on a request for a role, and what they said."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..core.resource_type import ResourceType
from ..core.words import Word
from . import names

APPROVAL = "Microsoft.Authorization/roleAssignmentApprovals"
STAGE = f"{APPROVAL}/stages"
# What the server says of both.
_ASKED = ("parties", "approvers", "requestId", "requestorId", "waitsUntil", "status")


class Review(Word):
    APPROVE = "Approve"
    DENY = "Deny"
    NOT_YET = "NotReviewed"


class Approval(Struct, frozen=True):
    """Made with the request that needs one; nothing of it is written by clients."""


class Stage(Struct, frozen=True, rename="camel"):
    review_result: Review
    justification: Annotated[str, Meta(max_length=1000)] | None = None


APPROVALS = ResourceType(
    name=APPROVAL,
    doc="A request for a role that waits for somebody's decision, or had one.",
    properties=Approval,
    name_rule=names.GUID,
    estate_wide=True,
    parties=True,
    stateful=False,
    read_only=(*_ASKED, "requestor", "role", "scope", "justification", "stages"),
)

STAGES = ResourceType(
    name=STAGE,
    doc="The decision on a request for a role, and why it was made.",
    properties=Stage,
    name_rule=names.GUID,
    estate_wide=True,
    parties=True,
    parties_alone=frozenset({"write"}),
    stateful=False,
    created=200,
    bare=True,
    patchable=("reviewResult", "justification"),
    read_only=(*_ASKED, "assignedToMe", "reviewedDateTime", "reviewedBy"),
)

DECISIONS = (APPROVALS, STAGES)
