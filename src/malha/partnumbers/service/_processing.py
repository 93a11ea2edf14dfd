"""A part of a task: what is known is answered at once, the rest is asked of the AI server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from malha.db import Database, Session
from malha.jobs import LeaseLostError, PartContext, PermanentError, Snooze
from malha.kit.ids import new_id
from malha.partnumbers.client.question import Outcome
from malha.partnumbers.errors import AiServerRefusedError
from malha.partnumbers.models import ClassificationItem
from malha.partnumbers.repository import known, runs, tasks
from malha.partnumbers.repository.memory import memory_of
from malha.partnumbers.rules.wire import Answer
from malha.partnumbers.service._asking import Asking, find_outcome


async def process_items(part: PartContext) -> Snooze | None:
    """Answer the open items of a part; while the server thinks, the part sleeps and no worker waits for it.

    What the server answered before it failed is kept, and the rest becomes a part of its own: each such part is smaller
    than the one before. Raises what the server did wrong when it answered nothing, so that the engine asks again.
    """
    if part.workspace_id is None:
        raise PermanentError("part numbers belong to a workspace")
    asking = await _look(part.runtime.database, part)
    outcome = await find_outcome(part, asking) if asking.items else Outcome("")
    if isinstance(outcome, Snooze):
        return outcome
    if part.is_cancelled():
        raise LeaseLostError
    if outcome.invalid:
        await _tell_invalid(part, outcome)
    answers = {
        item.partnumber: outcome.answers[item.partnumber] for item in asking.items if item.partnumber in outcome.answers
    }
    if outcome.error is not None and not answers and not asking.known:
        await _split_or_raise(part, asking.items, outcome.error)
        return None
    await _save(await part.session(), part, asking, outcome, answers)
    if rest := [item.no for item in asking.items if item.partnumber not in answers]:
        part.spawn([{"numbers": rest}])
    return None


async def _look(database: Database, part: PartContext) -> Asking:
    """In a transaction of its own: none is open while the server thinks."""
    assert part.workspace_id is not None  # noqa: S101 - looked at before
    async with database.read_session() as session:
        items = await tasks.list_open_items(session, part.job_id, part.input["numbers"])
        codes = [] if part.job_input["reclassify"] else [item.partnumber for item in items]
        found = await known.find_known(session, part.workspace_id, codes)
        answered = await tasks.count_answered(session, part.job_id)
        at_once = [(item.no, found[item.partnumber]) for item in items if item.partnumber in found]
        asked = [item for item in items if item.partnumber not in found]
        memory = await memory_of(session, part.workspace_id, [item.partnumber for item in asked])
    return Asking(asked, at_once, part.job_input["is_batch"], answered + len(at_once), memory)


async def _tell_invalid(part: PartContext, outcome: Outcome) -> None:
    count = sum(outcome.invalid.values())
    reasons = dict(list(outcome.invalid.items())[:10])
    part.log.warning("partnumbers.messages_invalid", count=count, reasons=reasons)
    await part.emit("partnumbers.messages_invalid", {"count": count, "reasons": reasons})


async def _split_or_raise(part: PartContext, items: Sequence[ClassificationItem], error: Exception) -> None:
    """A refused list is asked about one by one: what is wrong may be in a single line."""
    if isinstance(error, AiServerRefusedError) and len(items) > 1:
        await runs.drop_run(await part.session(), part.job_id, part.no)
        part.spawn([{"numbers": [item.no]} for item in items])
        return
    async with part.runtime.database.session() as session:  # of its own: what fails here is undone
        await runs.drop_run(session, part.job_id, part.no)
    raise error


async def _save(
    session: Session, part: PartContext, asking: Asking, outcome: Outcome, answers: Mapping[str, Answer]
) -> None:
    await runs.drop_run(session, part.job_id, part.no)
    await tasks.answer_items(session, part.job_id, asking.known, is_known=True)
    await tasks.save_run(
        session, part.job_id, [item.no for item in asking.items], tasks.Run(outcome.channel, outcome.job_id)
    )
    assert part.workspace_id is not None  # noqa: S101 - looked at before
    ids = await known.ensure_partnumbers(session, part.workspace_id, answers.keys())
    makers = {code: maker for code, answer in answers.items() if (maker := _maker(answer)) is not None}
    maker_ids = await known.ensure_manufacturers(session, part.workspace_id, set(makers.values()))
    rows = {
        code: {
            "id": new_id(),
            "workspace_id": part.workspace_id,
            "partnumber_id": ids[code],
            "task_id": part.job_id,
            "created_by": part.owner_id,
            "manufacturer_id": maker_ids[makers[code]] if code in makers else None,
            "ncm": answer.ncm,
            "exception": answer.text("exception"),
            "description": answer.text("description"),
            "confidence": None if answer.confidence is None else Decimal(f"{answer.confidence:.3f}"),
            "answer": dict(answer.raw),
        }
        for code, answer in answers.items()
    }
    await known.add_classifications(session, list(rows.values()))
    answered = [(item.no, rows[item.partnumber]["id"]) for item in asking.items if item.partnumber in rows]
    await tasks.answer_items(session, part.job_id, answered, is_known=False)


def _maker(answer: Answer) -> known.MakerKey | None:
    name = answer.text("fabricante")
    return None if name is None else (name, answer.text("endereco"), answer.text("pais"))
