"""What a run has read and made: datasets and logged models."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.tracking import Dataset, DatasetInput, ModelLink
from .group import Group, RunRow
from .session import Row, Session, numbers


def add_dataset(group: Group, run: RunRow, given: DatasetInput) -> None:
    tags = {tag.key: tag.value or "" for tag in given.tags}
    body = msgspec.json.encode([{"key": k, "value": v} for k, v in tags.items()]).decode()
    group.run_sql(
        "INSERT INTO run_input (run, dataset, context, tags) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (run, dataset) DO NOTHING",
        (run.id, _dataset(group, run.exp, given.dataset), tags.get("mlflow.data.context"), body),
    )
    group.touched.add(run.id)


def add_models(group: Group, run: RunRow, way: str, links: Sequence[ModelLink]) -> None:
    """`way` is `in` or `out`."""
    for link in links:
        group.run_sql(
            "INSERT INTO run_model (run, way, model_id, step) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (run, way, model_id) DO NOTHING",
            (run.id, way, link.model_id, link.step or 0),
        )
    group.touched.add(run.id)


def summaries(session: Session, experiments: Sequence[int], limit: int) -> list[Row]:
    """(experiment, name, digest, context) of each dataset once."""
    return session.rows(
        "SELECT DISTINCT d.exp, d.name, d.digest, i.context FROM dataset d "
        "JOIN run_input i ON i.dataset = d.id "
        f"WHERE d.exp IN ({numbers(experiments) or 'NULL'}) ORDER BY 1, 2, 3, 4 LIMIT ?",
        (limit,),
    )


def _dataset(group: Group, exp: int, given: Dataset) -> int:
    key = (exp, given.name, given.digest)
    row = group.session.one("SELECT id FROM dataset WHERE exp = ? AND name = ? AND digest = ?", key)
    if row is None:
        group.writes += 1
        row = group.session.one(
            'INSERT INTO dataset (exp, name, digest, source_type, source, "schema", profile) '
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (*key, given.source_type, given.source, given.schema, given.profile),
        )
    assert row is not None
    return int(row[0])
