"""Front ends of the part numbers: they ask, join the room, and come back whenever the connection breaks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2
from _sockets import GONE, RawSocket

FINAL = frozenset({"classification_finished", "batch_classification_finished"})
ANSWERED = frozenset({200, 202})
PAUSE_SECONDS = 0.2
SERIES = ("LM358", "STM32F103", "BAT54", "GRM188R71H104", "TPS5430", "G5LE", "1N4148", "BC847", "W25Q128", "ZZTOP")


@dataclass(slots=True)
class Tally:
    """What the clients have seen."""

    asked: dict[str, int] = field(default_factory=dict[str, int])
    """Part numbers by room, of every request that was answered."""
    finals: Counter[str] = field(default_factory=Counter[str])
    """Final events by room."""
    answered: dict[str, int] = field(default_factory=dict[str, int])
    """Part numbers that the final event has an answer for."""
    failed: set[str] = field(default_factory=set[str])
    reconnections: int = 0

    @property
    def open(self) -> set[str]:
        return self.asked.keys() - self.finals.keys() - self.failed

    @property
    def lost(self) -> int:
        """Part numbers without an answer."""
        return sum(count - self.answered.get(room, 0) for room, count in self.asked.items())

    @property
    def doubled(self) -> int:
        """Final events beyond the first of a room."""
        return sum(count - 1 for count in self.finals.values())

    def hear(self, name: str, payload: Any) -> None:
        """Take in an event."""
        room = payload.get("room_id") if isinstance(payload, dict) else None
        if name in FINAL and room is not None:
            self.finals[room] += 1
            self.answered[room] = len(payload["result"]) if name.startswith("batch") else 1
        elif name == "classification_update_status" and room is not None and payload["status"] == "failed":
            self.failed.add(room)


@dataclass(slots=True)
class FrontEnd:
    """One socket, on whichever API process lets it in, with the rooms of its requests."""

    ports: Sequence[int]
    token: str
    tally: Tally
    replays: bool = True
    """Whether it joins again what is unfinished when it comes back: the control has nothing to join for."""
    rooms: dict[str, int] = field(default_factory=dict[str, int])
    """With the highest `seq` seen."""
    _socket: RawSocket | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        for port in itertools.cycle(random.sample(self.ports, len(self.ports))):
            try:
                async with RawSocket.open(port, self.token, self._hear) as socket:
                    await self._stay(socket)
            except GONE:
                self.tally.reconnections += 1
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                self._socket = None

    async def ask(self, partnumbers: list[str]) -> None:
        """Send a request until it is answered, each time under the same key, and join its room."""
        path = "/classify-partnumber" if len(partnumbers) == 1 else "/classify-batch"
        body = {"partnumber": partnumbers[0]} if len(partnumbers) == 1 else {"partnumbers": partnumbers}
        headers = {"Idempotency-Key": str(uuid4()), "Authorization": f"Bearer {self.token}"}
        for port in itertools.cycle(random.sample(self.ports, len(self.ports))):
            try:
                async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                    answer = await client.post(path, json=body, headers=headers)
                if answer.status_code in ANSWERED:
                    await self._follow(answer.json()["room_id"], len(partnumbers))
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(PAUSE_SECONDS)

    async def _follow(self, room: str, count: int) -> None:
        self.tally.asked[room] = count
        self.rooms[room] = 0
        if self._socket is not None:
            with contextlib.suppress(*GONE):  # it joins when it comes back
                await self._join(self._socket, room)

    async def _stay(self, socket: RawSocket) -> None:
        self._socket = socket
        listening = asyncio.create_task(socket.listen())
        try:
            if self.replays:
                for room in [room for room in self.rooms if room in self.tally.open]:
                    await self._join(socket, room)
            await listening
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _join(self, socket: RawSocket, room: str) -> None:
        while True:
            answer = await socket.call("join", {"room_id": room, "last_seq": self.rooms[room]})
            if answer.get("ok"):
                return
            await asyncio.sleep(PAUSE_SECONDS)

    def _hear(self, name: str, payload: Any) -> None:
        room = payload.get("room_id") if isinstance(payload, Mapping) else None
        if room is not None and "seq" in payload:
            self.rooms[room] = max(self.rooms.get(room, 0), payload["seq"])
        self.tally.hear(name, payload)


def requests_of(total: int, *, singles: float, batch: int) -> list[list[str]]:
    """So many part numbers as requests, of which a share is for a single one."""
    numbers = [f"{SERIES[no % len(SERIES)]}-{no:05d}" for no in range(total)]
    alone = int(total * singles)
    batches = [numbers[first : first + batch] for first in range(alone, total, batch)]
    mixed = [[number] for number in numbers[:alone]] + batches
    random.Random(total).shuffle(mixed)
    return mixed


async def ask_everything(
    front_ends: Sequence[FrontEnd], wanted: Sequence[list[str]], *, settle_seconds: float, spread_seconds: float = 0
) -> float:
    """Send all requests, spread over a time, and wait for their ends; returns the seconds that it took."""
    staying = [asyncio.create_task(front_end.run()) for front_end in front_ends]
    queue = list(wanted)[::-1]
    started = time.monotonic()

    async def send(front_end: FrontEnd) -> None:
        while queue:
            await front_end.ask(queue.pop())
            await asyncio.sleep(spread_seconds * len(front_ends) / len(wanted))

    await asyncio.gather(*(send(front_end) for front_end in front_ends))
    tally = front_ends[0].tally
    deadline = time.monotonic() + settle_seconds
    while tally.open and time.monotonic() < deadline:  # noqa: ASYNC110 - the rooms tell nobody else
        await asyncio.sleep(0.02)
    took = time.monotonic() - started
    await asyncio.sleep(1)  # what comes twice comes soon
    for task in staying:
        task.cancel()
    for ended in await asyncio.gather(*staying, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    return took
