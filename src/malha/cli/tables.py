"""`malha tables`: official tables that come as files and are too large, or change too often, to be shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from malha.cli._environment import load_settings

tables = typer.Typer(no_args_is_help=True, help="Official tables that come as files.")
imports = typer.Typer(no_args_is_help=True, help="Take a table in from its file.")
tables.add_typer(imports, name="import")


def register(app: typer.Typer) -> None:
    """Add `malha tables`."""
    app.add_typer(tables, name="tables")


@tables.callback()
def _take_commands() -> None:
    # Without a callback, Typer turns a group with one command into that command.
    return None


@imports.callback()
def _take_tables() -> None:
    return None


@imports.command("attributes")
def import_attributes(
    file: Annotated[
        Path,
        typer.Argument(help="The ZIP of attributes by NCM of Portal Único, or its JSON.", exists=True, dir_okay=False),
    ],
) -> None:
    """Import the attributes that DUIMP asks by NCM, all or nothing; the list before is replaced."""
    # Imported here: `--help` needs none of it.
    from malha.guarded import GuardedError
    from malha.partnumbers.service import import_attributes as take_in

    try:
        report = take_in(load_settings().database, file)
    except GuardedError as error:
        typer.echo(f"{error.sentence_en}\nNothing was imported.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{report.attributes:,} attributes, {report.links:,} links to codes")
    if report.without_definition:
        typer.echo(f"{report.without_definition:,} links name attributes that the file does not define: left out")
