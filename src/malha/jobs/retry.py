"""When a part that failed runs again: 1, 2, 4 s ... to 10 minutes, with jitter, or when the other side says."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 600.0
JITTER = 0.25


def backoff_seconds(
    attempts: int,
    *,
    retry_after_seconds: float | None = None,
    uniform: Callable[[float, float], float] = random.uniform,
) -> float:
    """Seconds to wait after the given number of attempts (1 is the first).

    The jitter adds up to a quarter, so the wait is never shorter than the plain power of two; a longer
    `retry_after_seconds` wins.
    """
    plain = min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS)
    jittered = min(plain * uniform(1, 1 + JITTER), LONGEST_DELAY_SECONDS)
    return max(jittered, retry_after_seconds or 0)
