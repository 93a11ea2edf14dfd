"""Opaque keyset cursors: the sort key of the last row of a page, signed by nothing because it grants nothing."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


class CursorInvalidError(ValueError):
    """The cursor was not made by `encode_cursor`."""


def encode_cursor(values: list[Any]) -> str:
    """Pack JSON-serialisable sort-key values into a URL-safe token."""
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def decode_cursor(token: str, *, length: int) -> list[Any]:
    """Unpack a token into its `length` values; raises CursorInvalidError for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error) as error:
        raise CursorInvalidError(token) from error
    if not isinstance(values, list) or len(values) != length:  # pyright: ignore[reportUnknownArgumentType]
        raise CursorInvalidError(token)
    return values  # pyright: ignore[reportUnknownVariableType]
