"""Limits and terms of Lei 14.133/2021, each with the days that it holds on and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class DirectKind(StrEnum):
    """The two direct contracts by value of art. 75."""

    WORKS = "I"
    """Works, engineering services, maintenance of motor vehicles."""
    OTHERS = "II"


@dataclass(frozen=True, slots=True)
class DirectLimit:
    """Below these amounts a year no tender is needed, from a day on."""

    since: date
    works: Decimal
    others: Decimal
    source: str

    def of(self, kind: DirectKind) -> Decimal:
        """The limit of one kind."""
        return self.works if kind is DirectKind.WORKS else self.others


DIRECT_LIMITS = (
    DirectLimit(date(2021, 4, 1), Decimal("100000.00"), Decimal("50000.00"), "Lei 14.133/2021"),
    DirectLimit(date(2022, 1, 1), Decimal("108040.82"), Decimal("54020.41"), "Decreto 10.922/2021"),
    DirectLimit(date(2023, 1, 1), Decimal("114416.65"), Decimal("57208.33"), "Decreto 11.317/2022"),
    DirectLimit(date(2024, 1, 1), Decimal("119812.02"), Decimal("59906.02"), "Decreto 11.871/2023"),
    DirectLimit(date(2025, 1, 1), Decimal("125451.15"), Decimal("62725.59"), "Decreto 12.343/2024"),
    DirectLimit(date(2026, 1, 1), Decimal("130984.20"), Decimal("65492.11"), "Decreto 12.807/2025"),
)
LAST_DIRECT_YEAR = 2026
"""The table knows no later year: of those nothing is said until it is brought up to date."""


def direct_limit(day: date) -> DirectLimit | None:
    """The limits of a day; None before the law and after the last year that the table knows."""
    if day.year > LAST_DIRECT_YEAR:
        return None
    return next((limit for limit in reversed(DIRECT_LIMITS) if limit.since <= day), None)


@dataclass(frozen=True, slots=True)
class Term:
    """The least business days between notice and proposals, and the item of art. 55 that says so."""

    days: int
    item: str


# PNCP's criterioJulgamentoId
LOWEST_PRICE, GREATEST_DISCOUNT, TECHNIQUE_AND_PRICE, HIGHEST_BID, BEST_TECHNIQUE, ARTISTIC = 1, 2, 4, 5, 8, 9
_TECHNIQUE = frozenset({TECHNIQUE_AND_PRICE, BEST_TECHNIQUE, ARTISTIC})
_PRICE = frozenset({LOWEST_PRICE, GREATEST_DISCOUNT})


def notice_term(criteria: set[int], *, has_services: bool) -> Term | None:
    """The shortest term that these criteria allow; None where they are unknown.

    A procurement of several items has one term, and whether a service is common or special PNCP does not say: the
    shortest of what is possible is taken, so that nothing is called short that may be lawful.
    """
    if not criteria:
        return None
    if criteria <= _TECHNIQUE:
        return Term(35, "IV")
    if criteria == {HIGHEST_BID}:
        return Term(15, "III")
    if criteria <= _PRICE:
        return Term(10, "II, a") if has_services else Term(8, "I, a")
    return None if has_services or criteria & (_TECHNIQUE | {HIGHEST_BID}) else Term(8, "I, a")


AMENDMENT_LIMIT = Decimal("0.25")
REFORM_LIMIT = Decimal("0.50")
TENDERED_PUBLICATION_DAYS, DIRECT_PUBLICATION_DAYS = 20, 10
"""Art. 94, I and II: business days from the signing to the publication of a contract."""

_FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_BLACK_CONSCIOUSNESS = (11, 20)
"""A national holiday since 2024 (Lei 14.759/2023)."""


def is_business_day(day: date) -> bool:
    """Whether offices are open, as far as weekends and national holidays say; local ones are not known."""
    if day.weekday() >= 5 or (day.month, day.day) in _FIXED:
        return False
    if (day.month, day.day) == _BLACK_CONSCIOUSNESS and day.year >= 2024:
        return False
    return day != easter(day.year) - timedelta(days=2)


def business_days_between(start: date, end: date) -> int:
    """Business days after the start and up to the end (art. 183: the first day out, the last one in)."""
    if end <= start:
        return 0
    return sum(is_business_day(start + timedelta(days=step)) for step in range(1, (end - start).days + 1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Anonymous Gregorian algorithm, Meeus/Jones/Butcher)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, odd = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - shift + 15) % 30
    quarter, last = divmod(rest, 4)
    weekday = (32 + 2 * odd + 2 * quarter - epact - last) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
