"""The anchor: Celery alone, as safe as it goes (acks late, reject on lost, prefetch 1), with tasks that do nothing."""

from __future__ import annotations

import os

from celery import Celery

app = Celery("bare", broker=os.environ["BARE_BROKER_URL"], set_as_current=False)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_default_queue="bare",
    task_ignore_result=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
)


@app.task(name="bare.nothing")
def nothing(_number: int) -> None:
    """What a task costs when it does nothing."""
