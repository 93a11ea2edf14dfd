"""When a delivery that failed is tried again, and when an endpoint that only fails is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta

WAITS_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After the first, second ... failure: three days in all, so that a weekend's outage loses nothing."""

MOST_ATTEMPTS = len(WAITS_SECONDS) + 1
LONGEST_ASKED_SECONDS = 86_400


def wait_seconds(attempt: int, *, asked_seconds: float | None = None) -> float | None:
    """Seconds until the next try after this many; None when there is none.

    A receiver that asks for a longer wait (Retry-After) gets it, up to a day.
    """
    if attempt >= MOST_ATTEMPTS:
        return None
    asked = min(asked_seconds or 0, LONGEST_ASKED_SECONDS)
    return max(WAITS_SECONDS[attempt - 1], asked)


def asked_wait(retry_after: str | None) -> float | None:
    """The seconds of a Retry-After header; None for a date or anything else, which our own waits are good for."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None


def is_given_up(failing_since: datetime, now: datetime, *, after_days: float) -> bool:
    """Whether an endpoint has failed for so long, without any success, that nobody is there."""
    return now - failing_since >= timedelta(days=after_days)
