"""What identity has done for it as long as an API process lives: sealing the audit log, throwing away what expired."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import count
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from malha.db import Database
from malha.identity.errors import AuditLogBrokenError
from malha.identity.repository import sessions
from malha.identity.service._audit_check import seal_audit_log
from malha.settings import SecuritySettings

SEAL_SECONDS = 60.0
SEALS_PER_PURGE = 60
KEPT_FOR = timedelta(days=7)

_log = structlog.get_logger(__name__)


class Housekeeping:
    """Enter it in a lifespan. Any number may be at it: a lock lets one seal, and deleting twice is harmless."""

    def __init__(self, database: Database, security: SecuritySettings, *, every_seconds: float = SEAL_SECONDS) -> None:
        self._database = database
        self._security = security
        self._every_seconds = every_seconds

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="identity housekeeping")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def seal(self) -> None:
        """Sign the head of the audit log; one that does not verify is reported every time, as an error."""
        try:
            async with self._database.session() as session:
                await seal_audit_log(session, self._security)
        except AuditLogBrokenError as error:
            _log.error("audit_log.broken", problem=str(error), hint="run: malha db verify-audit-log")

    async def purge(self) -> None:
        """Delete credentials and throttles that have been of no use for a week."""
        async with self._database.session() as session:
            await sessions.purge_expired(session, kept_for=KEPT_FOR)

    async def _run(self) -> None:
        for turn in count():
            try:
                await self.seal()
                if turn % SEALS_PER_PURGE == 0:
                    await self.purge()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("identity.housekeeping_failed", error=str(error))
            await asyncio.sleep(self._every_seconds)
