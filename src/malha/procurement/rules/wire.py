"""PNCP's JSON: numbers kept exact, text as the database stores it, values read whatever type they arrive with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from malha.kit.clock import SAO_PAULO

# Zero characters and surrogates, escaped or not, are seldom: the others are spared a walk through every text.
_UNSTORED = re.compile(rb"\\u(?:0000|[dD])|\xed")


def parse(content: bytes) -> Any:
    """The JSON of a body; ValueError for anything else, an HTML page with status 200 included."""
    body = json.loads(content, parse_float=Decimal, parse_constant=_refuse)
    return _clean(body) if _UNSTORED.search(content) else body


def dump(record: Any) -> str:
    """The same as JSON text, every number with the digits that it came with, keys in order."""
    return orjson.dumps(record, default=_as_number, option=orjson.OPT_SORT_KEYS).decode()


def stored(record: Any) -> orjson.Fragment:
    """The same for a jsonb column."""
    return orjson.Fragment(dump(record))


def digest(record: Any) -> str:
    """Tells two texts of a record apart."""
    return hashlib.sha256(dump(record).encode()).hexdigest()


def text(record: Mapping[str, Any], name: str) -> str | None:
    """A text; a number where one was promised is its digits. None where there is nothing."""
    value = record.get(name)
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) or None


def name_of(record: Mapping[str, Any], name: str) -> str | None:
    """A text, or the name of an object that has one."""
    return text(part(record, name), "nome") or text(record, name)


def whole(record: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also as text; None where it is none."""
    value = record.get(name)
    try:
        return None if value is None or isinstance(value, bool) else int(str(value))
    except ValueError:
        return None


def amount(record: Mapping[str, Any], name: str) -> Decimal | None:
    """A number of any size and scale; None where it is none."""
    value = record.get(name)
    try:
        number = None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def flag(record: Mapping[str, Any], name: str) -> bool | None:
    """A truth value; None where it is none."""
    value = record.get(name)
    return value if isinstance(value, bool) else None


def instant(record: Mapping[str, Any], name: str) -> datetime | None:
    """A moment; without a zone it is Brasília's wall clock, and a day is its beginning."""
    value = text(record, name)
    try:
        read = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    return read.replace(tzinfo=SAO_PAULO) if read is not None and read.tzinfo is None else read


def day(record: Mapping[str, Any], name: str) -> date | None:
    """A day, of a moment as well."""
    read = instant(record, name)
    return read.astimezone(SAO_PAULO).date() if read is not None else None


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within the record; empty where there is none."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _clean(value: Any) -> Any:
    """jsonb and text store no zero character, and UTF-8 no lone surrogate."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(entry) for key, entry in value.items()}
    return value


def _as_number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(type(value))


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
