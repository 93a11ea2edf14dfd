"""Messages on the contract's Redis channels: told once, best effort; the event log is what nothing is missing from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from redis.asyncio import Redis

PUBLISH_SECONDS = 2.0

Announcement = tuple[str, dict[str, Any]]
"""Channel and message."""


class Announcer:
    """Publishes from one event loop."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=PUBLISH_SECONDS, socket_connect_timeout=PUBLISH_SECONDS)

    async def announce(self, *announcements: Announcement) -> None:
        """Publish them together; RedisError when Redis is away."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for channel, message in announcements:
                pipe.publish(channel, orjson.dumps(message, default=str))
            await pipe.execute()

    async def aclose(self) -> None:
        """Close the connection."""
        await self._redis.aclose()


async def announce_once(redis_url: str, announcements: Sequence[Announcement]) -> None:
    """For who has no announcer on their event loop."""
    announcer = Announcer(redis_url)
    try:
        await announcer.announce(*announcements)
    finally:
        await announcer.aclose()
