"""Webhooks take turns."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index(op.f("outbox_by_age"), table_name="outbox")
    op.create_index("outbox_by_due", "outbox", ["state", "webhook", "due_at", "seq"], unique=False)
