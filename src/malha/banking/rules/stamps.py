"""Days and instants as statements write them, in whatever zone they claim."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from malha.banking.rules.entries import checked_day, clean, start_of_day
from malha.kit.clock import SAO_PAULO, brazilian_day

_STAMP = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[T ]?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?(?:[.,:][0-9]+)?)?"
    r"\s*(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2}|\[[^\]]*\]?)?"
)
_OFFSET = re.compile(r"([+-]?)([0-9]{1,2})(?::?([0-9]{2})|\.([0-9]+))?")
_ZONES = {
    "GMT": 0, "UTC": 0, "UT": 0, "Z": 0, "WET": 0, "BRT": -3, "BRST": -2, "FNT": -2, "AMT": -4, "AMST": -3, "ACT": -5,
    "ART": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1,
    "CEST": 2,
}  # fmt: skip


def parse_stamp(text: str) -> tuple[datetime, date]:
    """The instant and Sao Paulo's day; ValueError. Midnight is how a day without a time is written, whatever zone it
    claims, and a time that no clock shows is none."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{clean(text)[:40]!r} is no date")
    day = checked_day(int(match[1]), int(match[2]), int(match[3]))
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    if (hour, minute, second) == (0, 0, 0) or hour > 23 or minute > 59:
        return start_of_day(day), day
    zone = read_zone(match["zone"] or "")
    instant = datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    return instant, brazilian_day(instant)


def read_zone(text: str) -> tzinfo:
    """`[-3:BRT]`, `[-03:EST]`, `[BRT]`, `[-3.5]`, `-03:00`, `Z`; Sao Paulo's for what names no zone that is known.

    A number wins over the name beside it, as the OFX specification (3.2.8.2) has it: the name is a remark.
    """
    number, _, name = text.strip("[] \t").partition(":")
    if re.fullmatch(r"[+-]?[0-9]{1,2}:[0-9]{2}", text.strip("[] \t")):
        number, name = text.strip("[] \t"), ""
    match = _OFFSET.fullmatch(number.strip())
    if match is None:
        hours = _ZONES.get((name or number).strip().upper(), _ZONES.get(number.strip().upper()))
        return SAO_PAULO if hours is None else timezone(timedelta(hours=hours))
    minutes = int(match[3] or 0) + round(float(f"0.{match[4] or 0}") * 60)
    offset = timedelta(hours=int(match[2]), minutes=minutes)
    return timezone(-offset if match[1] == "-" else offset) if offset < timedelta(hours=24) else SAO_PAULO
