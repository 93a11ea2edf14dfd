"""The HTTP side: requests are checked and queued, and answered on the Redis channel that they name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from malha.ai_server.answers import answer
from malha.ai_server.requests import BatchRequest, SingleRequest
from malha.partnumbers.classifier import LearnedModel, load_model
from malha.partnumbers.settings import PartNumberSettings
from malha.settings import get_settings

MOST_BODY_BYTES = 4 * 1024 * 1024
MOST_WAITING = 200
"""Requests that may wait; who comes later is told to come again."""
WORKERS = 4
PUBLISH_SECONDS = 5

_log = structlog.get_logger(__name__)


class Work:
    """Requests that were taken, and who works on them."""

    def __init__(self, redis: Redis, model: LearnedModel | None = None) -> None:
        self._redis = redis
        self._model = model
        self._queue: asyncio.Queue[tuple[str, SingleRequest | BatchRequest]] = asyncio.Queue(MOST_WAITING)

    def take(self, request: SingleRequest | BatchRequest) -> str | None:
        """Queue it and return its id; None when too many wait."""
        job_id = f"job-{uuid4()}"
        try:
            self._queue.put_nowait((job_id, request))
        except asyncio.QueueFull:
            return None
        return job_id

    async def run(self) -> None:
        """Work until cancelled; whatever goes wrong is told on the channel."""
        while True:
            job_id, request = await self._queue.get()
            try:
                await self._answer(job_id, request)
            except Exception as error:
                _log.exception("ai_server.job_failed", job_id=job_id)
                await self._tell_failure(request.progress_channel, job_id, error)

    async def _answer(self, job_id: str, request: SingleRequest | BatchRequest) -> None:
        def tell(**message: Any) -> Any:
            return self._publish(request.progress_channel, {"job_id": job_id, **message})

        memory = request.confirmed()
        if isinstance(request, SingleRequest):
            await tell(status="processing", progress={"current": 1, "total": 2, "message": "Lendo o part number"})
            result = await asyncio.to_thread(answer, request.input(), memory, self._model)
            await tell(status="done", result=result)
            return
        total = len(request.partnumbers)
        for current, part in enumerate(request.partnumbers.values(), 1):
            result = await asyncio.to_thread(answer, part.input(), memory, self._model)
            await tell(
                status="partial_result",
                current=current,
                total=total,
                message=f"{current} de {total}",
                single_classification=result,
            )
        await tell(status="done")

    async def _tell_failure(self, channel: str, job_id: str, error: Exception) -> None:
        try:
            told = {"job_id": job_id, "status": "failed", "error": type(error).__name__}
            await self._publish(channel, told)
        except Exception:  # Redis is away: whoever asked gives up by its own time-out
            _log.exception("ai_server.failure_not_told", job_id=job_id)

    async def _publish(self, channel: str, message: dict[str, Any]) -> None:
        await self._redis.publish(channel, orjson.dumps(message, default=str))


def create_app(redis_url: str, model_dir: Path | None = None) -> Starlette:
    """The server; it publishes on the Redis of this URL. ModelInvalidError when the folder holds no model."""
    model = load_model(model_dir) if model_dir is not None else None

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        redis = Redis.from_url(redis_url, socket_timeout=PUBLISH_SECONDS, socket_connect_timeout=PUBLISH_SECONDS)
        app.state.work = Work(redis, model)
        workers = [asyncio.create_task(app.state.work.run()) for _ in range(WORKERS)]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await redis.aclose()

    routes = [
        Route("/", _health),
        Route("/process/single_partnumber", _taking(SingleRequest), methods=["POST"]),
        Route("/process/batch_partnumbers", _taking(BatchRequest), methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def create_app_from_settings() -> Starlette:
    """The server as the environment says: for `uvicorn --factory`."""
    settings = get_settings()
    return create_app(settings.broker.redis_url, settings.of(PartNumberSettings).model_dir)


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _taking(model: type[SingleRequest | BatchRequest]) -> Callable[[Request], Any]:
    async def take(request: Request) -> Response:
        try:
            asked = model.model_validate_json(await _read(request))
        except (ValidationError, ValueError):
            return JSONResponse({"error": "payload inválido"}, HTTPStatus.BAD_REQUEST)
        work: Work = request.app.state.work
        job_id = work.take(asked)
        if job_id is None:
            busy = {"error": "muitas requisições em espera"}
            return JSONResponse(busy, HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "5"})
        return JSONResponse({"job_id": job_id}, HTTPStatus.ACCEPTED)

    return take


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > MOST_BODY_BYTES:
            raise ValueError("too long")
    return bytes(body)
