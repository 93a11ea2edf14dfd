"""The Celery application: `celery -A malha.worker worker` and `celery -A malha.worker beat`."""

from __future__ import annotations

from typing import Any

from malha.jobs.celery import make_celery

app: Any = make_celery()
