"""What one worker process shares between the messages that it handles: connections, leases, the live feed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog
from celery import Celery
from psycopg import AsyncConnection

from malha.db import Database
from malha.jobs.dispatcher import Dispatcher
from malha.jobs.feed import Feed
from malha.jobs.leases import Leases
from malha.jobs.ledger import ClaimedPart, Happening, SettledJob, log_event
from malha.kit.urls import libpq_url
from malha.settings import Settings
from malha.storage import Storage

Result = TypeVar("Result")

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
        self.leases = Leases(libpq_url(settings.database.url), lease_seconds=settings.engine.lease_seconds)
        self._loop = asyncio.Runner()
        self._ledger: AsyncConnection[Any] | None = None

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine to its end on the process's loop."""
        return self._loop.run(coroutine)

    async def ledger(self) -> AsyncConnection[Any]:
        """The autocommit connection of the ledger's own statements, opened again after a failure."""
        if self._ledger is None or self._ledger.closed:
            self._ledger = await AsyncConnection.connect(
                libpq_url(self.settings.database.url), autocommit=True, application_name="malha ledger"
            )
        return self._ledger

    async def log_event(self, part: ClaimedPart, happening: Happening) -> None:
        """Log an event of a running part's job at once and publish it."""
        seq = await log_event(await self.ledger(), part.job_id, happening)
        self.publish(part, seq, happening.type, happening.data)

    def publish(self, job: ClaimedPart | SettledJob, seq: int, type_: str, data: dict[str, Any]) -> None:
        """Tell the live feed of a committed event."""
        self.feed.publish(
            {
                "job_id": job.job_id,
                "workspace_id": job.workspace_id,
                "owner_id": job.owner_id,
                "seq": seq,
                "type": type_,
                "data": data,
            }
        )

    def close(self) -> None:
        """Stop the threads and close the connections."""
        self.leases.close()
        self.dispatcher.close()
        self.feed.close()
        self._loop.run(self._close())
        self._loop.close()

    async def _close(self) -> None:
        if self._ledger is not None:
            await self._ledger.close()
        await self.database.dispose()
