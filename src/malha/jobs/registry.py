"""Handlers by kind. A slice registers a coroutine; the worker turns each into a Celery task of the same name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from malha.jobs.context import FinishContext, PartContext


@dataclass(frozen=True, slots=True)
class Snooze:
    """A handler's answer when its part is not finished: what it wrote and spawned is kept, and it runs again then.

    No attempt is burned. For work that waits for somebody else (a rate limit, a report that is being made) without
    holding a worker.
    """

    until: datetime


PartFunction = Callable[["PartContext"], Awaitable["dict[str, Any] | Snooze | None"]]
FinishFunction = Callable[["FinishContext"], Awaitable[dict[str, Any] | None]]

DEFAULT_TIMEOUT_SECONDS = 300.0


LANE_SUFFIX = ".express"


class Queue(StrEnum):
    """Broker queues. Handlers name `short` or `long`; the express lane beside each is for what passes by its backlog.

    That is a part that has failed before, and a part of a workspace behind another one's thousands.
    """

    SHORT = "short"
    LONG = "long"
    SHORT_EXPRESS = "short.express"
    LONG_EXPRESS = "long.express"

    @property
    def express(self) -> Queue:
        """The lane beside the queue."""
        return Queue(self.value.removesuffix(LANE_SUFFIX) + LANE_SUFFIX)


@dataclass(slots=True)
class Handler:
    """How the parts of one kind of job are run.

    `batch` is how many parts one message and one transaction may carry: 1 for parts that take seconds, more for
    small ones. `timeout_seconds` bounds one part. A kind with `every_seconds` is submitted by beat that often, as a job
    of one empty part that belongs to nobody. At most `max_running` parts of one job run at once, unless its submission
    says another number.
    """

    kind: str
    function: PartFunction
    queue: Queue
    batch: int
    timeout_seconds: float
    max_attempts: int | None
    every_seconds: float | None = None
    max_running: int | None = None
    finish: FinishFunction | None = field(default=None)

    def on_finish(self, function: FinishFunction) -> FinishFunction:
        """Register what runs once, in the transaction that ends the last part; its return value is the job's result."""
        self.finish = function
        return function


_handlers: dict[str, Handler] = {}


def handler(
    kind: str,
    *,
    queue: Queue = Queue.SHORT,
    batch: int = 1,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    max_attempts: int | None = None,
    every_seconds: float | None = None,
    max_running: int | None = None,
) -> Callable[[PartFunction], Handler]:
    """Register the decorated coroutine for a kind; the name becomes the `Handler`."""

    def register(function: PartFunction) -> Handler:
        if kind in _handlers:
            raise ValueError(f"job kind {kind!r} is registered twice")
        _handlers[kind] = Handler(
            kind, function, queue, batch, timeout_seconds, max_attempts, every_seconds, max_running
        )
        return _handlers[kind]

    return register


def get_handler(kind: str) -> Handler:
    """The handler of a kind; KeyError for one that nobody registered."""
    return _handlers[kind]


def all_handlers() -> list[Handler]:
    """Every registered handler."""
    return list(_handlers.values())
