"""The engine beside a model of it: whatever is done in whatever order, both say the same."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from psycopg import AsyncConnection
from tests.fakes.engine import Engine, RecordingPublisher
from tests.fakes.engine_model import ENDED, EngineModel, ModelJob, ModelPart, PartName, can_move

from malha.jobs.control import Action, act, count_requeued, requeue_dead
from malha.jobs.dispatcher import Publisher
from malha.jobs.errors import LeaseLostError
from malha.jobs.ledger import ClaimedPart, Settlement, settle
from malha.jobs.registry import get_handler
from malha.jobs.relay import Relay
from malha.jobs.runner import run_finish
from malha.jobs.states import JobState, PartState
from malha.kit.urls import libpq_url

MAX_ATTEMPTS = 3
MANY = 100
MOST_JOBS = 2  # few, so that many rules meet the same one
OUTCOMES = {
    "done": (PartState.DONE, 0),
    "fail": (PartState.QUEUED, 0),
    "permanent": (PartState.DEAD, 0),
    "again": (PartState.QUEUED, 1),
    "spawn": (PartState.DONE, 0),
    "spawn again": (PartState.QUEUED, 1),
}
SPAWNED = {"spawn": 2, "spawn again": 1}
MOST_PARTS = 8  # of a job, so that it can come to its end
OPEN = frozenset({PartState.QUEUED, PartState.HELD, PartState.RUNNING})


class EngineMachine(RuleBasedStateMachine):
    """Does the same to both; `engine` is set by the test."""

    engine: Engine
    connection: AsyncConnection[Any]

    def __init__(self) -> None:
        super().__init__()
        self.model = EngineModel(MAX_ATTEMPTS)
        self.claims: list[ClaimedPart] = []
        self.seen: dict[UUID, JobState] = {}
        publisher = cast("Publisher", RecordingPublisher())
        engine_settings = self.engine.settings.engine.model_copy(update={"max_attempts": MAX_ATTEMPTS})
        self.relay = Relay(publisher, engine_settings, lambda _job: None)

    def teardown(self) -> None:
        self.engine.record.execute("TRUNCATE jobs CASCADE")
        self.engine.record.execute("TRUNCATE effects")

    def has_jobs(self) -> bool:
        return bool(self.model.jobs)

    def has_claims(self) -> bool:
        return bool(self.claims)

    @precondition(lambda self: len(self.model.jobs) < MOST_JOBS)
    @rule(
        kind=st.sampled_from(["test.single", "test.finished"]),
        total=st.integers(1, 3),
        max_running=st.none() | st.integers(1, 2),
    )
    def submit(self, kind: str, total: int, max_running: int | None) -> None:
        job_id = self.engine.submit(kind, [{}] * total, max_running=max_running)
        has_finish = get_handler(kind).finish is not None
        self.model.submit(job_id, ModelJob(kind, has_finish, [ModelPart() for _ in range(total)], max_running))

    @precondition(has_jobs)
    @rule(data=st.data())
    def claim_one(self, data: st.DataObject) -> None:
        name = self.draw_part(data)
        is_waiting = self.model.part(name).state is PartState.QUEUED
        assert self.claim(name[0], [name], limit=1) == ({name} if is_waiting else set())

    @precondition(has_jobs)
    @rule(data=st.data())
    def claim_many(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(list(self.model.jobs)))
        named = [(job_id, no) for no in range(len(self.model.jobs[job_id].parts))]
        expected = self.model.claimable(self.model.jobs[job_id].kind, named)
        assert self.claim(job_id, named, limit=MANY) == expected

    @precondition(lambda self: bool(self.model.names(PartState.QUEUED)))
    @rule(data=st.data(), end=st.sampled_from(["done", "permanent", "spawn"]))
    def run_one(self, data: st.DataObject, end: str) -> None:
        name = data.draw(st.sampled_from(self.model.names(PartState.QUEUED)))
        assert self.claim(name[0], [name], limit=1) == {name}
        self.jobs_move_as_the_table_allows()
        kind = self.model.jobs[name[0]].kind
        assert self.engine.runtime.run(self.write_and_settle(kind, {len(self.claims) - 1: end}))
        self.model.settle(name, OUTCOMES[end][0], spawned=self.spawned(name[0], end))

    def claim(self, job_id: UUID, named: list[PartName], *, limit: int) -> set[PartName]:
        kind = self.model.jobs[job_id].kind
        claimed = self.engine.runtime.ledger.claim(kind, [(str(job_id), named[0][1], named[-1][1])], limit=limit)
        for part in claimed:
            self.model.claim((part.job_id, part.no), len(self.claims))
            self.claims.append(part)
            assert part.attempts == self.model.part((part.job_id, part.no)).attempts
        return {(part.job_id, part.no) for part in claimed}

    @precondition(has_claims)
    @rule(data=st.data(), is_recent=st.booleans())
    def settle(self, data: st.DataObject, is_recent: bool) -> None:
        """Of any claim that there ever was: what a stale one writes must not stand, nor what its neighbours write."""
        runs = range(max(len(self.claims) - 4, 0) if is_recent else 0, len(self.claims))
        chosen = data.draw(st.lists(st.sampled_from(runs), min_size=1, max_size=3, unique=True))
        kind = self.model.jobs[self.claims[chosen[0]].job_id].kind
        ends = {
            run: data.draw(st.sampled_from(["done", *OUTCOMES]))
            for run in chosen
            if self.model.jobs[self.claims[run].job_id].kind == kind
        }
        is_accepted = all(self.model.holds((self.claims[run].job_id, self.claims[run].no), run) for run in ends)
        spawned = {run: self.spawned(self.claims[run].job_id, end) for run, end in ends.items()}
        assert self.engine.runtime.run(self.write_and_settle(kind, ends)) == is_accepted
        self.model.settle_together(
            [
                ((self.claims[run].job_id, self.claims[run].no), *OUTCOMES[end], spawned[run])
                for run, end in ends.items()
                if is_accepted
            ]
        )

    def spawned(self, job_id: UUID, end: str) -> int:
        return SPAWNED.get(end, 0) if len(self.model.jobs[job_id].parts) < MOST_PARTS else 0

    def has_stale_claims(self) -> bool:
        return bool(self.stale_claims())

    def stale_claims(self) -> list[int]:
        """Claims of parts that run under another one by now."""
        names = [(part.job_id, part.no) for part in self.claims]
        running = set(self.model.names(PartState.RUNNING))
        return [run for run, name in enumerate(names) if name in running and not self.model.holds(name, run)]

    @precondition(has_stale_claims)
    @rule(data=st.data(), end=st.sampled_from(list(OUTCOMES)))
    def settle_stale(self, data: st.DataObject, end: str) -> None:
        run = data.draw(st.sampled_from(self.stale_claims()))
        kind = self.model.jobs[self.claims[run].job_id].kind
        assert not self.engine.runtime.run(self.write_and_settle(kind, {run: end}))

    async def write_and_settle(self, kind: str, ends: dict[int, str]) -> bool:
        try:
            async with self.connection.transaction():
                settlements: list[Settlement] = []
                for run, end in ends.items():
                    part, (state, refund) = self.claims[run], OUTCOMES[end]
                    if state is PartState.DONE:
                        await self.connection.execute("INSERT INTO effects VALUES (%s, %s)", [part.job_id, part.no])
                    error = {"message": end} if state is PartState.DEAD else None
                    spawned = ["{}"] * self.spawned(part.job_id, end)
                    settlements.append(
                        Settlement(part.job_id, part.no, part.fence, state, 0, refund, error, spawned=spawned)
                    )
                await settle(self.connection, settlements, closes=get_handler(kind).finish is None)
        except LeaseLostError:
            return False
        return True

    @precondition(has_jobs)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """As a worker does after each settlement, unless it dies before."""
        job_id = data.draw(st.sampled_from(list(self.model.jobs)))
        released = self.engine.runtime.ledger.release([job_id])
        freed = self.model.release(job_id)
        fresh = [no for no in freed if self.model.part((job_id, no)).attempts == 0]
        assert [no for parts in released for no in parts.numbers] == fresh

    @precondition(has_jobs)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        running = self.model.names(PartState.RUNNING)
        silent = data.draw(st.lists(st.sampled_from(running), unique=True)) if running else []
        for job_id, no in silent:
            self.engine.record.execute(
                "UPDATE job_parts SET lease_until = now() - interval '1 s' WHERE job_id = %s AND no = %s", [job_id, no]
            )
        self.engine.runtime.run(self.relay.tick(self.connection))
        for name in silent:
            self.model.expire(name)
        for job_id in self.model.jobs:
            self.model.release(job_id)

    @precondition(has_jobs)
    @rule(data=st.data(), action=st.sampled_from(Action))
    def act(self, data: st.DataObject, action: Action) -> None:
        chosen = data.draw(st.lists(st.sampled_from(list(self.model.jobs)), min_size=1, max_size=2, unique=True))
        moved = self.engine.runtime.run(self.do(action, chosen))
        assert moved == {job_id for job_id in chosen if self.model.act(action, job_id)}

    async def do(self, action: Action, chosen: list[UUID]) -> set[UUID]:
        async with self.engine.runtime.database.session() as session:
            moved = await act(session, action, chosen)
            await session.commit()
            return {event.job_id for event in moved}

    @precondition(has_jobs)
    @rule(data=st.data())
    def requeue(self, data: st.DataObject) -> None:
        names = [self.draw_part(data), *self.model.names(PartState.DEAD)[:1]]
        requeued = self.engine.runtime.run(self.do_requeue(names))
        assert requeued == sum(self.model.requeue(name) for name in dict.fromkeys(names))

    async def do_requeue(self, names: list[PartName]) -> int:
        async with self.engine.runtime.database.session() as session:
            events = await requeue_dead(session, names)
            await session.commit()
            return count_requeued(events)

    @precondition(has_jobs)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        """As the relay asks for it, whether the job is complete or not."""
        job_id = data.draw(st.sampled_from(list(self.model.jobs)))
        job = self.model.jobs[job_id]
        self.engine.runtime.run(run_finish(self.engine.runtime, get_handler(job.kind), job_id))
        if job.has_finish and job.is_complete and not job.state.is_final:
            self.model.effects.append((job_id, -1))
            job.end_if_complete()

    def draw_part(self, data: st.DataObject) -> PartName:
        return data.draw(st.sampled_from(self.model.names(*PartState)))

    @invariant()
    def states_and_counters_agree(self) -> None:
        parts: dict[UUID, list[PartState]] = {}
        for row in self.engine.record.execute("SELECT job_id, state FROM job_parts ORDER BY job_id, no"):
            parts.setdefault(row["job_id"], []).append(PartState(row["state"]))
        assert parts == {job_id: [part.state for part in job.parts] for job_id, job in self.model.jobs.items()}
        for row in self.engine.record.execute("SELECT * FROM jobs"):
            job, state = self.model.jobs[row["id"]], JobState(row["state"])
            assert state is job.state
            assert (row["done"], row["failed"]) == (job.count(PartState.DONE), job.count(PartState.DEAD))
            assert (row["finished_at"] is not None) == state.is_final
            in_flight = job.count(PartState.QUEUED, PartState.RUNNING)
            assert row["in_flight"] == (in_flight if job.max_running else 0)
            assert job.max_running is None or in_flight <= job.max_running
            if state.is_final:
                assert not OPEN & set(parts[row["id"]])
            else:
                assert OPEN & set(parts[row["id"]]) or (job.has_finish and job.count(*ENDED) == row["total"])

    @invariant()
    def jobs_move_as_the_table_allows(self) -> None:
        for job_id, job in self.model.jobs.items():
            before = self.seen.get(job_id, JobState.QUEUED)
            assert before is job.state or can_move(before, job.state), (before, job.state)
            self.seen[job_id] = job.state

    @invariant()
    def the_log_has_no_gaps(self) -> None:
        query = (
            "SELECT j.id FROM jobs j LEFT JOIN job_events e ON e.job_id = j.id GROUP BY j.id, j.event_seq"
            " HAVING count(e.seq) <> j.event_seq OR min(e.seq) <> 1 OR max(e.seq) <> j.event_seq"
        )
        assert self.engine.record.execute(query).fetchall() == []

    @invariant()
    def every_effect_happened_once(self) -> None:
        rows = self.engine.record.execute("SELECT job_id, no FROM effects").fetchall()
        assert sorted((row["job_id"], row["no"]) for row in rows) == sorted(self.model.effects)


def test_the_engine_does_what_its_model_says(engine: Engine) -> None:
    url = libpq_url(engine.settings.database.url)
    EngineMachine.engine = engine
    EngineMachine.connection = engine.runtime.run(AsyncConnection.connect(url, autocommit=True))
    try:
        run_state_machine_as_test(
            EngineMachine,
            settings=settings(
                max_examples=15,
                stateful_step_count=40,
                phases=[Phase.generate],  # a failing run is short enough to read, and shrinking it takes minutes
                deadline=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
    finally:
        engine.runtime.run(EngineMachine.connection.close())
