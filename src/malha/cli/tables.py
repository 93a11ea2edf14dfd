"""`malha tables`: official tables that come as files and are too large, or change too often, to be shipped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from malha.cli._environment import load_settings
from malha.db import Database, Session
from malha.guarded import GuardedError
from malha.outbound import OutboundError
from malha.partnumbers.service import import_attributes as take_attributes_in
from malha.procurement import service
from malha.procurement.errors import TableFileBrokenError
from malha.procurement.service import TableImported

import malha.procurement.tasks  # isort: skip  # noqa: F401 - registers the handlers that a job is submitted to

Result = TypeVar("Result")
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]

tables = typer.Typer(no_args_is_help=True, help="Official tables that come as files.")
imports = typer.Typer(no_args_is_help=True, help="Take a table in from its file.")
tables.add_typer(imports, name="import")


def register(app: typer.Typer) -> None:
    """Add `malha tables`."""
    app.add_typer(tables, name="tables")


@imports.command("index")
def import_index(
    name: Annotated[str, typer.Argument(help="IPCA or IGP-M.")],
    path: Annotated[Path, typer.Argument(help="A CSV of month and per cent.", exists=True, dir_okay=False)],
) -> None:
    """Import an index's monthly rates, all or nothing. Months that are there already are replaced."""
    _tell(name, lambda session: service.import_index(session, name.upper(), path))


@tables.command("fetch-index")
def fetch_index(
    name: Annotated[str, typer.Argument(help="IPCA or IGP-M.")],
    first: Day,
    last: Day,
) -> None:
    """Ask the Banco Central for an index's monthly rates."""
    settings = load_settings()
    _tell(
        name,
        lambda session: service.fetch_index(session, settings, name.upper(), first=first.date(), last=last.date()),
    )


@imports.command("sanctions")
def import_sanctions(
    name: Annotated[str, typer.Argument(help="CEIS or CNEP.")],
    path: Annotated[Path, typer.Argument(help="The portal's CSV, or its ZIP.", exists=True, dir_okay=False)],
    as_of: Annotated[
        datetime | None, typer.Option(help="The day of the list; by default the one in its name.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Import a list of sanctioned companies in the place of the last one. Persons are not kept."""
    day = as_of.date() if as_of else None
    _tell(name, lambda session: service.import_sanctions(session, name.upper(), path, as_of=day))


@tables.command("recompute-marks")
def recompute_marks() -> None:
    """Have all value marks and signals computed again, with what prices are compared with computed anew first."""
    job = _run(lambda session: service.request_marking(session, again=True))
    typer.echo(f"job {job.id}")


@imports.command("attributes")
def import_attributes(
    file: Annotated[
        Path,
        typer.Argument(help="The ZIP of attributes by NCM of Portal Único, or its JSON.", exists=True, dir_okay=False),
    ],
) -> None:
    """Import the attributes that DUIMP asks by NCM, all or nothing; the list before is replaced."""
    try:
        report = take_attributes_in(load_settings().database, file)
    except GuardedError as error:
        typer.echo(f"{error.sentence_en}\nNothing was imported.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{report.attributes:,} attributes, {report.links:,} links to codes")
    if report.without_definition:
        typer.echo(f"{report.without_definition:,} links name attributes that the file does not define: left out")


def _tell(name: str, work: Callable[[Session], Awaitable[TableImported]]) -> None:
    try:
        imported = _run(work)
    except (TableFileBrokenError, OutboundError) as error:
        typer.echo(f"{error}\nNothing was imported.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{name.upper()}: {imported.lines:,} lines, {imported.span}")


def _run(work: Callable[[Session], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = Database(load_settings().database, application_name="malha tables")
        try:
            async with database.session() as session:
                return await work(session)
        finally:
            await database.dispose()

    return asyncio.run(run())
