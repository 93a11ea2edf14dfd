"""The moment of release that a provider hides in a sentence, tolerantly: 60 seconds from now when it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from malha.kit.clock import SAO_PAULO

FALLBACK_SECONDS = 60.0
LONGEST_SECONDS = 3600.0
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
# What JavaScript's Date.toString() prints: "Fri Sep 27 2024 09:28:55 GMT-0300 (Brasilia Standard Time)".
_JAVASCRIPT = re.compile(
    r"\b(?P<month>[A-Z][a-z]{2})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4}),?\s+(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)"
    r"(?:\s*(?:GMT|UTC)?\s*(?P<zone>[+-]\d{2}:?\d{2}|Z\b)?)"
)
_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?")


def parse_javascript_date(text: str) -> datetime | None:
    """The first date of `Date.toString()` or `toISOString()` in a text, aware; Brasília's clock where no zone is said.

    None when there is none, or when it names no possible moment.
    """
    if found := _JAVASCRIPT.search(text):
        month = _MONTHS.get(found["month"].lower())
        if month is None:
            return None
        hour, minute, second = (int(part) for part in f"{found['clock']}:00".split(":")[:3])
        try:
            moment = datetime(int(found["year"]), month, int(found["day"]), hour, minute, second, tzinfo=SAO_PAULO)
        except ValueError:
            return None
        zone = _zone(found["zone"]) if found["zone"] else None
        return moment.replace(tzinfo=zone) if zone else moment
    if found := _ISO.search(text):
        try:
            moment = datetime.fromisoformat(found[0])
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=SAO_PAULO)
    return None


def seconds_until_release(body: Any, retry_after: str | None, now: datetime) -> float:
    """How long the other side wants to be left alone, from any text in its answer or from `Retry-After`.

    At least a second, at most an hour: a date in the past or in another year is a clock's error, not a wish.
    """
    for text in _texts(body):
        moment = parse_javascript_date(text)
        if moment is not None and timedelta(0) <= moment - now <= timedelta(seconds=LONGEST_SECONDS):
            return max((moment - now).total_seconds(), 1.0)
    if retry_after and retry_after.strip().isdecimal():
        return min(max(float(retry_after), 1.0), LONGEST_SECONDS)
    return FALLBACK_SECONDS


def _texts(body: Any) -> Iterator[str]:
    """Every text in the answer: the keys differ between the service's own pages (`detalhes`, `detahes`, `details`)."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for value in body.values():
            yield from _texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value)


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
