"""An AI server that keeps the contract or breaks it, as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


def result(partnumber: str, **fields: Any) -> dict[str, Any]:
    """A good answer, with changes."""
    made = {"partnumber": partnumber, "ncm": "85412120", "description": "Transistor NPN", "confidence_score": 0.9}
    return made | {"fabricante": "Nexperia", "endereco": "Nijmegen", "pais": "NL", "exception": "01"} | fields


def progress(current: int = 1, total: int = 5) -> dict[str, Any]:
    return {"status": "processing", "progress": {"current": current, "total": total, "message": "Buscando"}}


def done(partnumber: str, **fields: Any) -> dict[str, Any]:
    return {"status": "done", "result": result(partnumber, **fields)}


Script = Callable[[dict[str, Any]], Sequence[Any]]
"""Makes what is published for a request: dicts are messages, bytes go out as they are."""


def well_behaved(body: dict[str, Any]) -> Sequence[Any]:
    """What the contract says."""
    if "partnumbers" not in body:
        return [progress(), done(body["partnumber"])]
    codes = list(body["partnumbers"])
    partial = [
        {
            "status": "partial_result",
            "current": no,
            "total": len(codes),
            "message": code,
            "single_classification": result(code),
        }
        for no, code in enumerate(codes, 1)
    ]
    return [*partial, {"status": "done"}]


@dataclass
class Conduct:
    """What the server does with a request."""

    script: Script = well_behaved
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    """Instead of the job's id."""
    answer_seconds: float = 0
    before_each: Callable[[], None] | None = None


class FaultyServer:
    """Remembers its requests, and behaves as `conduct` says."""

    def __init__(self, redis_url: str) -> None:
        self.url = ""
        self.conduct = Conduct()
        self.requests: list[dict[str, Any]] = []
        self._redis_url = redis_url
        self._running: set[asyncio.Task[None]] = set()
        paths = ("/process/single_partnumber", "/process/batch_partnumbers")
        self.app = Starlette(routes=[Route(path, self._take, methods=["POST"]) for path in paths])

    async def _take(self, request: Request) -> Response:
        conduct, body = self.conduct, orjson.loads(await request.body())
        self.requests.append(body)
        await asyncio.sleep(conduct.answer_seconds)
        if conduct.status == 202:
            task = asyncio.create_task(self._publish(conduct, body))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        answer = {"job_id": "job-1"} if conduct.body is None else conduct.body
        return JSONResponse(answer, conduct.status, headers=conduct.headers)

    async def _publish(self, conduct: Conduct, body: dict[str, Any]) -> None:
        async with Redis.from_url(self._redis_url) as redis:
            for message in conduct.script(body):
                if conduct.before_each is not None:
                    await asyncio.to_thread(conduct.before_each)
                data = message if isinstance(message, bytes) else orjson.dumps(message)
                await redis.publish(body["progress_channel"], data)
