"""The job engine: the database is the record, Celery does the work.

A slice registers coroutines with `handler` and takes requests in with `Accept`, or writes a job with `submit` in a
transaction of its own. Everything else (delivery, claims, leases, retries, death, the end of a job) is the engine's.
What is named here is what a slice needs; the modules behind it are the engine's own.
"""

from malha.jobs.accept import (
    ACCEPT_REFUSED,
    KEYED_ACCEPT_REFUSED,
    REPLAYED,
    Accept,
    AcceptDep,
    Accepted,
    KeyedAcceptDep,
)
from malha.jobs.context import FinishContext, PartContext
from malha.jobs.control import Action, act_on_one
from malha.jobs.errors import (
    JobMoveIllegalError,
    JobNotFoundError,
    LeaseLostError,
    PermanentError,
    RateLimitedError,
    TransientError,
)
from malha.jobs.models import Job, JobPart
from malha.jobs.once import NewJob, SubmittedJob
from malha.jobs.outbox import BrokerPublisher, OutboxDep, OutboxSender, enqueue
from malha.jobs.outside import tell_of_jobs, wake_part
from malha.jobs.registry import Queue, Snooze, handler
from malha.jobs.states import FINAL_STATES, JobState, PartState
from malha.jobs.submit import Owner, submit

__all__ = [
    "ACCEPT_REFUSED",
    "FINAL_STATES",
    "KEYED_ACCEPT_REFUSED",
    "REPLAYED",
    "Accept",
    "AcceptDep",
    "Accepted",
    "Action",
    "BrokerPublisher",
    "FinishContext",
    "Job",
    "JobMoveIllegalError",
    "JobNotFoundError",
    "JobPart",
    "JobState",
    "KeyedAcceptDep",
    "LeaseLostError",
    "NewJob",
    "OutboxDep",
    "OutboxSender",
    "Owner",
    "PartContext",
    "PartState",
    "PermanentError",
    "Queue",
    "RateLimitedError",
    "Snooze",
    "SubmittedJob",
    "TransientError",
    "act_on_one",
    "enqueue",
    "handler",
    "submit",
    "tell_of_jobs",
    "wake_part",
]
