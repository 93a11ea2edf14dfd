"""Opaque keyset cursors: the sort key of the last row of a page, signed by nothing because it grants nothing."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

LARGEST_NUMBER = 2**31 - 1


class CursorInvalidError(ValueError):
    """The cursor was not made by `encode_cursor`."""


def encode_cursor(values: list[Any]) -> str:
    """Pack JSON-serialisable sort-key values into a URL-safe token."""
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def decode_cursor(token: str, *, length: int) -> list[Any]:
    """Unpack a token into its `length` values; raises CursorInvalidError for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise CursorInvalidError(token) from error
    if not isinstance(values, list) or len(values) != length:  # pyright: ignore[reportUnknownArgumentType] - of JSON values
        raise CursorInvalidError(token)
    return values  # pyright: ignore[reportUnknownVariableType] - of JSON values


def instant(value: Any) -> datetime:
    """An ISO 8601 instant; without its offset it would name another one on every server."""
    read = datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError(value)
    return read


def day(value: Any) -> date:
    """An ISO 8601 day."""
    return date.fromisoformat(value)


def amount(value: Any) -> Decimal:
    """A finite decimal number."""
    read = Decimal(value)
    if not read.is_finite():
        raise ValueError(value)
    return read


def identifier(value: Any) -> UUID:
    """The id of a row."""
    return UUID(value)


def number(value: Any) -> int:
    """A whole number as an INTEGER column holds it, from 0."""
    if type(value) is not int or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(value)
    return value
