"""Progress is told first and last, and never forgotten in between."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import cast
from uuid import UUID

from psycopg import OperationalError

from malha.jobs.ledger import Ledger, SettledJob
from malha.jobs.progress import Progress
from malha.kit.ids import new_id


class ScriptedLedger:
    """Fails, or answers that it is too early, as often as it is told; then it logs."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[set[UUID]] = []

    def tell_progress(self, job_ids: Iterable[UUID], *, every_seconds: float) -> tuple[list[SettledJob], list[UUID]]:
        asked = set(job_ids)
        self.asked.append(asked)
        answer = self._answers.pop(0) if self._answers and every_seconds else "told"
        if answer == "broken":
            raise OperationalError("the database is away")
        return ([], list(asked)) if answer == "early" else ([_job(job_id) for job_id in asked], [])


def _job(job_id: UUID) -> SettledJob:
    return SettledJob(job_id, "test", 9, 1, 0, 3, None, None, "job.progress", {}, 0, is_logged=True)


def run(ledger: ScriptedLedger, marks: int = 1) -> list[UUID]:
    told: list[SettledJob] = []
    is_told = threading.Event()

    def publish(job: SettledJob) -> None:
        told.append(job)
        is_told.set()

    progress = Progress(cast("Ledger", ledger), publish)
    job_id = new_id()
    for _ in range(marks):
        progress.mark([job_id])
    assert is_told.wait(20)
    progress.close()
    assert {job.job_id for job in told} == {job_id}
    return [job.job_id for job in told]


def test_a_movement_is_told_without_another_one() -> None:
    assert len(run(ScriptedLedger())) == 1


def test_what_came_too_early_or_met_a_broken_connection_is_told_later() -> None:
    ledger = ScriptedLedger("early", "broken")
    assert len(run(ledger)) == 1
    assert len(ledger.asked) == 3


def test_many_movements_are_told_together() -> None:
    assert len(run(ScriptedLedger(), marks=5_000)) < 10


def test_the_end_of_the_process_tells_what_is_left() -> None:
    told: list[SettledJob] = []
    progress = Progress(cast("Ledger", ScriptedLedger(*["early"] * 1000)), told.append)
    job_id = new_id()
    progress.mark([job_id])
    progress.close()
    assert [job.job_id for job in told] == [job_id]
