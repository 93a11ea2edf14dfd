"""The memory of a worker that exports a hundred thousand expenses, beside the same worker with a hundredth of them.

One real worker with one process and one file at a time, its RSS watched all the while. The list comes out of a real
database and goes into the storage, in each of the three formats.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import UUID

import psutil
import psycopg
from _report import Series, Verdict, finish, parse_arguments
from psycopg.types.json import Jsonb
from upload_memory import Watch

from malha.db import Database
from malha.exports.models import Export
from malha.exports.service import KIND
from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Dispatcher
from malha.jobs.submit import Owner, submit
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.kit.urls import libpq_url
from malha.settings import get_settings

EXPENSES = 100_000
FEW_EXPENSES = 1_000
FORMATS = ("csv", "json", "xlsx")
MOST_GROWTH_MEBIBYTES = 32.0
START_SECONDS = 8.0

settings = get_settings()


@contextmanager
def worker() -> Iterator[int]:
    """A warm worker of one process; the process that runs the parts."""
    command = [sys.executable, "-m", "celery", "-A", "malha.worker", "worker", "-c", "1", "-l", "WARNING"]
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, env=os.environ, stdout=silent, stderr=silent)
    time.sleep(START_SECONDS)
    [child] = psutil.Process(process.pid).children()
    try:
        yield child.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def add_user() -> tuple[UUID, UUID]:
    """Somebody with a workspace: their ids."""
    user, workspace = new_id(), new_id()
    record.execute("INSERT INTO workspaces (id, name) VALUES (%s, 'bench')", [workspace])
    columns = "id, email, hashed_password, default_workspace_id"
    record.execute(f"INSERT INTO users ({columns}) VALUES (%s, %s, '', %s)", [user, f"{user}@example.com", workspace])
    columns = "workspace_id, user_id, role"
    record.execute(f"INSERT INTO workspace_members ({columns}) VALUES (%s, %s, 'owner')", [workspace, user])
    return user, workspace


def add_expenses(workspace: UUID, count: int) -> UUID:
    """A batch of decided expenses."""
    batch = new_id()
    columns = "id, kind, workspace_id, total"
    record.execute(f"INSERT INTO jobs ({columns}) VALUES (%s, 'bench', %s, 1)", [batch, workspace])
    columns = "job_id, workspace_id, total"
    record.execute(f"INSERT INTO expense_batches ({columns}) VALUES (%s, %s, %s)", [batch, workspace, count])
    columns = (
        "id, batch_id, no, workspace_id, cnpj, transaction_id, service_type, amount, spent_on, description, "
        "is_answered, decision, reason, registry_status, risk, is_cnae_valid, legal_name, main_cnae, evidence, signals"
    )
    evidence = Jsonb({"allowed": ["8121400"], "found": ["8121400"], "main": "8121400"})
    with record.cursor() as cursor, cursor.copy(f"COPY expenses ({columns}) FROM STDIN") as copy:
        for no in range(count):
            row = (
                new_id(), batch, no, workspace, f"{no:014d}", f"t-{no}", "limpeza", no / 100, "2026-10-05",
                f"Limpeza do bloco {no}", True, "APPROVED", "activity-fits", "ATIVA", "OK", True, f"EMPRESA {no} LTDA",
                "8121400", evidence, Jsonb([]),
            )  # fmt: skip
            copy.write_row(row)
    return batch


def export(user: UUID, workspace: UUID, batch: UUID, form: str) -> dict[str, Any]:
    """Ask for the file, wait for it, and return what the job says of it."""
    dispatcher = Dispatcher(make_celery(settings))

    async def ask() -> UUID:
        database = Database(settings.database)
        async with database.session() as session:
            job = await submit(session, KIND, input={}, parts=[{}], owner=Owner(workspace, user))
            session.add(
                Export(
                    job_id=job.id,
                    workspace_id=workspace,
                    owner_id=user,
                    list_name="expenses",
                    format=form,
                    filter={"batch_id": str(batch)},
                    expires_at=utc_now(),
                )
            )
            await session.commit()
        dispatcher.dispatch(KIND, job.id, job.total)
        await database.dispose()
        return job.id

    job_id = asyncio.run(ask())
    deadline = time.monotonic() + 600
    while True:
        row = record.execute("SELECT state, result, error FROM jobs WHERE id = %s", [job_id]).fetchone()
        if row and row[0] == "succeeded":
            dispatcher.close()
            return cast("dict[str, Any]", row[1])
        if time.monotonic() > deadline or (row and row[0] == "failed"):
            raise RuntimeError(f"the export has not succeeded: {row}")
        time.sleep(0.02)


def main() -> None:
    """Measure and judge."""
    rounds = 1 if parse_arguments(__doc__ or "").quick else 3
    user, workspace = add_user()
    few, many = add_expenses(workspace, FEW_EXPENSES), add_expenses(workspace, EXPENSES)
    record.execute("ANALYZE")
    seconds: dict[str, list[float]] = {form: [] for form in FORMATS}
    growth: dict[str, list[float]] = {form: [] for form in FORMATS}
    with worker() as pid:
        for form in FORMATS:
            export(user, workspace, few, form)
        before = Watch(pid).now()
        for _ in range(rounds):
            for form in FORMATS:
                started = time.perf_counter()
                with Watch(pid) as watch:
                    result = export(user, workspace, many, form)
                seconds[form].append(time.perf_counter() - started)
                growth[form].append(watch.peak - before)
                print(f"{form}: {result['rows']:,} rows, {result['size'] / 1e6:.1f} MB")
    finish(
        [Series(f"{EXPENSES:,} expenses to {form}", seconds[form], "s") for form in FORMATS]
        + [Series(f"growth of the worker, {form}", growth[form], "MiB") for form in FORMATS],
        [
            Verdict(
                f"export_memory {form}, of {MOST_GROWTH_MEBIBYTES:.0f} MiB beside {FEW_EXPENSES:,} rows",
                max(growth[form]) / MOST_GROWTH_MEBIBYTES,
                1,
                at_most=True,
            )
            for form in FORMATS
        ],
    )


if __name__ == "__main__":
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as record:
        main()
