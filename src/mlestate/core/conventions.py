"""Conventions for what people make inside a workspace: how it is called and which tags it has.

Pure: `breaches` says what is wrong with a new thing, and what to write instead; `faults` what is
wrong with a convention itself.
"""

from __future__ import annotations

import difflib
import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from . import naming
from . import tags as tag_rules
from .name_pattern import FREE, KNOWN, Place, corrected, follows, tokens
from .naming import Kind
from .validate import Fault
from .words import Word

# What people make, by the collection it is in, and the rules of its names.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "experiments": "experiment",
        "jobs": "job",
        "models": "model",
        "data": "data",
        "components": "component",
        "environments": "environmentAsset",
        "datastores": "datastore",
        "computes": "compute",
    }
)
ANY = "any"
# What clients call things by themselves: GUIDs and hashes, the SDK's anonymous assets and the
# outputs of its jobs, and `calm_yak_8q2x0rtkzd` for a job that was given no name.
_BY_ITSELF = re.compile(
    r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|azureml[_-].*|CliV2AnonymousEnvironment", re.I
)
_DRAWN = re.compile(r"[a-z]+_[a-z]+_[bcdfghjklmnpqrstvwxyz0-9]{10}")
_DEFAULT_EXPERIMENT = "Default"
# Tags that clients and the platform set for themselves.
_OWN_TAGS = ("mlflow.", "azureml.", "mlestate.")
# And those that say something to the platform, by what has them.
_MEANT = {"datastore": ("access", "live")}


class Otherwise(Word):
    REFUSE = "refuse"
    WARN = "warn"


class TagRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tag, and which values it may have; `any` is all."""

    name: str
    values: tuple[str, ...] = (ANY,)

    def takes(self, value: str) -> bool:
        return self.values == (ANY,) or value in self.values


class Convention(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """`tags` must be there. Where `allowed_tags` are said, there are none but both of these.
    `environments` are those in which it holds; none said is all."""

    name: str = ""
    display_name: str = ""
    tags: tuple[TagRule, ...] = ()
    allowed_tags: tuple[TagRule, ...] = ()
    environments: tuple[str, ...] = ()
    otherwise: Otherwise = Otherwise.REFUSE


class New(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is about to be made. A name that is not new, or nobody's choice, is empty;
    `tags` is None where none are asked for."""

    of: str
    name: str = ""
    display_name: str = ""
    tags: Mapping[str, str | None] | None = None


def place_of(tags: Mapping[str, str], region: str, user: str = "", at: float = 0.0) -> Place:
    """What a workspace says of itself, by its tags and its region. One that several projects share
    names them in one tag, with blanks between."""
    said = {key.lower(): value for key, value in tags.items()}
    named = ("project", "division", "team", "environment")
    known: dict[str, tuple[str, ...]] = {name: (said.get(name, ""),) for name in named}
    known |= {"region": (region,), "reg": (naming.short_region(region),), "user": (user,)}
    several = tuple(said.get("projects", "").split())
    known |= {"project": several or known["project"]}
    filled = {name: among for name, among in known.items() if any(among)}
    return Place(filled, time.strftime("%Y%m%d", time.gmtime(at)))


def made_by_itself(of: str, name: str) -> bool:
    """Whether a client or the platform has drawn this name, so that nobody chose it."""
    if of == "experiments":
        return name == _DEFAULT_EXPERIMENT
    return bool(_BY_ITSELF.fullmatch(name) or (of == "jobs" and _DRAWN.fullmatch(name)))


def holds(convention: Convention, place: Place) -> bool:
    """Whether it is for the environment of the place; one that is not known is held to it."""
    here = {each.lower() for each in place.known.get("environment", ())}
    wanted = {each.lower() for each in convention.environments}
    return not wanted or not here or not here.isdisjoint(wanted)


def breaches(convention: Convention, new: New, place: Place) -> list[Fault]:
    """What is wrong, each with what it is about (`name`, `displayName`, `tags.stage`)."""
    kind, shown = naming.kind(KINDS[new.of]), naming.kind("displayName")
    found = []
    if text := _name(kind, convention.name, new.name, place):
        found.append(("name", f"`{new.name[:200]}` is no name for {_a(kind)} here, {text}"))
    if text := _name(shown, convention.display_name, new.display_name, place):
        said = new.display_name[:200]
        found.append(("displayName", f"`{said}` is no display name for {_a(kind)} here, {text}"))
    return [*found, *(_tags(kind, convention, new.tags) if new.tags is not None else ())]


def faults(of: str, convention: Convention) -> list[Fault]:
    """What is wrong with the convention itself, by the field it is in."""
    if of not in KINDS:
        return [("", f"`{of}` is nothing that has a convention{_near(of, KINDS)}")]
    if not any(
        (convention.name, convention.display_name, convention.tags, convention.allowed_tags)
    ):
        return [("", "it says nothing: give a `name`, or `tags`")]
    kind, shown = naming.kind(KINDS[of]), naming.kind("displayName")
    found = [("name", text) for text in _pattern_faults(kind, convention.name)]
    found += [("displayName", text) for text in _pattern_faults(shown, convention.display_name)]
    if convention.display_name and of != "jobs":
        found.append(("displayName", f"{_a(kind)} has no display name: only jobs have one"))
    return [*found, *_tag_faults(of, convention)]


def _name(kind: Kind, pattern: str, name: str, place: Place) -> str:
    """The rule, and the name by it; empty where nothing is wrong."""
    if not pattern or not name or follows(kind, pattern, name, place):
        return ""
    known = [
        f"{placeholder} {_either(place.known[placeholder])}"
        for placeholder in dict.fromkeys(naming.placeholders(pattern))
        if placeholder in place.known
    ]
    rule = f"`{pattern}`" + (f" ({', '.join(known)})" if known else "")
    better = corrected(kind, pattern, name, place)
    advice = f"call it `{better}`" if better else "no name fits, so the convention must change"
    return f"which is {rule}: {advice}"


def _tags(kind: Kind, convention: Convention, tags: Mapping[str, str | None]) -> Iterator[Fault]:
    had = {key.lower(): (key, value or "") for key, value in tags.items()}
    for rule in convention.tags:
        if not had.get(rule.name.lower(), ("", ""))[1].strip():
            text = f"{_a(kind)} here has the tag `{rule.name}`, {_choice(rule)}: add it"
            yield f"tags.{rule.name}", text
    rules = {rule.name.lower(): rule for rule in (*convention.allowed_tags, *convention.tags)}
    for low, (key, value) in had.items():
        own = rules.get(low)
        meant = key.startswith(_OWN_TAGS) or low in _MEANT.get(kind.key, ())
        if own is None and convention.allowed_tags and not meant:
            hint = _near(key, [rule.name for rule in rules.values()])
            yield f"tags.{key}", f"{_a(kind)} here has no tag `{key[:80]}`{hint}"
        elif own is not None and value.strip() and not own.takes(value):
            text = f"`{value[:80]}` is no value of the tag `{key}` here: write {_choice(own)}"
            yield f"tags.{key}", text


def _pattern_faults(kind: Kind, pattern: str) -> Iterator[str]:
    found = tokens(pattern)
    unknown = [t.placeholder for t in found if t.placeholder not in ("", *KNOWN, *FREE)]
    for name in unknown:
        yield f"unknown placeholder `{{{name}}}`{_near(name, (*KNOWN, *FREE))}"
    if any(a.placeholder and b.placeholder for a, b in itertools.pairwise(found)):
        yield "two placeholders stand side by side: put a sign between them"
    if any(set("{}") & set(token.text) for token in found) or "{}" in pattern:
        yield f"`{pattern}` has a brace too many"
    elif pattern and not unknown:
        sample = dict.fromkeys(KNOWN, ("abc",))
        if corrected(kind, pattern, "abc", Place(sample, "20260101")) is None:
            yield f"by `{pattern}` {_a(kind)} would be called what Azure refuses: {_rule(kind)}"


def _tag_faults(of: str, convention: Convention) -> Iterator[Fault]:
    if of == "experiments" and (convention.tags or convention.allowed_tags):
        yield "tags", "an experiment is made by its name alone: it can have no tags yet"
    seen: set[str] = set()
    for field, rules in (("tags", convention.tags), ("allowedTags", convention.allowed_tags)):
        for rule in rules:
            if fault := tag_rules.name_fault(rule.name):
                yield f"{field}.{rule.name}", f"the tag `{rule.name}` {fault}"
            if not rule.values or (ANY in rule.values and len(rule.values) > 1):
                text = f"the tag `{rule.name}` takes `{ANY}`, or a list of its values"
                yield f"{field}.{rule.name}", text
            if rule.name.lower() in seen:
                text = f"the tag `{rule.name}` has a rule already: write it in one place"
                yield f"{field}.{rule.name}", text
            seen.add(rule.name.lower())


def _rule(kind: Kind) -> str:
    signs = "hyphens" if kind.takes_hyphens else "`_`"
    first = ", a letter first" if kind.fault("1abc") else ""
    return f"{kind.min} to {kind.max} letters, digits and {signs}{first}"


def _choice(rule: TagRule) -> str:
    return "with any value" if rule.values == (ANY,) else _either(rule.values)


def _either(words: tuple[str, ...]) -> str:
    """A long list is cut: a message is one line."""
    shown = " or ".join(f"`{word}`" for word in words[:8])
    return f"{shown} or {len(words) - 8} others" if len(words) > 8 else shown


def _a(kind: Kind) -> str:
    return f"{'an' if kind.what[0] in 'aeio' else 'a'} {kind.what}"


def _near(word: str, known: Iterable[str]) -> str:
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; there is {', '.join(words)}"
