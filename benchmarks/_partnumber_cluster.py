"""The whole chain of part numbers on servers of its own: two APIs, two workers, an AI server, and what harms them."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2
from _chaos_cluster import CELERY, Cluster, Member
from redis import Redis, RedisError

from malha.embedded.services import Services

USER, PASSWORD = "chain@example.com", "only-for-this-run-of-the-chain"
API_PORTS = (8951, 8952)
AI_PORT = 8953
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
        "FIRST_SUPERUSER": USER,
        "FIRST_SUPERUSER_PASSWORD": PASSWORD,
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


async def log_in(client: httpx2.AsyncClient) -> str:
    """A token of the first user; raises while nobody answers."""
    answer = await client.post("/api/v1/login/access-token", data={"username": USER, "password": PASSWORD})
    return answer.raise_for_status().json()["access_token"]
