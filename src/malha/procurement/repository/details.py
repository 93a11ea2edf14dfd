"""What is still to be asked for of single records: files and logs, amendments, and procurements no list has shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString

from sqlalchemy import delete, text

from malha.db import Base, Session
from malha.procurement.models import Amendment, DetailState, HistoryEntry, RecordFile
from malha.procurement.repository.sets import insert_rows, upsert_rows
from malha.procurement.rules.wire import dump

Row = Mapping[str, Any]
DETAILED = frozenset({"procurement", "contract"})
UNSEEN = "unseen"
"""The kind of a procurement that another record names, until it is here."""

_WANT_UNSEEN: LiteralString = """
INSERT INTO procurement_detail_states (kind, control_number, due_at)
SELECT 'unseen', n, now() + interval '1 hour' FROM jsonb_array_elements_text(CAST(:numbers AS jsonb)) AS n
WHERE NOT EXISTS (SELECT FROM procurements p WHERE p.control_number = n) ORDER BY n
ON CONFLICT DO NOTHING
"""
# Of procurements that no list has shown only a few at a time: a young installation knows of many.
_TAKE_DUE: LiteralString = """
(SELECT kind, control_number, digest, tries FROM procurement_detail_states
 WHERE state <> 'complete' AND due_at <= now() AND kind <> 'unseen' ORDER BY due_at, kind, control_number LIMIT :most)
UNION ALL
(SELECT kind, control_number, digest, tries FROM procurement_detail_states
 WHERE state <> 'complete' AND due_at <= now() AND kind = 'unseen' ORDER BY due_at, control_number LIMIT :most_unseen)
"""
UNSEEN_SHARE = 10
_SETTLE: LiteralString = """
UPDATE procurement_detail_states s
SET state = d.state, tries = d.tries, reason = d.reason, due_at = now() + make_interval(secs => d.pause),
    fetched_at = CASE WHEN d.reason IS NULL THEN now() ELSE s.fetched_at END
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
  AS d(kind text, control_number text, digest text, state text, tries integer, reason text, pause double precision)
WHERE s.kind = d.kind AND s.control_number = d.control_number AND s.digest = d.digest
"""


async def want_details(session: Session, kind: str, digests: Mapping[str, str]) -> None:
    """Have what belongs to these versions fetched."""
    rows = [{"kind": kind, "control_number": number, "digest": digests[number]} for number in sorted(digests)]
    conflict = (
        "(kind, control_number) DO UPDATE SET digest = excluded.digest, state = 'unknown', tries = 0, reason = NULL, "
        "due_at = now() RETURNING control_number"
    )
    await upsert_rows(session, DetailState, rows, conflict)
    if kind == "procurement":
        is_here = (DetailState.kind == UNSEEN, DetailState.control_number.in_(list(digests)))
        await session.execute(delete(DetailState).where(*is_here))


async def want_procurements(session: Session, numbers: Iterable[str]) -> None:
    """Have procurements fetched that others name, unless a list shows them within the hour."""
    connection = await session.connection()
    await connection.execute(text(_WANT_UNSEEN), {"numbers": dump(sorted(numbers))})


async def take_due(session: Session, limit: int) -> list[dict[str, Any]]:
    """What is to be fetched now, the oldest first."""
    found = await (await session.connection()).execute(
        text(_TAKE_DUE), {"most": limit, "most_unseen": limit // UNSEEN_SHARE}
    )
    return [dict(row) for row in found.mappings()]


async def settle(session: Session, rows: Sequence[Row]) -> None:
    """Say what became of each, if it is still the version that was asked for. `pause`: seconds until the next try."""
    if rows:
        await (await session.connection()).execute(text(_SETTLE), {"rows": dump(rows)})


async def replace_traces(session: Session, number: str, files: Sequence[Row], history: Sequence[Row]) -> None:
    """The files and the log of a procurement, as sets."""
    models: tuple[tuple[type[RecordFile | HistoryEntry], Sequence[Row]], ...] = (
        (RecordFile, files),
        (HistoryEntry, history),
    )
    for model, rows in models:
        await _replace(session, model, (model.kind == "procurement", model.control_number == number), rows)


async def replace_amendments(session: Session, number: str, amendments: Sequence[Row]) -> None:
    """The amendments of a contract, as a set."""
    await _replace(session, Amendment, (Amendment.contract_control_number == number,), amendments)


async def _replace(session: Session, model: type[Base], chosen: tuple[Any, ...], rows: Sequence[Row]) -> None:
    await session.execute(delete(model).where(*chosen))
    await insert_rows(session, model, rows)
