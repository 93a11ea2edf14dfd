"""A model is learned from what persons confirmed and from what public contracting says of the same goods."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from malha.db import Database
from malha.partnumbers.learning import Observation, Trained, train, weigh
from malha.partnumbers.repository.memory import list_confirming_workspaces, memory_of
from malha.procurement.service import list_coded_items

MOST_CONFIRMED = 200_000
MOST_ITEMS = 200_000


async def observe(database: Database, workspaces: Collection[UUID] | None, *, with_items: bool) -> list[Observation]:
    """What the workspaces (None: all of them) have confirmed, and items of procurements with their NCM."""
    found: list[Observation] = []
    async with database.read_session() as session:
        for workspace_id in workspaces if workspaces is not None else await list_confirming_workspaces(session):
            confirmed = await memory_of(session, workspace_id, most=MOST_CONFIRMED)
            found += [Observation(part.code, "", part.ncm, is_confirmed=True) for part in confirmed]
        if with_items:
            items = await list_coded_items(session, most=MOST_ITEMS)
            found += [Observation("", text, code) for text, code in items]
    return found


async def learn(
    database: Database, folder: Path, workspaces: Collection[UUID] | None = None, *, with_items: bool = True
) -> Trained:
    """Train and write the model. Raises LearningUnavailableError, ExamplesTooFewError."""
    observations = await observe(database, workspaces, with_items=with_items)
    trained = await asyncio.to_thread(lambda: train(weigh(observations)))
    trained.model.save(folder)
    return trained
