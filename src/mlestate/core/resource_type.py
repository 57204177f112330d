"""How a resource type is declared: data and pure functions, no behaviour."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from .errors import Invalid, MethodNotAllowed
from .ids import ResourceId
from .resource import Change, Resource, View
from .role_ids import folded

Document = dict[str, Any]


class NameRule(msgspec.Struct, frozen=True):
    """`hint` is said to whoever breaks the rule."""

    pattern: str
    hint: str

    def check(self, name: str) -> list[tuple[str, str]]:
        if re.fullmatch(self.pattern, name):
            return []
        return [("name", f"`{name}` is not a valid name: {self.hint}")]


ANY_NAME = NameRule(r"(?!.*[. ]$).{1,260}", "1 to 260 characters, no point or blank at the end")


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """A POST on a resource. `permission` overrides the usual `{type}/{name}/action`.

    A `slow` one is done by the worker, and answered with an operation to poll.
    """

    name: str
    body: Any = None
    slow: bool = False
    permission: str = ""
    creates_target: bool = False  # the resource it is posted to need not exist yet


class Filter(msgspec.Struct, frozen=True):
    """A query key of a LIST: which property it compares, and how a value is read.

    `values` maps the query's words to the wanted property value; a word mapped to None filters
    nothing, and no map takes the word as it is. Text is compared without regard to case.

    An empty path is the resource's own name. `in` reads a comma list of which one must be equal;
    `has` reads a comma list of `key` or `key=value`, all of which the map at the path must have.
    `envelope` looks beside `properties` rather than below it.
    """

    path: tuple[str, ...]
    values: Mapping[str, Any] | None = None
    match: Literal["is", "in", "has"] = "is"
    envelope: bool = False


class ResourceType(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    doc: str
    properties: Any
    name_rule: NameRule = ANY_NAME
    tracked: bool = False  # has a location and tags of its own, sits in a resource group
    estate_wide: bool = False  # lives in the estate's database, not in a region's
    extension: bool = False  # sits on any scope
    inherited: bool = False  # holds for all below its scope, and is listed there
    public: bool = False  # what is built in is read by everybody, wherever one asks for it
    seen_from_below: bool = False  # who holds anything inside one, or where it sits, may read it
    from_above: bool = False  # written by those alone who may do so in the whole estate
    made_by: str = ""  # where clients do not write it: what they are told instead
    personal: bool = False  # lies below a person, and is theirs alone: no role gives it
    parties: bool = False  # whom its `properties.parties` name may read, write and act on it
    also: Mapping[str, str] = {}  # by verb, the action that it takes as well where the type sits
    parties_alone: frozenset[str] = frozenset()  # verbs that no role is enough for, of those
    by_eligible: bool = False  # who may activate anything at a scope may write one on it
    stateful: bool = True  # shows `properties.provisioningState`
    unique_in: str = ""  # the name is taken once for the whole estate within this word
    unfit_name: str = "Invalid"  # what a check of a name calls one that no such thing may have
    makes_parent: bool = False  # writing a version makes its container
    parent_takes: tuple[str, ...] = ()  # properties that a container made so takes from its version
    slow: frozenset[str] = frozenset()  # of create, delete
    actions: tuple[Action, ...] = ()
    filters: Mapping[str, Filter] = {}
    shown_when_gone: bool = False  # a DELETE answers with what there was
    created: int = 201
    replaced: int = 200
    read_only: tuple[str, ...] = ()  # properties that only the server sets
    fixed: tuple[str, ...] = ()  # properties that cannot change once set
    envelope: Mapping[str, Any] = {}  # members beside `properties` where the client sends none
    shown_as: str = ""  # the `type` that clients see, where Azure shows another than the address's
    keyed: Mapping[str, str] = {}  # lists that PATCH merges by this member of their elements
    flat: bool = False  # shows its properties beside `id`, not below `properties`
    # The id that it has for who asks from a place, where it has one for each.
    seen_as: Callable[[ResourceId, View], ResourceId] | None = None
    bare: bool = False  # may be sent without `properties` around what it says
    secrets: tuple[str, ...] = ()  # dotted paths below properties, kept apart and never read back
    secrets_by: str = ""  # the path of what says of which kind they are: they go with it
    patchable: tuple[str, ...] | None = None  # properties that PATCH may change; None is all
    check: Callable[[Change], None] | None = None
    complete: Callable[[Change], Document] | None = None  # properties the server adds on a write
    render: Callable[[Resource, View], Document] | None = None  # properties added on a read
    # What of it stands in the activity log with each write and removal.
    logged: Callable[[Resource], dict[str, str]] | None = None

    @property
    def namespace(self) -> str:
        return self.name.partition("/")[0]

    @property
    def parent(self) -> str:
        """The parent's type; empty for a top-level type."""
        head = self.name.rpartition("/")[0]
        return head if "/" in head else ""

    def action(self, name: str) -> Action | None:
        return next((a for a in self.actions if a.name.lower() == name.lower()), None)

    def permission(self, verb: str) -> str:
        """The RBAC action of a verb: `<type>/read`, or `<type>/start/action` for a POST."""
        action = self.action(verb)
        if action is None:
            return f"{self.name}/{verb}"
        return action.permission or f"{self.name}/{action.name}/action"


def hold_writable(kind: ResourceType) -> None:
    """Refuse a write or a removal of what the server alone makes."""
    if kind.made_by:
        raise MethodNotAllowed(f"`{kind.name}` is read only: {kind.made_by}")


def hold_fixed(kind: ResourceType, change: Change) -> None:
    """Refuse a change of a property that is set once."""
    if change.old is None:
        return
    before, after = change.old.properties, change.properties
    for field in kind.fixed:
        if before.get(field) is None or after.get(field) is None:
            continue
        if not same(before[field], after[field]):
            raise Invalid(
                f"`{field}` cannot change once it is set: it is `{before[field]}`",
                code="PropertyChangeNotAllowed",
                target=f"$.properties.{field}",
            )


def same(before: Any, after: Any) -> bool:
    """Equal, where neither the case of a resource id counts, nor which of its ids a role has."""
    if isinstance(before, str) and isinstance(after, str) and before.startswith("/"):
        return folded(before) == folded(after)
    return bool(before == after)
