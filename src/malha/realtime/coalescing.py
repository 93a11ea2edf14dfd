"""Progress made bearable: superseded updates left out, and at most four a second let through."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from malha.realtime.feed_event import FeedEvent

UPDATES_PER_SECOND = 4
UPDATE_SECONDS = 1 / UPDATES_PER_SECOND

_Kind = tuple[UUID, bool]


def coalesce(events: Sequence[FeedEvent]) -> list[FeedEvent]:
    """Leave out progress that later progress of its kind repeats; all else stays, in order.

    A job's counters and the stage inside one of its parts are two kinds: neither tells what the other does.
    """
    latest: dict[_Kind, FeedEvent] = {_kind(event): event for event in events if event.is_passing}
    return [event for event in events if not event.is_passing or latest[_kind(event)] is event]


def _kind(event: FeedEvent) -> _Kind:
    return event.job_id, event.tells_of_a_part


class Pace:
    """Says when the next progress may go out. What is not progress never waits and does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open_at = clock()

    def delay_seconds(self) -> float:
        """How long progress still has to wait; 0 when it may go now."""
        return max(self._open_at - self._clock(), 0.0)

    def spend(self, events: Sequence[FeedEvent]) -> None:
        """Count what was sent just now."""
        updates = sum(event.is_passing for event in events)
        if updates:
            self._open_at = self._clock() + updates * UPDATE_SECONDS
