"""The audit log: writing entries, reading them back as filters want, and walking the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Select, Text, bindparam, cast, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from malha.db import Base, ReadSession, Session
from malha.db.paging import Order, Page, Window, fetch_page
from malha.identity.models import AuditEntry, AuditLink, AuditSeal
from malha.identity.rules.audit_check import ChainRow

_NEWEST = Order(AuditEntry.performed_at, AuditEntry.id, is_descending=True)

_ROWS_AT_ONCE = 2_000
_JSON_COLUMNS = ("previous_state", "new_state", "metadata")
_ENTRIES = Base.metadata.tables[AuditEntry.__tablename__]
_INSERT = insert(_ENTRIES).values({name: cast(bindparam(name, type_=Text), JSON) for name in _JSON_COLUMNS})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """None does not filter; `workspace_id` None means every workspace and the platform itself."""

    workspace_id: UUID | None
    entity_type: str | None = None
    entity_id: str | None = None
    action: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Narrow a query of entries."""
        for name in ("workspace_id", "entity_type", "entity_id", "action", "actor_id"):
            if (wanted := getattr(self, name)) is not None:
                query = query.where(getattr(AuditEntry, name) == wanted)
        if self.since is not None:
            query = query.where(AuditEntry.performed_at >= self.since)
        return query if self.until is None else query.where(AuditEntry.performed_at < self.until)


class Head(NamedTuple):
    """The last link."""

    seq: int
    hash: bytes


async def insert_entries(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add entries by column name; the JSON columns are texts already, and stay as they are written."""
    await session.execute(_INSERT, rows)


async def list_entries(session: ReadSession, wanted: AuditFilter, window: Window) -> Page[AuditEntry]:
    """Entries, newest first."""
    return await fetch_page(session, wanted.apply(select(AuditEntry)), _NEWEST, window)


async def find_head(session: ReadSession) -> Head | None:
    """The last link, or None before the first entry."""
    query = select(AuditLink.seq, AuditLink.hash).order_by(AuditLink.seq.desc()).limit(1)
    row = (await session.execute(query)).one_or_none()
    return Head(*row) if row is not None else None


async def find_link(session: ReadSession, seq: int) -> Head | None:
    """The link of that number."""
    row = (await session.execute(select(AuditLink.seq, AuditLink.hash).where(AuditLink.seq == seq))).one_or_none()
    return Head(*row) if row is not None else None


async def find_seal(session: ReadSession) -> AuditSeal | None:
    """The seal as stored now."""
    return (await session.execute(select(AuditSeal).execution_options(populate_existing=True))).scalar_one_or_none()


async def lock_seal(session: Session) -> bool:
    """Become the one who seals until the transaction ends; False when somebody else is."""
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended("audit_log_seal", 0))
    return bool(await session.scalar(select(lock)))


async def write_first_seal(session: Session, **columns: Any) -> None:
    """Put a seal where there is none."""
    await session.execute(insert_or_update(AuditSeal).values(id=1, **columns).on_conflict_do_nothing())


async def write_seal(session: Session, **columns: Any) -> None:
    """Put the seal in place of the former one."""
    statement = insert_or_update(AuditSeal).values(id=1, **columns)
    await session.execute(statement.on_conflict_do_update(index_elements=[AuditSeal.id], set_=columns))


async def read_chain(session: ReadSession, *, after: int, until: int) -> list[ChainRow]:
    """The next links with `after` < seq <= `until`, in order, each with its entry; empty at the end."""
    query = (
        select(
            AuditLink.seq,
            AuditLink.entry_id,
            AuditLink.hash,
            AuditEntry.id,
            AuditEntry.workspace_id,
            AuditEntry.performed_at,
            AuditEntry.key_id,
            AuditEntry.mac,
            AuditEntry.entity_type,
            AuditEntry.entity_id,
            AuditEntry.action,
            AuditEntry.actor_id,
            cast(AuditEntry.previous_state, Text),
            cast(AuditEntry.new_state, Text),
            cast(AuditEntry.details, Text),
            AuditEntry.client_ip,
            AuditEntry.user_agent,
        )
        .outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(AuditLink.seq > after, AuditLink.seq <= until)
        .order_by(AuditLink.seq)
        .limit(_ROWS_AT_ONCE)
    )
    return [ChainRow(*row) for row in await session.execute(query)]


async def find_unlinked_entries(session: ReadSession, *, limit: int) -> list[UUID]:
    """Entries that no link names: written with the trigger switched off, or robbed of their link."""
    linked = select(AuditLink.entry_id).where(AuditLink.entry_id == AuditEntry.id).exists()
    query = select(AuditEntry.id).where(~linked).order_by(AuditEntry.id).limit(limit)
    return list((await session.execute(query)).scalars())


async def lift_statement_timeout(session: ReadSession) -> None:
    """Let the statements of this transaction take as long as they need."""
    await session.execute(text("SET LOCAL statement_timeout = 0"))
