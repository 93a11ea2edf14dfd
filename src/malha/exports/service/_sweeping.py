"""Exports whose time is up, and files that are no export's, are deleted now and then."""

from __future__ import annotations

from uuid import UUID

from malha.db import Session
from malha.exports import repository
from malha.exports.service._building import FOLDER
from malha.storage import Storage

SWEEP_KIND = "exports.sweep"
EXPORTS_PER_SWEEP = 1_000


async def sweep(session: Session, storage: Storage) -> bool:
    """Delete expired exports, then every folder that has no export; returns whether more have expired.

    Whatever dies in between, the next sweep finds the rest: the file of an export that has expired is not shown, even
    while the export still is.
    """
    deleted = await repository.delete_expired(session, limit=EXPORTS_PER_SWEEP)
    # An export is there before its first file, so a folder that is listed and has none belongs to nobody.
    folders = await storage.list_prefixes(FOLDER)
    known = await repository.list_ids(session)
    for folder in folders:
        job_id = _read_id(folder.rstrip("/").rpartition("/")[2])
        if job_id is not None and job_id not in known:
            await storage.delete_prefix(folder)
    return deleted == EXPORTS_PER_SWEEP


def _read_id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
