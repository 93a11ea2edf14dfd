"""The whole platform on one machine: services, migration, processes, and what happens once they are ready."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from malha.embedded.ports import answers_ok, reachable_host
from malha.embedded.process import ProcessSpec
from malha.embedded.services import Services, ensure_services
from malha.embedded.supervisor import Supervisor

READY_PATH = "/api/v1/health/ready"
INSTANCE_HEADER = "x-malha-instance"


@dataclass(frozen=True)
class Address:
    """Where the API listens. `instance` goes into a header of its responses, so that it cannot be mistaken."""

    host: str
    port: int
    instance: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def base_url(self) -> str:
        host = reachable_host(self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def usual_processes(address: Address, home: Path) -> list[ProcessSpec]:
    """The stock commands, with this interpreter."""
    python = (sys.executable, "-P")  # the current folder may be anybody's, and does not belong on the path
    api = (*python, "-m", "uvicorn", "malha.main:app", "--host", address.host, "--port", str(address.port))
    sources = ("--app-dir", str(Path(__file__).parents[2]))
    named = ("--header", f"{INSTANCE_HEADER}:{address.instance}")
    # As root Celery would say at length what this installation cannot change: who starts it decides.
    celery = (*python, "-W", "ignore:You're running the worker", "-m", "celery", "--quiet", "-A", "malha.worker")
    return [
        # Event streams stay open for ever: without a limit, stopping would wait for their readers.
        ProcessSpec("api", (*api, *sources, *named, "--timeout-graceful-shutdown", "5", "--no-access-log")),
        ProcessSpec("worker", (*celery, "worker", "--loglevel", "INFO")),
        ProcessSpec("beat", (*celery, "beat", "--loglevel", "INFO", "--schedule", str(home / "run" / "beat-schedule"))),
    ]


def run_platform(
    processes: Sequence[ProcessSpec],
    address: Address,
    *,
    home: Path,
    environ: Mapping[str, str] = os.environ,
    prepare: Callable[[Services], None],
    when_ready: Callable[[str], int | None],
    is_quiet: bool = False,
) -> int:
    """Returns the exit status. `prepare` runs between services and processes (migrations, the first user).

    `when_ready` gets the base URL; the platform stops with the number that it returns, or stays up if that is None.
    Raises EmbeddedStartError or SupervisionError with a message for the user.
    """
    services = ensure_services(home, environ=environ)
    try:
        prepare(services)
        urls = {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
        supervisor = Supervisor(
            processes, environ={**environ, **urls}, tick=services.restore_if_lost, is_quiet=is_quiet
        )
        header = (INSTANCE_HEADER, address.instance)
        return supervisor.run(
            is_ready=lambda: answers_ok(address.host, address.port, READY_PATH, header=header),
            when_ready=lambda: when_ready(address.base_url),
        )
    finally:
        services.close(wait=True)
