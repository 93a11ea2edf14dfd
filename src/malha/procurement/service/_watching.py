"""What has changed, compared with every saved search; and what was found, told of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from malha.db import Session
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.notifications.service import notify
from malha.procurement.models import Procurement, SavedSearch, SearchMatch
from malha.procurement.repository import reading, watching
from malha.procurement.repository.watching import Change, Hit, Sought
from malha.procurement.rules.digests import Frequency, next_digest
from malha.procurement.rules.notices import Told, search_notice
from malha.procurement.rules.reasons import Facts, ItemHit, explain
from malha.procurement.schemas.search import RecordQuery
from malha.procurement.schemas.watching import TellOf
from malha.procurement.service._hits import show_text
from malha.procurement.service._rights import ANYBODY

WATCH_KIND = "procurement.watch"
CHANGES_PER_ROUND = 500
SEARCHES_PER_ROUND = 50
MATCHES_PER_MESSAGE = 200
_SHOWN = (
    "object", "organ_cnpj", "uf", "modality_id", "modality_name", "situation_name", "estimated_total", "published_at",
    "proposals_open_at", "proposals_close_at", "process", "source_link",
)  # fmt: skip


async def match_changes(session: Session, *, limit: int = CHANGES_PER_ROUND) -> int:
    """Compare changes with every search, in one transaction; returns how many changes were taken.

    What is found is written with the changes' removal, so that a run which ends anywhere in between has done nothing.
    """
    changes = await watching.take_changes(session, limit=limit)
    if not changes:
        return 0
    sought = [each for search in await watching.find_active(session) if (each := await _read(session, search))]
    everybodys = {change.control_number for change in changes if change.search_id is None}
    own: dict[UUID, set[str]] = defaultdict(set)
    for change in changes:
        if change.search_id is not None:
            own[change.search_id].add(change.control_number)
    asked = [(each, everybodys | own.get(each.search.id, set())) for each in sought]
    hits = await watching.compare(session, asked)
    held = await watching.hold_searches(session, {asked[hit.search_no][0].search.id for hit in hits})
    current: list[tuple[Sought, Hit]] = []
    for hit in hits:
        each = asked[hit.search_no][0]
        revision = held.get(each.search.id)
        if revision == each.search.revision:
            current.append((each, hit))
        elif revision is not None:  # changed while it was compared: its new filter looks again
            await watching.add_changes(session, [Change(hit.control_number, each.search.id)])
    await _write(session, current)
    return len(changes)


async def tell_due(session: Session, *, limit: int = SEARCHES_PER_ROUND) -> bool:
    """Make messages of what searches have found, where it is time; True while there is more.

    The searches are locked and the messages written with the matches' note of them: each match is in one message.
    """
    due = await watching.find_due(session, limit=limit)
    has_more = len(due) == limit
    for search in due:
        found = await watching.find_untold(session, search.id, limit=MATCHES_PER_MESSAGE)
        if found:
            await _tell(session, search, found)
        if len(found) == MATCHES_PER_MESSAGE:
            has_more = True
        elif search.next_digest_at is not None:
            search.next_digest_at = next_digest(
                utc_now(), Frequency(search.frequency), hour=search.hour, weekday=search.weekday, zone=search.time_zone
            )
    await session.flush()
    return has_more


async def _read(session: Session, search: SavedSearch) -> Sought | None:
    wanted = RecordQuery.model_validate(search.filter).wanted()
    tsquery = await watching.read_tsquery(session, wanted.text)
    if wanted.text is not None and tsquery is None:
        return None  # a dictionary that was changed since: it finds nothing rather than everything
    return Sought(search, wanted, tsquery)


async def _write(session: Session, found: Sequence[tuple[Sought, Hit]]) -> None:
    told = await watching.find_told(session, {(each.search.id, hit.control_number) for each, hit in found})
    rows: list[Mapping[str, Any]] = []
    for tsquery, group in _by_text(found).items():
        numbers = sorted({(hit.control_number,) for _, hit in group})
        procurements = await reading.read_procurements(session, numbers, tsquery)
        items = await _read_items(session, group, tsquery)
        for each, hit in group:
            is_new = (each.search.id, hit.control_number) not in told
            row = procurements.get((hit.control_number,))
            if row is None or row[0].digest != hit.digest:
                continue  # it is another version by now, whose own change waits to be looked at
            if is_new or each.search.tell_of == TellOf.CHANGES.value:
                rows.append(_match(each, hit, row, items, is_new=is_new))
    await watching.add_matches(session, rows)


def _by_text(found: Sequence[tuple[Sought, Hit]]) -> dict[str | None, list[tuple[Sought, Hit]]]:
    """Searches of one text share their highlights."""
    groups: dict[str | None, list[tuple[Sought, Hit]]] = defaultdict(list)
    for each, hit in found:
        groups[each.tsquery].append((each, hit))
    return groups


ItemHits = dict[tuple[str, int], ItemHit]


async def _read_items(session: Session, group: Collection[tuple[Sought, Hit]], tsquery: str | None) -> ItemHits:
    wanted = {(hit.control_number, no) for _, hit in group for no in (*hit.text_items[:5], *hit.code_items[:5])}
    found: ItemHits = {}
    for key, row in (await reading.read_items(session, sorted(wanted), tsquery)).items():
        item, marked = row[0], row[1]
        shown = show_text(item.description, marked, ANYBODY)
        found[key[0], key[1]] = ItemHit(item.number, shown["object"], shown["highlight"])
    return found


def _match(each: Sought, hit: Hit, row: Any, items: ItemHits, *, is_new: bool) -> Mapping[str, Any]:
    procurement, marked, organ, unit, city, *_ = row
    text = show_text(procurement.object, marked, ANYBODY)
    facts = Facts(**{name: getattr(procurement, name) for name in Facts.__dataclass_fields__})
    return {
        "search_id": each.search.id,
        "control_number": hit.control_number,
        "digest": procurement.digest,
        "workspace_id": each.search.workspace_id,
        "version_at": procurement.version_at,
        "is_new": is_new,
        "shown": _shown(procurement) | {"object": text["object"], "organ_name": organ, "unit_name": unit, "city": city},
        "reasons": explain(
            each.wanted,
            facts,
            object_highlight=text["highlight"] if hit.in_object else None,
            is_number=hit.is_number,
            text_items=[items[hit.control_number, no] for no in hit.text_items if (hit.control_number, no) in items],
            code_items=[items[hit.control_number, no] for no in hit.code_items if (hit.control_number, no) in items],
        ),
    }


def _shown(procurement: Procurement) -> dict[str, Any]:
    shown = {name: getattr(procurement, name) for name in _SHOWN}
    return {name: _plain(value) for name, value in shown.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


async def _tell(session: Session, search: SavedSearch, found: Sequence[SearchMatch]) -> None:
    told = [
        Told(each.control_number, each.digest, each.version_at.isoformat(), each.is_new, each.shown, each.reasons)
        for each in found
    ]
    notice = search_notice(search.id, search.name, told, key=str(new_id()))
    message_id = await notify(session, search.workspace_id, notice, endpoint_ids=search.endpoint_ids or None)
    assert message_id is not None  # noqa: S101 - its key is its own
    for each in found:
        each.message_id = message_id
