"""What listens for a worker process: questions go on here while no worker waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from malha.db import Database
from malha.jobs import wake_part
from malha.partnumbers.client.ai_server import AiServer
from malha.partnumbers.client.announcer import Announcer
from malha.partnumbers.client.hearing import Hearing
from malha.partnumbers.client.question import Question
from malha.partnumbers.errors import AiServerSilentError
from malha.partnumbers.repository import runs
from malha.partnumbers.service._telling import Progress, Teller
from malha.partnumbers.settings import PartNumberSettings

if TYPE_CHECKING:
    from malha.jobs.runtime import Runtime

PATIENCE_SECONDS = 0.3
"""How long a worker waits for an answer itself, as long as answers come that fast."""
HEARD_SECONDS = 10.0
"""For how long a sign of life of the listener holds."""
BEAT_SECONDS = 3.0
CLOSE_SECONDS = 5.0
_PAUSES_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 8)
"""Between looks for the row of an answer: the transaction that writes it may still be open."""

Result = TypeVar("Result")
_log = structlog.get_logger(__name__)


class Desk:
    """Asks and listens on a thread and an event loop of its own. One a worker process: `runtime.keep(Desk)`."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="AI server desk", daemon=True)
        self._database = Database(
            settings.database.model_copy(update={"pool_size": 2, "max_overflow": 2}), application_name="malha desk"
        )
        self._database.deliver = runtime.database.deliver
        self._redis_url = settings.broker.redis_url
        self._kept: dict[str, Hearing] = {}
        self._answers_are_fast = True
        self._thread.start()
        self._run_here(self._open()).result()

    async def ask(self, question: Question, settings: PartNumberSettings, progress: Progress) -> Hearing:
        """Ask, from the worker's loop. Whoever asks says what becomes of it: `wait`, then `keep` or `drop`."""
        return await self._run(self._server.open(question, settings, partial(self._teller.tell, progress)))

    async def wait(self, hearing: Hearing) -> bool:
        """Whether it is over within what waiting for it is worth."""
        started = time.monotonic()
        is_over = await self._run(hearing.wait(PATIENCE_SECONDS if self._answers_are_fast else 0.001))
        self._answers_are_fast = is_over and time.monotonic() - started < PATIENCE_SECONDS
        return is_over

    async def drop(self, hearing: Hearing) -> None:
        """Listen no longer."""
        await self._run(self._server.close(hearing))

    async def keep(self, hearing: Hearing) -> None:
        """Listen to the end, and then wake the part that the run's row names."""
        self._run_here(self._follow(hearing))

    def close(self) -> None:
        """Give up what is listened to: the parts ask again once their listener is missed."""
        with contextlib.suppress(TimeoutError):
            self._run_here(self._close()).result(CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    async def _open(self) -> None:
        self._server = AiServer(self._redis_url)
        self._announcer = Announcer(self._redis_url)
        self._teller = Teller(self._database, self._announcer)
        self._tasks = {asyncio.create_task(self._beat()), asyncio.create_task(self._teller.run())}

    async def _close(self) -> None:
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.aclose()
        await self._announcer.aclose()
        await self._database.dispose()

    def _run_here(self, coroutine: Coroutine[Any, Any, Result]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return await asyncio.wrap_future(self._run_here(coroutine))

    async def _follow(self, hearing: Hearing) -> None:
        channel = hearing.outcome.channel
        self._kept[channel] = hearing
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine of the loop runs in a task
        self._tasks.add(task)
        try:
            started = time.monotonic()
            await hearing.wait()
            if time.monotonic() - started < PATIENCE_SECONDS:
                self._answers_are_fast = True
        finally:
            self._kept.pop(channel, None)
            await self._server.close(hearing)
            self._tasks.discard(task)
        await self._hand_over(hearing)

    async def _hand_over(self, hearing: Hearing) -> None:
        """Write the outcome and wake its part, in one transaction; dropped when nobody has asked for it in the end."""
        for pause in _PAUSES_SECONDS:
            try:
                async with self._database.session() as session:
                    place = await runs.end_run(session, hearing.outcome.channel, hearing.outcome.to_json())
                    if place is not None:
                        await wake_part(session, *place)
                        return
            except (SQLAlchemyError, OSError) as error:
                _log.warning("partnumbers.outcome_not_written", error=str(error), retry_in_seconds=pause)
            await asyncio.sleep(pause)
        _log.info("partnumbers.outcome_dropped", channel=hearing.outcome.channel)

    async def _beat(self) -> None:
        """Say again and again what is listened to, and stop listening where nobody waits any longer."""
        before: set[str] = set()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            kept = set(self._kept)
            if not kept:
                continue
            try:
                async with self._database.session() as session:
                    waited_for = await runs.hear_on(session, kept, seconds=HEARD_SECONDS)
            except (SQLAlchemyError, OSError) as error:
                _log.warning("partnumbers.listener_not_told", error=str(error))
                continue
            for channel in (kept & before) - waited_for:
                if hearing := self._kept.get(channel):
                    hearing.lose(AiServerSilentError("nobody waits for it any longer"))
            before = kept


async def wake_unheard(database: Database, *, limit: int = 500) -> dict[str, int]:
    """Let parts ask again whose listener died, and forget runs of parts that ended."""
    async with database.session() as session:
        places = await runs.take_unheard(session, limit=limit)
        for job_id, no in places:
            await wake_part(session, job_id, no)
        await runs.drop_ended(session)
    return {"unheard": len(places)}
