"""Which process holds a part, so that a worker can end the leases of one of its processes that it saw die."""

from __future__ import annotations

import threading

import psycopg
import structlog

from malha.jobs import statements
from malha.kit.ids import new_id

CONNECT_TIMEOUT_SECONDS = 5

_WORKER = new_id()  # made before the pool forks: a worker's processes share it, and no other worker has it

_log = structlog.get_logger(__name__)


def holder_name(pid: int) -> str:
    """The name under which a process of this worker claims parts."""
    return f"{_WORKER}:{pid}"


def end_leases_of(pid: int, database_url: str) -> threading.Thread:
    """Have the parts of a dead process run again now, and not when their leases run out.

    In a thread, which is returned: the worker goes on. Where it fails nothing is lost, the leases end by themselves.
    """
    thread = threading.Thread(target=_end_leases, args=(holder_name(pid), database_url), name="end-leases", daemon=True)
    thread.start()
    return thread


def _end_leases(holder: str, database_url: str) -> None:
    try:
        with psycopg.connect(database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS) as connection:
            ended = connection.execute(statements.END_LEASES, {"holder": holder}).rowcount
    except psycopg.OperationalError as error:
        _log.warning("leases.left_to_run_out", holder=holder, error=str(error))
    else:
        _log.warning("leases.ended_with_their_process", holder=holder, parts=ended)
