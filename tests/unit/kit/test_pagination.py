"""Cursors come back from outside: whatever is in them, the answer is a page or CursorInvalidError."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.kit.ids import new_id
from malha.kit.pagination import (
    CursorInvalidError,
    decode_cursor,
    decode_pair,
    encode_cursor,
    identifier,
    instant,
    number,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def pack(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def test_a_sort_key_survives_the_round_trip() -> None:
    at, row_id = datetime(2026, 11, 21, 12, 30, 15, 123456, tzinfo=UTC), new_id()
    assert decode_pair(encode_cursor([at.isoformat(), str(row_id)]), instant, identifier) == (at, row_id)
    assert decode_pair(encode_cursor([str(row_id), 7]), identifier, number) == (row_id, 7)


@pytest.mark.parametrize("token", ["", "!", "ã", "bm90IGpzb24", pack({}), pack([1]), pack([1, 2, 3]), "W1tb" * 50_000])
def test_a_token_of_another_form_is_refused(token: str) -> None:
    with pytest.raises(CursorInvalidError):
        decode_cursor(token, length=2)


@pytest.mark.parametrize(
    "first", ["2026-11-21T12:30:15", "yesterday", 1, None, [], {}, "2026-13-01T00:00:00+00:00"], ids=str
)
def test_what_is_no_instant_is_refused(first: Any) -> None:
    with pytest.raises(CursorInvalidError):
        decode_pair(pack([first, str(new_id())]), instant, identifier)


@pytest.mark.parametrize("second", [-1, 2**31, True, 1.0, "1", None], ids=repr)
def test_what_is_no_number_of_a_row_is_refused(second: Any) -> None:
    with pytest.raises(CursorInvalidError):
        decode_pair(pack([str(new_id()), second]), identifier, number)


@given(json_values, json_values)
def test_whatever_a_pair_holds_nothing_but_the_one_error_comes_out(first: Any, second: Any) -> None:
    for readers in ((instant, identifier), (identifier, number)):
        try:
            decode_pair(pack([first, second]), *readers)
        except CursorInvalidError:
            continue
