"""What proves who somebody is. Secrets are kept as SHA-256 only: they are random, so nothing slower is needed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from malha.db import Base, CreatedAt, PrimaryKey


class LoginSession(Base):
    """One login and the family of refresh tokens that descends from it; revoking it ends them and their JWTs."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index("ix_login_sessions_user_id", "user_id"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    client_ip: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None] = mapped_column(Text)


class RefreshToken(Base):
    """Good for one rotation. A second use means that it was stolen, by whoever came first or second."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        Index("ix_refresh_tokens_session_id", "session_id"),
    )

    id: Mapped[PrimaryKey]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("login_sessions.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OneTimeToken(Base):
    """Logs its user in once, such as from the URL that `malha up` prints."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        Index("ix_one_time_tokens_user_id", "user_id"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A program's credential: its user's rights, narrowed by scopes and perhaps to one workspace."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("secret_hash"),
        Index("ix_api_tokens_user_id_created_at_id", "user_id", "created_at", "id"),
    )

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    prefix: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class LoginThrottle(Base):
    """A leaky bucket of login attempts, by account or by address: empty at `drained_at`."""

    __tablename__ = "login_throttles"

    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    drained_at: Mapped[datetime]
