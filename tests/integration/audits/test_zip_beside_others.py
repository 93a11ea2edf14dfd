"""A large ZIP in real workers: others do not wait for it, and once cancelled it lets them go."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from tests.factories.forms import FormFile
from tests.factories.identity import make_principal
from tests.fakes.audit_bench import Bench
from tests.fakes.processes import celery_process, wait_for
from tests.integration.audits.test_archives import notes, zipped
from tests.integration.audits.test_cancelling import LONG

from malha.audits.service import KIND
from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Publisher
from malha.jobs.registry import get_handler
from malha.kit.ids import new_id
from malha.settings import EngineSettings
from malha.simulators.nfe import NoteBuilder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
NOTE = FormFile("nota.xml", NoteBuilder(1).with_items(1).authorised())


@dataclass
class Workers:
    """A worker and a beat of their own, and the API's way to them."""

    bench: Bench
    worker: psutil.Process
    publisher: Publisher
    log: Path

    def post(self, file: FormFile) -> UUID:
        """Send a file and its job's first message."""
        job_id = UUID(self.bench.post([file]).json()["id"])
        self.publisher.send_parts(get_handler(KIND), [(str(job_id), 0, 0)], is_first=True)
        return job_id

    def wait_for_done(self, job_id: UUID, parts: int) -> None:
        wait_for(lambda: self.bench.engine.job(job_id)["done"] >= parts, log=self.log, seconds=120)

    def readers(self) -> set[int]:
        """Children that have worked on what they read for half a second."""
        below = self.worker.children(recursive=True)
        servers = [process for process in below if "malha.guarded" in process.cmdline()]
        return {child.pid for server in servers for child in server.children() if sum(child.cpu_times()[:2]) > 0.5}


@contextlib.contextmanager
def workers(bench: Bench, count: int) -> Iterator[Workers]:
    settings, log = bench.engine.settings, bench.uploads.parent / "processes.log"
    engine = EngineSettings(queue_prefix=f"malha-test-{new_id().hex}.")
    environ = {
        "DATABASE_URL": settings.database.url,
        "REDIS_URL": settings.broker.redis_url,
        "UPLOADS_DIR": str(bench.uploads),
        "JOB_QUEUE_PREFIX": engine.queue_prefix,
    }
    publisher = Publisher(make_celery(settings.model_copy(update={"engine": engine}), slices=()))
    with contextlib.ExitStack() as opened:
        opened.callback(publisher.close)
        worker = ("worker", "-c", str(count), "-Q", "long")
        process = opened.enter_context(celery_process(*worker, environ=environ, log=log))
        opened.enter_context(celery_process("beat", "--pidfile=", environ=environ, log=log))
        yield Workers(bench, psutil.Process(process.pid), publisher, log)


def test_anothers_single_audit_does_not_wait_for_a_zip(bench: Bench) -> None:
    with workers(bench, 1) as ours:
        large = ours.post(FormFile("lote.zip", zipped(*notes(2_000))))
        ours.wait_for_done(large, 1)
        bench.become(make_principal())
        single = ours.post(NOTE)
        ours.wait_for_done(single, 1)
        waiting = bench.engine.job(large)
        bench.engine.record.execute("UPDATE job_parts SET state = 'cancelled' WHERE job_id = %s", [large])
    assert waiting["done"] < waiting["total"] / 2


def test_a_cancelled_zip_lets_all_its_workers_go_to_others(bench: Bench) -> None:
    with workers(bench, 2) as ours:
        large = ours.post(FormFile("lote.zip", zipped(*((f"{no}.xml", LONG) for no in range(30)))))
        wait_for(lambda: len(ours.readers()) == 2, log=ours.log, seconds=120)
        reading = ours.readers()
        assert bench.client.post(f"/api/v1/audits/{large}/cancel").json()["status"] == "CANCELLED"
        singles = [ours.post(NOTE) for _ in range(2)]
        for single in singles:
            ours.wait_for_done(single, 1)
        assert not any(psutil.pid_exists(child) for child in reading)
    states = Counter(part["state"] for part in bench.engine.parts(large))
    assert states == {"done": 1, "cancelled": states["cancelled"]}
