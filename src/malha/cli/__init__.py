"""The `malha` command. Each module of this package registers its own commands."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

# Imported by need: `malha audit` must not wait for the web framework, nor `malha up` for the fiscal library.
_MODULES = {
    "audit": "audit",
    "rules": "audit",
    "up": "up",
    "demo": "demo",
    "api": "processes",
    "worker": "processes",
    "beat": "processes",
    "ingestor": "processes",
    "ai-server": "ai_server",
    "db": "database",
    "jobs": "jobs",
    "user": "user",
    "token": "token",
    "suppliers": "suppliers",
    "procurement": "procurement",
    "tables": "tables",
    "partnumbers": "partnumbers",
}


def build_app(command: str | None = None) -> typer.Typer:
    """The command line with the module of one command, or with all of them when it is not known."""
    app = typer.Typer(
        name="malha",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Fiscal audits and procurement work for Brazil.",
    )
    app.callback()(_take_commands)
    wanted = {_MODULES[command]} if command in _MODULES else set(_MODULES.values())
    for module in dict.fromkeys(_MODULES.values()):
        if module in wanted:
            import_module(f"malha.cli.{module}").register(app)
    return app


def _take_commands() -> None:
    # Without a callback, Typer turns an application with one command into that command.
    return None


def main() -> None:
    """Entry point of the `malha` script."""
    command = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)
    build_app(command)()
