"""`malha tables`: tables that change faster than Malha does."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

tables = typer.Typer(no_args_is_help=True, help="Tables that change faster than Malha does.")


class Table(StrEnum):
    """What can be imported."""

    ICP_BRASIL = "icp-brasil"


def register(app: typer.Typer) -> None:
    """Add `malha tables`."""
    app.add_typer(tables, name="tables")


@tables.callback()
def _take_commands() -> None:
    # Without a callback, Typer turns a group with one command into that command.
    return None


@tables.command("import")
def import_table(
    table: Annotated[Table, typer.Argument(help="The table: icp-brasil, the certificates of its authorities.")],
    paths: Annotated[list[Path], typer.Argument(help="PEM files, as ITI publishes them.", exists=True, dir_okay=False)],
    to: Annotated[Path, typer.Option(help="The file to write.", dir_okay=False)] = Path("icp-brasil.gz"),
) -> None:
    """Make a file of newer authorities, for every process to read beside those that Malha has."""
    from malha.fiscal.icp_brasil import IMPORTED, read_authorities, write_authorities  # cryptography is slow to load

    try:
        found = [der for path in paths for der in read_authorities(path.read_bytes())]
        to.write_bytes(write_authorities(found))
    except (ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    typer.echo(f"{len(set(found))} {table.value}: {to}\n{IMPORTED}={to.absolute()}")
