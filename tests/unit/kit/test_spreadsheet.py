"""Cells that no spreadsheet takes for a formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.kit.spreadsheet import csv_line, neutralize

STARTERS = "=+-@\t\r"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\u00a0=1",
        "a\n=1",
        "\n=1",
        "\uff1d1+1",
        "\uff0b1+1",
        "\uff0d1+1",
        "\uff20SUM(A1)",
        "\u22121+1",
        "\u200b=1",
        "\u200e\u202e=1",
        "\ufeff\u2060 =1",
        "a\n\u200d\uff1d1",
    ],
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert "'" in neutralize(text)
    assert neutralize(text).replace("'", "") == text


@pytest.mark.parametrize(
    "text", ["", "-1", "-12,50", "1.5", "abc", "a=b", "a-b", "João & Cia.", "2026-03-01", "'=1", "\u200babc", "１２"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutralize(text) == text


@given(st.text(alphabet=st.sampled_from([*STARTERS, "\n", " ", "\u00a0", "a", "é", "1", ",", ".", "'"])))
def test_no_line_of_any_cell_begins_like_a_formula_unless_it_is_a_number(text: str) -> None:
    safe = neutralize(text)
    for line in safe.split("\n"):
        bare = line.lstrip(" \u00a0")
        assert bare[:1] not in STARTERS or not bare or safe == text


def test_a_line_is_as_spreadsheets_in_brazil_expect_it() -> None:
    assert csv_line(["a;b", None, 1, "-2", '"']) == '"a;b";;1;-2;""""\r\n'
