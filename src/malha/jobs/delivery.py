"""What sessions collect for after their commit, and how it gets out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast
from uuid import UUID

import structlog

from malha.jobs.feed import Feed, JobEvent

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Parts 0 to `total` - 1 of a new job, for the fast path to the workers."""

    kind: str
    job_id: UUID
    total: int


@dataclass(frozen=True, slots=True)
class Wake:
    """A part that was asleep and may run now, for the fast path."""

    kind: str
    job_id: UUID
    no: int


class FastPath(Protocol):
    """Takes parts that were committed just now: the Dispatcher, or what records in its place."""

    def dispatch(self, kind: str, job_id: UUID, total: int) -> None:
        """Send parts 0 to `total` - 1 of a job; returns at once."""
        ...

    def dispatch_parts(self, kind: str, job_id: UUID, numbers: Sequence[int], *, is_first: bool = True) -> None:
        """Send these parts of a job; returns at once."""
        ...


class Delivery:
    """Sends dispatches to the workers and events to the live feed, and calls what else a slice wants done.

    All of it is best effort: the relay finds parts that did not get out, the event log is the truth of the feed, and
    an act that fails is logged.
    """

    def __init__(self, dispatcher: FastPath, feed: Feed) -> None:
        self._dispatcher = dispatcher
        self._feed = feed

    async def __call__(self, messages: Sequence[object]) -> None:
        for message in messages:
            match message:
                case Dispatch():
                    self._dispatcher.dispatch(message.kind, message.job_id, message.total)
                case Wake():
                    self._dispatcher.dispatch_parts(message.kind, message.job_id, [message.no], is_first=False)
                case JobEvent():
                    self._feed.publish(message)
                case partial():
                    await _act(cast("partial[Awaitable[object]]", message))
                case _:
                    raise TypeError(f"nobody sends {message!r}")


async def _act(act: Callable[[], Awaitable[object]]) -> None:
    try:
        await act()
    except Exception as error:  # the commit stands whatever becomes of this
        _log.warning("delivery.act_failed", act=repr(act), error=str(error))
