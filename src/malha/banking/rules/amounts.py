"""Amounts as banks write them: signs before and behind, brackets, C and D, currency, point or comma."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from malha.banking.rules.entries import to_cents

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<digits>[0-9][0-9.,]{0,29}|[.,][0-9]{1,10})(?P<tail>[+-]|[CD])?")
_DROPPED = re.compile(r"R\$|BRL|[\s\u00a0\u200b\u2007\u202f'\"=]")
_DASHES = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2010": "-", "\u2011": "-"})


@dataclass(frozen=True, slots=True)
class Written:
    """An amount as it is written: its digits and marks, and what it says about its direction."""

    digits: str
    mark: str
    """`+`, `-`, `C`, `D`, or nothing."""

    @property
    def is_negative(self) -> bool:
        """Whether a minus, brackets or a D stand at it."""
        return self.mark in {"-", "D"}

    @property
    def decimal_mark(self) -> str:
        """The decimal mark that the digits show; `?` when they show either, nothing when they show none."""
        points, commas = self.digits.count("."), self.digits.count(",")
        if points and commas:
            return "," if self.digits.rfind(",") > self.digits.rfind(".") else "."
        if not points and not commas:
            return ""
        mark, other = (".", ",") if points else (",", ".")
        if max(points, commas) > 1:
            return other
        return "?" if len(self.digits) - self.digits.index(mark) - 1 == 3 else mark

    def value(self, decimal: str) -> Decimal:
        """The signed amount, with this decimal mark; ValueError where the digits contradict it."""
        thousands = "." if decimal == "," else ","
        whole, _, cents = self.digits.partition(decimal)
        groups = whole.split(thousands)
        if decimal in cents or thousands in cents or (len(groups) > 1 and any(len(group) != 3 for group in groups[1:])):
            raise ValueError("its marks contradict the others")
        amount = to_cents(Decimal(f"{''.join(groups) or '0'}.{cents or '0'}"))
        return -amount if self.is_negative else amount


def is_blank(text: str) -> bool:
    """Whether a cell has no amount: nothing, or the dash that spreadsheets show for zero."""
    return not text[-1:].isdecimal() and _bare(text) in {"", "-"}


def read_written(text: str) -> Written | None:
    """The amount, None when the text is none."""
    match = _AMOUNT.fullmatch(text) or _AMOUNT.fullmatch(_bare(text))
    return Written(match["digits"], match["sign"] or match["tail"] or "") if match else None


def parse_amount(text: str) -> Decimal:
    """A signed amount that shows its own decimal mark; ValueError."""
    written = read_written(text)
    if written is None:
        raise ValueError("no amount")
    mark = written.decimal_mark
    return written.value("." if mark in {"", "?"} and "." in written.digits else mark if mark in {".", ","} else ",")


def _bare(text: str) -> str:
    """Without currency, blanks and quotation; brackets, as bookkeepers write them, mean a minus."""
    plain = _DROPPED.sub("", text.upper()).translate(_DASHES)
    if plain.startswith("(") and plain.endswith(")"):
        return f"-{plain[1:-1]}"
    # "100,00 (-)", as Banco do Brasil prints it
    return f"{plain[:-3]}{plain[-2]}" if plain.endswith(("(+)", "(-)")) else plain
