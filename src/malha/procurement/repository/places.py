"""Places of rows in lists that are searched, and the cursors that tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from malha.kit.pagination import CursorInvalidError, decode_cursor, encode_cursor, instant, number

LONGEST_SPAN = 1_024
"""Days that have keys of their own in a statement; what is older is found without."""
_FAULTS = (TypeError, ValueError, AttributeError, OverflowError)
Keys = Sequence[InstrumentedAttribute[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: `rank` 0 in the order by date."""

    rank: int
    at: datetime
    keys: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What was ranked for a first page: the rows of these days (all, without a first), none newer than an instant."""

    first: int | None
    last: int
    newest: datetime


def write_place(name: str, place: Place) -> str:
    """The cursor after a row of a list by date."""
    return encode_cursor([f"-{name}", place.at.isoformat(), *place.keys])


def write_ranked(name: str, place: Place, scope: Scope) -> str:
    """The cursor after a row of a list by rank."""
    newest = scope.newest.isoformat()
    return encode_cursor([f"={name}", scope.first, scope.last, newest, place.rank, place.at.isoformat(), *place.keys])


def meaning_of(name: str, keys: Keys, cursor: str) -> int:
    """Which meaning of a number a list by date is of, 0 for words; 0 for any other cursor, which is refused later."""
    try:
        told, *_ = decode_cursor(cursor, length=2 + len(keys))
        return int(str(told).removeprefix(f"-{name}#"))
    except ValueError:
        return 0


def read_place(name: str, keys: Keys, cursor: str) -> Place:
    """The place of a list by date; CursorInvalidError for any other cursor."""
    told, at, *values = decode_cursor(cursor, length=2 + len(keys))
    try:
        if told != f"-{name}":
            raise CursorInvalidError(cursor)
        return Place(0, instant(at), _read_keys(keys, values))
    except _FAULTS as error:
        raise CursorInvalidError(cursor) from error


def read_ranked(name: str, keys: Keys, cursor: str) -> tuple[Place, Scope]:
    """The place of a list by rank; CursorInvalidError for any other cursor."""
    told, first, last, newest, rank, at, *values = decode_cursor(cursor, length=6 + len(keys))
    try:
        scope = Scope(None if first is None else number(first), number(last), instant(newest))
        if told != f"={name}" or (scope.first is not None and not 0 <= scope.last - scope.first <= LONGEST_SPAN):
            raise CursorInvalidError(cursor)
        return Place(number(rank), instant(at), _read_keys(keys, values)), scope
    except _FAULTS as error:
        raise CursorInvalidError(cursor) from error


def _read_keys(keys: Keys, values: Sequence[Any]) -> tuple[Any, ...]:
    readers = (number if key.type.python_type is int else _text for key in keys)
    return tuple(read(value) for read, value in zip(readers, values, strict=True))


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError(value)
    return value
