"""Errors of the engine: what a handler may raise, and what a caller may be told."""

from __future__ import annotations

import traceback
from datetime import datetime
from http import HTTPStatus
from typing import Any

from malha.db.jsonb import clean_text
from malha.errors import MalhaError, NotFoundError


class PermanentError(Exception):
    """Another attempt cannot help: the part dies now."""


class TransientError(Exception):
    """Another attempt may help; `retry_after_seconds` is the other side's own word, if it gave one."""

    def __init__(self, reason: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class RateLimitedError(Exception):
    """Not now: the part comes back at `retry_at` and no attempt is burned."""

    def __init__(self, reason: str, *, retry_at: datetime) -> None:
        super().__init__(reason)
        self.retry_at = retry_at


class LeaseLostError(Exception):
    """Another worker owns the part by now: nothing of this run may be written."""


class JobNotFoundError(NotFoundError):
    """No such job, or not the caller's."""

    code = "job-not-found"
    pt = "Trabalho não encontrado."
    en = "Job not found."


class JobMoveIllegalError(MalhaError):
    """The job's state does not allow the move. Fields: state, move."""

    status = HTTPStatus.CONFLICT
    code = "job-move-illegal"
    pt = "Um trabalho no estado {state} não aceita a ação {move}."
    en = "A job in state {state} does not accept {move}."


class IdempotencyKeyMissingError(MalhaError):
    """The route creates work and needs a key."""

    status = HTTPStatus.BAD_REQUEST
    code = "idempotency-key-missing"
    pt = "O cabeçalho Idempotency-Key é obrigatório: de 1 a 128 caracteres ASCII visíveis."
    en = "The Idempotency-Key header is required: 1 to 128 visible ASCII characters."


class IdempotencyKeyInFlightError(MalhaError):
    """The first request under this key has not been answered yet."""

    status = HTTPStatus.CONFLICT
    code = "idempotency-key-in-flight"
    pt = "Outra requisição com esta Idempotency-Key ainda está em andamento."
    en = "Another request with this Idempotency-Key is still in progress."


class IdempotencyKeyReusedError(MalhaError):
    """The key stands for another request."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency-key-reused"
    pt = "Esta Idempotency-Key já foi usada com outro conteúdo."
    en = "This Idempotency-Key was already used with other content."


class BulkTooLargeError(MalhaError):
    """More jobs than one bulk call may touch. Field: limit."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bulk-too-large"
    pt = "A ação em massa aceita no máximo {limit} trabalhos."
    en = "A bulk action accepts at most {limit} jobs."


TRACEBACK_LINES = 12


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception as it is kept with a dead part: its class, its words, the end of its traceback."""
    lines = traceback.format_exception(error)
    described = {"type": type(error).__name__, "message": str(error), "traceback": "".join(lines[-TRACEBACK_LINES:])}
    return {name: clean_text(text) for name, text in described.items()}
