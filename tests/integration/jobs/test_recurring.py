"""Kinds that run by themselves, again and again: once at a time, and nothing missed when beat was away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from tests.fakes.engine import Engine

from malha.jobs.recurring import submit_due
from malha.jobs.registry import all_handlers, get_handler
from malha.jobs.submit import Owner
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url

KIND = "test.single"
OWNER = Owner(new_id(), None)
Look = Callable[[], int]


@pytest.fixture
def look(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    for handler in all_handlers():
        monkeypatch.setattr(handler, "every_seconds", None)
    monkeypatch.setattr(get_handler(KIND), "every_seconds", 3600.0)
    url = libpq_url(engine.settings.database.url)
    connection: AsyncConnection[Any] = engine.runtime.run(AsyncConnection.connect(url, autocommit=True))
    yield lambda: engine.runtime.run(submit_due(connection))
    engine.runtime.run(connection.close())
    engine.record.execute("TRUNCATE recurring_tasks")


def runs(engine: Engine) -> list[UUID]:
    return [row["id"] for row in engine.record.execute("SELECT id FROM jobs ORDER BY created_at").fetchall()]


def let_an_hour_pass(engine: Engine) -> None:
    engine.record.execute("UPDATE recurring_tasks SET next_at = next_at - interval '1 hour'")


def test_a_kind_runs_at_the_first_look_and_then_when_its_time_has_come(engine: Engine, look: Look) -> None:
    assert [look(), look()] == [1, 0]
    [first] = runs(engine)
    assert engine.parts(first)[0]["sent_at"] is None  # the relay takes it from here
    assert engine.deliver(KIND, (first, 0, 0)) == 1
    assert look() == 0
    let_an_hour_pass(engine)
    assert [look(), look()] == [1, 0]


def test_a_run_that_is_still_open_is_waited_for(engine: Engine, look: Look) -> None:
    look()
    let_an_hour_pass(engine)
    assert look() == 0
    engine.deliver(KIND, (runs(engine)[0], 0, 0))
    assert look() == 1


def test_of_the_runs_that_went_well_only_the_last_is_kept(engine: Engine, look: Look) -> None:
    look()
    [first] = runs(engine)
    engine.deliver(KIND, (first, 0, 0))
    others = engine.submit(KIND, [{}], owner=OWNER)
    engine.deliver(KIND, (others, 0, 0))
    let_an_hour_pass(engine)
    look()
    assert first not in runs(engine)
    assert others in runs(engine)


def test_a_run_that_failed_is_kept_with_its_reason(engine: Engine, look: Look) -> None:
    look()
    [first] = runs(engine)
    engine.record.execute("UPDATE jobs SET state = 'failed', failed = 1, finished_at = now() WHERE id = %s", [first])
    let_an_hour_pass(engine)
    assert look() == 1
    assert first in runs(engine)
