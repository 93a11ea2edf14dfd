"""`malha api`, `malha worker`, `malha beat`, `malha ingestor`: each process of a deployment in the foreground."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from malha.cli._environment import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("api")(api)
    app.command("worker", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(worker)
    app.command("beat")(beat)
    app.command("ingestor")(ingestor)


def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
) -> None:
    """The HTTP API, live updates and the console."""
    settings = load_settings()
    arguments = ["--host", host or settings.host, "--port", str(port or settings.port), "--workers", str(workers)]
    _become(
        "uvicorn",
        "malha.main:app",
        *arguments,
        "--no-access-log",
        "--timeout-graceful-shutdown",
        "10",
        "--ws-max-size",
        "65536",
    )


def worker(context: typer.Context) -> None:
    """The Celery worker; further options are Celery's own (`--concurrency 4`, `--queues short`)."""
    load_settings()
    _become("celery", "-A", "malha.worker", "worker", *context.args)


def beat() -> None:
    """The scheduler: relay, leases, recurring work. Any number may run; one at a time leads."""
    load_settings()
    _become("celery", "-A", "malha.worker", "beat")


def ingestor() -> None:
    """The consumer of requests to synchronise with PNCP; the workers do what they ask for."""
    load_settings()
    _become("malha.ingestor")


def _become(module: str, *arguments: str) -> None:
    """Replace this process, so that signals reach the real one."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - our own interpreter
