"""The leases a worker process holds, renewed by a thread of their own so that a busy handler keeps its parts."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from uuid import UUID

import structlog
from psycopg import OperationalError

from malha.jobs.ledger import ClaimedPart, Ledger

PartKey = tuple[UUID, int]

LOOK_SECONDS = 1.0
"""A part that was cancelled is known to be within it, so that what it runs can be ended."""

_log = structlog.get_logger(__name__)


class Leases:
    """Renews what `hold` was given until `release`, at least three times a lease; remembers what was lost meanwhile."""

    def __init__(self, ledger: Ledger, *, lease_seconds: float) -> None:
        self._ledger = ledger
        self._interval_seconds = min(lease_seconds / 3, LOOK_SECONDS)
        self._held: dict[PartKey, int] = {}
        self._lost: set[PartKey] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
        self._thread.start()

    def hold(self, parts: Iterable[ClaimedPart]) -> None:
        """Start renewing these parts."""
        with self._lock:
            self._held.update({(part.job_id, part.no): part.fence for part in parts})

    def release(self, parts: Iterable[ClaimedPart]) -> None:
        """Stop renewing these parts."""
        with self._lock:
            for part in parts:
                self._held.pop((part.job_id, part.no), None)
                self._lost.discard((part.job_id, part.no))

    def is_lost(self, part: ClaimedPart) -> bool:
        """True when the last renewal found that the part belongs to somebody else or was cancelled."""
        return (part.job_id, part.no) in self._lost

    def close(self) -> None:
        """Stop the thread; what is still held runs out by itself."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_seconds):
            with self._lock:
                held = [(job_id, no, fence) for (job_id, no), fence in self._held.items()]
            if not held:
                continue
            try:
                kept = self._ledger.renew(held)
            except OperationalError as error:
                _log.warning("leases.renewal_failed", parts=len(held), error=str(error))
                continue
            with self._lock:
                asked = {(job_id, no) for job_id, no, _ in held}
                self._lost |= (asked - kept) & self._held.keys()
