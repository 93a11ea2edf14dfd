"""The workspace's confirmations: a part number answered before, and what its series was answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from malha.partnumbers.classifier._types import Confirmation

_SEPARATORS = re.compile(r"[^A-Z0-9]+")
_LETTERS = re.compile(r"[A-Z]+|[0-9]{0,3}[A-Z]*")
_MODEL = re.compile(r"(?:[A-Z]+|[0-9]{0,3}[A-Z]+)?[0-9]+")


def memory_keys(partnumber: str) -> tuple[str, ...]:
    """Under what a part number is remembered, exact first: the number, its model, its model less a digit, its letters.

    ``LM358-DR`` -> ``=LM358DR``, ``LM358``, ``LM35``, ``LM``. Separators and case do not count.
    """
    number = _SEPARATORS.sub("", partnumber.upper())
    keys = ["=" + number]
    if (model := _MODEL.match(number)) and len(model[0]) > 3:
        keys += [model[0], model[0][:-1]]
    if (letters := _LETTERS.match(number)) and letters[0]:
        keys.append(letters[0])
    return tuple(dict.fromkeys(keys))


class ConfirmedParts:
    """A memory of confirmations held in the process; a later one of the same number replaces the earlier."""

    def __init__(self, confirmations: Iterable[Confirmation] = ()) -> None:
        self._by_key: dict[str, dict[str, Confirmation]] = {}
        for confirmation in confirmations:
            self.add(confirmation)

    def add(self, confirmation: Confirmation) -> None:
        """Remember under every key of the number."""
        keys = memory_keys(confirmation.partnumber)
        for key in keys:
            self._by_key.setdefault(key, {})[keys[0]] = confirmation

    def recall(self, keys: Sequence[str]) -> Sequence[Confirmation]:
        """The confirmations under the first key that has any."""
        for key in keys:
            if found := self._by_key.get(key):
                return tuple(found.values())
        return ()
