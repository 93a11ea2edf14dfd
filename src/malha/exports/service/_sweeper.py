"""Deletes exports whose time is up, and files that are no export's, as long as an API process lives."""

from __future__ import annotations

import asyncio
from typing import Self
from uuid import UUID

import structlog
from obstore.exceptions import BaseError
from sqlalchemy.exc import SQLAlchemyError

from malha.db import Database
from malha.exports import repository
from malha.exports.service._building import FOLDER
from malha.storage import Storage

SWEEP_SECONDS = 3600.0
EXPORTS_PER_ROUND = 500

_log = structlog.get_logger(__name__)


class Sweeper:
    """Enter it in a lifespan. Any number may be at it: deleting twice is harmless."""

    def __init__(self, database: Database, storage: Storage, *, every_seconds: float = SWEEP_SECONDS) -> None:
        self._database = database
        self._storage = storage
        self._every_seconds = every_seconds

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="exports sweeper")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self) -> None:
        """First the rows, then every folder that has none: whatever dies in between, the next sweep finds the rest."""
        deleted = EXPORTS_PER_ROUND
        while deleted == EXPORTS_PER_ROUND:
            async with self._database.session() as session:
                deleted = await repository.delete_expired(session, limit=EXPORTS_PER_ROUND)
                await session.commit()
        # An export's row is there before its first file, so a folder that is listed and has none belongs to nobody.
        for folder in await self._find_orphans():
            await self._storage.delete_prefix(folder)

    async def _find_orphans(self) -> list[str]:
        folders: dict[UUID, str] = {}
        for folder in await self._storage.list_prefixes(FOLDER):
            job_id = _read_id(folder.rstrip("/").rpartition("/")[2])
            if job_id is not None:
                folders[job_id] = folder
        async with self._database.read_session() as session:
            known = await repository.known_ids(session, folders.keys())
        return [folder for job_id, folder in folders.items() if job_id not in known]

    async def _run(self) -> None:
        while True:
            try:
                await self.sweep()
            except (SQLAlchemyError, BaseError, OSError) as error:
                _log.warning("exports.sweep_failed", error=str(error))
            await asyncio.sleep(self._every_seconds)


def _read_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
