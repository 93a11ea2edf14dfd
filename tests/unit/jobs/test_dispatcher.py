"""Messages name parts as ranges."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Publisher, pack_ranges
from malha.jobs.registry import Handler, Queue
from malha.kit.ids import new_id
from malha.settings import BrokerSettings, Settings

A, B = UUID(int=1), UUID(int=2)


def test_consecutive_numbers_of_a_job_become_one_range() -> None:
    assert pack_ranges([(A, 0), (A, 1), (A, 2)], batch=10) == [[(str(A), 0, 2)]]


def test_a_gap_or_another_job_starts_a_new_range_in_the_same_message() -> None:
    packed = pack_ranges([(A, 0), (A, 2), (B, 3)], batch=10)
    assert packed == [[(str(A), 0, 0), (str(A), 2, 2), (str(B), 3, 3)]]


@given(st.lists(st.tuples(st.sampled_from([A, B, new_id()]), st.integers(0, 30)), unique=True), st.integers(1, 7))
def test_every_part_travels_once_and_no_message_is_over_full(parts: list[tuple[UUID, int]], batch: int) -> None:
    messages = pack_ranges(parts, batch=batch)
    unpacked = [
        (UUID(job), no) for message in messages for job, first, last in message for no in range(first, last + 1)
    ]
    assert unpacked == parts
    assert all(sum(last - first + 1 for _, first, last in message) <= batch for message in messages)


async def do_nothing(_part: object) -> None:
    return None


KIND = Handler("test.nothing", do_nothing, Queue.SHORT, batch=1, timeout_seconds=1, max_attempts=None)


@pytest.fixture
def publisher() -> Publisher:
    """For a broker that nobody runs: the port is the system's own."""
    return Publisher(make_celery(Settings(broker=BrokerSettings(redis_url="redis://127.0.0.1:1/0")), slices=()))


@pytest.mark.parametrize(
    "error", [RedisConnectionError("refused"), ResponseError("MISCONF disk"), ConnectionResetError()]
)
def test_a_broker_that_is_away_or_refuses_is_one_kind_of_error(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(publisher._app, "send_task", refuse)
    monkeypatch.setattr(publisher._connection, "channel", refuse)
    with pytest.raises(OperationalError):
        publisher.send_parts(KIND, [(str(A), 0, 0)])
    with pytest.raises(OperationalError):
        publisher.depth("short")
