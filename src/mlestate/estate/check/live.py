"""Live data is read by identity, by the roles that are named, and written by none of them; and
what is locked is there."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.access import gives as allows
from ..layout.layers import NONE, layers, within_reach
from ..layout.places import Place, places
from ..reading.source import Path, Source
from ..roles import role
from ..spec import Estate, Settings

_CHANGES = tuple(
    f"microsoft.storage/storageaccounts/blobservices/containers/blobs/{verb}"
    for verb in ("write", "delete", "add/action")
)


def check(estate: Estate, source: Source) -> None:
    done: set[tuple[int, int]] = set()
    for place in places(estate):
        key = (id(place.settings), id(place.solution.ladder))
        if key not in done:
            done.add(key)
            _live(estate, source, place)
            _lock(estate, source, place)


def _live(estate: Estate, source: Source, place: Place) -> None:
    if not place.settings.live:
        return
    environment = place.environment
    path = _said(estate, place, "live")
    if place.settings.storage_auth == "key":
        source.fault(
            _said(estate, place, "storage_auth"),
            f"`{environment}` has live data, which no key may open: leave `storageAuth` out, or"
            " empty `live`",
        )
    for i, name in enumerate(place.settings.live):
        spot = (*path, i)
        if name not in estate.roles:
            source.unknown(spot, "role", name, estate.roles)
        elif NONE in estate.roles[name].get(environment, ()):
            source.fault(
                spot,
                f"`{name}` is `none` in `{environment}`, and may read live data: keep one of them",
            )
        for each in _writing(estate, place, name):
            source.fault(
                spot,
                f"`{name}` may change blobs of `{place.solution.id}` in `{environment}` (`{each}`),"
                " and live data is read-only: take it out here, or that role from it",
                ("live", *map(str, spot), each),
            )


def _writing(estate: Estate, place: Place, name: str) -> Iterator[str]:
    """The Azure roles by which a role of the file changes blobs there."""
    for each in within_reach(estate, place.solution.ladder, name, place.environment):
        found = role(estate, each)
        if found is not None and any(allows(found, action, True) for action in _CHANGES):
            yield each


def _lock(estate: Estate, source: Source, place: Place) -> None:
    locked = place.settings.lock or ()
    if "registry" in locked and not place.settings.container_registry:
        path = (*_said(estate, place, "lock"), locked.index("registry"))
        source.fault(
            path,
            f"`{place.solution.id}` has no registry in `{place.environment}` to lock: say"
            " `containerRegistry: true`, or leave it out",
            ("lock", *map(str, path)),
        )


def _said(estate: Estate, place: Place, name: str) -> Path:
    """Where the layer that counts says it."""
    keys = dict(zip(Settings.__struct_fields__, Settings.__struct_encode_fields__, strict=True))
    found = [
        layer.path
        for layer in layers(estate, place.solution.ladder, place.environment)
        if layer.path and getattr(layer.settings, name) is not None
    ]
    return (*found[-1], keys[name])
