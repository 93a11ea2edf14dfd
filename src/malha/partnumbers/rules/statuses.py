"""The contract's words: statuses in lower case, and failures as people are told of them."""

from __future__ import annotations

from collections.abc import Mapping

STATUSES: Mapping[str, str] = {
    "queued": "started",
    "running": "processing",
    "paused": "processing",
    "succeeded": "done",
    "partial": "partial_result",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""A job's state as a task's status. The contract knows no cancelling: that word is ours."""

FAILURES: Mapping[str, str] = {
    "AiServerAwayError": "O servidor de IA não pôde ser alcançado.",
    "AiServerSilentError": "O servidor de IA não respondeu a tempo.",
    "AiServerFailedError": "O servidor de IA informou uma falha.",
    "AiServerLyingError": "O servidor de IA respondeu fora do contrato.",
    "AiServerRefusedError": "O servidor de IA recusou a requisição.",
    "BusLostError": "A conexão com o Redis caiu durante a classificação.",
}
UNKNOWN_FAILURE = "A classificação falhou."
CANCELLED = "A classificação foi cancelada."


def explain_failure(error_type: str | None) -> str:
    """What a person is told of an error of this class."""
    return FAILURES.get(error_type or "", UNKNOWN_FAILURE)
