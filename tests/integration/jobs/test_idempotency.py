"""One key, one piece of work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from sqlalchemy import text

from malha.db import Database
from malha.jobs.errors import IdempotencyKeyInFlightError
from malha.jobs.idempotency import Reservation, complete, release, reserve
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
            await session.commit()
        yield database
        await database.dispose()

    async def main() -> Result:
        async with opened() as database:
            return await work(database)

    return asyncio.run(main())


async def hold(database: Database, key: str = "k", route: str = "r") -> Reservation:
    return await reserve(database, scope=SCOPE, route=route, key=key)


async def finish(database: Database, reservation: Reservation) -> None:
    async with database.session() as session:
        await complete(session, reservation, job_id=new_id(), fingerprint="f")
        await session.commit()


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
    assert again.is_replay
    again.check_same("f")


def test_a_released_key_and_one_whose_holder_died_are_free_again(database_url: str) -> None:
    async def work(database: Database) -> list[bool]:
        await release(database, await hold(database, "released"))
        await hold(database, "died")
        async with database.session() as session:
            await session.execute(text("UPDATE idempotency_keys SET locked_until = now() - interval '1 s'"))
            await session.commit()
        return [(await hold(database, "released")).is_replay, (await hold(database, "died")).is_replay]

    assert run(database_url, work) == [False, False]


def test_a_request_that_lost_its_key_meanwhile_may_not_bind_it(database_url: str) -> None:
    async def work(database: Database) -> None:
        first = await hold(database)
        async with database.session() as session:
            await session.execute(text("UPDATE idempotency_keys SET locked_until = now() - interval '1 s'"))
            await session.commit()
        await finish(database, await hold(database))
        with pytest.raises(IdempotencyKeyInFlightError):
            await finish(database, first)

    run(database_url, work)


def test_an_expired_key_stands_for_nothing(database_url: str) -> None:
    async def work(database: Database) -> Reservation:
        await finish(database, await hold(database))
        async with database.session() as session:
            await session.execute(text("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'"))
            await session.commit()
        return await hold(database)

    assert not run(database_url, work).is_replay


def test_the_same_key_on_another_route_is_another_key(database_url: str) -> None:
    async def work(database: Database) -> Reservation:
        await finish(database, await hold(database))
        return await hold(database, route="other")

    assert not run(database_url, work).is_replay
