"""What one look at a host says: it is there if it answers, unless what answers says that it is not."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """`away` is theirs, `offline` ours; a host that limits us is there."""

    OK = "ok"
    AWAY = "away"
    LIMITED = "limited"
    OFFLINE = "offline"


def judge_probe(status: int | None, *, is_json: bool, is_online: bool) -> Outcome:
    """`status` None: no answer came. `is_online`: somebody else's server was reached meanwhile."""
    if status is None:
        return Outcome.AWAY if is_online else Outcome.OFFLINE
    if status == 429:
        return Outcome.LIMITED
    if status >= 500 or (status == 200 and not is_json):
        return Outcome.AWAY
    return Outcome.OK
