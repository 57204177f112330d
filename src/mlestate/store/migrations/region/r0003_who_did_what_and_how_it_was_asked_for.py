"""Who did what and how it was asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "activity_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.add_column("activity", sa.Column("status", sa.Text(), nullable=True))
    op.add_column("activity", sa.Column("operation", sa.Text(), nullable=True))
    op.add_column("activity", sa.Column("about", sa.Text(), nullable=True))
    op.add_column(
        "activity",
        sa.Column(
            "place", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True
        ),
    )
    op.drop_index(op.f("activity_by_resource"), table_name="activity")
    if op.get_bind().dialect.name == "postgresql":
        # A range of keys is a subtree only where they are sorted by code point.
        op.alter_column("activity", "resource", type_=sa.Text(collation="C"))
    op.create_index("activity_by_resource", "activity", ["resource", "at"], unique=False)
    op.create_index("activity_by_correlation", "activity", ["correlation"], unique=False)
    op.create_index("activity_by_name", "activity", ["name", "at"], unique=False)
    op.create_index("activity_by_place", "activity", ["place", "at"], unique=False)
    op.create_index("activity_by_principal", "activity", ["principal", "at"], unique=False)
    op.create_index("activity_by_time", "activity", ["at"], unique=False)
    op.add_column("operations", sa.Column("correlation", sa.Text(), nullable=True))
