"""The leases a worker process holds, renewed by a thread of their own so that a busy handler keeps its parts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection, OperationalError

from malha.jobs.ledger import ClaimedPart, renew

PartKey = tuple[UUID, int]

_log = structlog.get_logger(__name__)


class Leases:
    """Renews what `hold` was given at a third of the lease until `release`; remembers what was lost meanwhile."""

    def __init__(self, database_url: str, *, lease_seconds: float) -> None:
        self._database_url = database_url
        self._lease_seconds = lease_seconds
        self._held: dict[PartKey, int] = {}
        self._lost: set[PartKey] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="leases", daemon=True)
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

    async def _run(self) -> None:
        connection: AsyncConnection[Any] | None = None
        while not await asyncio.to_thread(self._stopped.wait, self._lease_seconds / 3):
            with self._lock:
                held = [(job_id, no, fence) for (job_id, no), fence in self._held.items()]
            if not held:
                continue
            try:
                if connection is None or connection.closed:
                    connection = await AsyncConnection.connect(self._database_url, autocommit=True)
                kept = await renew(connection, held, lease_seconds=self._lease_seconds)
            except OperationalError as error:
                _log.warning("leases.renewal_failed", parts=len(held), error=str(error))
                connection = None
                continue
            with self._lock:
                asked = {(job_id, no) for job_id, no, _ in held}
                self._lost |= (asked - kept) & self._held.keys()
        if connection is not None:
            await connection.close()
