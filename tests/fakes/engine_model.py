"""What the job engine promises, as a few lines of plain Python: states of parts and what follows for their job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from malha.jobs.control import Action, sources
from malha.jobs.states import JobState, PartState, outcome

ENDED = frozenset({PartState.DONE, PartState.DEAD})
PartName = tuple[UUID, int]

LEGAL_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset(
        {
            JobState.RUNNING,
            JobState.PAUSED,
            JobState.CANCELLED,
            JobState.SUCCEEDED,  # a job that was retried may have nothing left but its finish step
            JobState.PARTIAL,
            JobState.FAILED,
        }
    ),
    JobState.RUNNING: frozenset(
        {JobState.PAUSED, JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.PAUSED: frozenset(
        {
            JobState.QUEUED,
            JobState.RUNNING,
            JobState.CANCELLED,
            JobState.SUCCEEDED,  # the parts that ran when the pause came may have been the last ones
            JobState.PARTIAL,
            JobState.FAILED,
        }
    ),
    JobState.SUCCEEDED: frozenset(),
    JobState.PARTIAL: frozenset({JobState.QUEUED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}


def can_move(current: JobState, target: JobState) -> bool:
    """Whether the documented table of moves allows it (docs/reference/job-states.md)."""
    return target in LEGAL_MOVES[current]


@dataclass
class ModelPart:
    """A part; `run` names the claim that holds it."""

    state: PartState = PartState.QUEUED
    attempts: int = 0
    run: int | None = None


@dataclass
class ModelJob:
    """A job and its parts."""

    kind: str
    has_finish: bool
    parts: list[ModelPart]
    max_running: int | None = None
    state: JobState = JobState.QUEUED
    is_started: bool = False

    def count(self, *states: PartState) -> int:
        return sum(part.state in states for part in self.parts)

    @property
    def waiting(self) -> PartState:
        """How a part waits that is to run: for its job if that is paused or limited."""
        return PartState.HELD if self.max_running or self.state is JobState.PAUSED else PartState.QUEUED

    @property
    def is_complete(self) -> bool:
        return self.count(*ENDED) == len(self.parts)

    def end_if_complete(self) -> None:
        if self.is_complete and not self.state.is_final:
            self.state = outcome(total=len(self.parts), failed=self.count(PartState.DEAD))


@dataclass
class EngineModel:
    """All jobs, and every effect that must have happened exactly once."""

    max_attempts: int
    jobs: dict[UUID, ModelJob] = field(default_factory=dict)
    effects: list[PartName] = field(default_factory=list)

    def submit(self, job_id: UUID, job: ModelJob) -> None:
        self.jobs[job_id] = job
        if job.max_running:
            self._turn(job, (PartState.QUEUED,), PartState.HELD)
            self.release(job_id)

    def release(self, job_id: UUID) -> list[int]:
        """The parts of a limited job that may run now, the first ones first."""
        job = self.jobs[job_id]
        if job.max_running is None or job.state not in (JobState.QUEUED, JobState.RUNNING):
            return []
        room = job.max_running - job.count(PartState.QUEUED, PartState.RUNNING)
        freed = [no for no, part in enumerate(job.parts) if part.state is PartState.HELD][:room]
        for no in freed:
            job.parts[no].state = PartState.QUEUED
        return freed

    def part(self, name: PartName) -> ModelPart:
        return self.jobs[name[0]].parts[name[1]]

    def names(self, *states: PartState) -> list[PartName]:
        """Parts in these states, in order."""
        return [
            (id_, no) for id_, job in self.jobs.items() for no, part in enumerate(job.parts) if part.state in states
        ]

    def claimable(self, kind: str, named: list[PartName]) -> set[PartName]:
        """What a message of many parts takes: those named, and fresh ones of the kind unless one named is a retry."""
        waiting = [name for name in self.names(PartState.QUEUED) if self.jobs[name[0]].kind == kind]
        taken = {name for name in waiting if name in named}
        if any(self.part(name).attempts for name in taken):
            return taken
        return taken | {name for name in waiting if self.part(name).attempts == 0}

    def claim(self, name: PartName, run: int) -> None:
        job, part = self.jobs[name[0]], self.part(name)
        part.state, part.run, part.attempts = PartState.RUNNING, run, part.attempts + 1
        if job.state is JobState.QUEUED:
            job.state, job.is_started = JobState.RUNNING, True

    def holds(self, name: PartName, run: int) -> bool:
        return self.part(name).state is PartState.RUNNING and self.part(name).run == run

    def settle(self, name: PartName, state: PartState, *, refund: int = 0, spawned: int = 0) -> None:
        self.settle_together([(name, state, refund, spawned)])

    def settle_together(self, ends: list[tuple[PartName, PartState, int, int]]) -> None:
        """Parts with the state, the refund and the number of added parts that each ends with, in one transaction."""
        for name, state, refund, _ in ends:
            job, part = self.jobs[name[0]], self.part(name)
            part.state = job.waiting if state is PartState.QUEUED else state
            part.run, part.attempts = None, part.attempts - refund
            if state is PartState.DONE:
                self.effects.append(name)
        for name, _, _, spawned in ends:
            job = self.jobs[name[0]]
            job.parts.extend(ModelPart(job.waiting) for _ in range(spawned))
        for name, *_ in ends:
            job = self.jobs[name[0]]
            if not job.has_finish:
                job.end_if_complete()

    def expire(self, name: PartName) -> None:
        is_spent = self.part(name).attempts >= self.max_attempts
        self.settle(name, PartState.DEAD if is_spent else PartState.QUEUED)

    def act(self, action: Action, job_id: UUID) -> bool:
        """Whether the job moves."""
        job = self.jobs[job_id]
        if job.state not in sources(action):
            return False
        match action:
            case Action.CANCEL:
                self._turn(job, (PartState.QUEUED, PartState.HELD, PartState.RUNNING), PartState.CANCELLED)
                job.state = JobState.CANCELLED
            case Action.PAUSE:
                self._turn(job, (PartState.QUEUED,), PartState.HELD)
                job.state = JobState.PAUSED
            case Action.RESUME:
                job.state = JobState.RUNNING if job.is_started else JobState.QUEUED
                self._turn(job, (PartState.HELD,), job.waiting)
            case Action.RETRY | Action.RETRY_FAILED:
                revived = (PartState.DEAD, PartState.CANCELLED) if action is Action.RETRY else (PartState.DEAD,)
                job.state = JobState.QUEUED
                self._revive(job, [part for part in job.parts if part.state in revived])
        return True

    def requeue(self, name: PartName) -> bool:
        """Whether a dead part runs again."""
        job, part = self.jobs[name[0]], self.part(name)
        if part.state is not PartState.DEAD or job.state is JobState.CANCELLED:
            return False
        self._revive(job, [part])
        if job.state.is_final:
            job.state = JobState.QUEUED
        return True

    @staticmethod
    def _turn(job: ModelJob, states: tuple[PartState, ...], target: PartState) -> None:
        for part in job.parts:
            if part.state in states:
                part.state, part.run = target, None

    @staticmethod
    def _revive(job: ModelJob, parts: Iterable[ModelPart]) -> None:
        for part in parts:
            part.state, part.attempts, part.run = job.waiting, 0, None
