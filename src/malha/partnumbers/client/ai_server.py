"""The AI server, asked over HTTP and heard over Redis: subscribed before it is asked, and never waited for for ever."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from malha.jobs import TransientError
from malha.outbound import OutboundClient, OutboundError, Reply
from malha.partnumbers.client.bus import Bus
from malha.partnumbers.client.hearing import Hearing, Tell
from malha.partnumbers.client.question import Outcome, Question
from malha.partnumbers.errors import AiServerAwayError, AiServerLyingError, AiServerRefusedError
from malha.partnumbers.settings import PartNumberSettings

USER_AGENT = "Malha"
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_LONGEST_DELAY_SECONDS = 3600.0


class AiServer:
    """Asks on one event loop. Nothing is repeated here: the job engine does that."""

    def __init__(self, redis_url: str) -> None:
        self._bus = Bus(redis_url)
        self._clients: dict[tuple[str, float], OutboundClient] = {}

    async def open(self, question: Question, settings: PartNumberSettings, tell: Tell) -> Hearing:
        """Ask, and return what listens to the answers; it is over already where the question was not taken."""
        hearing = Hearing(question, settings, tell)
        try:
            await self._bus.subscribe(hearing.outcome.channel, hearing)
            hearing.start(await self._start(question, hearing.outcome.channel, settings))
        except (TransientError, AiServerRefusedError) as error:
            hearing.lose(error)
        return hearing

    async def close(self, hearing: Hearing) -> None:
        """Listen no longer."""
        await self._bus.unsubscribe(hearing.outcome.channel)

    async def ask(self, question: Question, settings: PartNumberSettings, tell: Tell) -> Outcome:
        """Ask, and listen to the end."""
        hearing = await self.open(question, settings, tell)
        try:
            await hearing.wait()
        finally:
            await self.close(hearing)
        return hearing.outcome

    async def aclose(self) -> None:
        """Close the connections."""
        await self._bus.aclose()
        for client in self._clients.values():
            await client.__aexit__()

    async def _start(self, question: Question, channel: str, settings: PartNumberSettings) -> str:
        path, body = question.request(channel)
        url = settings.ai_server_url.rstrip("/")
        try:
            reply = await self._client(url, settings.start_seconds).request("POST", url + path, json=body)
        except OutboundError as error:
            raise AiServerAwayError(str(error)) from error
        return _job_id(reply)

    def _client(self, url: str, timeout_seconds: float) -> OutboundClient:
        """One for all questions. The server is ours, on whatever address the settings name: only that passes."""
        if (url, timeout_seconds) not in self._clients:
            self._clients[url, timeout_seconds] = OutboundClient(
                user_agent=USER_AGENT, allowed_hosts=[_host_of(url)], timeout_seconds=timeout_seconds
            )
        return self._clients[url, timeout_seconds]


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
