"""The estate's own secret: made once, and never in the place of one that is gone."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import Conflict
from ..identity import private_file
from ..store.activity.ledger import NAME as LEDGER
from ..store.database import Database
from ..store.prepare import is_prepared
from .settings import Settings

NAME = "server.secret"


def server_secret(data: Path, settings: Settings) -> bytes:
    """What signatures and account keys are derived from, and what the activity log is sealed with.
    Raises Conflict where the estate is there and its secret is not."""
    path = data / NAME
    if not path.exists():
        for what in used(data, settings):
            raise Conflict(
                f"`{NAME}` is gone, and {what} is of an estate that was used with it. Put the "
                "right one in its place; if that is lost for good, `mlestate audit accept` makes "
                "another one",
                code="SecretGone",
            )
        make(path)
    return path.read_bytes()


def make(path: Path) -> None:
    private_file.write(path, secrets.token_bytes(64))


def used(data: Path, settings: Settings) -> Iterator[str]:
    """What is there of an estate that ran with these: a first start makes the secret before all
    of it."""
    files = [data / LEDGER, data / "estate.db", *sorted((data / "regions").glob("*/metadata.db"))]
    yield from (f"`{file.relative_to(data)}`" for file in files if file.exists())
    named = {"estate": settings.database}
    named |= {name: region.database for name, region in settings.regions.items()}
    for schema, url in named.items():
        if url and _is_used(url, schema):
            yield f"the database of {schema}"


def _is_used(url: str, schema: str) -> bool:
    database = Database(url, pool_size=1, schema=schema, existing=True)
    try:
        return database.is_there() and is_prepared(database)
    finally:
        database.close()
