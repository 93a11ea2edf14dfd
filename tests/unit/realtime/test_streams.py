"""Server-Sent Events as bytes."""

from __future__ import annotations

import pytest
from tests.factories.feed import JOB, event
from tests.fakes.job_log import MemoryLog

from malha.jobs.states import JobState
from malha.realtime import streams
from malha.realtime.follower import Followers
from malha.realtime.streams import LastEventIdInvalidError, event_frame, frames, parse_last_event_id
from malha.realtime.tails import Tails

pytestmark = pytest.mark.anyio


def test_a_frame_has_the_sequence_number_as_id_and_the_type_as_event() -> None:
    lines = event_frame(event(7, "audits.noted", note="a\nb")).decode().split("\n")
    assert lines[:2] == ["id: 7", "event: audits.noted"]
    assert lines[2].startswith('data: {"job_id":')
    assert lines[3:] == ["", ""]


@pytest.mark.parametrize(("given", "seq"), [(None, 0), ("", 0), ("0", 0), ("41", 41)])
def test_the_last_event_id_is_a_sequence_number(given: str | None, seq: int) -> None:
    assert parse_last_event_id(given) == seq


@pytest.mark.parametrize("given", ["-1", "1.5", "x", "²", "1" * 11])
def test_another_last_event_id_is_refused(given: str) -> None:
    with pytest.raises(LastEventIdInvalidError):
        parse_last_event_id(given)


async def test_a_stream_ends_with_the_job() -> None:
    log = MemoryLog(event(1, "job.started"), event(2, "job.partial"), state=JobState.PARTIAL)
    with Followers(log, Tails()).follow(JOB, after=0) as follower:
        sent = [frame async for frame in frames(follower)]
    assert sent[0].count(b"\n\n") == 2
    assert sent[1:] == [b'event: end\ndata: {"state":"partial","last_seq":2}\n\n']


async def test_a_silent_stream_is_kept_open_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.01)
    with Followers(MemoryLog(), Tails()).follow(JOB, after=0) as follower:
        comments = frames(follower)
        assert [await anext(comments) for _ in range(2)] == [b": still here\n\n"] * 2
        await comments.aclose()  # type: ignore[attr-defined]


async def test_a_stream_is_closed_in_time_for_its_credential_to_be_checked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(streams, "MAX_STREAM_SECONDS", 0.03)
    with Followers(MemoryLog(), Tails()).follow(JOB, after=0) as follower:
        sent = [frame async for frame in frames(follower)]
    assert set(sent) == {b": still here\n\n"}
