"""CSV files whose directions nothing tells: asked about at the upload where they are small, and tried again later."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any
from uuid import UUID

from malha.banking.errors import StatementMappingNeededError, StatementSettledError
from malha.banking.repository import statements
from malha.banking.rules.remarks import MappingNeededError, StatementInvalidError
from malha.banking.schemas import MappingWrite
from malha.banking.service._import import IMPORT_KIND
from malha.banking.service._reading import read_items
from malha.db import Session
from malha.guarded import GuardedError, off_loop
from malha.identity.policy import Principal
from malha.jobs import Job, Owner, submit
from malha.storage import ReceivedFile, Storage

MOST_JUDGED_BYTES = 1 << 20
"""Larger files are judged by the job: a request does not wait for that."""


async def judge_files(storage: Storage, files: Sequence[ReceivedFile], mapping: dict[str, Any] | None) -> None:
    """Raise StatementMappingNeededError for the first of the stored files that needs a mapping, or another one."""
    for file in files:
        if file.size <= MOST_JUDGED_BYTES:
            error = await off_loop(_find_need, await storage.get(file.stored_path), mapping)
            if error is not None:
                raise StatementMappingNeededError(
                    file=file.original_name, column=error.column, english=error.english, portuguese=error.portuguese
                )


def _find_need(data: bytes, mapping: dict[str, Any] | None) -> MappingNeededError | None:
    """What is wrong with a file besides its directions is told by its statement."""
    try:
        with closing(read_items(data, mapping)) as items:
            next(items, None)
    except MappingNeededError as error:
        return error
    except (StatementInvalidError, GuardedError):
        return None
    return None


async def map_statement(session: Session, principal: Principal, statement_id: UUID, mapping: MappingWrite) -> Job:
    """A job that imports a stored file once more, with this mapping. Does not commit.

    Raises StatementNotFoundError, and StatementSettledError for one that was imported, or is waiting for it: two
    requests at the same time make one job.
    """
    statement = await statements.lock_statement(session, principal, statement_id)
    if statement.status not in {"NEEDS_MAPPING", "REFUSED"}:
        raise StatementSettledError(status=statement.status)
    job = await submit(
        session,
        IMPORT_KIND,
        input={"account_id": str(statement.account_id), "mapping": mapping.as_json()},
        parts=[{"statement_id": str(statement.id)}],
        owner=Owner(principal.workspace_id, principal.user_id),
    )
    statement.job_id = job.id
    statement.status = "PENDING"
    statement.problem = statement.problem_pt = statement.mapping_column = None
    return job
