"""An engine with handlers that do as they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from tests.fakes.engine import Engine

from malha.jobs.context import FinishContext, PartContext
from malha.jobs.errors import PermanentError, RateLimitedError, TransientError
from malha.jobs.registry import Queue, Snooze, handler
from malha.kit.clock import utc_now

behave: dict[str, Callable[[PartContext], Any]] = {}
"""What a part does, by the `do` of its input; parts without one just write."""


async def write_effect(part: PartContext) -> None:
    session = await part.session()
    await session.execute(text("INSERT INTO effects VALUES (:job, :no)"), {"job": part.job_id, "no": part.no})


async def _obey(part: PartContext) -> dict[str, Any] | Snooze | None:
    await write_effect(part)
    match part.input.get("do"):
        case "fail":
            raise TransientError("the other side is down", retry_after_seconds=part.input.get("retry_after"))
        case "die":
            raise PermanentError("no such company")
        case "limited":
            raise RateLimitedError("three a minute", retry_at=utc_now().replace(year=2090))
        case str(name):
            return await behave[name](part)
        case _:
            pass
    return {"part": part.no}


@handler("test.single", queue=Queue.LONG)
async def single(part: PartContext) -> dict[str, Any] | Snooze | None:
    return await _obey(part)


@handler("test.batched", queue=Queue.SHORT, batch=10)
async def batched(part: PartContext) -> dict[str, Any] | Snooze | None:
    return await _obey(part)


@handler("test.silent", queue=Queue.SHORT, batch=10)
async def silent(_part: PartContext) -> None:
    return None


@handler("test.finished", queue=Queue.SHORT, batch=10)
async def finished(part: PartContext) -> dict[str, Any] | Snooze | None:
    return await _obey(part)


@finished.on_finish
async def finish(job: FinishContext) -> dict[str, Any]:
    await job.session.execute(text("INSERT INTO effects VALUES (:job, -1)"), {"job": job.job_id})
    if "finish" in behave:
        behave["finish"](job)  # type: ignore[arg-type]
    return {"done": job.done, "failed": job.failed}


@pytest.fixture
def engine(database_url: str, redis_url: str) -> Iterator[Engine]:
    """A worker's engine on a real database."""
    made = Engine(database_url, redis_url)
    made.record.execute("TRUNCATE jobs CASCADE")  # what other tests of this process have left
    made.record.execute("CREATE TABLE IF NOT EXISTS effects (job_id uuid, no int)")
    yield made
    made.record.execute("DROP TABLE effects")
    made.close()
    behave.clear()


@pytest.fixture
def effects(engine: Engine) -> Callable[[], list[int]]:
    """The numbers of the parts whose writes are committed, -1 for the finish step."""
    return lambda: sorted(row["no"] for row in engine.record.execute("SELECT no FROM effects"))
