"""From an older schema to this program's, with Alembic: a folder of revisions per kind of database.

Imported only where a database is older. A change of a table needs a revision:
`python -m mlestate.store.migrations.write WHAT_IT_DOES` writes its first draft, and `head` in
`schema.py` is then its number.
"""

from __future__ import annotations

from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ..database import Connection
from ..schema import Schema, version


def migrate(connection: Connection, schema: Schema) -> None:
    """All revisions that the database has not seen, inside the caller's transaction."""
    script = scripts(schema)
    context = place(
        connection, schema, fn=lambda seen, _context: script._upgrade_revs("head", seen)
    )
    with Operations.context(context):
        context.run_migrations()


def scripts(schema: Schema) -> ScriptDirectory:
    folder = str(schema.folder)
    return ScriptDirectory(folder, version_locations=[folder])


def place(connection: Connection, schema: Schema, **options: Any) -> MigrationContext:
    """Where a database is among the revisions."""
    fixed = {
        "version_table": version.name,
        "target_metadata": list(schema.parts),
        "compare_type": True,
        # SQLite can undo changes of tables too, once it is told where the transaction begins.
        "transactional_ddl": True,
    }
    return MigrationContext.configure(connection, opts=fixed | options)
