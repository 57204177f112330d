"""One database, SQLite or PostgreSQL, and its transactions."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection as Connection
from sqlalchemy import (
    Engine,
    ExceptionContext,
    MetaData,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool

from ..core.errors import Invalid, Unavailable
from . import misfit, postgres_settings

# Seconds that a writer waits for another.
_PATIENCE = 15
_KEY = "mlestate_key"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
# Plain logging: a command that opens a database itself then says it to its user.
_log = logging.getLogger(__name__)
_ASKED = {"postgresql": {"client_encoding": postgres_settings.ENCODING}}
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={_PATIENCE * 1000}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-4096",
)


def keep_private(file: Path) -> None:
    """Let only its owner read a database: there are secrets in it. SQLite gives its side files the
    mode of the main one when it makes them."""
    if not file.parent.is_dir():
        return  # whoever opens it says so, and better
    file.touch(mode=0o600)
    for each in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        if each.exists():
            each.chmod(0o600)


class Altered(Unavailable):
    """Somebody took a table away, or the right to use it."""


class Database:
    """`url` is SQLAlchemy's: `sqlite:////path/file.db` or `postgresql+psycopg://…`.

    On PostgreSQL the tables are in `schema`, which is made where it is missing; without one, where
    the URL's user finds them. `key` is what the events of its activity log are sealed with. Of an
    `existing` one nothing is made: where its file is not there, whoever asks is told so.
    """

    def __init__(
        self,
        url: str,
        pool_size: int = 8,
        schema: str = "",
        key: bytes = b"",
        existing: bool = False,
    ):
        self.engine: Engine = create_engine(
            url,
            execution_options={_KEY: key},
            poolclass=QueuePool,
            pool_size=pool_size,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            # The server may have been started anew since; a file never is.
            pool_pre_ping=not url.startswith("sqlite"),
            connect_args=_ASKED.get(make_url(url).get_backend_name(), {}),
        )
        event.listen(self.engine, "handle_error", _refuse)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            if existing:
                event.listen(self.engine, "do_connect", self._need_file)
            else:
                keep_private(Path(self.engine.url.database or ""))
            event.listen(self.engine, "connect", _prepare_sqlite)
            self._reader = self.engine
        else:
            event.listen(self.engine, "connect", _prepare_postgres(schema, not existing))
            self._reader = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    def is_there(self) -> bool:
        """Whether there is a file that is not empty; a server's database may be."""
        file = Path(self.engine.url.database or "")
        return not self.is_sqlite or (file.exists() and file.stat().st_size > 0)

    def create(self, metadata: MetaData) -> None:
        """Make the tables that are not there yet."""
        with self.write() as connection:
            metadata.create_all(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot; nothing in it is committed."""
        with _told(self.engine), self._reader.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed (and on disk) when the block ends, else undone."""
        with _told(self.engine), self.engine.connect() as connection:
            if self.is_sqlite:
                # A writer takes its lock at once: two that upgrade later would deadlock.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextmanager
    def write_until_reboot(self) -> Iterator[Connection]:
        """A `write` that a kill of any process leaves, and that a loss of power may undo as a
        whole. Quicker in SQLite, and just a `write` elsewhere."""
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with _told(self.engine), self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                connection.exec_driver_sql("PRAGMA synchronous=FULL")

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        """A `write` that no other turn overlaps: what it reads stays true until it is committed.

        In SQLite every write is one.
        """
        with self.write() as connection:
            take_turn(connection)
            yield connection

    @contextmanager
    def altering(self) -> Iterator[Connection]:
        """A turn in which tables may be dropped and made anew, as SQLite needs for most changes."""
        with _told(self.engine), self.engine.connect() as connection:
            if self.is_sqlite:
                # Or the drop of a table would empty those that refer to it.
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            take_turn(connection)
            try:
                yield connection
                connection.commit()
            finally:
                # With its settings; nobody else shall get it.
                connection.invalidate()

    def close(self) -> None:
        self.engine.dispose()

    def _need_file(self, *_: object) -> None:
        # SQLite would make it, and write to one that is empty.
        if not self.is_there():
            raise Altered("its database is not there")


def key_of(connection: Connection) -> bytes:
    """That of its `Database`."""
    found: bytes = connection.get_execution_options()[_KEY]
    return found


def take_turn(connection: Connection) -> None:
    """Wait until no other turn goes on; the turn ends with the transaction. Again is harmless."""
    lock(connection, "turn")


def lock(connection: Connection, key: str) -> None:
    """Nobody else locks this key of the same schema until the transaction ends.

    In SQLite the whole transaction holds the write lock already.
    """
    if connection.dialect.name == "postgresql":
        # Locks are the whole server database's: cells that share one must not meet.
        own = func.current_schema().concat(f"/{key}")
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(own, 0))))


@contextmanager
def builtins_alone(connection: Connection) -> Iterator[str]:
    """Functions and operators are the server's own in the block. In PostgreSQL those of the schema
    count as well, and who may make them there would decide what a question finds. Tables are found
    where a statement is put together from them, not in plain text. Yields the schema, which is
    empty where there is none, or none that may be looked into."""
    if connection.dialect.name == "sqlite":
        yield ""
        return
    asked = "SELECT pg_catalog.current_schema(), pg_catalog.current_setting('search_path')"
    schema, before = connection.exec_driver_sql(asked).one()
    connection.exec_driver_sql("SET LOCAL search_path TO pg_catalog")
    connection.execution_options(schema_translate_map={None: schema})
    # After an error the transaction ends, and with it the setting.
    yield schema or ""
    connection.execution_options(schema_translate_map=None)
    connection.execute(select(func.set_config("search_path", before, True)))


@contextmanager
def attempt(connection: Connection) -> Iterator[None]:
    """Within a transaction: what the block did is undone, alone, when it fails."""
    connection.exec_driver_sql("SAVEPOINT attempt")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT attempt")
        raise
    finally:
        connection.exec_driver_sql("RELEASE SAVEPOINT attempt")


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """A database that is away, full, locked for too long, altered or damaged: who asks is told so.
    Where it is and what its driver says are for the log: anybody may ask."""
    try:
        yield
    except DatabaseError as error:
        if misfit.too_much(error.orig):
            raise Invalid(misfit.TOO_MUCH) from error
        if misfit.unfit(error.orig):
            raise Invalid(misfit.UNFIT) from error
        why = _why(error)
        if not why:
            raise
        where = engine.url.render_as_string()
        _log.warning("the database `%s` %s: %s", where, why, misfit.in_a_line(error.orig))
        kind = Altered if misfit.altered(error.orig) else Unavailable
        raise kind(f"the database {why}") from error


def _why(error: DatabaseError) -> str:
    """Empty where the fault is ours."""
    if misfit.altered(error.orig):
        return "does not have what it should, or does not let the server use it: see the log"
    if getattr(error.orig, "sqlite_errorname", "") in _DAMAGED:
        return "is damaged: stop, and restore a backup"
    return "does not answer, try again" if isinstance(error, OperationalError) else ""


def _refuse(context: ExceptionContext) -> None:
    """What the driver does not even send is no error of the database's."""
    if misfit.unfit(context.original_exception):
        raise Invalid(misfit.UNFIT) from context.original_exception


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own guessing at transactions is switched off: BEGIN is ours to say.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _prepare_postgres(schema: str, made: bool) -> Callable[[Any, Any], None]:
    if schema and not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise Invalid(f"`{schema}` is no name for a schema: use a-z, 0-9 and `_`")
    known = set[str]()

    def prepare(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(postgres_settings.STATEMENTS)
        connection.execute(f"SET lock_timeout = '{_PATIENCE}s'")
        if schema:
            if made and schema not in known:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                known.add(schema)
            connection.execute(f"SET search_path TO {schema}")
        connection.autocommit = False

    return prepare
