"""What a part asks the AI server, and where the answer is found: at once, or in the row that it left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from malha.jobs import PartContext, Snooze
from malha.kit.clock import utc_now
from malha.partnumbers.client.hearing import Hearing
from malha.partnumbers.client.question import Outcome, Question
from malha.partnumbers.errors import BusLostError
from malha.partnumbers.models import ClassificationItem
from malha.partnumbers.repository import runs
from malha.partnumbers.repository.memory import KnownPart
from malha.partnumbers.service._desk import HEARD_SECONDS, Desk
from malha.partnumbers.service._telling import Progress
from malha.partnumbers.settings import PartNumberSettings

MOST_LOST = 20
"""So often a part asks again without an attempt being burned: nobody's listener dies that often by chance."""
LOST_PAUSE_SECONDS = 1.0
SPARE_SECONDS = 30.0


class Asking(NamedTuple):
    """What a part has to ask, what is known, and how much of the whole task is answered before."""

    items: Sequence[ClassificationItem]
    known: Sequence[tuple[int, UUID]]
    is_batch: bool
    answered: int
    memory: Sequence[KnownPart] = ()
    """What the workspace has confirmed of these part numbers and of their series."""


async def find_outcome(part: PartContext, asking: Asking) -> Outcome | Snooze:
    """What came of the question; `Snooze` while it is with the server."""
    async with part.runtime.database.read_session() as session:
        found = await runs.find_run(session, part.job_id, part.no)
    if found is None:
        return await _ask(part, asking, lost=0)
    run, is_heard = found
    if run.outcome is not None:
        return await _unless_lost(part, Outcome.from_json(run.channel, run.outcome), run.lost)
    if is_heard:
        return _sleep(part.runtime.settings.of(PartNumberSettings).timeout_seconds + SPARE_SECONDS)
    return await _ask(part, asking, lost=run.lost + 1)


async def _ask(part: PartContext, asking: Asking, *, lost: int) -> Outcome | Snooze:
    if lost > MOST_LOST:
        return Outcome("", error=BusLostError(f"the answer was missed {lost} times"))
    settings = part.runtime.settings.of(PartNumberSettings)
    desk = part.runtime.keep(Desk)
    question = Question(
        [_shown(item, is_batch=asking.is_batch) for item in asking.items], asking.is_batch, _extra(asking.memory)
    )
    progress = Progress(part.job_id, part.no, asking.is_batch, asking.answered, part.job_input["total"])
    hearing = await desk.ask(question, settings, progress)
    is_kept = False
    try:
        if await desk.wait(hearing):
            return await _unless_lost(part, hearing.outcome, lost)
        await _leave_row(part, hearing, lost=lost)
        is_kept = True
    finally:
        await (desk.keep(hearing) if is_kept else desk.drop(hearing))
    return _sleep(settings.timeout_seconds + SPARE_SECONDS)


async def _unless_lost(part: PartContext, outcome: Outcome, lost: int) -> Outcome | Snooze:
    """A broken connection of ours is no failure of the server: what is missing is asked again after a pause."""
    if not isinstance(outcome.error, BusLostError) or outcome.answers or lost >= MOST_LOST:
        return outcome
    part.log.info("partnumbers.bus_lost", channel=outcome.channel, error=str(outcome.error))
    session = await part.session()
    await runs.put_run(session, part.job_id, part.no, channel=outcome.channel, lost=lost, heard_seconds=0)
    return _sleep(LOST_PAUSE_SECONDS)


async def _leave_row(part: PartContext, hearing: Hearing, *, lost: int) -> None:
    """In the transaction that puts the part to sleep: whoever sees the row may wake the part."""
    session = await part.session()
    channel = hearing.outcome.channel
    await runs.put_run(session, part.job_id, part.no, channel=channel, lost=lost, heard_seconds=HEARD_SECONDS)


def _sleep(seconds: float) -> Snooze:
    return Snooze(utc_now() + timedelta(seconds=seconds))


def _extra(memory: Sequence[KnownPart]) -> dict[str, Any]:
    """Beside the contract's fields: other servers pass it over."""
    if not memory:
        return {}
    return {
        "memory": [
            {
                "partnumber": part.code,
                "ncm": part.ncm,
                "manufacturer": part.maker,
                "confirmed_at": part.confirmed_at.date().isoformat(),
            }
            for part in memory
        ]
    }


def _shown(item: ClassificationItem, *, is_batch: bool) -> dict[str, Any]:
    """The contract's object for one part number; the two requests name its fields differently."""
    if is_batch:
        return {
            "partnumber": item.partnumber,
            "erp_description": item.description,
            "ncm": item.ncm,
            "manufacturer": item.manufacturer,
            "coo": item.country,
        }
    optional = {"description": item.description, "manufacturer": item.manufacturer, "supplier": item.supplier}
    return {"partnumber": item.partnumber, **{name: value for name, value in optional.items() if value}}
