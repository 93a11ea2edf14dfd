"""What is asked of the AI server, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from malha.jobs import TransientError
from malha.partnumbers.errors import (
    AiServerAwayError,
    AiServerFailedError,
    AiServerLyingError,
    AiServerRefusedError,
    AiServerSilentError,
    BusLostError,
)
from malha.partnumbers.rules.wire import Answer

_ERRORS: Mapping[str, type[Exception]] = {
    error.__name__: error
    for error in (
        AiServerAwayError,
        AiServerFailedError,
        AiServerLyingError,
        AiServerRefusedError,
        AiServerSilentError,
        BusLostError,
    )
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: one part number, or several with `is_batch`. Each is the contract's object for it.

    `extra` goes beside them: fields of our own, which other servers pass over.
    """

    partnumbers: Sequence[Mapping[str, Any]]
    is_batch: bool
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def asked(self) -> dict[str, str]:
        """The part numbers by the name under which they may be answered."""
        return {entry["partnumber"].upper(): entry["partnumber"] for entry in self.partnumbers}

    def request(self, channel: str) -> tuple[str, dict[str, Any]]:
        """Path and JSON."""
        if not self.is_batch:
            return "/process/single_partnumber", {"progress_channel": channel, **self.extra, **self.partnumbers[0]}
        named = {entry["partnumber"]: entry for entry in self.partnumbers}
        return "/process/batch_partnumbers", {"progress_channel": channel, **self.extra, "partnumbers": named}


@dataclass(slots=True)
class Outcome:
    """What came of a question. `error` is why part numbers are without an answer, and None when none is.

    `invalid` counts the messages that were passed over, by what is wrong with them.
    """

    channel: str
    job_id: str | None = None
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    invalid: dict[str, int] = field(default_factory=dict[str, int])
    error: Exception | None = None

    def to_json(self) -> dict[str, Any]:
        """All of it but the channel, as a database keeps it."""
        return {
            "job_id": self.job_id,
            "answers": {code: dict(answer.raw) for code, answer in self.answers.items()},
            "invalid": self.invalid,
            "error": self.error
            and {
                "type": type(self.error).__name__,
                "message": str(self.error),
                "retry_after_seconds": getattr(self.error, "retry_after_seconds", None),
            },
        }

    @classmethod
    def from_json(cls, channel: str, kept: Mapping[str, Any]) -> Outcome:
        """What `to_json` has made."""
        answers = {
            code: Answer(code, raw["ncm"], raw["confidence_score"], raw) for code, raw in kept["answers"].items()
        }
        return cls(channel, kept["job_id"], answers, dict(kept["invalid"]), _error(kept["error"]))


def _error(kept: Mapping[str, Any] | None) -> Exception | None:
    if kept is None:
        return None
    made = _ERRORS[kept["type"]]
    if issubclass(made, TransientError):
        return made(kept["message"], retry_after_seconds=kept["retry_after_seconds"])
    return made(kept["message"])
