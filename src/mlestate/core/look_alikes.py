"""Names that look like others: what a name looks like, and letters of several alphabets in one
word."""

from __future__ import annotations

import re
import unicodedata

# Letters that nobody tells from Latin ones, and these.
_LATIN_LIKE = (
    (
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b",
        "aeopcyxijsdhq",
    ),
    (
        "\u051d\u04cf\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425",
        "wlABEKMHOPCTX",
    ),
    ("\u0423\u0406\u0408\u0405\u050c\u051a\u051c\u04c0", "YIJSGQWl"),
    (
        "\u03b1\u03b9\u03bd\u03bf\u03c1\u03c5\u03ba\u03c7\u03b3\u0391\u0392\u0395\u0396",
        "aivopukxyABEZ",
    ),
    ("\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7", "HIKMNOPTYX"),
    ("\u0578\u057d\u0570\u0581\u0585\u0584\u054f\u054d\u0555\u0540\u053c", "nuhgofSUOZL"),
    ("\u0131\u0269\u0251\u0261\u0237\u0142", "iiagjl"),
)
_LOOKS = {
    ord(one): same for some, like in _LATIN_LIKE for one, same in zip(some, like, strict=True)
}
# Which of these is meant, many typefaces do not show.
_STROKES = str.maketrans("1l", "ii")
_MARKS = re.compile(r"[.@+_-]+")


def looks(name: str) -> str:
    """The same for names that look the same: without case, accents and letters of other
    alphabets."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name))
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return bare.translate(_LOOKS).casefold().translate(_STROKES)


def mixed(name: str) -> str:
    """The first word with letters of another alphabet among Latin ones that all look Latin; empty
    where there is none. Words of one alphabet, and mixtures that show, are fine."""
    words = _MARKS.split(unicodedata.normalize("NFKC", name))
    return next((word for word in words if _is_mixed(word)), "")


def _is_mixed(word: str) -> bool:
    letters = [each for each in word if each.isalpha()]
    others = [each for each in letters if not unicodedata.name(each, "").startswith("LATIN")]
    return 0 < len(others) < len(letters) and all(ord(each) in _LOOKS for each in others)
