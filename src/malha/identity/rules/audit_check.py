"""Walking the audit chain: each link is judged against the one before it and against its entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from malha.identity.rules.audit_chain import GENESIS_HASH, AuditKeyring, entry_message, link_hash


class ProblemKind(StrEnum):
    """What can be wrong with the log."""

    ENTRY_CHANGED = "entry-changed"
    ENTRY_MISSING = "entry-missing"
    ENTRY_UNLINKED = "entry-unlinked"
    KEY_UNKNOWN = "key-unknown"
    LINK_BROKEN = "link-broken"
    LINK_MISSING = "link-missing"
    SEAL_FORGED = "seal-forged"
    SEAL_MISMATCH = "seal-mismatch"
    SEAL_MISSING = "seal-missing"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One finding. `seq` is the link's number, where there is one."""

    kind: ProblemKind
    seq: int | None = None
    entry_id: UUID | None = None

    def describe(self) -> str:
        """One line for the operator."""
        link = f"link {self.seq}: " if self.seq is not None else ""
        entry = f" (entry {self.entry_id})" if self.entry_id is not None else ""
        return f"{link}{_DESCRIPTIONS[self.kind]}{entry}"


_DESCRIPTIONS = {
    ProblemKind.ENTRY_CHANGED: "the entry is not what was signed",
    ProblemKind.ENTRY_MISSING: "the entry is gone",
    ProblemKind.ENTRY_UNLINKED: "an entry stands outside the chain",
    ProblemKind.KEY_UNKNOWN: "signed with a key that is neither SECRET_KEY nor among FORMER_SECRET_KEYS",
    ProblemKind.LINK_BROKEN: "the link does not follow from the one before it",
    ProblemKind.LINK_MISSING: "one or more links before it are gone",
    ProblemKind.SEAL_FORGED: "the seal is not what was signed",
    ProblemKind.SEAL_MISMATCH: "the link is not the one that was sealed: the chain was computed again",
    ProblemKind.SEAL_MISSING: "the seal is gone",
    ProblemKind.TRUNCATED: "the chain ends before what was sealed: links from here on are gone",
}


class ChainRow(NamedTuple):
    """A link with its entry's columns as stored; `found_id` is None where the entry is gone, and so are they."""

    seq: int
    entry_id: UUID
    hash: bytes
    found_id: UUID | None
    workspace_id: UUID | None
    performed_at: datetime
    key_id: str
    mac: bytes
    entity_type: str
    entity_id: str
    action: str
    actor_id: str
    previous_state: str | None
    new_state: str | None
    metadata: str | None
    client_ip: str | None
    user_agent: str | None

    @property
    def texts(self) -> Sequence[str | None]:
        """The text columns that the mac covers, in their order."""
        return self[8:]


class ChainWalk:
    """Follows the chain from a link that is taken as right; the default is the point before the first."""

    def __init__(self, keyring: AuditKeyring, *, seq: int = 0, head_hash: bytes = GENESIS_HASH) -> None:
        self.seq = seq
        self.hash = head_hash
        self._keyring = keyring

    def step(self, row: ChainRow) -> list[AuditProblem]:
        """Judge the next link. After a break the walk goes on from what is stored, to find what else is wrong."""
        kinds: list[ProblemKind] = []
        follows = row.seq == self.seq + 1
        if not follows:
            kinds.append(ProblemKind.LINK_MISSING)
        if row.found_id is None:
            kinds.append(ProblemKind.ENTRY_MISSING)
        else:
            kinds += self._judge_entry(row)
            if follows and row.hash != self._hash_of(row):
                kinds.append(ProblemKind.LINK_BROKEN)
        self.seq, self.hash = row.seq, row.hash
        return [AuditProblem(kind, row.seq, row.entry_id) for kind in kinds]

    def _judge_entry(self, row: ChainRow) -> list[ProblemKind]:
        key = self._keyring.find(row.key_id)
        if key is None:
            return [ProblemKind.KEY_UNKNOWN]
        message = entry_message(
            entry_id=row.entry_id,
            workspace_id=row.workspace_id,
            performed_at=row.performed_at,
            key_id=row.key_id,
            texts=row.texts,
        )
        return [] if key.verifies(message, row.mac) else [ProblemKind.ENTRY_CHANGED]

    def _hash_of(self, row: ChainRow) -> bytes:
        return link_hash(self.hash, seq=row.seq, entry_id=row.entry_id, mac=row.mac)
