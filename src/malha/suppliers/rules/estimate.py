"""How long a number of look-ups takes when every provider is used to the limit that it sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """A provider allows `count` asks in any `seconds`; the next of them is possible after `wait_seconds`.

    `free` of them are possible at that moment.
    """

    count: int
    seconds: float
    free: int
    wait_seconds: float = 0


def seconds_for(asks: int, paces: Sequence[Pace]) -> float:
    """Seconds until the last of `asks` may be sent; infinite when nobody may be asked at all."""
    if asks <= 0:
        return 0.0
    if not paces:
        return math.inf
    low, high = 0.0, 1.0
    while _sent_by(high, paces) < asks:
        low, high = high, high * 2
    while high - low > 0.05:
        middle = (low + high) / 2
        low, high = (low, middle) if _sent_by(middle, paces) >= asks else (middle, high)
    return low if _sent_by(low, paces) >= asks else high


def _sent_by(seconds: float, paces: Sequence[Pace]) -> int:
    return sum(_asks_of(pace, seconds) for pace in paces)


def _asks_of(pace: Pace, seconds: float) -> int:
    elapsed = seconds - pace.wait_seconds
    if elapsed < 0:
        return 0
    return pace.free + int(elapsed / pace.seconds) * pace.count
