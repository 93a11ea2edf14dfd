"""Text as people see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.kit.text import plain, visible

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202a"


@pytest.mark.parametrize("character", INVISIBLE)
def test_what_is_invisible_goes(character: str) -> None:
    assert visible(f"{character}a{character}b{character}") == "ab"


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u2007", "\u202f", "\u3000", "\t", "\n", "\u2028"])
def test_every_space_is_one_and_none_at_the_ends(space: str) -> None:
    assert visible(f"{space}a{space}{space}b{space}") == "a b"


@pytest.mark.parametrize("dash", "-\u2010\u2011\u2012\u2013\u2014\u2212\ufe58\uff0d")
def test_every_dash_is_one(dash: str) -> None:
    assert plain(f"0001{dash}81") == "0001-81"


@pytest.mark.parametrize("text", ['="0123"', "'0123", "\u20190123", '="\u00a00123"', " 0123 ", "'0123\u200b"])
def test_what_keeps_a_text_one_is_no_part_of_it(text: str) -> None:
    assert plain(text) == "0123"


def test_words_keep_their_accents_and_their_inner_apostrophes() -> None:
    assert visible("Manutenção d'água") == "Manutenção d'água"


@given(st.text())
def test_what_is_visible_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)
