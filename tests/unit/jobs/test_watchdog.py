"""When a worker counts as stuck."""

from __future__ import annotations

from dataclasses import dataclass, field

from kombu.exceptions import OperationalError

from malha.jobs.watchdog import Consumption

LIMIT_SECONDS = 60.0


@dataclass
class Bench:
    """A worker's surroundings, by hand; it is also the publisher that is asked for depths."""

    depths: dict[str, int] = field(default_factory=lambda: {"short": 1, "long": 0})
    error: Exception | None = None
    holds_tasks: bool = False
    now: float = 1_000.0

    def depth(self, queue_name: str) -> int:
        if self.error is not None:
            raise self.error
        return self.depths[queue_name]

    def watch(self) -> Consumption:
        return Consumption(
            self,
            list(self.depths),
            limit_seconds=LIMIT_SECONDS,
            holds_tasks=lambda: self.holds_tasks,
            clock=lambda: self.now,
        )


def test_a_worker_that_takes_nothing_while_messages_wait_is_stuck() -> None:
    bench = Bench()
    consumption = bench.watch()
    bench.now += LIMIT_SECONDS - 1
    assert not consumption.is_stuck()
    bench.now += 1
    assert consumption.is_stuck()


def test_an_idle_worker_is_not_stuck_however_long_it_waits() -> None:
    bench = Bench(depths={"short": 0, "long": 0})
    consumption = bench.watch()
    bench.now += 100 * LIMIT_SECONDS
    assert not consumption.is_stuck()


def test_every_message_that_comes_starts_the_time_again() -> None:
    bench = Bench()
    consumption = bench.watch()
    bench.now += LIMIT_SECONDS - 1
    consumption.note_received()
    bench.now += LIMIT_SECONDS - 1
    assert not consumption.is_stuck()


def test_a_worker_at_work_is_not_stuck_and_has_the_whole_time_again_afterwards() -> None:
    bench = Bench(holds_tasks=True)
    consumption = bench.watch()
    bench.now += 10 * LIMIT_SECONDS
    assert not consumption.is_stuck()
    bench.holds_tasks = False
    bench.now += 1
    assert not consumption.is_stuck()
    bench.now += LIMIT_SECONDS
    assert consumption.is_stuck()


def test_a_broker_that_does_not_answer_is_no_reason() -> None:
    bench = Bench(error=OperationalError("away"))
    consumption = bench.watch()
    bench.now += 10 * LIMIT_SECONDS
    assert not consumption.is_stuck()
    bench.error = None
    assert consumption.is_stuck()
