"""What happens to all jobs of a workspace or of a user: an overview without replay, only a call to read again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from malha.realtime.coalescing import UPDATE_SECONDS, coalesce
from malha.realtime.feed_event import FeedEvent

BACKLOG = 256
GATHER_SECONDS = 2 * UPDATE_SECONDS


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened since the last time. `is_incomplete` asks the client to read its lists again."""

    events: list[FeedEvent]
    is_incomplete: bool


class ActivityWatch:
    """One listener's backlog, of at most `BACKLOG` events."""

    def __init__(self, wants: Callable[[FeedEvent], bool]) -> None:
        self._wants = wants
        self._pending: list[FeedEvent] = []
        self._is_incomplete = False
        self._called = asyncio.Event()

    def offer(self, event: FeedEvent) -> None:
        """Take in a live event, if it is wanted."""
        if not self._wants(event):
            return
        if len(self._pending) >= BACKLOG:
            self._pending = coalesce(self._pending)
        if len(self._pending) >= BACKLOG:
            self.miss()
        else:
            self._pending.append(event)
            self._called.set()

    def miss(self) -> None:
        """Note that events were lost: what is pending tells too little now."""
        self._pending.clear()
        self._is_incomplete = True
        self._called.set()

    async def next(self) -> Activity:
        """Wait until something happens, then give what came within half a second: each job's latest."""
        await self._called.wait()
        await asyncio.sleep(GATHER_SECONDS)
        self._called.clear()
        activity = Activity(coalesce(self._pending), self._is_incomplete)
        self._pending, self._is_incomplete = [], False
        return activity


class Activities:
    """The listeners of this process, by workspace."""

    def __init__(self) -> None:
        self._watches: dict[UUID, set[ActivityWatch]] = defaultdict(set)

    @contextmanager
    def watch(self, workspace_id: UUID, wants: Callable[[FeedEvent], bool]) -> Iterator[ActivityWatch]:
        """Listen to one workspace."""
        watch = ActivityWatch(wants)
        self._watches[workspace_id].add(watch)
        try:
            yield watch
        finally:
            self._watches[workspace_id].discard(watch)
            if not self._watches[workspace_id]:
                del self._watches[workspace_id]

    def hear(self, events: Collection[FeedEvent]) -> None:
        """Take in what the live feed brought."""
        for event in events:
            if event.workspace_id is not None:
                for watch in self._watches.get(event.workspace_id, ()):
                    watch.offer(event)

    def miss(self) -> None:
        """Tell every listener that the feed was interrupted."""
        for watches in self._watches.values():
            for watch in watches:
                watch.miss()
