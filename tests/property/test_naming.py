"""Over random patterns and parts: what is proposed is good, and is the same each time."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from mlestate.core import naming
from mlestate.core.conventions import KINDS, Convention, New, breaches, faults
from mlestate.core.name_pattern import FREE, KNOWN, Place, corrected, follows

WORDS = st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True)
ENVIRONMENTS = st.sampled_from(["dev", "qa", "production", "staging"]) | WORDS
PARTS = st.fixed_dictionaries(
    {
        "id": WORDS,
        "env": ENVIRONMENTS,
        "division": WORDS,
        "team": WORDS | st.just(""),
        "region": st.sampled_from(["westeurope", "eastus2", "brazilsoutheast"]),
        "estate": WORDS,
        "n": st.integers(1, 999).map(str),
    }
)
PLACEHOLDERS = ["id", "env", "division", "team", "region", "reg", "estate", "n", "nnn", "abbr"]
SIGNS = st.sampled_from(["-", "", "ml", "-x-"])
PATTERNS = st.lists(
    st.tuples(st.sampled_from([*PLACEHOLDERS, "hash5"]), SIGNS), min_size=1, max_size=6
).map(lambda pairs: "".join(f"{{{name}}}{sign}" for name, sign in pairs).rstrip("-"))
KIND_KEYS = st.sampled_from(sorted(naming.kinds()))


@given(KIND_KEYS, PATTERNS, PARTS, st.lists(WORDS, max_size=3))
def test_a_name_is_good_or_there_is_a_good_one_where_one_can_be(
    key: str, pattern: str, parts: dict[str, str], taken: list[str]
):
    kind, parts = naming.kind(key), {**parts, "hash5": naming.hash5(*parts.values())}
    name = naming.fill(kind, pattern, parts)
    assert name == naming.fill(kind, pattern, parts)
    if kind.fault(name) is None:
        return
    proposal = naming.propose(kind, pattern, parts, taken)
    assert proposal == naming.propose(kind, pattern, parts, taken)
    if proposal is None:
        shortest = {part: word[:2].rstrip("-") for part, word in parts.items() if part in _FREE}
        assume(not taken)
        assert kind.fault(naming.fill(kind, pattern, {**parts, **shortest})) is not None
        return
    assert kind.fault(proposal.name) is None
    assert proposal.name == naming.fill(kind, pattern, naming.shortened(parts, proposal.shorter))
    assert not set(proposal.shorter.values()) & set(taken)
    assert all(len(word) < len(parts[part]) for part, word in proposal.shorter.items())


_FREE = ("id", "division", "team", "estate")


@given(WORDS, WORDS, KIND_KEYS)
def test_no_two_that_are_too_long_are_advised_the_same(one: str, other: str, key: str):
    long = {word: f"{word}-{'x' * 60}-{word}" for word in (one, other)}
    assume(one != other)
    kind, advised = naming.kind(key), []
    for word in long.values():
        proposal = naming.propose(kind, "{id}", {"id": word}, advised)
        if proposal:
            advised += proposal.shorter.values()
    assert len(advised) == len(set(advised))


NAMES = st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_.-]{1,60}", fullmatch=True)
PLACES = st.dictionaries(
    st.sampled_from(KNOWN), st.lists(WORDS, min_size=1, max_size=3).map(tuple), max_size=7
).map(lambda known: Place(known, "20261123"))
CONVENTIONS = st.lists(st.sampled_from([*KNOWN, *FREE]), min_size=1, max_size=4)


@given(st.sampled_from(sorted(KINDS)), CONVENTIONS, PLACES, NAMES)
def test_what_is_called_right_has_no_breach_and_what_is_wrong_is_told_a_good_name(
    of: str, placeholders: list[str], place: Place, name: str
):
    kind = naming.kind(KINDS[of])
    pattern = ("-" if kind.takes_hyphens else "_").join(f"{{{each}}}" for each in placeholders)
    assume(faults(of, Convention(name=pattern)) == [])
    better = corrected(kind, pattern, name, place)
    assert better == corrected(kind, pattern, name, place)
    found = breaches(Convention(name=pattern), New(of=of, name=name), place)
    assert bool(found) == (name != "" and not follows(kind, pattern, name, place))
    if better is not None:
        assert kind.fault(better) is None
        assert breaches(Convention(name=pattern), New(of=of, name=better), place) == []
