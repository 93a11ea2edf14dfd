"""The anchor: one Celery task for each CNPJ, as the batch would be written without the engine."""

from __future__ import annotations

import os
from functools import cache

import psycopg
from celery import Celery
from psycopg.types.json import Jsonb

from malha.expenses.rules.decision import decide
from malha.expenses.rules.services import SERVICE_ACTIVITIES
from malha.suppliers.service._known import standing_of

_SUPPLIER = """
SELECT cnpj, legal_name, status, status_since, main_cnae_code, secondary_cnaes, provider, fetched_at
FROM suppliers WHERE cnpj = %s
"""

app = Celery("bare", broker=os.environ["BARE_BROKER_URL"], set_as_current=False)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_default_queue="bare",
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
)


@cache
def _connection() -> psycopg.Connection:
    return psycopg.connect(os.environ["BARE_DATABASE_URL"], autocommit=True)


@app.task(name="bare.expense")
def check_expense(number: int, cnpj: str, service: str) -> None:
    """Read the supplier, decide, write the decision."""
    with _connection().cursor() as cursor:
        row = cursor.execute(_SUPPLIER, [cnpj]).fetchone()
        assert row is not None, cnpj
        verdict = decide(standing_of(row, is_stale=False), service, SERVICE_ACTIVITIES)
        cursor.execute(
            "INSERT INTO bare_expenses (no, decision, reason, evidence) VALUES (%s, %s, %s, %s)",
            [number, verdict.decision.value, verdict.reason.value, Jsonb(verdict.evidence)],
        )
