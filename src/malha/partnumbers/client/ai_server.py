"""One question to the AI server: subscribed before it is asked, heard until it has answered, and never for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from malha.jobs import TransientError
from malha.outbound import OutboundClient, OutboundError, Reply
from malha.partnumbers.errors import (
    AiServerAwayError,
    AiServerFailedError,
    AiServerLyingError,
    AiServerRefusedError,
    AiServerSilentError,
    BusLostError,
)
from malha.partnumbers.rules.wire import Answer, Message, MessageInvalidError, read_message
from malha.partnumbers.settings import PartNumberSettings

LISTEN_SECONDS = 0.5
"""How long one look at the channel takes: a cancelled task is noticed after it."""
SUBSCRIBE_SECONDS = 5.0
MOST_INVALID = 1_000
"""A server that sends more messages than this outside the contract is not listened to any longer."""
USER_AGENT = "Malha"
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_LONGEST_DELAY_SECONDS = 3600.0

Tell = Callable[[Message, int], Awaitable[None]]
"""Hears of progress: the message, and how many part numbers are answered by then."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: one part number, or several with `is_batch`. Each is the contract's object for it."""

    partnumbers: Sequence[Mapping[str, Any]]
    is_batch: bool

    @property
    def asked(self) -> dict[str, str]:
        """The part numbers by the name under which they may be answered."""
        return {entry["partnumber"].upper(): entry["partnumber"] for entry in self.partnumbers}

    def request(self, channel: str) -> tuple[str, dict[str, Any]]:
        """Path and JSON."""
        if not self.is_batch:
            return "/process/single_partnumber", {"progress_channel": channel, **self.partnumbers[0]}
        named = {entry["partnumber"]: entry for entry in self.partnumbers}
        return "/process/batch_partnumbers", {"progress_channel": channel, "partnumbers": named}


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


class AiServer:
    """Asks one server. Nothing is repeated here: the job engine does that."""

    def __init__(self, settings: PartNumberSettings, redis_url: str) -> None:
        self._settings = settings
        self._redis_url = redis_url

    async def ask(self, question: Question, tell: Tell, *, is_cancelled: Callable[[], bool]) -> Outcome:
        """Ask, and listen until everything is answered or nothing more is to be hoped for.

        What was answered until an error came is kept. A cancelled question ends without an error.
        """
        outcome = Outcome(f"progress-{uuid4()}")
        try:
            async with asyncio.timeout(self._settings.timeout_seconds), self._subscribed(outcome.channel) as channel:
                outcome.job_id = await self._start(question, outcome.channel)
                await _Hearing(channel, question.asked, outcome, tell, is_cancelled).run(self._settings.silence_seconds)
        except TimeoutError:
            outcome.error = AiServerSilentError(f"no end after {self._settings.timeout_seconds:g} s")
        except (RedisError, ConnectionError) as error:
            outcome.error = BusLostError(str(error))
        except (TransientError, AiServerRefusedError) as error:
            outcome.error = error
        return outcome

    @asynccontextmanager
    async def _subscribed(self, name: str) -> AsyncGenerator[PubSub]:
        """The channel, once Redis has confirmed it: what is published from then on is not missed."""
        redis = Redis.from_url(
            self._redis_url,
            socket_connect_timeout=SUBSCRIBE_SECONDS,
            retry=Retry(NoBackoff(), 0),  # a silent reconnect would hide that messages were missed
        )
        async with redis, redis.pubsub() as channel:
            await channel.subscribe(name)
            confirmation = await channel.get_message(timeout=SUBSCRIBE_SECONDS)
            if confirmation is None or confirmation["type"] != "subscribe":
                raise BusLostError("Redis does not confirm a subscription")
            yield channel

    async def _start(self, question: Question, channel: str) -> str:
        path, body = question.request(channel)
        url = self._settings.ai_server_url.rstrip("/")
        # The server is ours, on whatever address the settings name: only that one is let through.
        client = OutboundClient(
            user_agent=USER_AGENT, allowed_hosts=[_host_of(url)], timeout_seconds=self._settings.start_seconds
        )
        async with client:
            try:
                reply = await client.request("POST", url + path, json=body)
            except OutboundError as error:
                raise AiServerAwayError(str(error)) from error
        return _job_id(reply)


def _host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _job_id(reply: Reply) -> str:
    """The id that the server gave its work; raises what any other reply means."""
    status = reply.status
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise AiServerAwayError(f"status {status}", retry_after_seconds=_retry_after(reply))
    if status >= HTTPStatus.BAD_REQUEST:
        raise AiServerRefusedError(f"status {status}: {reply.text[:200]}")
    if status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
        raise AiServerLyingError(f"status {status} where 202 was due")
    try:
        body = reply.json()
    except ValueError as error:
        raise AiServerLyingError("the answer to the request is no JSON") from error
    job_id = body.get("job_id") if isinstance(body, dict) else None
    if not isinstance(job_id, str) or not job_id:
        raise AiServerLyingError("no job_id in the answer to the request")
    return job_id[:200]


def _retry_after(reply: Reply) -> float | None:
    told = reply.headers.get("retry-after", "")
    return min(float(told), _LONGEST_DELAY_SECONDS) if told.isascii() and told.isdigit() else None


class _Hearing:
    """Listens to the channel of one question."""

    def __init__(
        self,
        channel: PubSub,
        asked: Mapping[str, str],
        outcome: Outcome,
        tell: Tell,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._channel = channel
        self._asked = asked
        self._outcome = outcome
        self._tell = tell
        self._is_cancelled = is_cancelled

    async def run(self, silence_seconds: float) -> None:
        """Until the end. Only words of the contract count as a sign of life."""
        heard_at = time.monotonic()
        while not self._is_cancelled():
            if time.monotonic() - heard_at > silence_seconds:
                raise AiServerSilentError(f"not a word for {silence_seconds:g} s")
            heard = await self._channel.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
            message = self._read(heard["data"]) if heard is not None else None
            if message is None:
                continue
            heard_at = time.monotonic()
            self._outcome.answers.update(message.answers)
            if message.status == "failed":
                raise AiServerFailedError(message.text or "without a reason")
            if message.status == "done":
                self._check_complete()
                return
            await self._tell(message, len(self._outcome.answers))

    def _read(self, data: bytes) -> Message | None:
        try:
            message = read_message(data, self._asked, job_id=self._outcome.job_id)
        except MessageInvalidError as error:
            self._outcome.invalid[str(error)] = self._outcome.invalid.get(str(error), 0) + 1
            if sum(self._outcome.invalid.values()) > MOST_INVALID:
                raise AiServerLyingError(f"more than {MOST_INVALID} messages outside the contract") from error
            return None
        return message

    def _check_complete(self) -> None:
        missing = len(self._asked) - len(self._outcome.answers)
        if missing:
            invalid = next(iter(self._outcome.invalid), "")
            raise AiServerLyingError(f"done without an answer for {missing} of {len(self._asked)} {invalid}".strip())
