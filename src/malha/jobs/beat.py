"""A Celery beat scheduler whose tick is the engine's: any number of beats may run, one at a time does the work."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog
from celery.beat import Scheduler as CeleryScheduler
from kombu.exceptions import OperationalError as BrokerError
from psycopg import AsyncConnection
from psycopg import OperationalError as DatabaseError

from malha.jobs.dispatcher import Publisher
from malha.jobs.feed import Feed
from malha.jobs.outbox import OutboxSender
from malha.jobs.recurring import submit_due
from malha.jobs.relay import Relay
from malha.kit.urls import libpq_url
from malha.settings import get_settings

LEADER_LOCK = 0x6D616C6861  # "malha"
FOLLOWER_PAUSE_SECONDS = 0.5
FAILURE_PAUSE_SECONDS = 1.0
RECURRING_EVERY_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Scheduler(CeleryScheduler):
    """`celery beat --scheduler malha.jobs.beat:Scheduler`. Leadership is a session-level advisory lock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._settings = get_settings()
        self._loop = asyncio.Runner()
        self._connection: AsyncConnection[Any] | None = None
        self._leads = False
        self._look_at_recurring_at = 0.0
        self._publisher = Publisher(self.app)
        self._feed = Feed(self._settings.broker.redis_url)
        # What an API process has accepted goes out even if that process has died since.
        self._outbox = OutboxSender(self._settings)
        self._relay = Relay(self._publisher, self._settings.engine, self._feed.publish)

    def tick(self, *_args: Any, **_kwargs: Any) -> float:
        """Do one round and say after how many seconds the next is wanted."""
        try:
            return self._loop.run(self._tick())
        except BrokerError as error:
            _log.warning("beat.broker_away", error=str(error))
            return FAILURE_PAUSE_SECONDS
        except (DatabaseError, OSError) as error:
            _log.warning("beat.tick_failed", error=str(error))
            self._forget_connection()
            return FAILURE_PAUSE_SECONDS

    def close(self) -> None:
        """Let go of the lock and the connections."""
        self._forget_connection()
        self._outbox.close()
        self._loop.close()
        self._feed.close()
        self._publisher.close()
        super().close()

    async def _tick(self) -> float:
        if self._connection is None:
            self._connection = await AsyncConnection.connect(
                libpq_url(self._settings.database.url), autocommit=True, application_name="malha beat"
            )
        if not self._leads:
            cursor = await self._connection.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
            row = await cursor.fetchone()
            self._leads = bool(row and row[0])
            if not self._leads:
                return FOLLOWER_PAUSE_SECONDS
            _log.info("beat.leads")
        if time.monotonic() >= self._look_at_recurring_at:
            await submit_due(self._connection)
            self._look_at_recurring_at = time.monotonic() + RECURRING_EVERY_SECONDS
        await self._relay.tick(self._connection)
        return 0 if self._relay.is_behind else self._settings.engine.tick_seconds

    def _forget_connection(self) -> None:
        connection, self._connection, self._leads = self._connection, None, False
        if connection is not None:
            self._loop.run(connection.close())
