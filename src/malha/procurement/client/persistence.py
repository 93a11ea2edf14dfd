"""Asking again: what PNCP does wrong now and then, it does right a moment later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from malha.procurement.client.hosts import SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.rules.pages import PageDoubtfulError, TotalChangedError

Answer = TypeVar("Answer")

TRIES = 6
REFUSED_TRIES = 3
"""A spurious 422 is put again unchanged twice; whoever says it three times means it."""
FIRST_PAUSE_SECONDS = 0.2
PAUSE_FACTOR = 1.0
LONGEST_WAIT_SECONDS = 3.0
"""A host that is left alone no longer than this is waited for here, and that is no try."""
PATIENCE_SECONDS = 20.0
"""But not for ever."""


async def insist(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The first answer that holds. Raises the last error of several tries, or SourceAwayError for a longer wait.

    That one names what had failed before it.
    """
    refusals, tries, failure = 0, 0, None
    patience_ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except SourceRefusedError:
            refusals += 1
            if refusals >= REFUSED_TRIES or tries >= TRIES - 1:
                raise
        except (SourceFailedError, PageDoubtfulError, TotalChangedError) as error:
            failure = str(error)
            if tries >= TRIES - 1:
                raise
        except SourceAwayError as error:
            wait = error.until - time.time()
            if wait > LONGEST_WAIT_SECONDS or time.monotonic() > patience_ends:
                error.failure = failure
                raise
            await asyncio.sleep(max(wait, 0.0))
            continue
        await asyncio.sleep(PAUSE_FACTOR * FIRST_PAUSE_SECONDS * 2**tries)
        tries += 1
