"""Results of procurements whose set is not whole yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Text, cast, delete, select

from malha.db import ReadSession, Session
from malha.procurement.models import FetchedResults
from malha.procurement.repository.sets import upsert_rows
from malha.procurement.rules.wire import parse

Results = dict[int, list[dict[str, Any]]]


async def find_results(session: ReadSession, digests: Mapping[str, str]) -> dict[str, Results]:
    """What has been fetched of these versions, by procurement and item."""
    # As text, so that numbers keep their digits.
    columns = (FetchedResults.control_number, FetchedResults.digest, FetchedResults.item_number)
    query = select(*columns, cast(FetchedResults.results, Text))
    found: dict[str, Results] = {}
    for number, digest, item, results in await session.execute(
        query.where(FetchedResults.control_number.in_(list(digests)))
    ):
        if digest == digests[number]:
            found.setdefault(number, {})[item] = parse(results.encode())
    return found


async def keep_results(session: Session, digests: Mapping[str, str], begun: Mapping[str, Results]) -> None:
    """Keep what was fetched of sets that are not whole."""
    rows = [
        {"control_number": number, "digest": digests[number], "item_number": item, "results": results}
        for number in sorted(begun)
        for item, results in sorted(begun[number].items())
    ]
    conflict = "(control_number, digest, item_number) DO UPDATE SET results = excluded.results RETURNING item_number"
    await upsert_rows(session, FetchedResults, rows, conflict)


async def forget_results(session: Session, numbers: Sequence[str]) -> None:
    """These sets are whole."""
    await session.execute(delete(FetchedResults).where(FetchedResults.control_number.in_(numbers)))
