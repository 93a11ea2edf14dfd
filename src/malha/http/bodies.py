"""A body is read once its sender is known, as far as its route takes it, and as fast as a poor line sends it.

FastAPI reads a body before it asks any dependency, and its own `max_body_size` answers strangers as well, in plain
text. So everything here happens at the first `receive` of a request: the route is found by then, nothing is read yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from malha.errors import MalhaError, answer_error
from malha.http.errors import BodyTooLargeError, BodyTooSlowError
from malha.http.outages import outage_of
from malha.identity.policy import admit, current_principal
from malha.settings import MEBIBYTE, UploadSettings

USUAL_BYTES = MEBIBYTE
"""What a route takes that says nothing else."""

PATIENCE_SECONDS = 20.0
"""How long we wait for the bytes of a body in all, beside what LEAST_BYTES_PER_SECOND grant for those that came."""

LEAST_BYTES_PER_SECOND = 8 * 1024
DRAIN_SECONDS = 1.0
"""How long a refused sender may go on before the connection is closed: one that is cut off may not read the answer."""

DRAIN_BYTES = 8 * MEBIBYTE

_LIMIT = "__max_body_bytes__"

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def takes_body(max_bytes: int) -> Callable[[Endpoint], Endpoint]:
    """Say how large the body of a route may be: `@takes_body(64 * MEBIBYTE)` below `@router.post(...)`.

    Routes whose OpenAPI entry names a multipart form need none: they take what the settings allow for uploads.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _LIMIT, max_bytes)
        return endpoint

    return mark


def body_limit(route: APIRoute | None, uploads: UploadSettings) -> int:
    """How many bytes the body of a route may have."""
    if route is None:
        return USUAL_BYTES
    declared: int | None = getattr(route.endpoint, _LIMIT, None)
    if declared is not None:
        return declared
    if takes_form(route):  # the form's reader refuses earlier, and in its own words
        return uploads.max_job_bytes + 2 * MEBIBYTE
    return USUAL_BYTES


def takes_form(route: APIRoute) -> bool:
    """Whether the route's OpenAPI entry names a multipart form."""
    body = (route.openapi_extra or {}).get("requestBody", {})
    return "multipart/form-data" in body.get("content", {})


class BodyMiddleware:
    """Puts a `_Body` between each request and its application, and answers for those that it refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._guarded: dict[Callable[..., Any], bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, send, self._admit)
        try:
            await self._app(scope, body.receive, body.send)
        except Exception as error:
            if error is not body.refusal:
                raise
        if body.refusal is None or body.is_answered:
            return
        if not isinstance(body.refusal, MalhaError):
            raise body.refusal
        await _refuse(Request(scope), body.refusal, receive, send)

    async def _admit(self, scope: Scope) -> None:
        route = scope.get("route")
        if not isinstance(route, APIRoute):
            return
        if route.endpoint not in self._guarded:
            self._guarded[route.endpoint] = _asks_who_calls(route.dependant)
        # Where a test says who calls, its word counts before the body as well.
        if self._guarded[route.endpoint] and current_principal not in scope["app"].dependency_overrides:
            await admit(Request(scope))


class _Body:
    """The body of one request. Once it is refused, nothing that the application says reaches the sender."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, check_sender: Callable[[Scope], Awaitable[None]]
    ) -> None:
        self.refusal: Exception | None = None
        self.is_answered = False
        self._scope = scope
        self._receive = receive
        self._send = send
        self._check_sender = check_sender
        self._is_begun = False
        self._is_over = False
        self._limit = 0
        self._received = 0
        self._waited_seconds = 0.0

    async def send(self, message: Message) -> None:
        if self.refusal is not None and not self.is_answered:
            return
        self.is_answered = True
        await self._send(message)

    async def receive(self) -> Message:
        if self.refusal is not None:
            return {"type": "http.disconnect"}
        if self._is_over or (self.is_answered and not self._is_begun):
            return await self._receive()
        try:
            if not self._is_begun:
                await self._begin()
            return await self._read()
        except Exception as error:
            # FastAPI turns whatever is raised here into "error parsing the body": kept, and answered outside of it.
            self.refusal = outage_of(error) or error
            raise

    async def _begin(self) -> None:
        self._is_begun = True
        await self._check_sender(self._scope)
        self._limit = body_limit(self._scope.get("route"), self._scope["app"].state.settings.uploads)
        for name, value in self._scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                raise BodyTooLargeError(limit=self._limit)

    async def _read(self) -> Message:
        allowed_seconds = PATIENCE_SECONDS + self._received / LEAST_BYTES_PER_SECOND
        asked_at = time.monotonic()
        try:
            async with asyncio.timeout(allowed_seconds - self._waited_seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise BodyTooSlowError(seconds=round(allowed_seconds)) from error
        # Only while we wait: the time that the route takes to digest a block is not the sender's.
        self._waited_seconds += time.monotonic() - asked_at
        if message["type"] != "http.request":
            self._is_over = True
            return message
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise BodyTooLargeError(limit=self._limit)
        self._is_over = not message.get("more_body", False)
        return message


def _asks_who_calls(dependant: Dependant) -> bool:
    return any(
        dependency.call is current_principal or _asks_who_calls(dependency) for dependency in dependant.dependencies
    )


async def _refuse(request: Request, refusal: MalhaError, receive: Receive, send: Send) -> None:
    """Answer, let the sender finish for a moment, and have the server close the connection."""
    response = answer_error(request, refusal)
    headers = [*response.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    drained = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while drained < DRAIN_BYTES:
                message = await receive()
                drained += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
