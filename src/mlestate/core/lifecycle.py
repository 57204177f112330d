"""What a resource type may do besides being stored, and what it is given to do it with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from .access import Caller
from .happenings import Happening
from .ids import ResourceId
from .resource import Change, Resource, View


class Sought(msgspec.Struct, frozen=True):
    """What a `$filter` asks of a type that is inherited: what is at the scope and above it, and
    what is at it and below; of these the ones that have one of the values at each path.
    `also` are keys of more, which may be read by whoever may list here; `only`, where it is not
    None, are the keys that are meant at all."""

    above: bool = True
    below: bool = True
    where: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    also: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


class Work(Protocol):
    """A request's own transaction, as a lifecycle sees it. All that is written here is written
    with the request, or not at all."""

    @property
    def caller(self) -> Caller: ...
    @property
    def view(self) -> View: ...
    @property
    def at(self) -> float: ...
    @property
    def region(self) -> str: ...
    @property
    def connection(self) -> Any: ...
    @property
    def query(self) -> Mapping[str, str]:
        """What a DELETE says behind its `?`, with the keys in lower case."""

    def fresh_id(self) -> str: ...
    def find(self, id: ResourceId) -> Resource | None:
        """A resource anywhere in the estate; unauthorized: check with the caller first."""

    def put(self, id: ResourceId, document: dict[str, Any]) -> Resource:
        """Write another resource of the same cell, as the system, checked like any other."""

    def save(self, resource: Resource) -> Resource:
        """Write a resource of the same cell as it is."""

    def record(self, action: str, id: ResourceId) -> None:
        """An action, in the activity log, besides the one that was asked for."""

    def drop(self, id: ResourceId) -> None:
        """Remove a resource of the same cell as the system, with all below it."""

    def secret(self, id: ResourceId) -> dict[str, Any] | None: ...
    def forget_secret(self, id: ResourceId) -> None:
        """Keep no secret of a resource of the same cell any more."""

    def tell(self, one: Happening | None) -> None:
        """Webhooks hear of it, if and only if the transaction is committed."""

    def later(self, verb: str, resource: Resource, body: Any = None) -> str:
        """Ask for slow work; the id of the operation."""


class Slow(Protocol):
    """The worker's hands: outside any transaction, guarded on every write."""

    @property
    def at(self) -> float: ...
    @property
    def region(self) -> str:
        """The region of the resource that the work is about."""

    @property
    def caller(self) -> Caller:
        """Who asked for the work, as they are now."""

    def find(self, id: ResourceId) -> Resource | None: ...
    def children(self, id: ResourceId, kind: str) -> list[Resource]: ...
    def change(self, id: ResourceId, **properties: Any) -> Resource | None:
        """Lay properties over those of a resource, whoever else writes it meanwhile."""


class Lifecycle:
    """Subclass per type; override what the type does. All is optional."""

    kind: str
    # Its slow creates are quick, and `create_all` does many of them in little more time than one.
    together: bool = False

    def admit(self, work: Work, change: Change) -> None:
        """Refuse a write for a reason that lies outside the resource itself."""

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        """Do what belongs to a write, in its transaction."""

    def admit_removal(self, work: Work, resource: Resource) -> None:
        """Refuse a removal for a reason that lies outside the resource itself: also of what is
        built in, which cannot go."""

    def removed(self, work: Work, resource: Resource) -> None:
        """Do what belongs to a removal, in its transaction."""

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        """Properties that are computed on a read from other things than the resource."""
        return {}

    def show_all(self, work: Work, resources: Sequence[Resource]) -> list[dict[str, Any]]:
        """What `show` gives of each: for a page of them."""
        return [self.show(work, resource) for resource in resources]

    def built_in(self) -> Iterable[Resource]:
        """What is there without being stored, the same at every scope."""
        return ()

    def for_now(self, work: Work) -> Iterable[Resource]:
        """What is there at this moment without being stored, worked out from other resources of
        the estate's cell: in lists, in the graph, and by its id."""
        return ()

    def let_go(self, work: Work, resource: Resource) -> Iterable[ResourceId]:
        """End what is there for now; the ids of what was written for it."""
        raise NotImplementedError(f"{self.kind} has something for now and does not end it")

    def sought(self, work: Work, scope: ResourceId, text: str) -> Sought:
        """What a list at a scope asks for, where the type is `inherited`."""
        return Sought()

    def standing_in(self, work: Work, id: ResourceId) -> Resource | None:
        """What answers at an address of an `inherited` type where nothing is stored."""
        return None

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        """Answer an action (a POST), in a transaction of its own."""
        raise NotImplementedError(f"{self.kind} declares `{verb}` and does not do it")

    def create(self, slow: Slow, resource: Resource) -> None:
        """The slow part of a write."""

    def create_all(self, slow: Slow, resources: Sequence[Resource]) -> None:
        """The slow part of many writes, where they are done `together`: of all, or of none."""
        raise NotImplementedError(f"{self.kind} does its creates one by one")

    def delete(self, slow: Slow, resource: Resource) -> None:
        """The slow part of a removal; what is kept in SQL goes by itself afterwards."""

    def run(self, slow: Slow, verb: str, resource: Resource, body: Any) -> None:
        """A slow action."""
        raise NotImplementedError(f"{self.kind} declares `{verb}` and does not do it")
