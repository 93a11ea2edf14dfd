"""An AI server that only ticks: it takes every question and publishes progress that carries the time it was sent at."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TICK_SECONDS = 0.5
"""Two a second on each channel, evenly: a room tells at most four a second."""


class Metronome:
    """All channels take turns, so that the events are spread over the time."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.channels: list[str] = []

    async def run(self) -> None:
        """Tick for ever."""
        step = 0
        while True:
            step += 1
            for channel in list(self.channels):
                await asyncio.sleep(TICK_SECONDS / len(self.channels))
                text = f"sent {time.monotonic_ns()} {channel[-12:]}"
                progress = {"current": step % 1000, "total": 1000, "message": text}
                await self._redis.publish(channel, orjson.dumps({"status": "processing", "progress": progress}))
            if not self.channels:
                await asyncio.sleep(TICK_SECONDS)


async def take(request: Request) -> JSONResponse:
    request.app.state.metronome.channels.append(orjson.loads(await request.body())["progress_channel"])
    return JSONResponse({"job_id": "metronome"}, 202)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        app.state.metronome = Metronome(redis)
        ticking = asyncio.create_task(app.state.metronome.run())
        yield
        ticking.cancel()


app = Starlette(routes=[Route("/process/single_partnumber", take, methods=["POST"])], lifespan=lifespan)
