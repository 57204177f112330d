"""Resource ids: parse, print and compare the paths that name everything.

The grammar is Azure Resource Manager's: a chain of steps from the root. A step is a type and a
name; the first step after `providers/<namespace>` carries that namespace. A second `providers` in
the chain is an extension resource: a resource *on* another one.

    /subscriptions/S/resourceGroups/G/providers/NS/workspaces/W/jobs/J
    /subscriptions/S/providers/NS/locations/L
    /providers/Microsoft.Management/managementGroups/M
    {any id}/providers/Microsoft.Authorization/roleAssignments/A
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from .errors import Invalid, NotFound

_FRONT_END = "/mferp/managementfrontend"
# The SDK lists a deployment's operations under an address that leaves the provider out.
_BARE_DEPLOYMENT = re.compile(
    r"^(/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?)/deployments/", re.I
)
# What is behind `blobs` is a name, whatever stands in it.
_BLOB = re.compile(r"(/.+?/blobServices/default/containers/[^/]+)/blobs/(.+)", re.I | re.S)
_ILLEGAL = re.compile(r"[<>%&:\\?/\x00-\x1f\x7f]")
_WELL_KNOWN = {"subscriptions": "subscriptions", "resourcegroups": "resourceGroups"}
RESOURCES = "Microsoft.Resources"


class Step(msgspec.Struct, frozen=True):
    """`namespace` is empty where the step goes on inside its parent's."""

    namespace: str
    type: str
    name: str

    def __str__(self) -> str:
        provider = f"/providers/{self.namespace}" if self.namespace else ""
        return f"{provider}/{self.type}/{self.name}"


class ResourceId(msgspec.Struct, frozen=True, dict=True):
    """One node of the tree; the root (the tenant) has no steps."""

    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return "".join(map(str, self.steps))

    @cached_property
    def key(self) -> str:
        """The form to compare and store by: ids are case-insensitive."""
        return self._text.lower()

    @cached_property
    def type(self) -> str:
        """`Namespace/type/childType`; subscriptions and groups are `Microsoft.Resources/…`."""
        start = max((i for i, step in enumerate(self.steps) if step.namespace), default=None)
        if start is None:
            return "/".join([RESOURCES, *(step.type for step in self.steps)])
        own = self.steps[start:]
        return "/".join([own[0].namespace, *(step.type for step in own)])

    @property
    def name(self) -> str:
        return self.steps[-1].name if self.steps else ""

    @property
    def parent(self) -> ResourceId:
        """One level up: the parent resource, the group, or what an extension sits on."""
        return ResourceId(self.steps[:-1])

    @property
    def ancestors(self) -> Iterator[ResourceId]:
        """From the root down to the parent."""
        return (ResourceId(self.steps[:i]) for i in range(len(self.steps)))

    @property
    def subscription(self) -> str:
        return self._of("subscriptions")

    @property
    def group(self) -> str:
        return self._of("resourcegroups")

    def _of(self, type: str) -> str:
        wanted = (s.name for s in self.steps[:2] if s.type.lower() == type and not s.namespace)
        return next(wanted, "")

    def at(self, type: str) -> ResourceId | None:
        """The nearest of itself and its ancestors that is of the type."""
        for end in range(len(self.steps), 0, -1):
            found = ResourceId(self.steps[:end])
            if found.type.lower() == type.lower():
                return found
        return None

    def top(self) -> ResourceId | None:
        """The top-level resource that this is or belongs to: the first with a namespace."""
        for end, step in enumerate(self.steps, start=1):
            if step.namespace:
                return ResourceId(self.steps[:end])
        return None

    def child(self, type: str, name: str, namespace: str = "") -> ResourceId:
        return ResourceId((*self.steps, Step(namespace, type, name)))


class Address(msgspec.Struct, frozen=True):
    """What a path names: a resource, or with `tail` a collection below it (GET) or action (POST).

    `namespace` is set where the collection starts a provider: `…/providers/NS/workspaces`. With a
    namespace and an empty tail the path names the provider itself.
    """

    id: ResourceId
    tail: str = ""
    namespace: str = ""

    @property
    def is_resource(self) -> bool:
        return not self.tail and not self.namespace

    @property
    def collection(self) -> str:
        """The type of the things in the collection."""
        if self.namespace:
            return f"{self.namespace}/{self.tail}"
        return f"{self.id.type}/{self.tail}"


def read(path: str) -> Address:
    """Read any path of the control plane, aliases included. Raises NotFound, Invalid."""
    segments = [s for s in normalise(path).split("/") if s]
    steps: list[Step] = []
    while segments:
        namespace = ""
        if segments[0].lower() == "providers":
            if len(segments) < 2:
                return Address(ResourceId(tuple(steps)), "providers")
            namespace, segments = segments[1], segments[2:]
        if len(segments) < 2:
            tail = segments[0] if segments else ""
            return Address(ResourceId(tuple(steps)), tail, namespace)
        kind, name, *segments = segments
        steps.append(_step(steps, namespace, kind, name))
    return Address(ResourceId(tuple(steps)))


def parse(text: str) -> ResourceId:
    """Read the id of one resource. Raises Invalid where the path is a collection or action."""
    address = read(text)
    if not address.is_resource or not address.id.steps:
        raise Invalid(f"`{text}` is not the id of a resource", code="LinkedInvalidPropertyId")
    return address.id


def split_blob(id: str) -> tuple[str, str]:
    """The container and the name of a blob; of anything else the id, and no name."""
    found = _BLOB.fullmatch(id)
    return (found[1], found[2]) if found else (id, "")


def normalise(path: str) -> str:
    """Lay aliases on the one form: the front end's prefix, double slashes, bare deployments."""
    if path.lower().startswith(_FRONT_END):
        path = path[len(_FRONT_END) :]
    path = re.sub("/{2,}", "/", path)
    return _BARE_DEPLOYMENT.sub(rf"\1/providers/{RESOURCES}/deployments/", path)


def canonical(id: ResourceId, spelling: Mapping[str, str]) -> ResourceId:
    """Spell namespaces and types as the catalog does; names stay as they are.

    `spelling` maps a lower-case type name to its proper one. An unknown type is left alone.
    """
    steps: list[Step] = []
    for step in id.steps:
        proper = spelling.get(ResourceId((*steps, step)).type.lower())
        if proper:
            namespace, _, rest = proper.partition("/")
            step = Step(step.namespace and namespace, rest.rpartition("/")[2] or rest, step.name)
        steps.append(step)
    return ResourceId(tuple(steps))


def _step(before: list[Step], namespace: str, kind: str, name: str) -> Step:
    if _ILLEGAL.search(name) or len(name) > 260:
        raise Invalid(f"`{name[:80]}` has a character that no name may have, or is over 260 long")
    if namespace or any(step.namespace for step in before):
        return Step(namespace, kind, name)
    proper = _WELL_KNOWN.get(kind.lower(), "")
    if kind.lower() == "tagnames":
        raise NotFound(
            "names of tags are not made by themselves: put the tag on a resource, and it is listed",
            code="NotSupported",
        )
    if (len(before), proper) not in ((0, "subscriptions"), (1, "resourceGroups")):
        raise NotFound(f"no address has `{kind}` at that place: is `providers/…` missing?")
    return Step("", proper, name)
