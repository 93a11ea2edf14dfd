"""The passes that mark values and keep signals: over what has changed, batch after batch, or over everything again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from malha.db import Session
from malha.jobs import Job, Owner, PartContext, submit
from malha.procurement.repository import marks, signals
from malha.procurement.rules.units import normalize_unit
from malha.procurement.service._marks import judge_values
from malha.procurement.service._signals import keep_signals

MARK_KIND = "procurement.mark_values"
SPREAD_KIND = "procurement.refresh_spreads"
BATCH = 300
NOBODY = Owner(None, None)


async def request_marking(session: Session, *, since: datetime | None = None, again: bool = False) -> Job:
    """Have procurements marked that changed `since` and are not; with `again` all of them, with fresh spreads."""
    job_input = {"since": since.isoformat() if since else None}
    step = "again" if again else "values"
    return await submit(session, MARK_KIND, input=job_input, parts=[{"step": step}], owner=NOBODY)


async def take_step(part: PartContext) -> dict[str, Any]:
    """One batch; it adds the next part itself, until there is nothing left."""
    step = {"again": _begin_again, "values": _mark_batch, "contracts": _contract_batch}[part.input["step"]]
    return await step(part)


async def _begin_again(part: PartContext) -> dict[str, Any]:
    """Refresh the spreads, and let no procurement count as looked at."""
    found = await refresh_spreads(part)
    await marks.forget_markings(await part.session())
    part.spawn([{"step": "values"}])
    return found


async def _mark_batch(part: PartContext) -> dict[str, Any]:
    """The next procurements that are new in their version; then those follow whose contracts are."""
    after = part.input.get("after")
    session = await part.session()
    found = await marks.list_unmarked(
        session,
        since=_since(part),
        after=(datetime.fromisoformat(after[0]), after[1]) if after else None,
        limit=BATCH,
    )
    if not found:
        part.spawn([{"step": "contracts", "after": ""}] if _since(part) else [])
        return {"procurements": 0}
    marked = await marks.replace_marks(session, await judge_values(session, found))
    signalled = await keep_signals(session, found)
    await marks.note_marked(session, {row.control_number: row.digest for row in found})
    part.spawn([{"step": "values", "after": [found[-1].seen_at.isoformat(), found[-1].control_number]}])
    return {"procurements": len(found), "marks": marked, "signals": signalled}


async def _contract_batch(part: PartContext) -> dict[str, Any]:
    """Signals of procurements whose contracts came or changed: the procurement itself has not changed by that."""
    since = _since(part)
    session = await part.session()
    numbers = (
        await signals.list_contracted(session, since=since, after=part.input["after"], limit=BATCH) if since else []
    )
    if not numbers:
        return {"procurements": 0}
    found = await signals.find_procurements(session, numbers)
    signalled = await keep_signals(session, found)
    part.spawn([{"step": "contracts", "after": numbers[-1]}])
    return {"procurements": len(found), "signals": signalled}


async def refresh_spreads(part: PartContext) -> dict[str, Any]:
    """Name the units that are new, and compute the spreads of prices from all that is here."""
    session = await part.session()
    spelled = await marks.list_new_spellings(session)
    await marks.save_spellings(session, {unit: normalize_unit(unit).key for unit in spelled})
    return {"spellings": len(spelled), "spreads": await marks.refresh_spreads(session)}


def _since(part: PartContext) -> datetime | None:
    since = part.job_input.get("since")
    return datetime.fromisoformat(since) if since else None
