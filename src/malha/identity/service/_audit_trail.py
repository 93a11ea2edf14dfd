"""Writing the audit log: who acts, from where, and what they did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from malha.db import Session
from malha.identity.repository import audit_log
from malha.identity.rules.audit_chain import AuditKeyring, audit_keyring, canonical_json, entry_message
from malha.kit.clock import utc_now
from malha.kit.ids import new_id
from malha.settings import SecuritySettings

SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    client_ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that was done to an entity, with its state before and after where that says more."""

    entity_type: str
    entity_id: object
    action: str
    previous_state: dict[str, Any] | None = None
    new_state: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The hand that writes for one actor in one workspace (None: the platform itself)."""

    keyring: AuditKeyring
    actor_id: str
    workspace_id: UUID | None
    origin: Origin = Origin()

    def within(self, workspace_id: UUID | None) -> AuditTrail:
        """The same actor in another workspace, or (None) acting on the platform or on their own account."""
        return replace(self, workspace_id=workspace_id)

    async def record(self, session: Session, *acts: Act) -> None:
        """Write the acts in the caller's transaction, in one statement; they join the chain as it commits."""
        if acts:
            await audit_log.insert_entries(session, [self._row(act) for act in acts])

    def _row(self, act: Act) -> dict[str, Any]:
        texts = {
            "entity_type": act.entity_type,
            "entity_id": str(act.entity_id),
            "action": act.action,
            "actor_id": self.actor_id,
            "previous_state": canonical_json(act.previous_state),
            "new_state": canonical_json(act.new_state),
            "metadata": canonical_json(act.metadata),
            "client_ip": self.origin.client_ip,
            "user_agent": self.origin.user_agent,
        }
        entry_id, performed_at, key = new_id(), utc_now(), self.keyring.current
        message = entry_message(
            entry_id=entry_id,
            workspace_id=self.workspace_id,
            performed_at=performed_at,
            key_id=key.id,
            texts=list(texts.values()),
        )
        return {
            "id": entry_id,
            "workspace_id": self.workspace_id,
            "performed_at": performed_at,
            "key_id": key.id,
            "mac": key.sign(message),
            **texts,
        }


def keyring_of(security: SecuritySettings) -> AuditKeyring:
    """The keys that sign and verify the audit log."""
    former = (secret.get_secret_value() for secret in security.former_secret_keys)
    return audit_keyring(security.secret_key.get_secret_value(), *former)


def user_trail(
    security: SecuritySettings, user_id: UUID, *, workspace_id: UUID | None = None, origin: Origin = Origin()
) -> AuditTrail:
    """The trail of a user; without a workspace, of what they do to the platform or to their own account."""
    return AuditTrail(keyring_of(security), str(user_id), workspace_id, origin)


def system_trail(
    security: SecuritySettings, workspace_id: UUID | None = None, *, origin: Origin = Origin()
) -> AuditTrail:
    """The trail of what no user in particular does: the parts of jobs, the command line, the start-up."""
    return AuditTrail(keyring_of(security), SYSTEM, workspace_id, origin)
