"""One Redis connection that hears the channels of many questions at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from malha.partnumbers.errors import BusLostError

SUBSCRIBE_SECONDS = 5.0
LISTEN_SECONDS = 10.0


class Ear(Protocol):
    """Who listens to a channel."""

    def hear(self, data: bytes) -> None:
        """A message of the channel."""
        ...

    def lose(self, error: Exception) -> None:
        """The connection is gone: messages may have been missed."""
        ...


class Bus:
    """Subscribes channels on a connection that is opened when the first is asked for.

    A connection that breaks is no longer trusted: every channel on it is lost at once, and the next subscription opens
    another one.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=SUBSCRIBE_SECONDS,
            health_check_interval=int(LISTEN_SECONDS),
            retry=Retry(NoBackoff(), 0),  # a silent reconnect would hide that messages were missed
        )
        self._ears: dict[bytes, Ear] = {}
        self._confirmed: dict[bytes, asyncio.Future[None]] = {}
        self._opening = asyncio.Lock()
        self._channel: PubSub | None = None
        self._reader: asyncio.Task[None] | None = None

    async def subscribe(self, name: str, ear: Ear) -> None:
        """Return once Redis has confirmed it: what is published from then on is not missed. Raises BusLostError."""
        key = name.encode()
        self._ears[key] = ear
        confirmed = self._confirmed[key] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(SUBSCRIBE_SECONDS):
                await (await self._open()).subscribe(name)
                await confirmed
        except TimeoutError as error:
            self._ears.pop(key, None)
            raise BusLostError("Redis does not confirm a subscription") from error
        except (RedisError, OSError) as error:
            self._lose(error)
            raise BusLostError(str(error)) from error
        finally:
            self._confirmed.pop(key, None)

    async def unsubscribe(self, name: str) -> None:
        """Hear no more of a channel."""
        if self._ears.pop(name.encode(), None) is not None and self._channel is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._channel.unsubscribe(name)

    async def aclose(self) -> None:
        """Close the connection; nobody is told."""
        self._ears.clear()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._redis.aclose()

    async def _open(self) -> PubSub:
        async with self._opening:
            if self._channel is None:
                channel = self._redis.pubsub()
                await channel.connect()
                self._channel = channel
                self._reader = asyncio.create_task(self._read(channel), name="AI server bus")
            return self._channel

    async def _read(self, channel: PubSub) -> None:
        try:
            async with channel:
                while True:
                    message = await channel.get_message(timeout=LISTEN_SECONDS)
                    if message is not None:
                        self._take(message["type"], message["channel"], message["data"])
        except (RedisError, OSError) as error:
            self._lose(error, of=channel)

    def _take(self, kind: str, key: bytes, data: bytes) -> None:
        if kind == "subscribe":
            confirmed = self._confirmed.get(key)
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
        elif kind == "message" and (ear := self._ears.get(key)) is not None:
            ear.hear(data)

    def _lose(self, error: Exception, *, of: PubSub | None = None) -> None:
        """Give the connection up, unless it was given up for another one before."""
        if of is not None and of is not self._channel:
            return
        self._channel = None
        if self._reader is not None and of is None:
            self._reader.cancel()
        self._reader = None
        ears, self._ears = self._ears, {}
        for ear in ears.values():
            ear.lose(BusLostError(str(error)))
        for confirmed in self._confirmed.values():
            if not confirmed.done():
                confirmed.set_exception(BusLostError(str(error)))
