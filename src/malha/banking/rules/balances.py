"""Which of the balances that a file tells is the statement's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from malha.banking.rules.entries import Balance
from malha.banking.rules.phrases import Phrase


@dataclass
class Balances:
    """Balances in the order of the file. `is_newest_first` says that the file counts its days backwards."""

    is_newest_first: bool = False
    opening: Balance | None = None
    _closing: dict[Phrase, Balance] = field(default_factory=dict)

    def note(self, phrase: Phrase, balance: Balance) -> None:
        """Take in what a line with such a phrase tells."""
        if phrase is Phrase.OPENING:
            if self.opening is None or balance.day < self.opening.day:
                self.opening = balance
        elif phrase in {Phrase.CLOSING, Phrase.AVAILABLE}:
            known = self._closing.get(phrase)
            if known is None or self._is_later(balance.day, known.day):
                self._closing[phrase] = balance

    def closing(self) -> Balance | None:
        """The last one; one with what is invested or may be borrowed only where no other is as late."""
        found = [self._closing[phrase] for phrase in (Phrase.CLOSING, Phrase.AVAILABLE) if phrase in self._closing]
        return max(found, key=lambda balance: balance.day, default=None)

    def _is_later(self, day: date, known: date) -> bool:
        return day > known or (day == known and not self.is_newest_first)
