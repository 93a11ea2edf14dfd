"""How long a message should need to come through its queue."""

from __future__ import annotations

import pytest

from malha.jobs.relay import QueuePace


def test_an_empty_queue_explains_no_wait() -> None:
    assert QueuePace(at=0).observe(0, now=1) == 0


def test_a_deep_queue_that_drains_slowly_explains_a_long_wait() -> None:
    pace = QueuePace(depth=1000, at=0, rate_per_second=10)
    assert pace.observe(990, now=1) == pytest.approx(99)


def test_what_the_relay_put_in_itself_counts_as_drained_when_the_depth_stays() -> None:
    pace = QueuePace(depth=100, at=0, rate_per_second=1)
    pace.sent = 100
    assert pace.observe(100, now=1) < 100 / 1


def test_a_queue_that_stands_still_keeps_its_known_pace() -> None:
    pace = QueuePace(depth=100, at=0, rate_per_second=20)
    assert pace.observe(100, now=5) == pytest.approx(5)
