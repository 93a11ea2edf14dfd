"""`malha up`: the whole platform on this machine, with nothing installed beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from malha.cli._environment import given_urls, local_variables, reload_settings
from malha.embedded.errors import EmbeddedStartError, SupervisionError
from malha.embedded.home import default_home, open_home
from malha.embedded.platform import Address, run_platform, usual_processes
from malha.embedded.ports import PortTakenError, choose_port
from malha.embedded.services import Services
from malha.partnumbers.settings import PartNumberSettings
from malha.settings import get_settings

_INTERRUPTED = 130
AI_SERVER_PORT = 5001


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
    try:
        status = _run(port=port, host=host, once=once)
    except (EmbeddedStartError, PortTakenError, SupervisionError) as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from error
    raise typer.Exit(status)


def _run(*, port: int | None, host: str | None, once: bool) -> int:
    settings = get_settings()
    home = default_home()
    _say(f"Starting the services in {home}")
    open_home(home)
    variables = local_variables(settings, home)
    start = _Start(home, variables)
    listening = host or settings.host
    is_fixed = port is not None or "port" in settings.model_fields_set
    address = Address(listening, choose_port(listening, port or settings.port, is_fixed=is_fixed))
    ai_server_port = None
    if "ai_server_url" not in settings.of(PartNumberSettings).model_fields_set:
        ai_server_port = choose_port("127.0.0.1", AI_SERVER_PORT, is_fixed=False)
        variables["AI_SERVER_URL"] = f"http://127.0.0.1:{ai_server_port}"
    status = run_platform(
        usual_processes(address, home, ai_server_port=ai_server_port),
        address,
        home=home,
        environ=os.environ | given_urls(settings) | variables,
        prepare=start.prepare,
        when_ready=start.run_demo if once else start.greet,
        is_quiet=once,
    )
    return _INTERRUPTED if once and start.demo_status is None else status


@dataclass
class _Start:
    """The steps of one start; each imports what it needs, so that nothing heavy delays the first line."""

    home: Path
    variables: dict[str, str]
    demo_status: int | None = None
    notes: list[str] = field(default_factory=list)

    def prepare(self, services: Services) -> None:
        # Imported here: the database stack takes a second, and `--help` needs none of it.
        from malha.cli._first_login import prepare_database

        _say("Bringing the database up to date")
        services.export()
        made = prepare_database(reload_settings(self.variables), self.home)
        if made and made.generated_password:
            self.notes.append(f"Your first user is {made.email}, password {made.generated_password} (shown only now).")
        _say("Starting the API, the worker and the scheduler")

    def greet(self, base_url: str) -> None:
        # Imported here for the same reason as in `prepare`.
        from malha.cli._first_login import create_login_url

        lines = [f"Malha is running: {create_login_url(base_url)}", *self.notes, "Ctrl-C stops it."]
        typer.secho("\n" + "\n".join(lines) + "\n", bold=True)

    def run_demo(self, base_url: str) -> int:
        # Imported here: only --once needs it.
        from malha.cli.demo import run_demo

        status: int = run_demo(base_url)
        self.demo_status = status
        return status


def _say(text: str) -> None:
    typer.secho(text, err=True, dim=True)
