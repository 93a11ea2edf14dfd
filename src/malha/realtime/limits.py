"""What one socket may send: so many messages a second of so many bytes, and a name soon after it opens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_MESSAGE_BYTES = 16 * 1024
MESSAGES_PER_SECOND = 20
MESSAGE_BURST = 60
AUTHENTICATION_SECONDS = 10.0
AUTHENTICATED = "malha.authenticated"
"""Set in the ASGI scope's own dictionary once the client has proved who it is."""

_POLICY_VIOLATION = 1008


class TokenBucket:
    """Allows `burst` at once and `per_second` in the long run."""

    def __init__(self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()

    def take(self) -> bool:
        """Use one token; False when there is none."""
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._filled_at) * self._per_second, self._burst)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class SocketGuard:
    """Closes WebSockets that flood, that send what is too large, or that stay anonymous.

    It stands before the Engine.IO server because that server parses, logs and queues whatever arrives.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            receive = _GuardedReceive(scope, receive)
        await self._app(scope, receive, send)


class _GuardedReceive:
    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._bucket = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST)
        self._deadline = time.monotonic() + AUTHENTICATION_SECONDS

    async def __call__(self) -> Message:
        if AUTHENTICATED in self._scope:
            message = await self._receive()
        else:
            try:
                async with asyncio.timeout(self._deadline - time.monotonic()):
                    message = await self._receive()
            except TimeoutError:
                return self._refusal()
        if message["type"] == "websocket.receive" and not self._is_acceptable(message):
            return self._refusal()
        return message

    def _is_acceptable(self, message: Message) -> bool:
        size = len(message.get("text") or message.get("bytes") or "")
        return size <= MAX_MESSAGE_BYTES and self._bucket.take()

    @staticmethod
    def _refusal() -> Message:
        return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
