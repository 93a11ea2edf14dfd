"""Sockets in numbers: how late an event of the AI server is, how many deliveries a second, what an idle socket costs.

1. 1,000 sockets in 100 rooms of one API process, 200 progress events a second from the AI server (evenly: two a second
   in each room), through Redis, a worker's desk, the database and the live feed. Late is the time from the AI server's
   publishing to the last socket of the room.
2. Fan-out: events on the live feed, each for a room of 50, to 1,000 sockets; python-socketio as it comes beside it.
3. 10,000 idle sockets, by the growth of the API process.

The sockets live in a process of their own, on the same two cores.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import psutil
from _api import Server, make_token
from _chaos_cluster import BENCHMARKS, CELERY
from _report import Series, Verdict, alternate, finish, parse_arguments
from redis import Redis

from malha.jobs.feed import CHANNEL
from malha.kit.clock import utc_now
from malha.settings import get_settings

SOCKETS_PER_USER = 50
USERS = 20
ROOMS_PER_USER = 5
WARM_UP_SECONDS = 4
BURST = 100
"""Events of one room in a burst of the fan-out; a process keeps 256."""
IDLE_SOCKETS = 10_000
SCOPES = ("partnumbers:*", "jobs:*")

settings = get_settings()


@dataclass(frozen=True, slots=True)
class Task:
    """A task and the token of whoever asked for it."""

    token: str
    task_id: str
    room_id: str


class Crowd:
    """Sockets in a process of its own; `plan` says where each goes."""

    def __init__(self, plan: Sequence[Mapping[str, Any]]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "_socket_crowd.py"], cwd=BENCHMARKS, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self._say(orjson.dumps({"sockets": plan}))
        if self._output.readline() != b"ready\n":
            raise ConnectionError("the sockets could not be opened")

    def end(self) -> dict[str, Any]:
        """What they heard."""
        self._say(b"stop")
        told = orjson.loads(self._output.readline())
        self._process.wait()
        return told

    def _say(self, line: bytes) -> None:
        self._input.write(line + b"\n")
        self._input.flush()


@contextmanager
def members(*commands: Sequence[str], **environment: str) -> Iterator[None]:
    """Processes beside the API."""
    silent = subprocess.DEVNULL
    running = [
        subprocess.Popen(command, cwd=BENCHMARKS, env=os.environ | environment, stdout=silent, stderr=silent)
        for command in commands
    ]
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def take_tasks(port: int, tokens: Sequence[str], *, each: int) -> list[Task]:
    """So many single part numbers for each user."""
    tasks: list[Task] = []
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        for token in tokens:
            for no in range(each):
                body = {"partnumber": f"TICK{no}", "reclassify": True}
                answer = client.post("/classify-partnumber", json=body, headers={"Authorization": f"Bearer {token}"})
                told = answer.raise_for_status().json()
                tasks.append(Task(token, told["task_id"], told["room_id"]))
    return tasks


def wait_for(port: int) -> None:
    """Return when a server answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx2.get(f"http://127.0.0.1:{port}/", timeout=2)
            return
        except httpx2.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def latencies(seconds: float, tokens: Sequence[str]) -> list[float]:
    """Milliseconds from the AI server to the last socket of the room, for each event after the start."""
    with Server("_metronome:app") as ticking:
        url = f"http://127.0.0.1:{ticking.port}"
        worker = [*CELERY, "-A", "malha.worker", "worker", "-c", "1", "--without-gossip", "--without-mingle"]
        with Server("malha.main:app", AI_SERVER_URL=url) as api, members(worker, AI_SERVER_URL=url):
            wait_for(api.port)
            tasks = take_tasks(api.port, tokens, each=ROOMS_PER_USER)
            count = SOCKETS_PER_USER // ROOMS_PER_USER
            crowd = Crowd(
                [{"port": api.port, "token": task.token, "room": task.room_id} for task in tasks for _ in range(count)]
            )
            time.sleep(WARM_UP_SECONDS)
            started = time.monotonic_ns()
            time.sleep(seconds)
            ended = time.monotonic_ns()
            time.sleep(0.5)
            told = crowd.end()
    sent = {message: int(message.split()[1]) for message in told["last_at"]}
    judged = [message for message, at in sent.items() if started <= at < ended]
    partly = sum(told["heard"][message] < count for message in judged)
    print(f"  {len(judged) / seconds:.0f} events/s heard, {partly} of {len(judged)} not by every socket of their room")
    return [(told["last_at"][message] - sent[message]) / 1e6 for message in judged]


def fan_out(application: str, tasks: Sequence[Task]) -> float:
    """Deliveries a second of one process, from the first event on the feed to the last that a socket has heard."""
    with Server(application, REDIS_URL=settings.broker.redis_url) as server:
        wait_for(server.port)
        plan = [
            {"port": server.port, "token": task.token, "room": f"job:{task.task_id}"}
            for task in tasks
            for _ in range(SOCKETS_PER_USER)
        ]
        crowd = Crowd(plan)
        started = time.monotonic_ns()
        with Redis.from_url(settings.broker.redis_url) as redis:
            for seq in range(2, BURST + 2):
                redis.publish(CHANNEL, orjson.dumps([_event(task, seq) for task in tasks]))
        expected, deadline = BURST * len(plan), time.monotonic() + 60
        cpu = psutil.Process(server.process.pid)
        busy = -1.0
        while time.monotonic() < deadline and (spent := sum(cpu.cpu_times()[:2])) != busy:
            busy = spent  # it has sent all when it has come to rest
            time.sleep(1)
        told = crowd.end()
    if told["deliveries"] != expected:
        print(f"  {application}: {told['deliveries']} of {expected} deliveries")
    return told["deliveries"] / ((told["ended_at"] - started) / 1e9)


def _event(task: Task, seq: int) -> dict[str, Any]:
    told = {"job_id": task.task_id, "workspace_id": None, "owner_id": None, "seq": seq}
    return told | {"type": "benchmark.tick", "at": utc_now().isoformat(), "data": {"step": seq}}


def idle_bytes(sockets: int) -> float:
    """By how much the API process grows with so many sockets."""
    tokens = [make_token(settings, *SCOPES) for _ in range(sockets // SOCKETS_PER_USER)]
    with Server("malha.main:app") as api:
        wait_for(api.port)
        process = psutil.Process(api.process.pid)
        before = process.memory_info().rss
        crowd = Crowd([{"port": api.port, "token": token} for token in tokens for _ in range(SOCKETS_PER_USER)])
        grown = process.memory_info().rss - before
        crowd.end()
    return grown


def main() -> None:
    """Latency, fan-out, memory."""
    quick = parse_arguments(__doc__ or "").quick
    tokens = [make_token(settings, *SCOPES) for _ in range(USERS)]
    late = sorted(latencies(5 if quick else 30, tokens))
    with Server("malha.main:app") as api:
        wait_for(api.port)
        tasks = take_tasks(api.port, tokens, each=1)
    ours, bare = alternate(
        1 if quick else 3, lambda: fan_out("malha.main:app", tasks), lambda: fan_out("_bare_sockets:app", tasks)
    )
    sockets = 1_000 if quick else IDLE_SOCKETS
    idle = idle_bytes(sockets)
    p99 = late[int(len(late) * 0.99)] if late else float("inf")
    median, most = statistics.median(late), late[-1]
    print(f"  AI server to the last socket: median {median:.1f} ms, p99 {p99:.1f} ms, most {most:.1f} ms")
    print(f"  {sockets} idle sockets: {idle / 2**20:.0f} MiB, {idle / sockets / 1024:.1f} KiB each")
    series = [Series("fan-out", ours, "deliveries/s"), Series("python-socketio as it comes", bare, "deliveries/s")]
    print(f"fan-out / python-socketio: {series[0].median / series[1].median:.2f}")
    finish(
        series,
        [
            Verdict("p99 over 100 ms", p99 / 100, 1, at_most=True),
            Verdict("deliveries a second over 50,000", series[0].median / 50_000, 1, at_most=False),
            Verdict("idle sockets over 1 GiB", idle / 2**30 * IDLE_SOCKETS / sockets, 1, at_most=True),
        ],
    )


if __name__ == "__main__":
    main()
