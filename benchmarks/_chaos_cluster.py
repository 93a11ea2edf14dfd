"""A small deployment on servers of its own, something that kills its members, and something that restarts them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from redis import Redis, RedisError

BENCHMARKS = Path(__file__).parent
PAUSES_SECONDS = (0.5, 4.0)
"""Between two harms: a process needs a few seconds to start, and on two cores the next harm should meet some alive."""
CELERY = (sys.executable, "-m", "celery")


@dataclass
class Member:
    """A process that the supervisor keeps alive."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=BENCHMARKS, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )

    def ensure_running(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal the whole process group."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill_leader(self) -> None:
        """SIGKILL the main process and let its children notice by themselves."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()

    def end(self) -> None:
        """SIGKILL the whole process group, stopped children too, and wait for the main process."""
        self.kill(signal.SIGCONT)
        self.kill()
        if self.process is not None:
            self.process.wait()

    def children(self) -> list[psutil.Process]:
        if self.process is None:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []


@dataclass
class Cluster:
    """Members under supervision, and what was done to them."""

    members: dict[str, Member]
    redis_url: str
    server_pids: Callable[[str], list[int]]
    """Pids of the embedded server of a name (`postgres`, `redis`), for killing it; its keeper starts it again."""
    stopped_seconds: float
    killed: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for member in self.members.values():
            member.start()
        self._run(self._supervise)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for member in self.members.values():
            member.end()

    def harass_with_seed(self, seconds: float, seed: int) -> None:
        """Do harm of random kinds at random times for so long; the same seed chooses the same harm."""
        chooser = random.Random(seed)
        harms = self.harms()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            [harm] = chooser.choices(list(harms), list(harms.values()))
            if harm(chooser):
                self.killed[harm.__name__] += 1
            time.sleep(chooser.uniform(*PAUSES_SECONDS))

    def harms(self) -> Mapping[Callable[[random.Random], bool], int]:
        """What may be done, and how often beside the others."""
        return {
            self.kill_child: 40,
            self.kill_worker: 14,
            self.kill_beat: 10,
            self.kill_api: 10,
            self.stop_child_past_its_lease: 8,
            self.flush_redis: 8,
            self.kill_redis: 5,
            self.kill_postgres: 5,
        }

    def kill_child(self, chooser: random.Random) -> bool:
        children = [child for worker in self._named("worker") for child in worker.children()]
        return bool(children) and _signal(chooser.choice(children).pid, signal.SIGKILL)

    def kill_worker(self, chooser: random.Random) -> bool:
        return _kill_leader(chooser, self._named("worker"))

    def kill_beat(self, chooser: random.Random) -> bool:
        return _kill_leader(chooser, self._named("beat"))

    def kill_api(self, chooser: random.Random) -> bool:
        return _kill_leader(chooser, self._named("api"))

    def stop_child_past_its_lease(self, chooser: random.Random) -> bool:
        children = [child for worker in self._named("worker") for child in worker.children()]
        if not children:
            return False
        pid = chooser.choice(children).pid
        timer = threading.Timer(self.stopped_seconds, _signal, (pid, signal.SIGCONT))
        timer.daemon = True
        timer.start()
        return _signal(pid, signal.SIGSTOP)

    def flush_redis(self, _chooser: random.Random) -> bool:
        try:
            with Redis.from_url(self.redis_url, socket_timeout=2) as redis:
                redis.flushall()
        except RedisError:
            return False
        return True

    def kill_redis(self, _chooser: random.Random) -> bool:
        return any(_signal(pid, signal.SIGKILL) for pid in self.server_pids("redis"))

    def kill_postgres(self, _chooser: random.Random) -> bool:
        return any(_signal(pid, signal.SIGKILL) for pid in self.server_pids("postgres"))

    def _named(self, prefix: str) -> list[Member]:
        return [member for name, member in self.members.items() if name.startswith(prefix)]

    def _supervise(self) -> None:
        while not self._stop.wait(0.2):
            for member in self.members.values():
                member.ensure_running()

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()


def _kill_leader(chooser: random.Random, members: list[Member]) -> bool:
    if not members:
        return False
    chooser.choice(members).kill_leader()
    return True


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
