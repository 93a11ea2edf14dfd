"""Prometheus metrics of HTTP requests, at `/metrics`."""

from __future__ import annotations

import time

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from malha.dependencies import get_app_settings, get_database
from malha.slices import load_health

router = APIRouter(tags=["health"])

REQUESTS = Counter("malha_http_requests_total", "HTTP requests by route.", ("method", "route", "status"))
SECONDS = Histogram("malha_http_request_seconds", "Time to the end of the answer, by route.", ("method", "route"))

TYPE, EVENT_STREAM = b"content-type", b"text/event-stream"


class MetricsMiddleware:
    """Counts and times requests under their route template, so that ids do not become labels."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status, is_stream = 500, False

        async def observe(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = message["status"]
                is_stream = any(value.startswith(EVENT_STREAM) for name, value in message["headers"] if name == TYPE)
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(scope["method"], route, status).inc()
            if not is_stream:  # how long somebody listens says nothing about how fast we are
                SECONDS.labels(scope["method"], route).observe(time.perf_counter() - started)


@router.get("/metrics", include_in_schema=False)
async def read_metrics(request: Request) -> Response:
    """The process's metrics in the Prometheus text format."""
    for module in load_health(request.app.state.slices).values():
        await module.measure(await get_database(request), await get_app_settings(request))
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
