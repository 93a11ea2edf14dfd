"""The audit log: what happened, the chain that fixes the order, and the seal on the chain's head."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, PrimaryKey

# `json`, not `jsonb`: it keeps the text as written, so a single changed byte shows.
VERBATIM_JSON = JSON(none_as_null=True)


class AuditEntry(Base):
    """An act, written in the transaction that did it. `mac` authenticates every other column.

    No foreign keys: an entry outlives the user and the workspace that it names.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_workspace_id_performed_at_id", "workspace_id", "performed_at", "id"),
        Index("ix_audit_log_entity_type_entity_id_actor_id", "entity_type", "entity_id", "actor_id"),
        Index("ix_audit_log_performed_at_id", "performed_at", "id"),
    )

    id: Mapped[PrimaryKey]
    workspace_id: Mapped[UUID | None]
    entity_type: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[str] = mapped_column(Text)
    previous_state: Mapped[dict[str, Any] | None] = mapped_column(VERBATIM_JSON)
    new_state: Mapped[dict[str, Any] | None] = mapped_column(VERBATIM_JSON)
    details: Mapped[dict[str, Any] | None] = mapped_column("metadata", VERBATIM_JSON)
    client_ip: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    performed_at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(Text)
    mac: Mapped[bytes]


class AuditLink(Base):
    """One link of the chain, added by a trigger as the entry's transaction commits.

    `hash` is SHA-256 over the previous link's hash, `seq`, the entry's id and the entry's mac. Linking at commit
    holds the chain's lock for the length of a commit and leaves transactions free to write entries in any order.
    """

    __tablename__ = "audit_log_links"
    __table_args__ = (UniqueConstraint("entry_id"),)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    hash: Mapped[bytes]


class AuditSeal(Base):
    """The head of the chain as of `sealed_at`, signed with a key that the database does not hold. One row."""

    __tablename__ = "audit_log_seal"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, server_default="1")
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime]
    key_id: Mapped[str] = mapped_column(Text)
    mac: Mapped[bytes]
