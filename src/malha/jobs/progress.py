"""Progress of jobs told at a bearable pace: a few log entries a second a job, however many parts end in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from uuid import UUID

import structlog
from psycopg import OperationalError

from malha.jobs.ledger import Ledger, SettledJob

TELL_EVERY_SECONDS = 0.25

_log = structlog.get_logger(__name__)


class Progress:
    """Takes jobs whose counters moved and logs `job.progress` for them from a thread of its own.

    The first movement is told at once, the last one always: a job stays marked until its counters are in its log or
    it has ended. A process that dies takes its marks along; the counters themselves are right all the same.
    """

    def __init__(self, ledger: Ledger, publish: Callable[[SettledJob], None]) -> None:
        self._ledger = ledger
        self._publish = publish
        self._marked: set[UUID] = set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._thread.start()

    def mark(self, job_ids: Iterable[UUID]) -> None:
        """Remember jobs whose counters moved; returns at once."""
        with self._lock:
            self._marked.update(job_ids)
        self._wake.set()

    def close(self) -> None:
        """Stop the thread and tell what is still marked."""
        self._stopped.set()
        self._wake.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait()
            self._wake.clear()
            self._tell(every_seconds=TELL_EVERY_SECONDS)
            self._stopped.wait(TELL_EVERY_SECONDS)
        self._tell(every_seconds=0)

    def _tell(self, *, every_seconds: float) -> None:
        with self._lock:
            asked, self._marked = self._marked, set()
        if not asked:
            return
        try:
            told, waiting = self._ledger.tell_progress(asked, every_seconds=every_seconds)
        except OperationalError as error:
            _log.warning("progress.not_told", jobs=len(asked), error=str(error))
            told, waiting = [], asked
        for job in told:
            self._publish(job)
        if waiting:
            self.mark(waiting)
