"""Messages of the live feed, good and bad."""

from __future__ import annotations

import orjson
import pytest
from tests.factories.feed import JOB, WORKSPACE

from malha.realtime.feed_event import FeedMessageInvalidError, parse_feed

ENTRY = {
    "job_id": str(JOB),
    "workspace_id": str(WORKSPACE),
    "owner_id": None,
    "seq": 7,
    "type": "job.succeeded",
    "at": "2026-11-21T12:00:00+00:00",
    "data": {"done": 3},
}


def test_a_message_is_an_array_of_events() -> None:
    first, second = parse_feed(orjson.dumps([ENTRY, {**ENTRY, "seq": 8}]))
    assert (first.job_id, first.workspace_id, first.owner_id, first.seq) == (JOB, WORKSPACE, None, 7)
    assert first.is_final
    assert second.seq == 8


def test_clients_are_not_told_who_owns_the_job() -> None:
    body = parse_feed(orjson.dumps([ENTRY]))[0].body()
    assert set(body) == {"job_id", "seq", "type", "at", "data"}


@pytest.mark.parametrize(
    "message",
    [b"", b"{", b"7", b'"text"', b"[7]", orjson.dumps([{"seq": 1}]), orjson.dumps([{**ENTRY, "job_id": "x"}])],
)
def test_anything_else_is_refused(message: bytes) -> None:
    with pytest.raises(FeedMessageInvalidError):
        parse_feed(message)
