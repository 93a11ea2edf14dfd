"""Cursors come back from outside: whatever is in them, the answer is a page or CursorInvalidError."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.kit.ids import new_id
from malha.kit.pagination import (
    CursorInvalidError,
    amount,
    day,
    decode_cursor,
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
    read = decode_cursor(encode_cursor([at.isoformat(), str(row_id)]), length=2)
    assert [instant(read[0]), identifier(read[1])] == [at, row_id]


@pytest.mark.parametrize("token", ["", "!", "ã", "bm90IGpzb24", pack({}), pack([1]), pack([1, 2, 3]), "W1tb" * 50_000])
def test_a_token_of_another_form_is_refused(token: str) -> None:
    with pytest.raises(CursorInvalidError):
        decode_cursor(token, length=2)


@given(json_values)
def test_whatever_a_token_holds_nothing_but_the_one_error_comes_out(content: Any) -> None:
    try:
        decode_cursor(pack(content), length=2)
    except CursorInvalidError:
        return
    assert isinstance(content, list)


REFUSED = [
    *((instant, value) for value in ("2026-11-21T12:30:15", "yesterday", 1, None, [], {}, "2026-13-01T00:00:00+00:00")),
    *((day, value) for value in ("2026-02-30", 1, None, [])),
    *((amount, value) for value in ("NaN", "Infinity", "1,5", None, {}, "")),
    *((identifier, value) for value in ("x", 1, None, [])),
    *((number, value) for value in (-1, 2**31, True, 1.0, "1", None)),
]


@pytest.mark.parametrize(("read", "value"), REFUSED, ids=lambda value: getattr(value, "__name__", repr(value)))
def test_what_is_no_such_value_is_refused(read: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError, ArithmeticError)):
        read(value)
