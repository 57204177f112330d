"""An estate file that lint has nothing to say of, and what is changed in it."""

from __future__ import annotations

from datetime import date

from mlestate.estate.lint.finding import Finding
from mlestate.estate.lint.lint import lint, lint_change

CLEAN = """\
schema: 1
id: clean
azure:
  tenant: clean.example
  subscriptions:
    one: 11111111-1111-1111-1111-111111111111
    two: 22222222-2222-2222-2222-222222222222
regions: {home: westeurope, allowed: [westeurope]}
environments:
  dev:
    subscription: one
    computes: {cpu: {size: Standard_DS3_v2, max: 2, idle: 30m}}
  prod: {subscription: two, live: [trainer], lock: [storage]}
roles:
  scientist: {dev: AzureML Data Scientist, prod: none}
  trainer: {dev: none, prod: [Reader, Storage Blob Data Reader]}
  release: {dev: Reader, prod: [runner, Storage Blob Data Contributor]}
customRoles:
  runner: {actions: [Microsoft.MachineLearningServices/workspaces/*/read]}
groups:
  science: {name: Science}
people:
  ana: {name: Ana, groups: [science]}
  ben: {name: Ben, groups: [science]}
servicePrincipals:
  bot: {name: Bot}
divisions:
  claims:
    workspacePer: project
    environments: [dev, prod]
    costcenter: "55332"
    owner: science
    projects:
      fraud:
        members: {scientist: science, trainer: science, release: bot}
"""


def changed(*changes: tuple[str, str]) -> str:
    text = CLEAN
    for old, new in changes:
        assert old in text, f"{old!r} is not in the clean estate"
        text = text.replace(old, new, 1)
    return text


TODAY = date(2026, 11, 23)


def linted(*changes: tuple[str, str]) -> list[Finding]:
    return lint({"e.yaml": changed(*changes)}, TODAY)


def opened(*changes: tuple[str, str], old: str = CLEAN) -> list[Finding]:
    """What a change of the clean estate, or of another, opens."""
    return lint_change({"old.yaml": old}, {"e.yaml": changed(*changes)}, TODAY)


def spot(text: str, words: str, after: str = "") -> str:
    """Where some words stand, as a finding says it."""
    start = text.index(words, text.index(after) if after else 0)
    line = text.count("\n", 0, start) + 1
    return f"e.yaml:{line}:{start - text.rfind(chr(10), 0, start)}"
