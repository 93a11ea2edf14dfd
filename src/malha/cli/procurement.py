"""`malha procurement`: what of public contracting is proved to be here, and how to fill the gaps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from malha.cli._environment import load_settings
from malha.db import Database
from malha.kit.clock import brazilian_day, utc_now
from malha.procurement.rules.partitions import Kind
from malha.procurement.schemas.sync import CalendarDayRead, Refill
from malha.procurement.service import ask_refill, read_calendar, read_freshness
from malha.procurement.settings import ProcurementSettings
from malha.settings import Settings

SHOWN_DAYS = 14
Answer = TypeVar("Answer")
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]

procurement = typer.Typer(no_args_is_help=True, help="Public contracting.")


def register(app: typer.Typer) -> None:
    """Add `malha procurement`."""
    app.add_typer(procurement, name="procurement")


@procurement.command()
def coverage(first: Day = None, last: Day = None, kind: Annotated[Kind | None, typer.Option()] = None) -> None:
    """What is proved complete, by kind and day; exit 1 where something that is over is not."""
    since, until = _days(first, last)
    calendar = _run(lambda database, _settings: _read(database, since, until))
    shown = [day for day in calendar if kind is None or day.kind == kind]
    for day in shown:
        counted = f"{day.complete} complete, {day.partial} partial, {day.unknown} unknown"
        typer.echo(f"{day.day}  {day.kind:<24} {day.state:<9} {counted}; {day.has:,} of {day.wants:,} records")
    if not shown:
        typer.echo("Nothing was asked for on these days.")
    today = brazilian_day(utc_now())
    raise typer.Exit(int(any(day.state != "complete" and day.day < today for day in shown)))


@procurement.command()
def freshness(first: Day = None, last: Day = None) -> None:
    """Lags by kind and day, minutes in which PNCP was away, the oldest day that is open."""
    since, until = _days(first, last)

    async def read(database: Database, _settings: Settings) -> None:
        async with database.read_session() as session:
            found = await read_freshness(session, since, until)
        for lag in found.lags:
            typer.echo(f"{lag.day}  {lag.kind:<24} p50 {lag.p50_seconds:,.0f} s, p95 {lag.p95_seconds:,.0f} s")
        for away in found.away:
            typer.echo(f"{away.day}  {away.host:<24} away {away.away_minutes:,.0f} of {away.watched_minutes:,.0f} min")
        oldest = found.oldest_open
        typer.echo(f"{found.open_partitions} open; oldest: {oldest.day if oldest else '-'}")

    _run(read)


@procurement.command()
def refill(first: Day = None, last: Day = None, kind: Annotated[list[Kind] | None, typer.Option()] = None) -> None:
    """Ask for what is not proved complete, and for what was never asked for."""
    since, until = _days(first, last)

    async def ask(database: Database, settings: Settings) -> UUID:
        wanted = Refill(first=since, last=until, kinds=kind or None)
        async with database.session() as session:
            return await ask_refill(session, settings.of(ProcurementSettings).queue, wanted)

    typer.echo(f"request_id {_run(ask)}: sent by the next beat or API process")


async def _read(database: Database, since: date, until: date) -> list[CalendarDayRead]:
    async with database.read_session() as session:
        return await read_calendar(session, since, until)


def _days(first: datetime | None, last: datetime | None) -> tuple[date, date]:
    until = last.date() if last else brazilian_day(utc_now())
    return (first.date() if first else until - timedelta(days=SHOWN_DAYS - 1)), until


def _run(work: Callable[[Database, Settings], Awaitable[Answer]]) -> Answer:
    settings = load_settings()

    async def with_database() -> Answer:
        database = Database(settings.database.model_copy(update={"pool_size": 1}), application_name="malha cli")
        try:
            return await work(database, settings)
        finally:
            await database.dispose()

    return asyncio.run(with_database())
