"""The tables, as migrations in their order; a database knows how many it has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...core.errors import Unavailable
from . import retelling
from .session import Session

SQLITE_TYPES: Mapping[str, str] = {
    "id": "INTEGER PRIMARY KEY",
    "int": "INTEGER",
    "text": "TEXT",
    "blob": "BLOB",
    "real": "REAL",
    "packed": "WITHOUT ROWID",
}
# Text in C order: both databases then sort and fold case alike.
POSTGRES_TYPES: Mapping[str, str] = {
    "id": "BIGSERIAL PRIMARY KEY",
    "int": "BIGINT",
    "text": 'TEXT COLLATE "C"',
    "blob": "BYTEA",
    "real": "DOUBLE PRECISION",
    "packed": "",
}

_FIRST = """
CREATE TABLE experiment (
  id {id}, workspace {text} NOT NULL, name {text} NOT NULL, lifecycle {text} NOT NULL,
  created {int} NOT NULL, updated {int} NOT NULL,
  UNIQUE (workspace, name));
CREATE TABLE experiment_tag (
  experiment {int} NOT NULL, key {text} NOT NULL, value {text} NOT NULL,
  PRIMARY KEY (experiment, key)) {packed};
CREATE TABLE run (
  id {id}, run_id {text} NOT NULL, workspace {text} NOT NULL, exp {int} NOT NULL,
  name {text} NOT NULL, usr {text} NOT NULL, status {text} NOT NULL,
  start_time {int} NOT NULL, end_time {int}, lifecycle {text} NOT NULL,
  UNIQUE (run_id, workspace));
CREATE INDEX run_by_start ON run (exp, start_time DESC, id DESC);
CREATE TABLE key (id {id}, name {text} NOT NULL UNIQUE);
CREATE TABLE latest (
  run {int} NOT NULL, key {int} NOT NULL, step {int} NOT NULL, ts {int} NOT NULL, value {real},
  exp {int} NOT NULL, PRIMARY KEY (run, key)) {packed};
CREATE INDEX latest_by_value ON latest (exp, key, value, run);
CREATE TABLE param (
  run {int} NOT NULL, key {int} NOT NULL, value {text} NOT NULL, PRIMARY KEY (run, key)) {packed};
CREATE TABLE tag (
  run {int} NOT NULL, key {int} NOT NULL, value {text} NOT NULL, PRIMARY KEY (run, key)) {packed};
CREATE INDEX tag_by_value ON tag (key, substr(value, 1, 120), run);
CREATE TABLE loose (seq {id}, run {int} NOT NULL, data {blob} NOT NULL);
CREATE INDEX loose_by_run ON loose (run);
CREATE TABLE segment (
  run {int} NOT NULL, key {int} NOT NULL, part {int} NOT NULL, data {blob} NOT NULL,
  PRIMARY KEY (run, key, part));
CREATE TABLE dataset (
  id {id}, exp {int} NOT NULL, name {text} NOT NULL, digest {text} NOT NULL,
  source_type {text} NOT NULL, source {text} NOT NULL, "schema" {text}, profile {text},
  UNIQUE (exp, name, digest));
CREATE TABLE run_input (
  run {int} NOT NULL, dataset {int} NOT NULL, context {text}, tags {text} NOT NULL,
  PRIMARY KEY (run, dataset)) {packed};
CREATE TABLE run_model (
  run {int} NOT NULL, way {text} NOT NULL, model_id {text} NOT NULL, step {int} NOT NULL,
  PRIMARY KEY (run, way, model_id)) {packed};
CREATE TABLE model (
  id {id}, model_id {text} NOT NULL UNIQUE, exp {int} NOT NULL, name {text} NOT NULL,
  model_type {text} NOT NULL, source_run_id {text} NOT NULL, status {text} NOT NULL,
  created {int} NOT NULL, updated {int} NOT NULL, lifecycle {text} NOT NULL);
CREATE INDEX model_by_created ON model (exp, created DESC, id DESC);
CREATE TABLE model_tag (
  model {int} NOT NULL, key {text} NOT NULL, value {text} NOT NULL,
  PRIMARY KEY (model, key)) {packed};
CREATE TABLE model_param (
  model {int} NOT NULL, key {text} NOT NULL, value {text} NOT NULL,
  PRIMARY KEY (model, key)) {packed};
CREATE TABLE model_metric (
  model {int} NOT NULL, key {text} NOT NULL, run_id {text} NOT NULL,
  dataset_name {text} NOT NULL, dataset_digest {text} NOT NULL, step {int} NOT NULL,
  ts {int} NOT NULL, value {real},
  PRIMARY KEY (model, key, run_id, dataset_name, dataset_digest)) {packed}
"""

# The search index, as `store.search.tables` has it for resources.
_SEARCH = """
CREATE TABLE search_places (
  id {id}, key {text} NOT NULL UNIQUE, spelled {text} NOT NULL, guid {text} NOT NULL,
  tags {text} NOT NULL);
CREATE TABLE search_letters (
  id {id}, facet {text} NOT NULL, text {text} NOT NULL, UNIQUE (facet, text));
CREATE TABLE search_tag_sets (id {id}, digest {text} NOT NULL UNIQUE, uses {int} NOT NULL);
CREATE TABLE search_tags (
  tag_set {int} NOT NULL, key {text} NOT NULL, value {text} NOT NULL,
  PRIMARY KEY (tag_set, key)) {packed};
CREATE INDEX search_tags_by_value ON search_tags (key, value, tag_set);
CREATE TABLE search (
  place {int} NOT NULL, tail {text} NOT NULL, number {int} NOT NULL, kind {int} NOT NULL,
  status {int} NOT NULL, type {int} NOT NULL, author {int} NOT NULL, editor {int} NOT NULL,
  archived {int} NOT NULL, latest {int} NOT NULL, created {real} NOT NULL,
  modified {real} NOT NULL, tag_set {int} NOT NULL, mark {text} NOT NULL, name {text} NOT NULL,
  version {text} NOT NULL, experiment {text} NOT NULL, text {text} NOT NULL,
  PRIMARY KEY (place, tail)) {packed}
"""

_NAME = "CREATE TABLE itself (name {text} NOT NULL)"

MIGRATIONS = (_FIRST, _SEARCH, _NAME)
# What fills the tables of a migration from those before, once all are there.
FILLS: Mapping[int, Callable[[Session], None]] = {2: retelling.refill}


def migrate(session: Session, types: Mapping[str, str]) -> None:
    """Bring the database to this program's schema, inside the caller's transaction."""
    session.run("CREATE TABLE IF NOT EXISTS migration (version INTEGER NOT NULL)")
    row = session.one("SELECT max(version) FROM migration")
    seen = (row and row[0]) or 0
    if seen > len(MIGRATIONS):
        raise Unavailable(
            f"The tracking database has schema {seen}, this program knows {len(MIGRATIONS)}: "
            "start a newer version of the program."
        )
    for version, script in enumerate(MIGRATIONS[seen:], start=seen + 1):
        for statement in script.format_map(types).split(";"):
            session.run(statement)
        session.run("INSERT INTO migration VALUES (?)", (version,))
    for version, fill in FILLS.items():
        if seen < version:
            fill(session)
