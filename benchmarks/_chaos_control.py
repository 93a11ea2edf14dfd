"""The control: the same work as bare Celery tasks, as safe as Celery goes by itself."""

from __future__ import annotations

import os
import time

import psycopg
from celery import Celery

app = Celery("control", broker=os.environ["BARE_BROKER_URL"], set_as_current=False)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_default_queue="control",
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
)


@app.task(name="control.work")
def work(number: int) -> None:
    """Leave one row, then take as long as a small part."""
    with psycopg.connect(os.environ["CONTROL_DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO control_effects (no) VALUES (%s)", [number])
    time.sleep(0.005)
