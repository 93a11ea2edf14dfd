"""One part behind another workspace's backlog, with a real worker, a real beat and all messages in the queue."""

from __future__ import annotations

import contextlib
from pathlib import Path
from uuid import UUID

import pytest
from tests.fakes.engine import Engine
from tests.fakes.noting_tasks import KIND
from tests.fakes.processes import celery_process, wait_for

from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Publisher
from malha.jobs.registry import get_handler
from malha.jobs.submit import Owner
from malha.kit.ids import new_id
from malha.settings import EngineSettings, Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
BACKLOG = 400


def test_it_does_not_wait_for_the_backlog(engine: Engine, redis_url: str, tmp_path: Path) -> None:
    prefix = f"malha-test-{new_id().hex}."
    environ = {
        "DATABASE_URL": engine.settings.database.url,
        "REDIS_URL": redis_url,
        "JOB_EXTRA_TASK_MODULES": "tests.fakes.noting_tasks",
        "JOB_QUEUE_PREFIX": prefix,
    }
    names = EngineSettings(queue_prefix=prefix, extra_task_modules=["tests.fakes.noting_tasks"])
    settings = Settings(database=engine.settings.database, broker=engine.settings.broker, engine=names)
    publisher = Publisher(make_celery(settings, slices=()))
    backlog = engine.submit(KIND, [{"seconds": 0.05}] * BACKLOG, owner=Owner(new_id(), None))
    single = engine.submit(KIND, [{}], owner=Owner(new_id(), None))
    for job_id, total in ((backlog, BACKLOG), (single, 1)):
        for no in range(total):
            publisher.send_parts(get_handler(KIND), [(str(job_id), no, no)], is_first=True)
    publisher.close()

    def state(job_id: UUID) -> str:
        return engine.job(job_id)["state"]

    log = tmp_path / "processes.log"
    with contextlib.ExitStack() as processes:
        for arguments in (("worker", "-c", "1", "-Q", "long"), ("beat", "--pidfile=")):
            processes.enter_context(celery_process(*arguments, environ=environ, log=log))
        wait_for(lambda: state(single) == "succeeded", log=log, seconds=90)
        assert engine.job(backlog)["done"] < BACKLOG / 2
