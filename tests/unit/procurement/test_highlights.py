"""Hits are marked in the text itself, and the text is never markup."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.folding import fold
from malha.procurement.rules.highlights import find_spans, highlight


def mark(text: str, word: str) -> str:
    """As the database marks a word in a folded text."""
    return re.sub(rf"\b{word}\b", rf"<{word}>", fold(text))


def test_accents_and_plurals_of_the_text_stay_in_the_mark() -> None:
    text = "Registro de preços para AQUISIÇÕES de pão"

    assert highlight(text, mark(text, "aquisicao")) == "Registro de preços para <mark>AQUISIÇÕES</mark> de pão"


def test_a_text_with_markup_is_shown_as_text() -> None:
    text = '<script>alert("x")</script> <b>papel</b> & caneta'

    shown = highlight(text, mark(text, "papel"))

    assert shown == (
        "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &lt;b&gt;<mark>papel</mark>&lt;/b&gt; &amp; caneta"
    )


def test_of_a_long_text_the_passage_of_the_first_hit_is_shown() -> None:
    text = "x " * 500 + "papel " + "y " * 500

    shown = highlight(text, mark(text, "papel"))

    assert shown is not None
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "<mark>papel</mark>" in shown
    assert len(shown) < 400


def test_without_a_hit_nothing_is_shown() -> None:
    assert highlight("papel", fold("papel")) is None


@given(st.text(), st.sampled_from(["papel", "<mark>papel", "papel</mark><i>", "&lt;papel&gt;"]))
def test_whatever_the_text_is_only_marks_are_markup(around: str, hit: str) -> None:
    text = f"{around} {hit} {around}"

    shown = highlight(text, mark(text, "papel"))

    if shown is None:
        assert not find_spans(mark(text, "papel"))
        return
    bare = shown.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert ">" not in bare
    assert html.unescape(bare).strip("…").replace("…", "") in text.replace("…", "")
