"""Where the databases of an estate are, and whether the servers that the settings name answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..core.errors import PlatformError
from ..store.activity.marks import sealing_key
from ..store.cells import ESTATE
from ..store.database import Database
from .settings import Region, Settings


def of_the_estate(
    data: Path, settings: Settings, secret: bytes, existing: bool = False
) -> Database:
    """In the data folder, unless the settings say where. Of an `existing` one nothing is made."""
    url = settings.database or f"sqlite:///{data / 'estate.db'}"
    return Database(url, schema="estate", key=sealing_key(secret, ESTATE), existing=existing)


def of_a_region(
    name: str, folder: Path, wanted: Region, secret: bytes, existing: bool = False
) -> Database:
    """The same of a region's, whose folder is `DIR/regions/NAME`."""
    url = wanted.database or f"sqlite:///{folder / 'metadata.db'}"
    return Database(url, schema=name, key=sealing_key(secret, name), existing=existing)


def away(settings: Settings) -> Iterator[tuple[str, str]]:
    """What a database is for, and why it does not answer. Files are left alone: a start makes
    them."""
    for use, url in _named(settings):
        if url.startswith("sqlite"):
            continue
        database = Database(url, pool_size=1)
        try:
            with database.read():
                pass
        except PlatformError as error:
            yield use, str(error).splitlines()[0]
        finally:
            database.close()


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.database:
        yield "the estate", settings.database
    for name, region in settings.regions.items():
        for url in dict.fromkeys((region.database, region.tracking)):
            if url:
                yield name, url
