"""`python -m mlestate.store.migrations.write WHAT`: drafts what the tables need."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.autogenerate import produce_migrations, render_python_code

from ..database import Database
from ..schema import ESTATE, REGION, Schema
from . import migrate, place, scripts

_DRAFT = '''"""{what}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before!r}


def upgrade() -> None:
{body}
'''


def main(words: list[str]) -> int:
    if not words:
        print("say what the change is, such as `runs have owners`", file=sys.stderr)
        return 1
    for schema in (ESTATE, REGION):
        file = draft(schema, " ".join(words))
        print(f"{schema.name}: {file or 'nothing has changed'}")
    return 0


def draft(schema: Schema, what: str) -> Path | None:
    """The file of a new revision; None where the tables are what the revisions make."""
    with TemporaryDirectory() as folder:
        body = _differences(Database(f"sqlite:///{folder}/now.db"), schema)
    if not body:
        return None
    before = scripts(schema).get_current_head()
    revision = f"{int(before or 0) + 1:04}"
    name = re.sub(r"\W+", "_", what.lower()).strip("_")
    text = _DRAFT.format(what=f"{what}.", revision=revision, before=before, body=body)
    file = schema.folder / f"r{revision}_{name}.py"
    file.write_text(text)
    return file


def _differences(database: Database, schema: Schema) -> str:
    with database.write() as connection:
        if scripts(schema).get_current_head():
            migrate(connection, schema)
        here = place(connection, schema)
        # It takes several, whatever its types say.
        found = produce_migrations(here, list(schema.parts)).upgrade_ops  # type: ignore[arg-type]
        body = "" if found is None or found.is_empty() else render_python_code(found)
    database.close()
    # Rendered as the inside of a function, but for its first line.
    lines = f"    {body}".splitlines() if body else []
    return "\n".join(line for line in lines if not line.lstrip().startswith("# ###"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
