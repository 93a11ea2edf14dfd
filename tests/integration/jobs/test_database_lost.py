"""The database goes away in the middle, or a process of a worker dies: parts come back soon, and once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from tests.fakes.engine import Engine
from tests.integration.jobs.conftest import behave

from malha.jobs import runner
from malha.jobs.context import PartContext
from malha.jobs.holders import end_leases_of, holder_name
from malha.jobs.ledger import Ledger
from malha.kit.urls import libpq_url

Effects = Callable[[], list[int]]


async def lose_the_session(part: PartContext) -> None:
    """End the part's own database session, as a crash of the server would, once its writes are made."""
    session = await part.session()
    pid = await session.scalar(text("SELECT pg_backend_pid()"))
    assert part.runtime.settings.database.url
    with psycopg.connect(libpq_url(part.runtime.settings.database.url), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOOK_AGAIN_SECONDS", 0.01)


def test_a_message_waits_for_the_database_and_is_not_lost(
    engine: Engine, effects: Effects, monkeypatch: pytest.MonkeyPatch, short_looks: None
) -> None:
    job_id = engine.submit("test.single", [{}])
    claim, absences = Ledger.claim, iter(range(3))

    def claim_when_back(self: Ledger, *args: Any, **kwargs: Any) -> Any:
        if next(absences, None) is not None:
            raise psycopg.OperationalError("the server is starting up")
        return claim(self, *args, **kwargs)

    monkeypatch.setattr(Ledger, "claim", claim_when_back)
    assert engine.deliver("test.single", (job_id, 0, 0)) == 1
    assert effects() == [0]
    assert engine.parts(job_id)[0]["attempts"] == 1


def test_a_message_gives_up_on_a_database_that_stays_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, short_looks: None
) -> None:
    job_id = engine.submit("test.single", [{}])

    def fail(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("nobody is there")

    monkeypatch.setattr(Ledger, "claim", fail)
    monkeypatch.setattr(runner, "LONGEST_ABSENCE_SECONDS", 0.05)
    with pytest.raises(psycopg.OperationalError):
        engine.deliver("test.single", (job_id, 0, 0))
    assert engine.parts(job_id)[0]["state"] == "queued"


@pytest.mark.parametrize("kind", ["test.batched", "test.finished"])
def test_parts_whose_transaction_was_lost_are_queued_again_at_once(engine: Engine, effects: Effects, kind: str) -> None:
    behave["lose"] = lose_the_session
    job_id = engine.submit(kind, [{}, {}, {"do": "lose"}])
    with pytest.raises((SQLAlchemyError, psycopg.OperationalError)):
        engine.deliver(kind, (job_id, 0, 2))
    assert [(part["state"], part["attempts"]) for part in engine.parts(job_id)] == [("queued", 1)] * 3
    assert effects() == []
    behave["lose"] = _go_well
    engine.make_due(job_id)
    for number in range(3):
        engine.deliver(kind, (job_id, number, number))
    assert engine.job(job_id)["state"] == "succeeded"
    assert [effect for effect in effects() if effect >= 0] == [0, 1, 2]


def test_a_transaction_lost_for_the_last_time_ends_its_part(engine: Engine) -> None:
    behave["lose"] = lose_the_session
    job_id = engine.submit("test.single", [{"do": "lose"}])
    for _ in range(engine.settings.engine.max_attempts):
        engine.make_due(job_id)
        with pytest.raises((SQLAlchemyError, psycopg.OperationalError)):
            engine.deliver("test.single", (job_id, 0, 0))
    assert engine.parts(job_id)[0]["state"] == "dead"
    assert engine.job(job_id)["state"] == "failed"


def test_a_worker_ends_the_leases_of_its_dead_process_and_of_no_other(engine: Engine) -> None:
    behave["look"] = _end_leases_of_two_processes
    job_id = engine.submit("test.single", [{"do": "look"}])
    engine.deliver("test.single", (job_id, 0, 0))
    assert engine.job(job_id)["state"] == "succeeded"


async def _go_well(_part: PartContext) -> None:
    return None


async def _end_leases_of_two_processes(part: PartContext) -> None:
    """While the part runs: another process's death leaves it alone, its own makes it due for others."""
    url = libpq_url(part.runtime.settings.database.url)
    with psycopg.connect(url, autocommit=True) as record:

        def holder_and_lease() -> Any:
            query = "SELECT holder, lease_until < now() FROM job_parts WHERE job_id = %s AND no = %s"
            return record.execute(query, [part.job_id, part.no]).fetchone()

        end_leases_of(os.getpid() + 1, url).join()
        assert holder_and_lease() == (holder_name(os.getpid()), False)
        end_leases_of(os.getpid(), url).join()
        assert holder_and_lease() == (holder_name(os.getpid()), True)
