"""Handlers that do nothing, for measuring the engine alone."""

from __future__ import annotations

from malha.jobs.context import PartContext
from malha.jobs.registry import Queue, handler


@handler("bench.nothing", queue=Queue.SHORT, batch=100)
async def nothing(_part: PartContext) -> None:
    """What a part costs when it does nothing."""


@handler("bench.single", queue=Queue.SHORT)
async def single(_part: PartContext) -> None:
    """The same, with a message for each part."""
