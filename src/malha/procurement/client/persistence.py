"""Asking again: what PNCP does wrong now and then, it does right a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from malha.procurement.client.pncp import SourceAwayError, SourceFailedError, SourceRefusedError
from malha.procurement.rules.pages import PageDoubtfulError, TotalChangedError

Answer = TypeVar("Answer")

TRIES = 6
REFUSED_TRIES = 3
"""A spurious 422 is put again unchanged twice; whoever says it three times means it."""
FIRST_PAUSE_SECONDS = 0.2
PAUSE_FACTOR = 1.0


async def insist(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """The first answer that holds. Raises the last error of several tries, and SourceAwayError at once.

    That one names what had failed before it.
    """
    refusals, failure = 0, None
    for tries_left in reversed(range(TRIES)):
        try:
            return await ask()
        except SourceRefusedError:
            refusals += 1
            if refusals >= REFUSED_TRIES or not tries_left:
                raise
        except (SourceFailedError, PageDoubtfulError, TotalChangedError) as error:
            failure = str(error)
            if not tries_left:
                raise
        except SourceAwayError as error:
            error.failure = failure
            raise
        await asyncio.sleep(PAUSE_FACTOR * FIRST_PAUSE_SECONDS * 2 ** (TRIES - 1 - tries_left))
    raise AssertionError("the last try answers or raises")
