"""What is announced of access, told to webhooks."""

from __future__ import annotations

from typing import Any, Protocol

from ..core import happenings, ids
from ..core.lifecycle import Work


class Announced(Protocol):
    """`kind` is a word such as `access.approvalAsked`; `resource` the id that it is about."""

    @property
    def kind(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def by(self) -> str: ...
    @property
    def said(self) -> dict[str, Any]: ...


def announce(work: Work, one: Announced) -> None:
    """Webhooks hear of it if and only if the transaction is committed."""
    data = {**one.said, "by": one.by}
    id = ids.parse(one.resource)
    work.tell(happenings.told(happenings.access(one.kind), id, one.at, data))
