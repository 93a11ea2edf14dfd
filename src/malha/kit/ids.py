"""Identifiers that sort by the time of their making (UUID version 7, RFC 9562)."""

from __future__ import annotations

import os
import time
from uuid import UUID

_RANDOM_BITS = 74
_RANDOM_BYTES = 10
_LOW_62 = (1 << 62) - 1


def new_id() -> UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=_compose(milliseconds, os.urandom(_RANDOM_BYTES)))


def new_ids(count: int) -> list[UUID]:
    """So many UUIDv7 of one moment, in ascending order."""
    milliseconds = time.time_ns() // 1_000_000
    random = os.urandom(_RANDOM_BYTES * count)
    starts = range(0, len(random), _RANDOM_BYTES)
    numbers = sorted(_compose(milliseconds, random[start : start + _RANDOM_BYTES]) for start in starts)
    return [UUID(int=number) for number in numbers]


def _compose(milliseconds: int, random_bytes: bytes) -> int:
    random = int.from_bytes(random_bytes) >> (8 * _RANDOM_BYTES - _RANDOM_BITS)
    high, low = random >> 62, random & _LOW_62
    return (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
