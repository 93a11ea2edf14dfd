"""What is stored as jsonb: all JSON that PostgreSQL takes, and words of errors that it always takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.db.jsonb import clean_text, encode

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00")) | st.sampled_from(["\\u0000", "\\\\u0000"])


@given(st.dictionaries(TEXTS, TEXTS | st.integers(-(2**53), 2**53) | st.booleans() | st.none()))
def test_json_keeps_what_it_was_given(value: dict[str, Any]) -> None:
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize("text", ["\x00", "a\x00", "\\\x00", "\\\\\x00", "\\u0000\x00"])
def test_a_zero_character_is_refused_wherever_it_stands(text: str) -> None:
    for value in (text, {text: 1}, [{"deep": [text]}]):
        with pytest.raises(ValueError, match="zero character"):
            encode(value)


@pytest.mark.parametrize("value", ["\ud800", {"a": object()}, {1: 2}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize(
    ("text", "clean"),
    [("plain é 𝄞", "plain é 𝄞"), ("a\x00b", "a\ufffdb"), ("a\ud800b", "a\ufffdb"), ("\udc00", "\ufffd")],
)
def test_words_are_kept_as_far_as_they_can_be(text: str, clean: str) -> None:
    assert clean_text(text) == clean
    assert encode(clean_text(text))
