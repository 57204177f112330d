"""Principals may be guests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "guests",
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("sponsor_id", sa.String(length=36), nullable=True),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["sponsor_id"], ["principals.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("principal_id"),
    )
    op.create_index(op.f("ix_guests_principal_id"), "guests", ["principal_id"], unique=False)
    op.create_index(op.f("ix_guests_sponsor_id"), "guests", ["sponsor_id"], unique=False)
