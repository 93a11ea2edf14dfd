"""The control of `partnumber_chain`: the upstream design, as it is usually built from the same parts.

The web process answers 202 and sends a Celery task; the task subscribes, asks the AI server and publishes what it hears
on `task_results`; the web process's listener emits it to the room. Nothing is kept and nothing is replayed. One web
process: with several, each would emit every event.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx2
import orjson
import socketio
from celery import Celery
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

REDIS_URL = os.environ.get("REDIS_URL", "")
AI_URL = os.environ.get("AI_SERVER_URL", "")

celery = Celery("control", broker=os.environ.get("BARE_BROKER_URL", ""), set_as_current=False)
celery.conf.update(task_default_queue="control", task_ignore_result=True, broker_connection_retry_on_startup=True)
sockets = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")


@celery.task(name="control.classify")
def classify(partnumber: str, room_id: str) -> None:
    """Hold the worker until the AI server has answered."""
    channel = f"progress-{uuid4()}"
    with Redis.from_url(REDIS_URL) as redis, redis.pubsub() as heard:
        heard.subscribe(channel)
        body = {"progress_channel": channel, "partnumber": partnumber}
        httpx2.post(f"{AI_URL}/process/single_partnumber", json=body).raise_for_status()
        for message in heard.listen():
            if message["type"] != "message":
                continue
            told = orjson.loads(message["data"])
            if told["status"] == "done":
                result = {"status": "done", "partnumber": partnumber, "result": told["result"], "room_id": room_id}
                redis.publish("task_results", orjson.dumps(result))
                return


@sockets.event
async def join(sid: str, data: dict[str, str]) -> dict[str, bool]:
    """Enter a room."""
    await sockets.enter_room(sid, data["room_id"])
    return {"ok": True}


async def take(request: Request) -> JSONResponse:
    """Answer 202 with a new room."""
    body, room_id = orjson.loads(await request.body()), str(uuid4())
    await asyncio.to_thread(celery.send_task, "control.classify", [body["partnumber"], room_id])
    return JSONResponse({"room_id": room_id, "task_id": room_id}, 202)


async def emit_results() -> None:
    """Emit whatever the workers publish, for ever."""
    while True:
        try:
            async with AsyncRedis.from_url(REDIS_URL) as redis, redis.pubsub() as heard:
                await heard.subscribe("task_results")
                async for message in heard.listen():
                    if message["type"] == "message":
                        told = orjson.loads(message["data"])
                        await sockets.emit("classification_finished", told, room=told["room_id"])
        except (RedisError, OSError):
            await asyncio.sleep(0.1)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    listener = asyncio.create_task(emit_results())
    yield
    listener.cancel()


web = Starlette(routes=[Route("/classify-partnumber", take, methods=["POST"])], lifespan=lifespan)
app = socketio.ASGIApp(sockets, other_asgi_app=web)
