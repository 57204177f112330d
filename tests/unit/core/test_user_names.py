"""Whom a name stands for, and which names nobody new is given."""

from __future__ import annotations

import pytest

from mlestate.core.user_names import misleading, names_of

# Written in their code points: the eye does not tell them from Latin letters.
CYRILLIC_A, CYRILLIC_O, DOTLESS_I, OMICRON = "\u0430", "\u043e", "\u0131", "\u03bf"


def test_a_principal_name_means_whom_the_estate_calls_so():
    assert names_of("ana@mlestate.local") == ("ana", "ana@mlestate.local")
    assert names_of("ana@contoso.example") == ("ana@contoso.example",)


@pytest.mark.parametrize(
    "name",
    [
        "ana@mlestate.local",
        "ANA@MLESTATE.LOCAL",
        "ana@b@mlestate.local",
        f"ana@mlestate.l{OMICRON}cal",
        "ana@ml\u00e9state.local",
        f"{CYRILLIC_A}dmin",
        f"adm{DOTLESS_I}n",
        "\uff41\uff44\uff4d\uff49\uff4e",
        "\u00e1dmin",
        "adm1n",
        "agent-westeur\u00f6pe",
        "m\u0435",
        f"{CYRILLIC_A}na@contoso.example",
        f"m{CYRILLIC_O}na-lind",
    ],
)
def test_what_would_be_taken_for_somebody_else_is_no_name(name: str):
    assert misleading(name)


@pytest.mark.parametrize(
    "name",
    [
        "admin",  # is refused, or not, as what it is
        "ana",
        "ana@contoso.example",
        "ana@sub.mlestate.local",
        "Zo\u00eb.B\u00e4cker",
        "I\u015f\u0131k",
        "Micha\u0142",
        "\u0438\u0432\u0430\u043d@contoso.example",
        "\u0410\u043d\u043d\u0430-Maria",
        "\u041e\u043b\u044f",
        "\u0395\u03bb\u03ad\u03bd\u03b7",
        "\u5c71\u7530\u592a\u90ce",
        "\u30b5\u30af\u30e9\u5b50",
        "\uae40\ucca0\uc218",
        "\u0645\u062d\u0645\u062f",
        "WEB\u0440\u0430\u0437\u0440\u0430\u0431\u043e\u0442\u043a\u0430",
        "\u00b5Services",
        "administrators",
        "data-scientists",
    ],
)
def test_peoples_own_names_are_names(name: str):
    assert not misleading(name)
