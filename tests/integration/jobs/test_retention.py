"""Old jobs go with all that is theirs, a little at a time; what a slice's row refers to stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection, sql
from tests.fakes.engine import Engine

from malha.jobs import retention
from malha.jobs.control import Action, act
from malha.jobs.retention import Retention
from malha.kit.urls import libpq_url

Round = Callable[[], None]
KIND = "test.single"


@pytest.fixture
def round_(engine: Engine) -> Iterator[Round]:
    """One round of a new beat, which rests from nothing yet."""
    url = libpq_url(engine.settings.database.url)
    connection: AsyncConnection[Any] = engine.runtime.run(AsyncConnection.connect(url, autocommit=True))
    kept = Retention(engine.settings.engine)
    yield lambda: engine.runtime.run(kept.round(connection))
    engine.runtime.run(connection.close())


def end(engine: Engine, job_id: UUID, *, days: float) -> UUID:
    engine.record.execute(
        "UPDATE jobs SET state = 'succeeded', finished_at = now() - make_interval(secs => %s) WHERE id = %s",
        [days * 86_400, job_id],
    )
    return job_id


def ended(engine: Engine, parts: int = 1, *, days: float = 91) -> UUID:
    return end(engine, engine.submit(KIND, [{}] * parts), days=days)


def left(engine: Engine, table: str = "jobs") -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    return (engine.record.execute(query).fetchone() or {})["count"]


def test_jobs_that_ended_long_ago_go_with_parts_and_events(engine: Engine, round_: Round) -> None:
    ended(engine, 3)
    young, open_ = ended(engine, days=89), engine.submit(KIND, [{}])
    engine.record.execute("UPDATE jobs SET created_at = now() - interval '1 year'")
    round_()
    rows = engine.record.execute("SELECT id FROM jobs").fetchall()
    assert {row["id"] for row in rows} == {young, open_}
    assert (left(engine, "job_parts"), left(engine, "job_events")) == (2, 2)


@pytest.mark.parametrize("state", ["done", "dead", "cancelled"])
def test_whatever_became_of_its_parts(engine: Engine, round_: Round, state: str) -> None:
    ended(engine, 2)
    engine.record.execute("UPDATE job_parts SET state = %s", [state])
    round_()
    assert (left(engine), left(engine, "job_parts"), left(engine, "job_events")) == (0, 0, 0)


REFERRING: dict[str, LiteralString] = {
    "audits": "INSERT INTO audits (job_id, workspace_id, owner_id, idempotency_key, input_summary, storage_path, files)"
    " VALUES (%(job)s, %(id)s, %(id)s, 'k', 'x', 'x', '[]')",
    "expense_batches": "INSERT INTO expense_batches (job_id, workspace_id, total) VALUES (%(job)s, %(id)s, 1)",
    "exports": "INSERT INTO exports (job_id, workspace_id, owner_id, list_name, format, filter, expires_at)"
    " VALUES (%(job)s, %(id)s, %(id)s, 'expenses', 'csv', '{}', now())",
    "bank_statements": "WITH account AS (INSERT INTO bank_accounts (id, workspace_id, name)"
    " VALUES (%(id)s, %(id)s, 'x') RETURNING id)"
    " INSERT INTO bank_statements (id, workspace_id, account_id, job_id, name, sha256, size, storage_path)"
    " SELECT id, id, id, %(job)s, 'x', 'x', 1, 'x' FROM account",
    "another_slice": "INSERT INTO another_slice VALUES (%(job)s)",
}


@pytest.mark.parametrize("table", REFERRING)
def test_a_job_stays_as_long_as_a_slices_row_refers_to_it(engine: Engine, round_: Round, table: str) -> None:
    engine.record.execute("CREATE TABLE another_slice (its_job uuid REFERENCES jobs ON DELETE CASCADE)")
    try:
        needed, _ = ended(engine), ended(engine)
        engine.record.execute(REFERRING[table], {"job": needed, "id": uuid4()})
        round_()
        assert [row["id"] for row in engine.record.execute("SELECT id FROM jobs")] == [needed]
        assert (left(engine, table), left(engine, "job_parts"), left(engine, "job_events")) == (1, 1, 1)
        engine.record.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        round_after_rest(engine)
        assert left(engine) == 0
    finally:
        engine.record.execute("DROP TABLE another_slice")


def round_after_rest(engine: Engine) -> None:
    """A round of a beat that has taken over."""

    async def do() -> None:
        url = libpq_url(engine.settings.database.url)
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            await Retention(engine.settings.engine).round(connection)

    engine.runtime.run(do())


def test_it_goes_in_small_batches(engine: Engine, round_: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "JOBS_PER_ROUND", 2)
    monkeypatch.setattr(retention, "ROWS_PER_ROUND", 4)
    ended(engine, 9)
    for _ in range(4):
        ended(engine)
    sizes: list[tuple[int, int]] = []
    while left(engine):
        sizes.append((left(engine), left(engine, "job_parts")))
        round_()
        assert len(sizes) < 20
    assert sizes == [(5, 13), (5, 9), (5, 5), (3, 3), (1, 1)]


def test_needed_jobs_do_not_stand_in_the_way_of_others(
    engine: Engine, round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "JOBS_PER_ROUND", 2)
    for _ in range(5):
        engine.record.execute(REFERRING["expense_batches"], {"job": ended(engine, days=100), "id": uuid4()})
    ended(engine, days=95)
    for _ in range(4):
        round_()
    assert left(engine) == 5


def test_a_cancelled_job_of_which_half_is_gone_can_still_end(
    engine: Engine, round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beat dies in the middle, and somebody retries the old job."""
    monkeypatch.setattr(retention, "ROWS_PER_ROUND", 3)
    job_id = engine.submit(KIND, [{}] * 5)
    engine.deliver(KIND, (job_id, 0, 0))

    async def do(action: Action) -> None:
        async with engine.runtime.database.session() as session:
            await act(session, action, [job_id])
            await session.commit()

    engine.runtime.run(do(Action.CANCEL))
    engine.record.execute("UPDATE jobs SET finished_at = now() - interval '91 days'")
    round_()
    assert left(engine, "job_parts") == 2
    engine.runtime.run(do(Action.RETRY))
    for no in range(5):
        engine.deliver(KIND, (job_id, no, no))
    assert (engine.job(job_id)["state"], engine.job(job_id)["done"]) == ("succeeded", 3)


def test_a_job_that_is_being_retried_is_left_alone(engine: Engine, round_: Round) -> None:
    job_id = ended(engine)
    engine.record.execute("UPDATE job_parts SET state = 'dead'")
    engine.record.execute("UPDATE jobs SET state = 'failed', failed = 1")

    async def retry_slowly() -> None:
        async with engine.runtime.database.session() as session:
            await act(session, Action.RETRY, [job_id])
            url = libpq_url(engine.settings.database.url)
            async with await AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute("SET lock_timeout = '2s'")
                await connection.execute("SET statement_timeout = '5s'")
                await Retention(engine.settings.engine).round(connection)
            await session.commit()

    engine.runtime.run(retry_slowly())
    assert engine.deliver(KIND, (job_id, 0, 0)) == 1
    assert engine.job(job_id)["state"] == "succeeded"
