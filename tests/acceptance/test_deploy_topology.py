"""The commands and variables of deploy/compose.yml as plain processes: an audit posted over HTTP is completed.

What differs from the containers: addresses, the port, and a folder in the place of the S3 server.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from deploy.healthcheck import is_api_ready
from kombu.connection import Connection
from tests.factories.compose import DEPLOY, command_of, environment_of, load_compose
from tests.factories.nfe import NoteBuilder

from malha.jobs.registry import Queue
from malha.kit.urls import libpq_url

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

START_SECONDS = 60.0
AUDIT_SECONDS = 30.0
PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")
S3_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_ALLOW_HTTP",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "UPLOADS_URL",
)
SECONDS = {"s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Servers:
    """Where the services that compose.yml names are to be found here."""

    database_url: str
    redis_url: str
    broker_url: str
    """Empty for Redis."""


class Topology:
    """The services of compose.yml, started as processes in a folder that stands for the S3 server and the logs."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self._servers = servers
        self._folder = folder
        self._services: dict[str, dict[str, Any]] = load_compose()["services"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.variables = {
            name: secrets.token_hex(32)
            for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "RABBITMQ_PASSWORD", "S3_SECRET_KEY")
        }
        self.variables |= {"FIRST_SUPERUSER": "admin@example.com", "FIRST_SUPERUSER_PASSWORD": secrets.token_hex(16)}

    @contextmanager
    def running(self) -> Iterator[httpx2.Client]:
        """Migrate, start API, worker and beat, and stop them as a container is stopped: within the grace period."""
        subprocess.run(self._command("migrate"), env=self._environment("migrate"), cwd=self._folder, check=True)
        with ExitStack() as stack:
            processes = {name: stack.enter_context(self._process(name)) for name in ("beat", "worker", "api")}
            self._wait_until("the API is ready", START_SECONDS, lambda: is_api_ready(self.port), processes)
            client = stack.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=30))
            yield client

    def healthcheck(self, name: str) -> bool:
        """What the container's own check says."""
        command = [sys.executable, str(DEPLOY / "healthcheck.py"), name]
        return subprocess.run(command, env=self._environment(name), cwd=self._folder, check=False).returncode == 0

    def wait_until(self, what: str, limit_seconds: float, holds: Callable[[], bool]) -> None:
        """Ask until it holds; fail with the processes' last words when the time is up."""
        self._wait_until(what, limit_seconds, holds, {})

    def _wait_until(
        self,
        what: str,
        limit_seconds: float,
        holds: Callable[[], bool],
        processes: Mapping[str, subprocess.Popen[bytes]],
    ) -> None:
        deadline = time.monotonic() + limit_seconds
        while not holds():
            ended = [name for name, process in processes.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                logs = "\n".join(f"== {log.stem}\n{log.read_text()[-4000:]}" for log in self._folder.glob("*.log"))
                pytest.fail(f"not in {limit_seconds:g} s: {what}; ended: {ended}\n{logs}")
            time.sleep(0.1)

    @contextmanager
    def _process(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                self._command(name),
                env=self._environment(name),
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
                process.send_signal(signal.SIGTERM)
                grace = self._services[name]["stop_grace_period"]
                process.wait(timeout=float(grace[:-1]) * SECONDS[grace[-1]])
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def _command(self, name: str) -> list[str]:
        program, *words = command_of(self._services[name], self.variables)
        here = {"0.0.0.0": "127.0.0.1", "8000": str(self.port)}  # noqa: S104 - replaced, not bound
        return [str(Path(sys.executable).parent / program), *(here.get(word, word) for word in words)]

    def _environment(self, name: str) -> dict[str, str]:
        environment = environment_of(self._services[name], self.variables)
        addresses = {
            "DATABASE_URL": self._servers.database_url,
            "REDIS_URL": self._servers.redis_url,
            "CELERY_BROKER_URL": self._servers.broker_url,
            "RABBITMQ_URL": self._servers.broker_url,
        }
        assert set(addresses) | set(S3_VARIABLES) <= set(environment)
        for variable in S3_VARIABLES:
            del environment[variable]
        own = {variable: os.environ[variable] for variable in PASSED_ON if variable in os.environ}
        return own | environment | addresses | {"UPLOADS_DIR": str(self._folder / "uploads")}


@pytest.fixture
def servers(new_database: Callable[..., str], redis_url: str) -> Servers:
    # As a person would write it: the settings turn it into what the driver wants.
    return Servers(libpq_url(new_database(empty=True)), redis_url, broker_url="")


def audit_a_note(topology: Topology, client: httpx2.Client) -> None:
    """As a person with curl: log in, post a file, ask until it is done, read the finding; then the same post again."""
    form = {
        "username": topology.variables["FIRST_SUPERUSER"],
        "password": topology.variables["FIRST_SUPERUSER_PASSWORD"],
    }
    token = client.post("/login/access-token", data=form).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(8)}
    wrong_total = NoteBuilder(seed=1).set("det[1]/prod/vProd", "1.00").authorised()
    files = {"files": ("nota.xml", wrong_total, "application/xml")}
    posted = client.post("/audits", headers=headers, files=files)
    assert posted.status_code == 202, posted.text
    audit = f"/audits/{posted.json()['id']}"

    def has_ended() -> bool:
        return client.get(audit, headers=headers).json()["status"] not in {"PENDING", "RUNNING"}

    topology.wait_until("the audit has ended", AUDIT_SECONDS, has_ended)
    assert client.get(audit, headers=headers).json()["status"] == "COMPLETED"
    findings = client.get(f"{audit}/findings", headers=headers).raise_for_status().json()["items"]
    assert "VAL-ERR-01" in {finding["rule_id"] for finding in findings}
    assert client.post("/audits", headers=headers, files=files).status_code == 200


def test_an_audit_completes_with_redis_as_the_broker(servers: Servers, tmp_path: Path) -> None:
    topology = Topology(servers, tmp_path)
    with topology.running() as client:
        audit_a_note(topology, client)
        topology.wait_until("the worker is healthy", START_SECONDS, lambda: topology.healthcheck("worker"))
        topology.wait_until("beat is healthy", START_SECONDS, lambda: topology.healthcheck("beat"))


@pytest.mark.rabbitmq
def test_an_audit_completes_with_rabbitmq_as_the_broker(servers: Servers, rabbitmq_url: str, tmp_path: Path) -> None:
    topology = Topology(Servers(servers.database_url, servers.redis_url, rabbitmq_url), tmp_path)
    with topology.running() as client:
        audit_a_note(topology, client)
        topology.wait_until("the worker is healthy", START_SECONDS, lambda: topology.healthcheck("worker"))
    assert_quorum_queues(rabbitmq_url)


def assert_quorum_queues(rabbitmq_url: str) -> None:
    """The server refuses to declare an existing queue as another type. Queues that nobody uses are deleted."""
    with Connection(rabbitmq_url) as connection, connection.channel() as channel:
        for queue in Queue:
            arguments = {"x-queue-type": "quorum"}
            declared = channel.queue_declare(queue.value, durable=True, auto_delete=False, arguments=arguments)
            if not declared.consumer_count and not declared.message_count:
                channel.queue_delete(queue.value)


def test_the_checks_fail_where_nothing_runs(servers: Servers, tmp_path: Path) -> None:
    topology = Topology(servers, tmp_path)
    assert not topology.healthcheck("beat")
    assert not is_api_ready(topology.port)
