"""`malha db`: migrations, readiness, and the proof that nobody touched the audit log."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from alembic.util import CommandError

from malha.cli._environment import load_settings
from malha.db import Database, migrate
from malha.identity.service import AuditLogReport, verify_audit_log

database = typer.Typer(no_args_is_help=True, help="The database: migrations, readiness, audit log.")


def register(app: typer.Typer) -> None:
    """Add `malha db`."""
    app.add_typer(database, name="db")


@database.command()
def upgrade(revision: Annotated[str, typer.Argument(help="A revision, or head.")] = "head") -> None:
    """Bring the schema up to date."""
    migrate.upgrade(load_settings().database.url, revision)


@database.command()
def downgrade(revision: Annotated[str, typer.Argument(help="A revision, or base for an empty database.")]) -> None:
    """Take the schema back to a revision."""
    migrate.downgrade(load_settings().database.url, revision)


@database.command()
def check() -> None:
    """Fail when the models say something that no migration says."""
    try:
        migrate.check(load_settings().database.url)
    except CommandError as error:
        typer.echo(f"The models and the migrations differ: {error}", err=True)
        raise typer.Exit(1) from error


@database.command()
def wait(timeout: Annotated[float, typer.Option(help="Seconds to wait at the most.")] = 60) -> None:
    """Return once the database answers and is migrated; exit 1 when the time is up."""
    try:
        migrate.wait_until_ready(load_settings().database.url, timeout_seconds=timeout)
    except migrate.DatabaseNotReadyError as error:
        typer.echo(f"The database is not ready after {timeout:g} s: {error}", err=True)
        raise typer.Exit(1) from error


@database.command("verify-audit-log")
def verify() -> None:
    """Prove the audit log's chain; exit 1 and name the entry where it breaks."""
    report = asyncio.run(_verify())
    typer.echo(report.describe())
    if not report.is_intact:
        raise typer.Exit(1)


async def _verify() -> AuditLogReport:
    settings = load_settings()
    connections = Database(settings.database, application_name="malha cli")
    try:
        async with connections.read_session() as session:
            return await verify_audit_log(session, settings.security)
    finally:
        await connections.dispose()
