"""A batch of expenses whose CNPJs are all known, from its commit to its end, beside one Celery task for each CNPJ.

Both write every decision with its evidence; the batch also looks for signals across its expenses and writes the
audit log. One worker of two processes each, on the same database and broker.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
from _report import Series, Verdict, alternate, finish, parse_arguments
from celery import Celery
from psycopg.types.json import Jsonb

from malha.db import Database
from malha.expenses.schemas import ExpenseItem
from malha.expenses.service import KIND, NewBatch, plan_batch
from malha.fiscal.identifiers import cnpj_check_digits
from malha.identity.policy import Principal
from malha.jobs.celery import make_celery
from malha.jobs.dispatcher import Dispatcher
from malha.jobs.once import SubmittedJob, submit_new
from malha.jobs.submit import Owner
from malha.kit.ids import new_id
from malha.kit.urls import celery_broker_url, libpq_url
from malha.settings import get_settings

HERE = Path(__file__).parent
EXPENSES = 10_000
SERVICES = ("limpeza", "portaria", "elevador", "pintura")
MOST_SECONDS = 10.0
START_SECONDS = 8.0
OPENED_ON = date(2010, 1, 1)

settings = get_settings()
broker = celery_broker_url(settings.broker.task_broker_url)


@dataclass(frozen=True)
class Caller:
    """Who the batch belongs to."""

    workspace_id: UUID
    user_id: UUID


def cnpj(number: int) -> str:
    base = f"{20_000_000 + number:08d}0001"
    return base + cnpj_check_digits(base)


def make_item(number: int) -> ExpenseItem:
    """Amounts spread over a decade, days over a month."""
    amount = Decimal(100 + number * 37 % 900)
    day = date(2026, 10, 1 + number % 28)
    return ExpenseItem(cnpj=cnpj(number), service_type=SERVICES[number % 4], amount=amount, spent_on=day)


@contextmanager
def worker(application: str, *options: str) -> Iterator[None]:
    """A warm Celery worker of two processes."""
    command = [sys.executable, "-m", "celery", "-A", application, "worker", "-c", "2", "-l", "WARNING", *options]
    environment = os.environ | {
        "BARE_BROKER_URL": broker,
        "BARE_DATABASE_URL": libpq_url(settings.database.url),
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
    }
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=silent, stderr=silent)
    time.sleep(START_SECONDS)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not end")
        time.sleep(0.02)


def count(query: str) -> int:
    row = record.execute(cast("Any", query)).fetchone()
    return row[0] if row else 0


def batch_seconds(expenses: int) -> float:
    """From before the submission to the end of the job."""
    items = [make_item(n) for n in range(expenses)]
    before = count("SELECT count(*) FROM jobs WHERE state = 'succeeded'")
    dispatcher = Dispatcher(make_celery(settings))

    async def submit() -> None:
        database = Database(settings.database)
        async with database.session() as session:
            caller = cast("Principal", Caller(new_id(), new_id()))
            owner = Owner(caller.workspace_id, caller.user_id)
            job = await submit_new(session, new_id(), plan_batch(caller, NewBatch(items)), owner)
            assert isinstance(job, SubmittedJob)
        dispatcher.dispatch(KIND, job.id, job.total)
        await database.dispose()

    started = time.perf_counter()
    asyncio.run(submit())
    until(lambda: count("SELECT count(*) FROM jobs WHERE state = 'succeeded'") > before)
    seconds = time.perf_counter() - started
    dispatcher.close()
    return seconds


def bare_seconds(expenses: int) -> float:
    """The same with one task for each CNPJ."""
    record.execute("TRUNCATE bare_expenses")
    app = Celery("sender", broker=broker, set_as_current=False)
    started = time.perf_counter()
    with app.connection_for_write() as connection, app.amqp.Producer(connection) as producer:
        for n in range(expenses):
            app.send_task("bare.expense", (n, cnpj(n), SERVICES[n % 4]), queue="bare", producer=producer)
    until(lambda: count("SELECT count(*) FROM bare_expenses") == expenses)
    return time.perf_counter() - started


def fill() -> None:
    """Every supplier known, and fresh; one in a hundred shares a partner with another."""
    record.execute("CREATE TABLE IF NOT EXISTS bare_expenses (no int, decision text, reason text, evidence jsonb)")
    activities = ("8121400", "8111700", "4329103", "4330404")
    secondary = Jsonb([{"code": "8121400", "description": ""}])
    columns = (
        "cnpj, is_found, legal_name, status, status_since, opened_on, main_cnae_code, secondary_cnaes, street, number,"
        " zip_code, partners, provider, fetched_at"
    )
    with record.cursor() as cursor, cursor.copy(f"COPY suppliers ({columns}) FROM STDIN") as copy:
        for n in range(EXPENSES):
            numbers = (n, n - 1) if n % 100 == 99 else (n,)
            partners = [{"name": f"SOCIO {k}", "document": f"***{k:06d}**"} for k in numbers]
            company = (cnpj(n), True, f"EMPRESA {n}", "ATIVA", OPENED_ON, OPENED_ON, activities[n % 4], secondary)
            place = ("RUA DAS FLORES", str(n % 5_000), f"{n % 9_000:08d}")
            copy.write_row((*company, *place, Jsonb(partners), "bench", "now"))


def main() -> None:
    """Measure and judge."""
    rounds, bare_expenses = (1, 1_000) if parse_arguments(__doc__ or "").quick else (3, 3_000)
    record.execute("TRUNCATE suppliers, jobs CASCADE")
    fill()
    with worker("malha.worker"), worker("_bare_expense", "-Q", "bare"):
        ours, bare = alternate(
            rounds,
            lambda: batch_seconds(EXPENSES) / EXPENSES * 1000,
            lambda: bare_seconds(bare_expenses) / bare_expenses * 1000,
        )
    sides = [
        Series(f"a batch of {EXPENSES:,} expenses", ours, "ms an expense"),
        Series("one Celery task for each CNPJ", bare, "ms an expense"),
    ]
    seconds = sides[0].median * EXPENSES / 1000
    print(f"{EXPENSES:,} expenses decided in {seconds:.2f} s")
    finish(
        sides,
        [
            Verdict("expenses_batch seconds", seconds, MOST_SECONDS, at_most=True),
            Verdict("expenses_batch to Celery", sides[1].median / sides[0].median, 20, at_most=False),
        ],
    )


if __name__ == "__main__":
    with psycopg.connect(libpq_url(settings.database.url), autocommit=True) as record:
        main()
