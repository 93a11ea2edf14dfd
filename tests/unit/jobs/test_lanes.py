"""Lanes and queues take turns: neither starves the other."""

from __future__ import annotations

from malha.jobs.registry import Queue
from malha.jobs.transport import LanesEverySecondTime

SHORT, LONG, LANE = Queue.SHORT.value, Queue.LONG.value, Queue.SHORT_EXPRESS.value


def taken(waiting: dict[str, int], count: int) -> list[str]:
    """From which queues so many messages are taken, one after another."""
    cycle = LanesEverySecondTime()
    cycle.update(waiting)
    order: list[str] = []
    for _ in range(count):
        found = next((name for name in cycle.consume(len(waiting)) if waiting[name]), None)
        if found is not None:
            waiting[found] -= 1
            order.append(found)
            cycle.rotate(found)
    return order


def test_every_second_message_is_a_lanes_while_both_wait() -> None:
    order = taken({SHORT: 100, LONG: 100, LANE: 100}, 40)
    assert order[::2] == [LANE] * 20
    assert order.count(SHORT) == order.count(LONG) == 10


def test_what_waits_alone_is_taken_at_once() -> None:
    assert taken({SHORT: 0, LONG: 0, LANE: 3}, 5) == [LANE] * 3
    assert taken({SHORT: 3, LONG: 0, LANE: 0}, 5) == [SHORT] * 3


def test_queues_take_turns_beside_an_empty_lane() -> None:
    assert sorted(taken({SHORT: 9, LONG: 9, LANE: 0}, 10)) == [LONG] * 5 + [SHORT] * 5
