"""A crowd of sockets in a process of its own: opens them, joins rooms, and says at the end what they have heard.

Reads a plan from the first line of its input: `{"sockets": [{"port", "token", "room"?}]}`. Prints `ready`, listens
until a second line comes, and prints what it heard as JSON.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import orjson
import uvloop
from _sockets import RawSocket

AT_ONCE = 50


class Crowd:
    """What all its sockets heard."""

    def __init__(self) -> None:
        self.last_at: dict[str, int] = {}
        """When the last socket of a room heard a progress message, by the message."""
        self.heard: Counter[str] = Counter()
        self.deliveries = 0
        self.ended_at = 0

    def hear(self, name: str, payload: Any) -> None:
        if name == "event":
            self.deliveries += 1
            self.ended_at = time.monotonic_ns()
        elif name == "classification_update_status" and (message := payload.get("message", "")).startswith("sent "):
            self.heard[message] += 1
            self.last_at[message] = time.monotonic_ns()


async def run(plan: list[dict[str, Any]]) -> Crowd:
    """Open, join, listen until told to stop."""
    crowd = Crowd()
    door = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:
        listening: list[asyncio.Task[None]] = []

        async def enter(wanted: dict[str, Any]) -> None:
            async with door:
                socket = await stack.enter_async_context(RawSocket.open(wanted["port"], wanted["token"], crowd.hear))
                listening.append(asyncio.create_task(socket.listen()))
                if room := wanted.get("room"):
                    answer = await socket.call("join", {"room": room})
                    if not answer["ok"]:
                        raise ConnectionRefusedError(f"{room}: {answer}")

        await asyncio.gather(*map(enter, plan))
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return crowd


def main() -> None:
    plan = orjson.loads(sys.stdin.readline())["sockets"]
    crowd = uvloop.run(run(plan))
    told = {
        "deliveries": crowd.deliveries,
        "ended_at": crowd.ended_at,
        "last_at": crowd.last_at,
        "heard": dict(crowd.heard),
    }
    print(orjson.dumps(told).decode(), flush=True)


if __name__ == "__main__":
    main()
