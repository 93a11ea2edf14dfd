"""What one worker process shares between the messages that it handles: connections, leases, the live feed."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, cast

import structlog
import uvloop
from celery import Celery

from malha.db import Database
from malha.jobs.delivery import Delivery
from malha.jobs.dispatcher import Dispatcher
from malha.jobs.feed import Feed, JobEvent
from malha.jobs.holders import holder_name
from malha.jobs.leases import Leases
from malha.jobs.ledger import ClaimedPart, Ledger, NewEvent
from malha.jobs.progress import Progress
from malha.jobs.recent import RecentClaims
from malha.kit.urls import libpq_url
from malha.settings import Settings
from malha.storage import Storage

Result = TypeVar("Result")


class Closable(Protocol):
    """What a slice keeps in a worker process."""

    def close(self) -> None:
        """Stop it; the process ends."""
        ...


Kept = TypeVar("Kept", bound=Closable)

_log = structlog.get_logger(__name__)


class Runtime:
    """Made after the fork, one a process. Its event loop runs only while a message is handled."""

    def __init__(self, settings: Settings, app: Celery) -> None:
        self.settings = settings
        self.database = Database(
            settings.database.model_copy(update={"pool_size": 2, "max_overflow": 8}), application_name="malha worker"
        )
        self.storage = Storage.from_settings(settings.uploads)
        self.dispatcher = Dispatcher(app)
        self.feed = Feed(settings.broker.redis_url)
        self.database.deliver = Delivery(self.dispatcher, self.feed)
        self.ledger = Ledger(
            libpq_url(settings.database.url),
            lease_seconds=settings.engine.lease_seconds,
            holder=holder_name(os.getpid()),
        )
        self.claims = RecentClaims()
        self.leases = Leases(self.ledger, lease_seconds=settings.engine.lease_seconds)
        self.progress = Progress(self.ledger, self.feed.publish)
        self._loop = uvloop.new_event_loop()
        self._kept: dict[object, Closable] = {}

    def keep(self, make: Callable[[Runtime], Kept]) -> Kept:
        """What `make` has made for this process, once; closed with it."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return cast("Kept", self._kept[make])

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine to its end on the process's loop."""
        return self._loop.run_until_complete(coroutine)

    def log_event(self, part: ClaimedPart, event: NewEvent) -> None:
        """Log an event of a running part's job at once and publish it."""
        seq = self.ledger.log_event(part.job_id, event)
        self.feed.publish(JobEvent(part.job_id, part.workspace_id, part.owner_id, seq, event.type, event.data))

    def close(self) -> None:
        """Stop the threads and close the connections."""
        for kept in self._kept.values():
            kept.close()
        self.leases.close()
        self.progress.close()
        self.dispatcher.close()
        self.feed.close()
        self.ledger.close()
        self._loop.run_until_complete(self.database.dispose())
        self._loop.close()
