"""What is in a resource, by the server's word: what is lost with it, and what stands in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from ...core.errors import NotFound
from ..desired import Document
from ..port import Inspector, Port

_ML = "Microsoft.MachineLearningServices/workspaces"
# Which hold what no file can make again.
GUARDED = frozenset(
    each.lower()
    for each in (
        _ML,
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults",
        "Microsoft.Resources/subscriptions/resourceGroups",
        "Microsoft.Resources/subscriptions",
    )
)


class Contents(msgspec.Struct, frozen=True):
    """`holds`: how many of each sort. `inside`: the other resources that stand in it, by id.
    `more`: there is something that whoever asked may not read."""

    holds: Mapping[str, int] = {}
    inside: tuple[str, ...] = ()
    more: bool = False

    def less(self, owned: Collection[str]) -> Contents:
        """Without what the estate's files made: that is accounted for by itself."""
        inside = tuple(each for each in self.inside if each.lower() not in owned)
        return Contents(self.holds, inside, self.more)

    @property
    def empty(self) -> bool:
        return not self.holds and not self.inside and not self.more

    def __str__(self) -> str:
        held = [f"{count} {_counted(word, count)}" for word, count in self.holds.items()]
        unread = ["what you may not read"] if self.more else []
        return ", ".join([*held, *(f"`{name(each)}`" for each in self.inside), *unread])


def guarded(type: str) -> bool:
    return type.lower() in GUARDED


def ask(port: Port, id: str) -> Contents:
    """Nothing where the port cannot say, or where the resource is gone."""
    if not isinstance(port, Inspector):
        return Contents()
    try:
        return read(port.contents(id))
    except NotFound:
        return Contents()


def read(document: Document) -> Contents:
    said = {name: document[name] for name in Contents.__struct_fields__ if name in document}
    return msgspec.convert(said, Contents)


def name(id: str) -> str:
    return id.rsplit("/", 1)[-1]


def _counted(word: str, count: int) -> str:
    return word.removesuffix("s") if count == 1 else word
