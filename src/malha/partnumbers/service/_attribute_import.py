"""Portal Único's list of attributes taken in from its file: all of it, or nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from malha.db import Database
from malha.guarded import GuardedError, Limits, run_guarded
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.partnumbers.models import AttributeImport
from malha.partnumbers.repository import attributes
from malha.settings import MEBIBYTE, DatabaseSettings

_READER = "malha.guarded.ncm_attributes:read_attributes"
_LIMITS = Limits(memory_bytes=3072 * MEBIBYTE, cpu_seconds=120, wall_seconds=240, output_bytes=1024 * MEBIBYTE)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How much was taken in. Links whose attribute the file does not define are left out, and counted."""

    attributes: int
    links: int
    without_definition: int


def import_attributes(settings: DatabaseSettings, path: Path) -> ImportReport:
    """Put the file's list in the place of the one before. Raises GuardedError for what is none."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        told = run_guarded(_READER, file, _LIMITS)
        report = ImportReport(**next(told))
        rows = list(told)
    about = AttributeImport(
        id=new_id(),
        file_name=path.name,
        sha256=sha256,
        attributes=report.attributes,
        links=report.links,
        imported_at=utc_now(),
    )
    asyncio.run(_write(settings, rows, about))
    return report


async def _write(settings: DatabaseSettings, rows: list[Any], about: AttributeImport) -> None:
    database = Database(settings)
    try:
        async with database.session() as session:
            await attributes.replace_all(session, _attributes(rows), _links(rows), about)
    finally:
        await database.dispose()


def _attributes(rows: list[Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        match row:
            case ["a", str(code), dict(definition)]:
                yield {"code": code, "definition": definition}
            case ["l", *_]:
                continue
            case _:
                raise GuardedError.of("crashed")


def _links(rows: list[Any]) -> Iterator[dict[str, Any]]:
    """Each once: where the file repeats one, the last word counts."""
    found: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for row in rows:
        if row[0] == "l":
            _, ncm, code, modality, is_required, is_multivalued, since, until = row
            found[ncm, code, modality, since] = {
                "ncm": ncm,
                "attribute": code,
                "modality": modality,
                "since": date.fromisoformat(since),
                "until": None if until is None else date.fromisoformat(until),
                "is_required": bool(is_required),
                "is_multivalued": bool(is_multivalued),
            }
    yield from found.values()
