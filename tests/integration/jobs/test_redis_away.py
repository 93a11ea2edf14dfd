"""Redis is away for longer than any retry of its clients: beat and worker, started by hand, go on by themselves."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.fakes.breakable_proxy import BreakableProxy
from tests.fakes.engine import Engine
from tests.fakes.noting_tasks import KIND
from tests.fakes.processes import celery_process, wait_for

from malha.kit.ids import new_id

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
AWAY_SECONDS = 35


@pytest.fixture
def proxied_redis(redis_url: str) -> Iterator[tuple[BreakableProxy, str]]:
    """The test's Redis behind a port that can be taken away."""
    parts = urlsplit(redis_url)
    if parts.scheme == "unix":
        host, port, database = parts.path, 0, parse_qs(parts.query).get("db", ["0"])[0]
    else:
        host, port, database = parts.hostname or "127.0.0.1", parts.port or 6379, parts.path.strip("/") or "0"
    with BreakableProxy(host, port) as proxy:
        yield proxy, f"redis://127.0.0.1:{proxy.port}/{database}"


def test_beat_and_worker_outlive_it_and_run_what_was_accepted_meanwhile(
    engine: Engine, proxied_redis: tuple[BreakableProxy, str], tmp_path: Path
) -> None:
    proxy, url = proxied_redis
    environ = {
        "DATABASE_URL": engine.settings.database.url,
        "REDIS_URL": url,
        "JOB_EXTRA_TASK_MODULES": "tests.fakes.noting_tasks",
        "JOB_QUEUE_PREFIX": f"malha-test-{new_id().hex}.",
    }
    log = tmp_path / "processes.log"
    with contextlib.ExitStack() as processes:
        started = [
            processes.enter_context(celery_process(*arguments, environ=environ, log=log))
            for arguments in (("worker", "-c", "1", "-Q", "long"), ("beat", "--pidfile="))
        ]

        def has_succeeded(job_id: object) -> bool:
            assert [process.poll() for process in started] == [None, None], log.read_text()[-4000:]
            return (
                engine.record.execute("SELECT 1 FROM jobs WHERE id = %s AND state = 'succeeded'", [job_id]).fetchone()
                is not None
            )

        before = engine.submit(KIND, [{}])
        wait_for(lambda: has_succeeded(before), log=log)
        proxy.is_away = True
        proxy.break_all()
        meanwhile = engine.submit(KIND, [{}, {}])
        until = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < until:
            assert not has_succeeded(meanwhile)
            time.sleep(0.5)
        proxy.is_away = False
        wait_for(lambda: has_succeeded(meanwhile), log=log)
    assert log.read_text().count("beat.leads") == 1
