"""The whole platform on one machine: what `malha up` has the keeper run, what it shows of it, and when it ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from malha.embedded.errors import SupervisionError
from malha.embedded.ports import answers_ok, reachable_host
from malha.embedded.process import ProcessSpec, send_groups
from malha.embedded.screen import Lines, Screen
from malha.embedded.services import Services, ensure_services

READY_PATH = "/api/v1/health/ready"
INSTANCE_HEADER = "x-malha-instance"
_READY_SECONDS = 120.0
_FAILURES_BEFORE_GIVING_UP = 5
_GRACE_SECONDS = 20.0


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

    def is_ready(self) -> bool:
        return answers_ok(self.host, self.port, READY_PATH, header=(INSTANCE_HEADER, self.instance))


def usual_processes(address: Address, home: Path, *, ai_server_port: int | None = None) -> list[ProcessSpec]:
    """The stock commands, with this interpreter; without its port, no AI server."""
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
        ProcessSpec("ingestor", (*python, "-m", "malha.ingestor")),
        ProcessSpec("beat", (*celery, "beat", "--loglevel", "INFO", "--schedule", str(home / "run" / "beat-schedule"))),
        *([ai_server_process(ai_server_port)] if ai_server_port is not None else []),
    ]


def ai_server_process(port: int) -> ProcessSpec:
    """The reference AI server on loopback: it has no login."""
    served = ("-m", "uvicorn", "--factory", "malha.ai_server.app:create_app_from_settings")
    sources = ("--app-dir", str(Path(__file__).parents[2]))
    listening = ("--host", "127.0.0.1", "--port", str(port), "--no-access-log")
    return ProcessSpec("ai-server", (sys.executable, "-P", *served, *sources, *listening))


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

    `when_ready` gets the base URL, in a thread of its own; the platform stops with the number that it returns, or
    stays up if that is None, until a stop is asked for (status 0). Raises EmbeddedStartError or SupervisionError with
    a message for the user, and what `when_ready` raised.
    """
    with ensure_services(home, environ=environ) as services:
        try:
            if not services.embedded:
                services.keeper.start_servers(())
            prepare(services)
            screen = Screen([spec.name for spec in processes], is_quiet=is_quiet)
            urls = {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
            return _Run(processes, {**environ, **urls}, services, screen).run(address, when_ready)
        finally:
            services.close(wait=True)


@dataclass
class _Run:
    """The processes while the keeper runs them. Each of the two ends them should the other be killed."""

    processes: Sequence[ProcessSpec]
    environ: Mapping[str, str]
    services: Services
    screen: Screen
    _outputs: list[Lines] = field(default_factory=list)
    _running: dict[str, dict[str, Any]] = field(default_factory=dict)
    _stop_requests: int = 0

    def run(self, address: Address, when_ready: Callable[[str], int | None]) -> int:
        self._outputs = [Lines(spec.name) for spec in self.processes]
        status: int | None = 1
        self._count_signals()
        try:
            self._start()
            self._wait_until_ready(address)
            work = _in_background(lambda: None if self._stop_requests else when_ready(address.base_url))
            while not self._stop_requests and not (work.done() and work.result() is not None):
                self._step()
            status = work.result() if work.done() else None
        finally:
            self._stop()
            if status:
                self.screen.show_kept()
        return status or 0

    def _start(self) -> None:
        request = {
            "processes": [asdict(spec) for spec in self.processes],
            "folder": str(Path.cwd()),
            "environment": dict(self.environ),
        }
        self.services.keeper.ask(request, [output.writing for output in self._outputs])

    def _wait_until_ready(self, address: Address) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self._stop_requests and not address.is_ready():
            self._step()
            for name, child in self._running.items():
                if child["failures"] >= _FAILURES_BEFORE_GIVING_UP:
                    message = f"{name} ended {child['failures']} times in a row while starting"
                    raise SupervisionError(f"{message}: its last lines above say why")
            if time.monotonic() > deadline:
                raise SupervisionError("not ready in time: the lines above say what is missing")

    def _step(self) -> None:
        self.screen.show_new(self._outputs, 0.1)
        if not self._hear():  # the keeper was killed: the kernel told what it ran to end, and here we make sure
            _end(self._groups)
            self._running.clear()
            self.services.keeper.start_servers(self.services.embedded)
            self._start()

    def _hear(self) -> bool:
        """Takes in what the keeper says; False when it is gone."""
        messages = self.services.keeper.messages()
        self._running |= {message["name"]: message for message in messages or ()}
        return messages is not None

    @property
    def _groups(self) -> set[int]:
        return {child["group"] for child in self._running.values() if child["group"]}

    def _stop(self) -> None:
        """Shows what the processes still say; a second request does not wait for them."""
        requests = self._stop_requests
        with contextlib.suppress(OSError):  # the keeper is gone
            self.services.keeper.leave()
        for output in self._outputs:
            output.end()
        while self._hear():
            self.screen.show_new(self._outputs, 0.05)
            if self._stop_requests > max(1, requests):
                send_groups(self._groups, signal.SIGKILL)
        self.screen.show_new(self._outputs, 0)
        _end(self._groups)  # none, unless the keeper was killed meanwhile

    def _count_signals(self) -> None:
        """From now on, to the end of this process: whoever asks twice while it stops means it."""

        def count(_number: int, _frame: FrameType | None) -> None:
            self._stop_requests += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Whoever started us with `nohup` meant it; a shell that ignores SIGINT for its background did not.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, count)


def _in_background(work: Callable[[], int | None]) -> Future[int | None]:
    """In a thread that the end of the process does not wait for."""
    future: Future[int | None] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # raised again by `result`, in the first thread
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _end(groups: set[int]) -> None:
    """SIGTERM for these process groups, SIGKILL for what is left after a while."""
    left = send_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = send_groups(left, 0)
    send_groups(left, signal.SIGKILL)
