"""Whether amounts without any sign are all money in: each must be proved by its balance or by its words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass
class InwardProof:
    """Counts entries that are proved to be money in, in a file that counts its days forwards, and in one backwards."""

    forwards: int = 0
    backwards: int = 0
    _balance: Decimal | None = None
    _unproved: tuple[Decimal, Decimal] | None = None
    """The amount and balance of the row above, whose proof in a file backwards is this row's balance."""

    def note_balance(self, balance: Decimal | None) -> None:
        """A line that tells a balance and moves none."""
        self._prove_above(balance)
        self._balance = balance

    def note_entry(self, amount: Decimal | None, balance: Decimal | None, *, is_told: bool) -> None:
        """An entry without a sign; `is_told` says that its words name it money in."""
        self._prove_above(balance)
        fits = self._balance is not None and amount is not None and self._balance + amount == balance
        self.forwards += is_told or fits
        self.backwards += is_told
        if not is_told and amount is not None and balance is not None:
            self._unproved = (amount, balance)
        self._balance = balance

    def _prove_above(self, balance: Decimal | None) -> None:
        if self._unproved is not None and balance is not None:
            amount, behind = self._unproved
            self.backwards += balance + amount == behind
        self._unproved = None
