"""Job events as the live feed brings them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from malha.realtime.feed_event import FeedEvent

JOB = UUID("01990000-0000-7000-8000-000000000001")
OTHER_JOB = UUID("01990000-0000-7000-8000-000000000002")
WORKSPACE = UUID("01990000-0000-7000-8000-00000000000a")
OWNER = UUID("01990000-0000-7000-8000-00000000000b")


def event(seq: int, type_: str = "job.progress", *, job_id: UUID = JOB, **data: Any) -> FeedEvent:
    """An event of `JOB`; counters unless `part=` makes it progress inside a part."""
    return FeedEvent(
        job_id=job_id,
        seq=seq,
        type=type_,
        at="2026-11-21T12:00:00+00:00",
        data=data or {"done": seq},
        workspace_id=WORKSPACE,
        owner_id=OWNER,
    )
