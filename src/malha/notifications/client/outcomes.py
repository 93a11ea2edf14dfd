"""What came of one try to send, whichever way it went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` and `excerpt` are the other side's answer, `error` why there was none or it was no success.

    `is_hopeless`: the same message to the same address will not go through later either. `is_unwanted`: the other side
    asks never to be told again.
    """

    status: int | None = None
    excerpt: str | None = None
    error: str | None = None
    asked_seconds: float | None = None
    is_hopeless: bool = False
    is_unwanted: bool = False

    @property
    def is_success(self) -> bool:
        return self.error is None
