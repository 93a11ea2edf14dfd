"""The whole chain of part numbers on servers of its own: two APIs, two workers, an AI server, and what harms them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import httpx2
from _api import make_token
from _chaos_cluster import CELERY, Cluster, Member
from redis import Redis, RedisError

from malha.embedded.services import Services
from malha.settings import DatabaseSettings, Settings

API_PORTS = (8951, 8952)
AI_PORT = 8953
START_SECONDS = 60
SILENCE_SECONDS = 5
"""How long the AI server may be silent: a killed one is noticed by that."""


class ChainCluster(Cluster):
    """Kills whatever the chain is made of, and has Redis drop its connections."""

    def harms(self) -> Mapping[Callable[[random.Random], bool], int]:
        """Each harm with its weight."""
        return {
            self.kill_child: 30,
            self.kill_worker: 10,
            self.kill_api: 20,
            self.kill_ai_server: 15,
            self.drop_redis_connections: 25,
        }

    def kill_ai_server(self, _chooser: random.Random) -> bool:
        self.members["ai"].kill(signal.SIGKILL)
        return True

    def drop_redis_connections(self, chooser: random.Random) -> bool:
        """Subscribers, and now and then everybody."""
        try:
            with Redis.from_url(self.redis_url, socket_timeout=2) as redis:
                redis.client_kill_filter(_type="pubsub")
                if chooser.random() < 0.3:
                    redis.client_kill_filter(_type="normal", skipme=True)
        except RedisError:
            return False
        return True


def environment_of(services: Services, home: Path, **more: str) -> dict[str, str]:
    """What every member of the chain knows."""
    return {
        **os.environ,
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "AI_SERVER_URL": f"http://127.0.0.1:{AI_PORT}",
        "AI_SERVER_SILENCE_SECONDS": str(SILENCE_SECONDS),
        "AI_SERVER_TIMEOUT_SECONDS": "60",
        "LOG_LEVEL": "WARNING",
        "UPLOADS_DIR": str(home / "uploads"),
        "MALHA_HOME": str(home / "api"),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
        **more,
    }


def chain_members(environment: dict[str, str], home: Path, *, children: int = 2, workers: int = 2) -> dict[str, Member]:
    """Our chain's processes."""
    worker = [*CELERY, "-A", "malha.worker", "worker", "-c", str(children), "--without-gossip", "--without-mingle"]
    uvicorn = [sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning"]
    commands = {
        **{f"worker-{n}": [*worker, "-n", f"w{n}@%h"] for n in range(workers)},
        "beat-1": [*CELERY, "-A", "malha.worker", "beat"],
        **{f"api-{port}": [*uvicorn, "malha.main:app", "--port", str(port)] for port in API_PORTS},
        "ai": [*uvicorn, "--factory", "malha.ai_server.app:create_app_from_settings", "--port", str(AI_PORT)],
    }
    return {name: Member(name, command, environment, home / f"{name}.log") for name, command in commands.items()}


async def until_started(ports: Iterable[int]) -> None:
    """Return when every web process answers."""
    deadline = time.monotonic() + START_SECONDS
    for port in ports:
        while True:
            try:
                async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
                    await client.get("/")
                    break
            except httpx2.HTTPError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)


def token_of(services: Services) -> str:
    """A new user's token for the servers of this run."""
    return make_token(Settings(database=DatabaseSettings(url=services.database_url)), "partnumbers:*", "jobs:*")
