"""`malha jobs`: look at background work and act on it, over the API's own queries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from malha.cli._environment import load_settings
from malha.db import Database, Session
from malha.db.paging import Window
from malha.identity.policy import Principal
from malha.jobs import repository
from malha.jobs.control import Action, act, count_requeued, requeue_dead
from malha.jobs.feed import JobEvent
from malha.jobs.repository import JobFilter
from malha.jobs.states import JobState, PartState

Result = TypeVar("Result")
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Only these kinds.")]
Limit = Annotated[int, typer.Option(min=1, max=1000)]

jobs = typer.Typer(no_args_is_help=True, help="Background jobs: list, cancel, pause, resume, retry, dead parts.")


def register(app: typer.Typer) -> None:
    """Add `malha jobs`."""
    app.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_jobs(
    kind: Kinds = None,
    state: Annotated[list[JobState] | None, typer.Option(help="Only these states.")] = None,
    limit: Limit = 30,
) -> None:
    """Jobs, newest first."""
    wanted = JobFilter(kind or (), state or ())
    found = _run(lambda session: repository.list_jobs(session, _OPERATOR, wanted, Window(limit)))
    table = Table(_whole("id"), _folded("kind"), "state", _folded("parts"), _folded("created (UTC)"), box=SIMPLE_HEAD)
    for job in found.items:
        parts = f"{job.done}/{job.total}" + (f", {job.failed} failed" if job.failed else "")
        table.add_row(str(job.id), job.kind, job.state, parts, f"{job.created_at:%m-%d %H:%M}")
    Console().print(table)


@jobs.command("dead")
def list_dead(kind: Kinds = None, limit: Limit = 30) -> None:
    """Parts that used up their attempts, and why."""
    parts = _run(
        lambda session: repository.list_parts(
            session, _OPERATOR, job_id=None, states=(PartState.DEAD,), kinds=kind or (), window=Window(limit)
        )
    )
    table = Table(_whole("job"), "part", "kind", "attempts", "reason")
    for part in parts.items:
        reason = (part.error or {}).get("message", "")
        table.add_row(str(part.job_id), str(part.no), part.kind, str(part.attempts), reason)
    Console().print(table)


@jobs.command("requeue-dead")
def requeue(kind: Kinds = None, limit: Limit = 1000) -> None:
    """Run dead parts again, with all their attempts."""

    async def run(session: Session) -> list[JobEvent]:
        parts = await repository.list_parts(
            session, _OPERATOR, job_id=None, states=(PartState.DEAD,), kinds=kind or (), window=Window(limit)
        )
        return await requeue_dead(session, [(part.job_id, part.no) for part in parts.items])

    typer.echo(f"{count_requeued(_run(run))} parts run again")


@jobs.command("queues")
def list_queues() -> None:
    """What waits, runs and lies dead, by kind."""
    table = Table("kind", "queued", "running", "dead")
    for row in _run(lambda session: repository.count_by_kind(session, _OPERATOR)):
        table.add_row(*map(str, row))
    Console().print(table)


@jobs.command("act")
def act_on_jobs(action: Action, ids: list[UUID]) -> None:
    """Cancel, pause, resume, retry or retry-failed the named jobs; exit 1 when one does not allow it."""

    async def run(session: Session) -> list[JobEvent]:
        return await act(session, action, ids)

    moved = {event.job_id for event in _run(run)}
    refused = [job_id for job_id in ids if job_id not in moved]
    typer.echo(f"{len(moved)} done" + "".join(f"\n{job_id}: its state does not allow it" for job_id in refused))
    if refused:
        raise typer.Exit(1)


def _whole(title: str) -> Column:
    """A column whose values are copied into other commands: never cut."""
    return Column(title, no_wrap=True)


def _folded(title: str) -> Column:
    """A column whose values go on in the next line where the terminal is narrow."""
    return Column(title, overflow="fold")


_OPERATOR = Principal.operator()


def _run(work: Callable[[Session], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        database = Database(load_settings().database, application_name="malha cli")
        try:
            async with database.session() as session:
                return await work(session)
        finally:
            await database.dispose()

    return asyncio.run(run())
