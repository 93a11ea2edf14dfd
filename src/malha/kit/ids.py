"""Identifiers that sort by the time of their making (UUID version 7, RFC 9562)."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from uuid import UUID

_RANDOM_BITS = 74
_LOW_62 = (1 << 62) - 1
_TOP_OF_RANDOM = 1 << 61
"""Left at zero, it takes the carry of a billion steps."""


def new_id() -> UUID:
    """Return a UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10)) >> (80 - _RANDOM_BITS)
    high, low = random >> 62, random & _LOW_62
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def new_ids(count: int) -> Iterator[UUID]:
    """So many UUIDv7 of one moment, each greater than the one before by a random step (RFC 9562, 6.2, method 2)."""
    number = new_id().int & ~_TOP_OF_RANDOM
    for (step,) in struct.iter_unpack("I", os.urandom(4 * count)):
        number += step + 1
        yield UUID(int=number)
