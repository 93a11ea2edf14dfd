"""The balance behind each entry, and which of them is the last: files count their days forwards or backwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from malha.banking.rules.entries import Balance


@dataclass
class RunningBalance:
    """The first and the last entry with a balance, and which order their sums speak for."""

    _first: Balance | None = None
    _last: Balance | None = None
    _first_day: date | None = None
    _last_day: date | None = None
    _last_amount: Decimal = Decimal(0)
    _forwards: int = 0
    _backwards: int = 0
    _count: int = 0

    @property
    def is_newest_first(self) -> bool:
        """Whether the file counts its days backwards, as far as has been read."""
        if self._first_day is not None and self._last_day is not None and self._first_day != self._last_day:
            return self._first_day > self._last_day
        return self._backwards > self._forwards

    def note(self, day: date, signed: Decimal, balance: Decimal | None) -> None:
        """Take in an entry in the file's order."""
        self._first_day = self._first_day or day
        if balance is not None:
            self._count += 1
            if self._last is not None and self._last_day is not None:
                self._forwards += self._last.amount + signed == balance
                self._backwards += balance + self._last_amount == self._last.amount
            self._last, self._last_amount = Balance(balance, day), signed
            self._first = self._first or self._last
        self._last_day = day

    def closing(self) -> Balance | None:
        """The balance at the end; None where the file does not show which of a day's entries is the last."""
        if self._first is None or self._last is None or self._count == 1:
            return self._last
        if self._first.day == self._last.day and self._forwards == self._backwards:
            return None
        return self._first if self.is_newest_first else self._last
