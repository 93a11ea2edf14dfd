"""Days and times in the cells of a CSV file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from malha.banking.rules.entries import checked_day, start_of_day
from malha.banking.rules.stamps import read_zone
from malha.kit.clock import SAO_PAULO, brazilian_day

_MONTHS = ("JAN", "FEV", "MAR", "ABR", "MAI", "JUN", "JUL", "AGO", "SET", "OUT", "NOV", "DEZ")
DATE_TIME = re.compile(
    r"(?P<date>[0-9]{1,4}[/.\-](?:[0-9]{1,2}|[A-Za-z]{3})[/.\-][0-9]{1,4}|[0-9]{8})"
    r"(?:(?:[T ,]|[àa]s|-){1,5}(?P<hour>[0-9]{1,2})[:h](?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2}))?(?:[.,][0-9]{1,9})?"
    r" ?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


@dataclass
class DateOrders:
    """Whether days or months come first, from all dates of a file."""

    count: int = 0
    month_first: int = 0
    day_first: int = 0

    def note(self, text: str) -> None:
        """Take in one date; one that fits either order, or neither, says nothing."""
        parts = re.split(r"[/.\-]", text)
        if len(parts) != 3 or len(parts[0]) > 2 or not parts[1].isdecimal():
            return
        first, second = int(parts[0]), int(parts[1])
        self.count += 1
        self.month_first += 1 <= first <= 12 < second <= 31
        self.day_first += 1 <= second <= 12 < first <= 31

    @property
    def order(self) -> str:
        """Brazil's, unless nothing speaks for it and more than a slip of the pen against it."""
        is_american = not self.day_first and self.month_first and self.month_first * 4 >= self.count
        return "mdy" if is_american else "dmy"


def read_instant(text: str, order: str) -> tuple[datetime, date]:
    """The instant and Sao Paulo's day; ValueError. A year of four digits in front, or eight digits, needs no order."""
    match = DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("no date")
    day = _read_day(match["date"], order)
    moment = time(int(match["hour"] or 0), int(match["minute"] or 0), min(int(match["second"] or 0), 59))
    if moment == time.min:
        return start_of_day(day), day  # a day without a time, whatever zone it claims
    zone = read_zone(match["zone"]) if match["zone"] else SAO_PAULO
    instant = datetime.combine(day, moment, zone).astimezone(UTC)
    return instant, brazilian_day(instant)


def _read_day(text: str, order: str) -> date:
    if len(text) == 8 and text.isdecimal():
        # Where either reading could be meant, one of them has a month or a year that does not exist.
        is_year_first = 1 <= int(text[4:6]) <= 12 and text[:2] in {"19", "20"}
        spans = ((0, 4), (4, 6), (6, 8)) if is_year_first else ((4, 8), (2, 4), (0, 2))
        year, month, day = (int(text[start:end]) for start, end in spans)
        return checked_day(year, month, day)
    parts = re.split(r"[/.\-]", text)
    by_letter = dict(zip(_letters(parts, order), parts, strict=True))
    if len(by_letter["y"]) not in {2, 4}:
        raise ValueError("no year")
    year = int(by_letter["y"]) + (2000 if len(by_letter["y"]) == 2 else 0)
    name = by_letter["m"].upper()
    return checked_day(year, _MONTHS.index(name) + 1 if name in _MONTHS else int(name), int(by_letter["d"]))


def _letters(parts: list[str], order: str) -> str:
    """A year of four digits stands where it stands, whatever the order of the others."""
    if len(parts[0]) == 4:
        return "ymd"
    return "dmy" if order == "ymd" and len(parts[2]) == 4 else order
