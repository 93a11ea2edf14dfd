"""What a reading has come to: a partition is complete when that is proved, and never because nothing went wrong."""

from __future__ import annotations

from malha.db import Session
from malha.jobs import PartContext
from malha.procurement.repository import runs
from malha.procurement.rules.partitions import PartitionKey, PartitionState
from malha.procurement.service._turn import Turn

NOT_OVER = "the day was not over"
ITEMS_TO_COME = "the items are still to come"


async def close_partition(session: Session, part: PartContext, key: PartitionKey, turn: Turn, *, is_over: bool) -> None:
    """Say what the list has come to; a reading that was given up takes nothing from one that was proved before."""
    has, wants = len(turn.read.owners) if is_over else None, turn.read.total
    state = PartitionState.UNKNOWN if wants is None else PartitionState.PARTIAL
    reason = turn.gave_up or (ITEMS_TO_COME if is_over else NOT_OVER)
    known = await runs.find_partition(session, key)
    tries = (known.tries if known else 0) + int(turn.gave_up is not None)
    if known and turn.gave_up and known.state == PartitionState.COMPLETE and wants in {None, known.wants}:
        known.tries, known.job_id, known.part_no = tries, part.job_id, part.no
        return
    await runs.save_partition(
        session, key, state=state.value, wants=wants, has=has, reason=reason, job_id=part.job_id, part_no=part.no,
        tries=tries,
    )  # fmt: skip
    if turn.gave_up is None and is_over:
        await judge_partition(session, part, key, part.no)


async def judge_partition(session: Session, part: PartContext, key: PartitionKey, list_part: int) -> None:
    """Call a partition complete once its list is whole, its day was over, and every procurement has its items."""
    partition = await runs.find_partition(session, key)
    if partition is None or (partition.job_id, partition.part_no) != (part.job_id, list_part):
        return  # another reading has come to its end since
    await session.refresh(partition)
    if partition.wants is None or partition.wants != partition.has:
        return
    met, missing = await runs.count_met(session, part.job_id, list_part, has_items=key.kind.has_modality)
    if partition.state == PartitionState.COMPLETE or met != partition.wants:
        return
    if missing:
        partition.state = PartitionState.PARTIAL.value
        partition.reason = f"{missing} procurements without all their items"
        return
    partition.state, partition.reason, partition.tries = PartitionState.COMPLETE.value, None, 0
    await runs.forget_keys(session, part.job_id, list_part)
