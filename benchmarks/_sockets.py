"""A Socket.IO client that costs next to nothing: the protocol's text frames over one WebSocket, on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

OPEN_SECONDS = 30
GONE = (WebSocketException, OSError, TimeoutError)
"""What a connection raises that broke, or that never was."""

OnEvent = Callable[[str, Any], None]


class RawSocket:
    """One client in the default namespace. `listen` must run for anything to be heard."""

    def __init__(self, connection: ClientConnection, on_event: OnEvent) -> None:
        self._connection = connection
        self._on_event = on_event
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._next_ack = 0

    @classmethod
    @asynccontextmanager
    async def open(cls, port: int, token: str, on_event: OnEvent) -> AsyncIterator[Self]:
        """Connected and greeted; ConnectionRefusedError when the server does not want us."""
        url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
        async with connect(url, compression=None, max_queue=None, open_timeout=OPEN_SECONDS) as connection:
            await connection.recv()
            await connection.send("40" + orjson.dumps({"token": token}).decode())
            async with asyncio.timeout(OPEN_SECONDS):
                answer = await connection.recv()
            if not str(answer).startswith("40"):
                raise ConnectionRefusedError(answer)
            yield cls(connection, on_event)

    async def listen(self) -> None:
        """Take in what comes until the connection ends, which raises one of `GONE`."""
        async for frame in self._connection:
            if frame == "2":
                await self._connection.send("3")
            elif str(frame).startswith("42"):
                name, *payload = orjson.loads(frame[2:])
                self._on_event(name, payload[0] if payload else None)
            elif str(frame).startswith("43"):
                start = str(frame).index("[")
                waiting = self._acks.pop(int(frame[2:start]), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(orjson.loads(frame[start:])[0])
        raise ConnectionResetError("the server closed the socket")

    async def call(self, name: str, payload: Any) -> Any:
        """Send an event and return its acknowledgement."""
        number, self._next_ack = self._next_ack, self._next_ack + 1
        self._acks[number] = asyncio.get_running_loop().create_future()
        await self._connection.send(f"42{number}" + orjson.dumps([name, payload]).decode())
        async with asyncio.timeout(OPEN_SECONDS):
            return await self._acks[number]
