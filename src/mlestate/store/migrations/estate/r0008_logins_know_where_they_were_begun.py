"""Logins know where they were begun."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("device_logins", sa.Column("whence", sa.String(length=64), nullable=True))
    op.add_column("pending_logins", sa.Column("whence", sa.String(length=64), nullable=True))
