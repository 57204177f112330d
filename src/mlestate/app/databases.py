"""Whether the database servers that the settings name answer."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.errors import PlatformError
from ..store.database import Database
from .settings import Settings


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
