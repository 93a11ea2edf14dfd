"""What one cell says: one value has one reading, whatever file, format or kind of cell it came in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from malha.kit.clock import brazilian_day
from malha.kit.refusals import ValueRefusedError
from malha.kit.text import plain, visible
from malha.suppliers.rules.cnpj import read_tax_id

DAY_ZERO_1900 = date(1899, 12, 30)
DAY_ZERO_1904 = date(1904, 1, 1)
"""From which spreadsheets count days; the second where the workbook says so."""

EARLIEST, LATEST = date(1970, 1, 1), date(2099, 12, 31)
"""Days of an expense. What leads elsewhere is no day: a year alone, an amount in the wrong column."""

_AMOUNT = re.compile(
    r"(?P<open>\()?\s*(?P<first>[-+])?\s*(?:R\$|BRL)?\s*(?P<second>[-+])?\s*(?P<number>[0-9.,][0-9.,' ]*)?"
    r"\s*(?:R\$|BRL)?\s*(?P<last>[-+])?\s*(?P<close>\))?",
    re.ASCII | re.IGNORECASE,
)
_BRAZILIAN = re.compile(r"[1-9][0-9]{0,2}(?:[. ][0-9]{3})+(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?|,[0-9]+", re.ASCII)
_AMERICAN = re.compile(r"[1-9][0-9]{0,2}(?:[,' ][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+", re.ASCII)

_TIME = (
    r"(?:(?:T|,? (?:às )?)(?P<time>[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AP]M)?)"
    r"(?P<zone>Z|[+-][0-9:]{4,6})?)?"
)
_FLAGS = re.IGNORECASE | re.ASCII
_LETTERS = r"[a-zà-ÿ]{3,9}"
_BY_YEAR = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})" + _TIME, _FLAGS)
_BY_NUMBERS = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})" + _TIME, _FLAGS)
_BY_NAME = re.compile(
    rf"(?:{_LETTERS}(?:-feira)?,? )?([0-9]{{1,2}})[ºo°]?(?: de |[-/. ]+)({_LETTERS})\.?(?: de |[-/. ]+)"
    r"([0-9]{4}|[0-9]{2})" + _TIME,
    _FLAGS,
)
_ENGLISH = re.compile(
    rf"(?:{_LETTERS},? )?({_LETTERS})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}})" + _TIME, _FLAGS
)
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})", re.ASCII)
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?", re.ASCII)
_MONTH_NAMES = "jan,fev feb,mar,abr apr,mai may,jun,jul,ago aug,set sep,out oct,nov,dez dec"
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split(","), 1) for name in names.split()}


def read_cnpj(cell: Any) -> str:
    """The CNPJ or CPF of a cell: see `read_tax_id`."""
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() else repr(cell)
    return read_tax_id(str(cell))


def read_text(cell: Any) -> str:
    """The text that is seen."""
    return visible(str(cell))


def read_amount(cell: Any, *, is_american: bool = False) -> Decimal:
    """An amount of reais: `1.234,56`, `R$ 1.234,56`, `(1.234,56)`, `1.234,56-`, `1,234.56`; a dash alone is zero.

    `is_american` decides what can be read in both ways: `1,234` is 1234 then, else one real and 234 thousandths.
    """
    if not isinstance(cell, str):
        if isinstance(cell, bool):
            raise _no_amount(cell)
        return Decimal(str(cell))
    text = plain(cell)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise _no_amount(cell)
    signs = [found[name] for name in ("first", "second", "last") if found[name]]
    if found["number"] is None:
        if signs == ["-"] and found["open"] is None and found["close"] is None:
            return Decimal(0)  # what the accounting format shows for it
        raise _no_amount(cell)
    is_bracketed = found["open"] is not None
    amount = _number(found["number"].strip(), is_american=is_american)
    if amount is None or len(signs) + is_bracketed > 1 or is_bracketed != (found["close"] is not None):
        raise _no_amount(cell)
    return -amount if is_bracketed or "-" in signs else amount


def read_day(cell: Any, *, is_american: bool = False, day_zero: date = DAY_ZERO_1900) -> date:
    """A day as text with or without a time, or as spreadsheets count days from `day_zero`.

    `is_american` decides what can be read in both ways: `05/06/2026` is the 6th of May then.
    """
    if isinstance(cell, bool):
        raise _no_day(cell)
    text = plain(str(cell))
    if not isinstance(cell, str) and not _COMPACT.fullmatch(text):
        return _counted(cell, day_zero)
    if _SERIAL.fullmatch(text):
        return _counted(float(text.replace(",", ".")), day_zero)
    try:
        day = _read_day(text, is_american=is_american)
    except (ValueError, KeyError) as error:
        raise _no_day(cell) from error
    if day is None or not EARLIEST <= day <= LATEST:
        raise _no_day(cell)
    return day


def are_american_amounts(cells: Iterable[Any]) -> bool:
    """Whether a column has amounts that can only be read in the American way, and none only in the Brazilian."""
    found = [_AMOUNT.fullmatch(text) for text in _texts(cells)]
    numbers = [amount["number"].strip() for amount in found if amount and amount["number"]]
    return _is_only(numbers, _AMERICAN.fullmatch, _BRAZILIAN.fullmatch)


def are_american_days(cells: Iterable[Any]) -> bool:
    """The same for days: the month before the day."""
    found = [pair for text in _texts(cells) if (pair := _BY_NUMBERS.fullmatch(text))]
    return _is_only(found, lambda pair: int(pair[1]) <= 12, lambda pair: int(pair[2]) <= 12)


def _is_only(values: Iterable[Any], fits_one: Callable[[Any], Any], fits_other: Callable[[Any], Any]) -> bool:
    kinds = {(bool(fits_one(value)), bool(fits_other(value))) for value in values}
    return (True, False) in kinds and (False, True) not in kinds


def _texts(cells: Iterable[Any]) -> Iterable[str]:
    return (plain(cell) for cell in cells if isinstance(cell, str))


def _number(text: str, *, is_american: bool) -> Decimal | None:
    ways = ((_BRAZILIAN, ",", ". "), (_AMERICAN, ".", ",' "))
    for form, mark, separators in reversed(ways) if is_american else ways:
        if form.fullmatch(text):
            return Decimal(text.translate(dict.fromkeys(map(ord, separators))).replace(mark, "."))
    return None


def _read_day(text: str, *, is_american: bool) -> date | None:
    if found := _BY_YEAR.fullmatch(text):
        return _instant_day(text, found) if found["zone"] else date(*map(int, found.group(1, 2, 3)))
    if found := _BY_NUMBERS.fullmatch(text):
        day, month = (found[2], found[1]) if is_american else (found[1], found[2])
        return date(_year(found[3]), int(month), int(day))
    if found := _BY_NAME.fullmatch(text):
        return date(_year(found[3]), _MONTHS[found[2][:3].lower()], int(found[1]))
    if found := _ENGLISH.fullmatch(text):
        return date(int(found[3]), _MONTHS[found[1][:3].lower()], int(found[2]))
    if found := _COMPACT.fullmatch(text):
        return date(*map(int, found.groups()))
    return None


def _instant_day(text: str, found: re.Match[str]) -> date:
    """The day in Brasília of an instant; midnight in UTC is how programs write a day without a time."""
    instant = datetime.fromisoformat(text.upper().replace(" ", "T", 1))
    is_day_alone = found["zone"] in "Zz" and not any((instant.hour, instant.minute, instant.second))
    return instant.date() if is_day_alone else brazilian_day(instant)


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < 70 else 1900)


def _counted(number: float, day_zero: date) -> date:
    days = int(number)
    if not (EARLIEST - day_zero).days <= days <= (LATEST - day_zero).days:
        raise _no_day(number)
    return day_zero + timedelta(days=days)


def _no_amount(cell: Any) -> ValueRefusedError:
    shown = visible(str(cell))[:40]
    return ValueRefusedError(pt=f"“{shown}” não é um valor em reais", en=f"“{shown}” is no amount of reais")


def _no_day(cell: Any) -> ValueRefusedError:
    shown = visible(str(cell))[:40]
    return ValueRefusedError(pt=f"“{shown}” não é uma data", en=f"“{shown}” is no date")
