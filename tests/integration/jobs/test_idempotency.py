"""One key, one piece of work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import text

from malha.db import Database
from malha.jobs import idempotency
from malha.jobs.errors import IdempotencyKeyInFlightError
from malha.jobs.idempotency import Key, Reservation, kept_alive, reserve
from malha.jobs.submit import Owner, submit
from malha.kit.ids import new_id
from malha.settings import DatabaseSettings

Result = TypeVar("Result")
SCOPE = new_id()


def run(database_url: str, work: Callable[[Database], Awaitable[Result]]) -> Result:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Database]:
        database = Database(DatabaseSettings(url=database_url))
        async with database.session() as session:
            await session.execute(text("TRUNCATE idempotency_keys"))
        yield database
        await database.dispose()

    async def main() -> Result:
        async with opened() as database:
            return await work(database)

    return asyncio.run(main())


async def hold(database: Database, key: str = "k", route: str = "r") -> Reservation:
    return await reserve(database, Key(SCOPE, route, key, kept_seconds=3600))


async def finish(database: Database, reservation: Reservation) -> None:
    async with database.session() as session:
        job = await submit(session, "test.single", input={}, parts=[{}], owner=Owner(None, None))
        bound = text("UPDATE idempotency_keys SET job_id = :job, fingerprint = 'f' WHERE id = :id")
        await session.execute(bound, {"job": job.id, "id": reservation.id})


async def fail(database: Database, reservation: Reservation) -> None:
    with contextlib.suppress(RuntimeError):
        async with kept_alive(database, reservation):
            raise RuntimeError


def test_of_fifty_concurrent_requests_one_gets_the_key(database_url: str) -> None:
    async def work(database: Database) -> list[object]:
        return await asyncio.gather(*(hold(database) for _ in range(50)), return_exceptions=True)

    outcomes = run(database_url, work)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Reservation)]) == 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, IdempotencyKeyInFlightError)]) == 49


def test_a_finished_key_replays_its_job(database_url: str) -> None:
    async def work(database: Database) -> Reservation:
        await finish(database, await hold(database))
        return await hold(database)

    again = run(database_url, work)
    assert again.job_id is not None
    again.check_same("f")


def test_a_released_key_and_one_whose_holder_died_are_free_again(database_url: str) -> None:
    async def work(database: Database) -> list[UUID | None]:
        await fail(database, await hold(database, "released"))
        await hold(database, "died")
        async with database.session() as session:
            await session.execute(text("UPDATE idempotency_keys SET locked_until = now() - interval '1 s'"))
        return [(await hold(database, name)).job_id for name in ("released", "died")]

    assert run(database_url, work) == [None, None]


def test_a_request_that_fails_after_its_job_was_bound_keeps_the_key(database_url: str) -> None:
    async def work(database: Database) -> Reservation:
        reservation = await hold(database)
        await finish(database, reservation)
        await fail(database, reservation)
        return await hold(database)

    assert run(database_url, work).job_id is not None


def test_the_hold_is_renewed_while_the_request_goes_on(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "EXTEND_SECONDS", 0.02)

    async def work(database: Database) -> bool:
        reservation = await hold(database)
        async with kept_alive(database, reservation):
            async with database.session() as session:
                await session.execute(text("UPDATE idempotency_keys SET locked_until = now() - interval '1 s'"))
            for _ in range(200):
                await asyncio.sleep(0.02)
                async with database.read_session() as session:
                    if await session.scalar(text("SELECT locked_until > now() FROM idempotency_keys")):
                        return True
        return False

    assert run(database_url, work)


def test_an_expired_key_stands_for_nothing(database_url: str) -> None:
    async def work(database: Database) -> Reservation:
        await finish(database, await hold(database))
        async with database.session() as session:
            await session.execute(text("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'"))
        return await hold(database)

    assert run(database_url, work).job_id is None


def test_the_same_key_on_another_route_is_another_key(database_url: str) -> None:
    async def work(database: Database) -> Reservation:
        await finish(database, await hold(database))
        return await hold(database, route="other")

    assert run(database_url, work).job_id is None
