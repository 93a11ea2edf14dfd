"""`malha up`: the whole platform on this machine, with nothing installed beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from malha.embedded.errors import EmbeddedStartError
from malha.embedded.home import default_home
from malha.embedded.platform import Address, run_platform, usual_processes
from malha.embedded.ports import PortTakenError, choose_port
from malha.embedded.services import Services
from malha.embedded.supervisor import SupervisionError
from malha.settings import Settings, get_settings

_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Adds `up` to the command line."""
    app.command()(up)


def up(
    *,
    port: Annotated[int | None, typer.Option(help="Port of the API; without it, 8000 or the next free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Audit the bundled samples, print the findings, stop.")] = False,
) -> None:
    """Start database, queue, API, worker and beat; print the console's address; stop everything on Ctrl-C."""
    settings = get_settings()
    home = default_home()
    listening = host or settings.host
    is_fixed = port is not None or "port" in settings.model_fields_set
    finished: list[int] = []
    _say(f"Starting the services in {home}")
    try:
        address = Address(listening, choose_port(listening, port or settings.port, is_fixed=is_fixed))
        status = run_platform(
            usual_processes(address, home),
            address,
            home=home,
            environ=_environment(settings, home),
            prepare=_prepare,
            when_ready=(lambda base_url: _run_demo(base_url, finished)) if once else _greet,
            is_quiet=once,
        )
    except (EmbeddedStartError, PortTakenError, SupervisionError) as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from error
    raise typer.Exit(status if finished or not once else _INTERRUPTED)


def _environment(settings: Settings, home: Path) -> dict[str, str]:
    """What the processes see: what is set, with files and services beside the data where nothing else is said."""
    environ = dict(os.environ)
    given = {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.broker.redis_url}
    environ |= {name: value for name, value in given.items() if value}
    if "directory" not in settings.uploads.model_fields_set:
        environ["UPLOADS_DIR"] = str(home / "uploads")
    environ["MALHA_HOME"] = str(home)
    return environ


def _prepare(services: Services) -> None:
    # Imported here: the database stack would slow every other command down.
    from malha.db.migrate import upgrade

    _say("Bringing the database up to date")
    services.export()
    get_settings.cache_clear()
    upgrade(services.database_url)
    _say("Starting the API, the worker and the scheduler")


def _say(text: str) -> None:
    typer.secho(text, err=True, dim=True)


def _greet(base_url: str) -> None:
    typer.secho(f"\nMalha is running: {base_url}\nCtrl-C stops it.\n", bold=True)


def _run_demo(base_url: str, finished: list[int]) -> int:
    # Imported here: only --once needs it.
    from malha.cli.demo import run_demo

    finished.append(run_demo(base_url))
    return finished[0]
