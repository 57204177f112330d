"""The numbers of places, letters and sets of tags, made where they are new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from .session import Session

_REMEMBERED = 50_000
Pair = tuple[str, str]


class Codes:
    """Remembers what it has looked up, so it must not outlive a transaction that was undone:
    `forget` then."""

    def __init__(self) -> None:
        self._letters: dict[Pair, int] = {}
        self._places: dict[str, int] = {}

    def forget(self) -> None:
        self._letters.clear()
        self._places.clear()

    def place(self, session: Session, key: str) -> int | None:
        known = self._places.get(key)
        if known is None:
            row = session.one("SELECT id FROM search_places WHERE key = ?", (key,))
            if row is None:
                return None
            known = self._places[key] = int(row[0])
        return known

    def letters(self, session: Session, wanted: Sequence[Pair]) -> list[int]:
        """The numbers of (facet, text), in their order."""
        try:
            return [self._letters[pair] for pair in wanted]
        except KeyError:
            self._learn(session, wanted)
        return [self._letters[pair] for pair in wanted]

    def _learn(self, session: Session, wanted: Sequence[Pair]) -> None:
        if len(self._letters) > _REMEMBERED:
            self._letters.clear()
        new = [pair for pair in dict.fromkeys(wanted) if pair not in self._letters]
        if new:
            self._look_up(session, new)
        missing = [pair for pair in new if pair not in self._letters]
        if missing:
            # Another program may have made it meanwhile.
            session.many(
                "INSERT INTO search_letters (facet, text) VALUES (?, ?) "
                "ON CONFLICT (facet, text) DO NOTHING",
                missing,
            )
            self._look_up(session, missing)

    def _look_up(self, session: Session, pairs: Sequence[Pair]) -> None:
        each = " OR ".join(["(facet = ? AND text = ?)"] * len(pairs))
        rows = session.rows(
            f"SELECT facet, text, id FROM search_letters WHERE {each}",
            [part for pair in pairs for part in pair],
        )
        self._letters |= {(facet, text): int(number) for facet, text, number in rows}


def tag_set(session: Session, tags: Mapping[str, str]) -> int:
    """The number of a set of tags; 0 for none."""
    if not tags:
        return 0
    digest = hashlib.blake2b(msgspec.json.encode(sorted(tags.items())), digest_size=16).hexdigest()
    row = session.one("SELECT id FROM search_tag_sets WHERE digest = ?", (digest,))
    if row is not None:
        return int(row[0])
    row = session.one(
        "INSERT INTO search_tag_sets (digest, uses) VALUES (?, 0) "
        "ON CONFLICT (digest) DO UPDATE SET uses = search_tag_sets.uses RETURNING id",
        (digest,),
    )
    assert row is not None
    number = int(row[0])
    session.many(
        "INSERT INTO search_tags (tag_set, key, value) VALUES (?, ?, ?) "
        "ON CONFLICT (tag_set, key) DO NOTHING",
        [(number, key, value) for key, value in tags.items()],
    )
    return number


def use(session: Session, number: int, times: int) -> None:
    """So many rows more have the set, or fewer; it goes with the last."""
    if not number or not times:
        return
    session.run("UPDATE search_tag_sets SET uses = uses + ? WHERE id = ?", (times, number))
    if times < 0:
        unused = "SELECT id FROM search_tag_sets WHERE id = ? AND uses <= 0"
        session.run(f"DELETE FROM search_tags WHERE tag_set IN ({unused})", (number,))
        session.run("DELETE FROM search_tag_sets WHERE id = ? AND uses <= 0", (number,))
