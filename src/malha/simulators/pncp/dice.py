"""Values that depend on a seed and a name alone: asked again, in any order, they come out the same."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_FINE = 1 << 20
_LOW = 1 << 64


class Dice:
    """Draws from the digest of a key; longer runs draw from further digests of it."""

    __slots__ = ("_key", "_rest", "_round")

    def __init__(self, *key: object) -> None:
        self._key = "|".join(map(str, key)).encode()
        self._round = 0
        self._rest = int.from_bytes(blake2b(self._key).digest())

    def below(self, sides: int) -> int:
        """0 to `sides` - 1."""
        if self._rest < _LOW:
            self._round += 1
            self._rest = int.from_bytes(blake2b(self._key, salt=self._round.to_bytes(16)).digest())
        self._rest, face = divmod(self._rest, sides)
        return face

    def chance(self, probability: float) -> bool:
        """True this often."""
        return self.below(_FINE) < probability * _FINE

    def pick(self, options: Sequence[T]) -> T:
        """One of them, each as likely."""
        return options[self.below(len(options))]

    def weighted(self, bounds: Sequence[int]) -> int:
        """The place that a draw falls in; `bounds` are running sums of weights."""
        return bisect(bounds, self.below(bounds[-1]))

    def spread(self, low: float, high: float) -> float:
        """Between the two, evenly."""
        return low + (high - low) * self.below(_FINE) / _FINE

    def count(self, expected: float) -> int:
        """`expected` rounded up or down, right on average."""
        whole = int(expected)
        return whole + self.chance(expected - whole)
