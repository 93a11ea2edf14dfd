"""Structured logs: JSON where a machine reads them, colours where a person does, personal data masked."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

from malha.settings import Settings

_CPF = re.compile(r"(?<![\w.-])(\d{3})\.?\d{3}\.?\d{3}-?(\d{2})(?![\w.-])")
_NAME_FIELDS = frozenset({"xNome", "nome", "full_name", "email", "password", "token", "authorization"})


def configure_logging(settings: Settings) -> None:
    """Route structlog and the standard library through one handler on standard error."""
    as_json = settings.log_json if settings.log_json is not None else not sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a process may configure more than once, and a kept logger would not notice
    )
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("httpx2", "httpcore2", "amqp", "kombu", "celery", "engineio", "socketio", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def mask_personal_data(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Hide CPF numbers wherever they stand and the values of fields that name people."""
    for key, value in event.items():
        if key in _NAME_FIELDS:
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = _CPF.sub(r"\1.***.***-\2", value)
    return event
