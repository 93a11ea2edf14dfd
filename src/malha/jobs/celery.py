"""Celery as the engine's transport: one task for each handler, at-least-once delivery, no results, no ETA."""

# pyright: basic
# (Celery ships no types.)

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any
from uuid import UUID

from celery import Celery, signals
from kombu.entity import Queue as BrokerQueue

from malha.jobs.alarm import ended_after
from malha.jobs.dispatcher import FINISH_TASK
from malha.jobs.ledger import PartRange
from malha.jobs.registry import Handler, Queue, all_handlers, get_handler
from malha.jobs.runner import run_finish, run_message
from malha.jobs.runtime import Runtime
from malha.jobs.transport import Application
from malha.jobs.watchdog import ConsumptionWatchdog
from malha.kit.urls import celery_broker_url
from malha.observability.logs import configure_logging
from malha.settings import Settings, get_settings
from malha.slices import SLICES, load_tasks

GRACE_SECONDS = 60
SOFT_SHUTDOWN_SECONDS = 20
CHILD_MEMORY_KIBIBYTES = 768 * 1024
CHILD_TASKS = 50_000


def make_celery(settings: Settings | None = None, slices: Iterable[str] = SLICES) -> Celery:
    """Build the application with every slice's handlers registered as tasks under their kinds."""
    settings = settings or get_settings()
    settings.read_groups(slices)
    load_tasks(slices)
    for module in settings.engine.extra_task_modules:
        import_module(module)
    app = Application("malha", broker=celery_broker_url(settings.broker.task_broker_url), set_as_current=True)
    app.conf.update(_configuration(settings))
    app.steps["consumer"].add(ConsumptionWatchdog)  # type: ignore[index] - Celery ships no types
    process = _WorkerProcess(app, settings)
    signals.worker_process_init.connect(process.start, weak=False)
    signals.worker_process_shutdown.connect(process.stop, weak=False)
    signals.celeryd_after_setup.connect(_consume_lanes, weak=False)
    signals.setup_logging.connect(lambda **_: configure_logging(settings), weak=False)
    for handler in all_handlers():
        _register(app, process, handler)
    _register_finish(app, process)
    return app


def _configuration(settings: Settings) -> dict[str, Any]:
    longest = max((handler.timeout_seconds for handler in all_handlers()), default=0)
    prefix = settings.engine.queue_prefix
    return {
        "accept_content": ["json"],
        "beat_max_loop_interval": settings.engine.tick_seconds,
        "beat_scheduler": "malha.jobs.beat:Scheduler",
        "broker_connection_max_retries": None,  # a broker may be away for as long as it likes
        "broker_connection_retry_on_startup": True,
        "broker_transport_options": {
            # Above the hard limit: an earlier redelivery would lose its claim, but only after wasting a slot.
            "visibility_timeout": 2 * longest + 10 * GRACE_SECONDS,
            "confirm_publish": True,
            # How a send or a look at a queue's depth tries again before it gives up; kombu pauses for 2 s and more.
            "interval_start": 0.2,
            "interval_step": 0.2,
            "interval_max": 1,
            "queue_order_strategy": "malha.jobs.transport:LanesEverySecondTime",
        },
        "broker_heartbeat": 30,
        "control_exchange": f"{prefix}control",
        "enable_utc": True,
        "event_exchange": f"{prefix}events",
        "event_queue_ttl": 60,
        "task_acks_late": True,
        "task_acks_on_failure_or_timeout": True,
        "task_create_missing_queues": False,
        "task_default_exchange": f"{prefix}jobs",
        "task_default_queue": f"{prefix}{Queue.SHORT.value}",
        "task_ignore_result": True,
        "task_queues": _broker_queues(settings),
        "task_reject_on_worker_lost": True,
        "task_serializer": "json",
        "task_store_errors_even_if_ignored": False,
        "timezone": "America/Sao_Paulo",
        # A part that runs goes on: what it writes is decided by its lease, not by the broker's connection.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_consumer": "malha.jobs.transport:Consumer",
        "worker_eta_task_limit": 100,
        "worker_enable_remote_control": True,
        "worker_max_memory_per_child": CHILD_MEMORY_KIBIBYTES,
        "worker_max_tasks_per_child": CHILD_TASKS,
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_SECONDS,
        "worker_hijack_root_logger": False,
    }


def _broker_queues(settings: Settings) -> list[BrokerQueue]:
    """Celery knows a queue by its plain name too (`--queues short`); the broker sees the one with the prefix."""
    arguments = {"x-queue-type": "quorum"} if settings.broker.task_broker_url.startswith("amqp") else None
    names = {queue.value: f"{settings.engine.queue_prefix}{queue.value}" for queue in Queue}
    return [
        BrokerQueue(name, routing_key=name, alias=alias, queue_arguments=arguments) for alias, name in names.items()
    ]


def _consume_lanes(instance: Any, **_: Any) -> None:
    """A worker told to take `short` messages takes those of its express lane too."""
    queues = instance.app.amqp.queues
    for chosen in list(queues.consume_from.values()):
        queues.select_add(queues[Queue(chosen.alias).express.value])


class _WorkerProcess:
    """The runtime of a pool process, made after the fork (or at first use in a pool that does not fork)."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        if self._runtime is None:
            self._runtime = Runtime(self._settings, self._app)
        return self._runtime

    def start(self, **_: Any) -> None:
        configure_logging(self._settings)
        self._runtime = Runtime(self._settings, self._app)

    def stop(self, **_: Any) -> None:
        if self._runtime is not None:
            self._runtime.close()
            self._runtime = None


def _register(app: Celery, process: _WorkerProcess, handler: Handler) -> None:
    def run(ranges: list[PartRange], is_first: bool = False) -> None:  # noqa: FBT001, FBT002 - a message's argument
        with ended_after(2 * handler.timeout_seconds + GRACE_SECONDS):
            run_message(process.runtime, handler, ranges, is_first=is_first)

    app.task(run, name=handler.kind)


def _register_finish(app: Celery, process: _WorkerProcess) -> None:
    def run(job_id: str, kind: str) -> None:
        handler = get_handler(kind)
        with ended_after(2 * handler.timeout_seconds + GRACE_SECONDS):
            process.runtime.run(run_finish(process.runtime, handler, UUID(job_id)))

    app.task(run, name=FINISH_TASK)
