"""The ears of one API process: a Redis subscription to the live feed, and a slow look at the database behind it."""

from __future__ import annotations

import asyncio
import contextlib
import random

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from malha.jobs.feed import CHANNEL
from malha.realtime.activity import Activities
from malha.realtime.events import EventLog
from malha.realtime.feed_event import FeedMessageInvalidError, parse_feed
from malha.realtime.tails import Tails

CLIENT_NAME = "malha-realtime"
POLL_SECONDS = 5.0
POLL_SECONDS_WITHOUT_FEED = 1.0
LISTEN_SECONDS = 10.0
MAX_RECONNECT_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class Subscriber:
    """Feeds tails and activities. Reconnects for ever; what was missed is found by polling."""

    def __init__(self, redis_url: str, tails: Tails, activities: Activities) -> None:
        self.is_subscribed = False
        self.resumed = asyncio.Event()
        self._tails = tails
        self._activities = activities
        self._redis = Redis.from_url(
            redis_url,
            client_name=CLIENT_NAME,
            socket_connect_timeout=5,
            health_check_interval=int(LISTEN_SECONDS),
            retry=Retry(NoBackoff(), 0),  # a silent reconnect would hide that messages were missed
        )

    async def run(self) -> None:
        """Listen until cancelled."""
        pause = 0.0
        try:
            while True:
                try:
                    await self._listen()
                except (RedisError, OSError) as error:
                    pause = 0.1 if self.is_subscribed else min(2 * pause + 0.1, MAX_RECONNECT_SECONDS)
                    self.is_subscribed = False
                    _log.warning("realtime.feed_lost", error=str(error), retry_in_seconds=pause)
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads reconnections only
        finally:
            await self._redis.aclose()

    async def _listen(self) -> None:
        async with self._redis.pubsub() as channel:
            await channel.subscribe(CHANNEL)
            while True:
                message = await channel.get_message(timeout=LISTEN_SECONDS)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self.is_subscribed = True
                    self.resumed.set()
                    self._activities.miss()
                elif message["type"] == "message":
                    self._hear(message["data"])

    def _hear(self, data: bytes) -> None:
        try:
            events = parse_feed(data)
        except FeedMessageInvalidError as error:
            _log.warning("realtime.feed_message_dropped", error=str(error), size_bytes=len(data))
            return
        self._tails.hear(events)
        self._activities.hear(events)


class Poller:
    """Asks the database, once for all followed jobs, where their logs end: the feed is a hint and may fail."""

    def __init__(self, log: EventLog, tails: Tails, subscriber: Subscriber) -> None:
        self._events = log
        self._tails = tails
        self._subscriber = subscriber

    async def run(self) -> None:
        """Poll until cancelled: at once when the feed comes back, and more often while it is away."""
        resumed = self._subscriber.resumed
        while True:
            resumed.clear()
            await self._poll()
            pause = POLL_SECONDS if self._subscriber.is_subscribed else POLL_SECONDS_WITHOUT_FEED
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await resumed.wait()

    async def _poll(self) -> None:
        asked = self._tails.job_ids
        if not asked:
            return
        try:
            self._tails.observe(asked, await self._events.heads(asked))
        except (SQLAlchemyError, OSError) as error:
            _log.warning("realtime.poll_failed", jobs=len(asked), error=str(error))
