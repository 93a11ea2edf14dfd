"""python-socketio as it comes: rooms, and events that Redis brings. The measure of what sockets cost by themselves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import socketio
from redis.asyncio import Redis
from starlette.applications import Starlette

sockets = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")


@sockets.event
async def join(sid: str, data: dict[str, str]) -> dict[str, Any]:
    await sockets.enter_room(sid, data["room"])
    return {"ok": True}


async def emit_events() -> None:
    """Emit what the live feed brings to the room of its job."""
    async with Redis.from_url(os.environ["REDIS_URL"]) as redis, redis.pubsub() as heard:
        await heard.subscribe("malha:events")
        async for message in heard.listen():
            if message["type"] == "message":
                for event in orjson.loads(message["data"]):
                    await sockets.emit("event", event, room=f"job:{event['job_id']}")


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    emitting = asyncio.create_task(emit_events())
    yield
    emitting.cancel()


app = socketio.ASGIApp(sockets, other_asgi_app=Starlette(lifespan=lifespan))
