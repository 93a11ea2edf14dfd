"""What is heard of one question, until it is answered or nothing more is to be hoped for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

from malha.partnumbers.client.question import Outcome, Question
from malha.partnumbers.errors import AiServerFailedError, AiServerLyingError, AiServerSilentError
from malha.partnumbers.rules.wire import Message, MessageInvalidError, read_message
from malha.partnumbers.settings import PartNumberSettings

MOST_INVALID = 1_000
"""A server that sends more messages than this outside the contract is not listened to any longer."""
MOST_EARLY = 10_000
"""Messages that are kept until the server has named its job."""

Tell = Callable[[Message, int], None]
"""Hears of progress: the message, and how many part numbers are answered by then."""


class Hearing:
    """The state of one question. What was answered until an error came is kept.

    Only words of the contract count as a sign of life. `is_over` when `outcome` says all that it will.
    """

    def __init__(self, question: Question, settings: PartNumberSettings, tell: Tell) -> None:
        self.question = question
        self.outcome = Outcome(f"progress-{uuid4()}")
        self.opened_at = time.monotonic()
        self._asked = question.asked
        self._settings = settings
        self._tell = tell
        self._over = asyncio.Event()
        self._early: list[bytes] | None = []
        self._heard_at = self.opened_at
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def start(self, job_id: str) -> None:
        """The server has taken the question: take in what it has said meanwhile, and watch its silence from now on."""
        self.outcome.job_id = job_id
        early, self._early = self._early or [], None
        self._heard_at = time.monotonic()
        for data in early:
            self.hear(data)
        self._watch()

    def hear(self, data: bytes) -> None:
        """A message of the channel."""
        if self.is_over:
            return
        if self._early is not None:
            self._early.append(data)
            if len(self._early) > MOST_EARLY:
                self.lose(AiServerLyingError(f"more than {MOST_EARLY} messages before it took the question"))
            return
        message = self._read(data)
        if message is None:
            return
        self._heard_at = time.monotonic()
        self.outcome.answers.update(message.answers)
        if message.status == "failed":
            self.lose(AiServerFailedError(message.text or "without a reason"))
        elif message.status == "done":
            self._end(self._incomplete())
        else:
            self._tell(message, len(self.outcome.answers))

    def lose(self, error: Exception) -> None:
        """Nothing more will come, and this is why."""
        self._end(error)

    async def wait(self, seconds: float | None = None) -> bool:
        """Whether it is over within so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    def _end(self, error: Exception | None) -> None:
        if self.is_over:
            return
        self.outcome.error = error
        if self._timer is not None:
            self._timer.cancel()
        self._over.set()

    def _read(self, data: bytes) -> Message | None:
        try:
            return read_message(data, self._asked, job_id=self.outcome.job_id)
        except MessageInvalidError as error:
            invalid = self.outcome.invalid
            invalid[str(error)] = invalid.get(str(error), 0) + 1
            if sum(invalid.values()) > MOST_INVALID:
                self.lose(AiServerLyingError(f"more than {MOST_INVALID} messages outside the contract"))
            return None

    def _incomplete(self) -> Exception | None:
        missing = len(self._asked) - len(self.outcome.answers)
        if not missing:
            return None
        invalid = next(iter(self.outcome.invalid), "")
        return AiServerLyingError(f"done without an answer for {missing} of {len(self._asked)} {invalid}".strip())

    def _watch(self) -> None:
        """Look again when it would have been silent for too long, or when its time is over."""
        if self.is_over:
            return
        now = time.monotonic()
        silence = self._heard_at + self._settings.silence_seconds - now
        rest = self.opened_at + self._settings.timeout_seconds - now
        if rest <= 0:
            self.lose(AiServerSilentError(f"no end after {self._settings.timeout_seconds:g} s"))
        elif silence <= 0:
            self.lose(AiServerSilentError(f"not a word for {self._settings.silence_seconds:g} s"))
        else:
            self._timer = asyncio.get_running_loop().call_later(min(silence, rest) + 0.001, self._watch)
