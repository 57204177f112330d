"""Answers about access, for people: asked of the estate, and told as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..catalog.break_glass import GLASS
from ..client.client import Client, several
from ..core.answers.abilities import abilities
from ..core.denials import DENIAL
from ..core.errors import Invalid
from ..estate.applying import saved
from ..estate.applying.reconcile import Survey, survey
from .files import today, wanted
from .output import note, table
from .reach import read_text

_HEAD = "/estate/v1/access"
# What else a plan changes gives nobody anything.
_GIVING = ("mlestate/", "Microsoft.Authorization/role", DENIAL, GLASS)
_WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
_GROUP = "Microsoft.Resources/subscriptions/resourceGroups"
Document = Mapping[str, Any]


class MatrixWanted(msgspec.Struct, frozen=True):
    of: str
    environments: list[str]
    abilities: list[str]
    people: list[str]


def ask(
    client: Client,
    question: str,
    said: Mapping[str, str],
    what: str,
    where: str,
    data_action: bool | None,
) -> Document:
    asked = {**said, "action": what, "scope": where}
    hold_said(list(asked.values()))
    if data_action is not None:
        asked["isDataAction"] = str(data_action).lower()
    return client.page(f"{_HEAD}/{question}", asked)


def matrix_of(client: Client, wanted: MatrixWanted, everything: bool) -> Document:
    hold_said([*wanted.environments, *wanted.abilities, *wanted.people])
    chosen = wanted.abilities or ([] if everything else _key_abilities())
    asked = {
        "of": wanted.of,
        "environments": ",".join(wanted.environments),
        "abilities": ",".join(chosen),
        "principals": ",".join(wanted.people),
    }
    return client.page(f"{_HEAD}/matrix", {name: text for name, text in asked.items() if text})


def hold_said(words: Iterable[str]) -> None:
    """What is empty, such as a variable that was never set, asks for nothing."""
    if not all(word.strip() for word in words):
        raise Invalid("an argument is empty: say who, what and where")


def between(client: Client, of: str, before: str, after: str) -> Document:
    asked = {"from": before, "to": after, **({"of": of} if of else {})}
    return client.page(f"{_HEAD}/diff", asked)


def planned(client: Client, file: Path, prune: bool) -> Document:
    """What an estate file, or a saved plan, would change in who may do what."""
    text = read_text(file)
    if saved.is_saved(text):
        plan = saved.read(text, str(file))
        asked = msgspec.structs.replace(plan.wanted, today=today())
    else:
        asked = wanted(file, prune)
    with several() as workers:
        found = survey(asked, client, workers)
    return client.post(f"{_HEAD}/diff", {"changes": list(_changes(found))})


def known_abilities() -> list[dict[str, Any]]:
    return [msgspec.to_builtins(each) for each in abilities()]


def why_text(found: Document) -> str:
    return "\n".join(_why(found))


def who_text(found: Document) -> str:
    rows = [
        {
            "who": person["name"],
            "role": way["role"]["name"],
            "on": _short(way["scope"]),
            "through": " < ".join(reversed(way["groups"])) or "themselves",
            "until": way.get("until"),
            "guest until": person.get("guestUntil"),
        }
        for person in found["value"]
        for way in person["through"]
    ]
    return table(rows, ("who", "role", "on", "through", "until", "guest until"))


def matrix_text(found: Document, everything: bool) -> str:
    """A row for each person in each place; `?` is what the asker is told of themselves alone."""
    single = len({place["project"] for place in found["places"]}) == 1
    cells = {(c["principal"], c["workspace"]): c["abilities"] for c in found["cells"]}
    rows, empty = [], []
    for person in found["people"]:
        some = list(_rows(found, cells, person, single, everything)) if person["enabled"] else []
        rows += some
        if not some:
            why = "may do none of this" if person["enabled"] else "is disabled, and may do nothing"
            empty.append(f"`{person['name']}` {why}")
    names = ["may"] if everything else list(found["abilities"])
    lines = [table(rows, ("who", "guest until", "project", "environment", "workspace", *names))]
    if any(row.get(name) == "?" for row in rows for name in names):
        empty.append("? is told to who may read role assignments there")
    return "\n".join([*(lines if rows else []), *empty])


def _rows(
    found: Document,
    cells: Mapping[tuple[str, str], list[str]],
    person: Document,
    single: bool,
    everything: bool,
) -> Iterator[dict[str, Any]]:
    for place in found["places"]:
        has = cells.get((person["name"], place["name"]), [])
        if not has and not single:
            continue
        hidden = [] if person["isYou"] else place["notTold"]
        row = {
            "who": person["name"],
            "project": "" if single else place["project"],
            "environment": place["environment"],
            "workspace": place["name"] if _shared(place, found["places"]) else "",
            "guest until": person.get("guestUntil"),
        }
        if everything:
            row["may"] = ", ".join(has) or ("?" if hidden else "nothing")
        else:
            row |= {name: _mark(name, has, hidden) for name in found["abilities"]}
        yield row


def diff_text(found: Document, before: str, after: str) -> str:
    if not found["value"]:
        return f"the same in {before} and {after}" if before else "nobody gains or loses anything"
    lines = []
    for each in found["value"]:
        lines.append(f"{each['principal']} in {_short(each['where']) or 'the estate'}")
        for word, sign in (("gained", "+"), ("lost", "-")):
            if each[word]:
                lines.append(f"  {sign} {', '.join(each[word])}")
        for word, sign in (("gainedEligible", "+"), ("lostEligible", "-")):
            lines += [f"  {sign} {_chance(one)}" for one in each.get(word, ())]
    if before:
        lines.append(f"+ is what they may do in {after} and not in {before}, - the other way round")
    return "\n".join(lines)


def _chance(one: Document) -> str:
    """In words: a role that somebody may come to hold."""
    hours = f"{one['hours']:g} hour{'' if one['hours'] == 1 else 's'}"
    if one["emergency"]:
        return f"may break the glass, and be {one['role']} for {hours}"
    approvers = " or ".join(f"`{each}`" for each in one["approvers"])
    terms = f"if {approvers} approves" if approvers else "without an approval"
    if one["approval"] and not approvers:
        terms = "which nobody is left to approve"
    return f"may activate {one['role']} for {hours}, {terms}"


def abilities_text(found: Sequence[Document]) -> str:
    rows = [
        {
            "ability": each["name"],
            "somebody": each["says"],
            "action": each["action"] + (" (data)" if each.get("data") else ""),
        }
        for each in found
    ]
    return table(rows, ("ability", "somebody", "action"))


def _key_abilities() -> list[str]:
    return [each.name for each in abilities() if each.key]


def _changes(found: Survey) -> Iterator[Document]:
    for step in found.plan.changes:
        type = step.desired.type
        if type.startswith(_GIVING) or type == _WORKSPACE:
            yield {"id": step.desired.id, "body": step.desired.body}
    for removal in found.plan.deletes:
        type = removal.desired.type
        if type.startswith(_GIVING) or type in (_WORKSPACE, _GROUP):
            yield {"id": removal.desired.id}
    for text in found.plan.notes:
        note(f"note: {text}")


def _why(found: Document) -> Iterator[str]:
    name, where = found["principal"]["name"], found["scope"]
    may = "may" if found["allowed"] else "may not"
    action = f" ({found['action']})" if found["ability"] != found["action"] else ""
    yield f"{'yes' if found['allowed'] else 'no'}: `{name}` {may} {found['ability']}{action}"
    yield f"  at {where}"
    if slip := found.get("slip"):
        yield f"  {slip}"
    if until := found["principal"].get("guestUntil"):
        yield f"  as a guest, until {until}"
    if bar := found.get("bar"):
        called = f": `{bar['name']}` ({bar['denyAssignment']})" if "name" in bar else ""
        yield f"  {bar['message']}{called}"
    for way in found["through"]:
        yield f"  through `{way['role']['name']}` on {_short(way['scope'])}, {_chain(name, way)}"
        yield f"    {way['assignment']}" + (f", until {way['until']}" if "until" in way else "")
    if not found["allowed"]:
        yield from _missing(found, name)


def _missing(found: Document, name: str) -> Iterator[str]:
    for way in found["beside"]:
        yield (
            f"  has `{way['role']['name']}` on {_short(way['scope'])}, {_chain(name, way)}: "
            "it does not give this"
        )
    if not found["beside"] and not found["through"]:
        yield "  holds no role there, or above it"
    for each in found["eligible"]:
        how = "in an emergency" if each["emergency"] else "for a time"
        yield f"  may take `{each['role']['name']}` on {_short(each['scope'])} {how}"
    if role := found["missing"]["smallestRole"]:
        yield f"  the smallest built-in role that gives it: `{role['name']}`, at that scope"


def _chain(name: str, way: Document) -> str:
    """From the person up to the group that holds the role."""
    if not way["groups"]:
        return "given to them directly"
    return "given to " + ", in which is ".join(
        f"`{each}`" for each in (*reversed(way["groups"]), name)
    )


def _mark(name: str, has: Iterable[str], hidden: Iterable[str]) -> str:
    if name in has:
        return "yes"
    return "?" if name in hidden else "-"


def _shared(place: Document, places: Iterable[Document]) -> bool:
    key = (place["project"], place["environment"])
    return sum((each["project"], each["environment"]) == key for each in places) > 1


def _short(scope: str) -> str:
    parts = scope.strip("/").split("/")
    if scope in ("", "/"):
        return "the whole estate"
    if len(parts) == 2 and parts[0].lower() == "subscriptions":
        return f"subscription {parts[1]}"
    return parts[-1]
