"""How much one socket may send before it is closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from malha.realtime import limits
from malha.realtime.limits import AUTHENTICATED, MAX_MESSAGE_BYTES, MESSAGE_BURST, SocketGuard, TokenBucket

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_allows_a_burst_and_then_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(per_second=2, burst=3, clock=clock)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now += 1
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    clock.now += 3600
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


async def received(*messages: dict[str, Any], is_authenticated: bool = True) -> list[str]:
    """The types of what the guarded application receives until the connection ends."""
    waiting = [*messages, {"type": "websocket.disconnect"}]
    heard: list[str] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        while not heard or heard[-1] != "websocket.disconnect":
            heard.append((await receive())["type"])

    scope: dict[str, Any] = {"type": "websocket"}
    if is_authenticated:
        scope[AUTHENTICATED] = True
    await SocketGuard(app)(scope, receive, send=None)  # type: ignore[arg-type]
    return heard


def text(content: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": content}


async def test_ordinary_messages_pass() -> None:
    heard = await received({"type": "websocket.connect"}, text("40"), text("42"), text("x" * MAX_MESSAGE_BYTES))
    assert heard == ["websocket.connect", *["websocket.receive"] * 3, "websocket.disconnect"]


async def test_a_message_that_is_too_large_ends_the_connection() -> None:
    assert await received(text("x" * (MAX_MESSAGE_BYTES + 1)), text("40")) == ["websocket.disconnect"]
    binary = {"type": "websocket.receive", "bytes": b"x" * (MAX_MESSAGE_BYTES + 1)}
    assert await received(binary, text("40")) == ["websocket.disconnect"]


async def test_a_flood_ends_the_connection() -> None:
    heard = await received(*[text("42")] * (MESSAGE_BURST + 20))
    assert heard.count("websocket.receive") <= MESSAGE_BURST + 1


async def test_a_client_that_does_not_say_who_it_is_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AUTHENTICATION_SECONDS", 0.01)
    heard: list[str] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nothing ever comes")

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        heard.append((await receive())["type"])

    await SocketGuard(app)({"type": "websocket"}, receive, send=None)  # type: ignore[arg-type]
    assert heard == ["websocket.disconnect"]


async def test_http_is_left_alone() -> None:
    given: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {}

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        given.append(receive)

    await SocketGuard(app)({"type": "http"}, receive, send=None)  # type: ignore[arg-type]
    assert given == [receive]
