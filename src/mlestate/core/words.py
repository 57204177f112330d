"""A closed set of words that are compared without regard to case, as Azure's are."""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """Subclass it with the words in their proper spelling; any casing reads as that member."""

    @classmethod
    def _missing_(cls, value: object) -> Word | None:
        if not isinstance(value, str):
            return None
        return next((word for word in cls if word.value.lower() == value.lower()), None)
