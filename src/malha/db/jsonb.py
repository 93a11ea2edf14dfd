"""JSON as PostgreSQL's jsonb stores it."""

from __future__ import annotations

import re
from typing import Any

import orjson

# An escaped zero character, and not the text of one: an even number of backslashes stands before it.
_ZERO_CHARACTER = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def encode(value: Any) -> str:
    """The JSON text of a value; TypeError for what JSON does not know, ValueError for text that jsonb refuses.

    jsonb stores no zero character (https://www.postgresql.org/docs/18/datatype-json.html), and orjson writes no lone
    surrogate.
    """
    encoded = orjson.dumps(value)
    if _ZERO_CHARACTER.search(encoded):
        raise ValueError("a text with a zero character cannot be stored")
    return encoded.decode()


def clean_text(text: str) -> str:
    """The text with what jsonb refuses replaced by U+FFFD."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
