"""`malha suppliers`: the company registry from the open data files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from malha.cli._environment import load_settings
from malha.suppliers.errors import OpenDataBrokenError, OpenDataMissingError
from malha.suppliers.service import import_open_data

suppliers = typer.Typer(no_args_is_help=True, help="The company registry.")


def register(app: typer.Typer) -> None:
    """Add `malha suppliers`."""
    app.add_typer(suppliers, name="suppliers")


@suppliers.callback()
def _take_commands() -> None:
    # Without a callback, Typer turns a group with one command into that command.
    return None


@suppliers.command("import")
def import_files(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders, ZIPs or unpacked files of the CNPJ open data.", exists=True)
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(help="The day of the data; by default the one in the names.", formats=["%Y-%m-%d"]),
    ] = None,
    uf: Annotated[list[str] | None, typer.Option(help="Only establishments of this state; may be repeated.")] = None,
) -> None:
    """Import Receita Federal's open data files, all or nothing. Later answers of providers stay."""
    day = as_of.date() if as_of else None
    try:
        report = import_open_data(load_settings().database.url, paths, as_of=day, ufs=uf or (), tell=typer.echo)
    except OpenDataMissingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    except OpenDataBrokenError as error:
        typer.echo(f"{error}\nNothing was imported.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{report.written:,} suppliers as of {report.as_of}")
