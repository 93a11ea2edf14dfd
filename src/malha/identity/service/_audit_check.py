"""Verifying the audit log, and sealing its head."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from malha.db import ReadSession, Session
from malha.identity.errors import AuditLogBrokenError
from malha.identity.models import AuditSeal
from malha.identity.repository import audit_log
from malha.identity.rules.audit_chain import GENESIS_HASH, AuditKeyring, seal_message
from malha.identity.rules.audit_check import AuditProblem, ChainWalk, ProblemKind
from malha.identity.service._audit_trail import keyring_of
from malha.kit.clock import utc_now
from malha.settings import SecuritySettings

MOST_PROBLEMS = 100


@dataclass(slots=True)
class AuditLogReport:
    """What a verification found. Links after `sealed_seq` are chained, but not yet under a seal.

    `head_seq` and `head_hash`, noted somewhere else, prove later that nothing up to there was taken away.
    """

    head_seq: int = 0
    head_hash: str = GENESIS_HASH.hex()
    sealed_seq: int | None = None
    sealed_at: datetime | None = None
    problems: list[AuditProblem] = field(default_factory=list[AuditProblem])

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def describe(self) -> str:
        """The findings in words, and the head to note elsewhere."""
        if self.sealed_at is None:
            seal = "No seal."
        else:
            seal = f"Sealed up to {self.sealed_seq} at {self.sealed_at.isoformat(timespec='seconds')}."
        lines = [problem.describe() for problem in self.problems]
        if len(lines) >= MOST_PROBLEMS:
            lines.append("... and perhaps more.")
        verdict = "The audit log is intact" if self.is_intact else "THE AUDIT LOG IS NOT INTACT"
        return "\n".join([*lines, f"{verdict}: {self.head_seq} entries, head {self.head_hash}. {seal}"])


async def verify_audit_log(session: ReadSession, security: SecuritySettings) -> AuditLogReport:
    """Walk the whole chain; stops looking after a hundred problems.

    Finds any changed byte of an entry, entries and links that are missing, moved, added or taken from the end, and a
    seal that does not fit. Beyond its reach: somebody who holds SECRET_KEY, and somebody who puts the whole database
    back to an earlier state (compare `head_seq` and `head_hash` with a note kept elsewhere).
    """
    keyring = keyring_of(security)
    await audit_log.lift_statement_timeout(session)
    seal = await audit_log.find_seal(session)  # before the head: what commits in between only adds links
    head = await audit_log.find_head(session)
    report = AuditLogReport(
        sealed_seq=seal.seq if seal else None,
        sealed_at=seal.sealed_at if seal else None,
        problems=_judge_seal(seal, keyring, head_seq=head.seq if head else 0),
    )
    if head is not None:
        report.head_seq, report.head_hash = head.seq, head.hash.hex()
        report.problems += await _walk(session, ChainWalk(keyring), until=head.seq, seal=seal)
    unlinked = await audit_log.find_unlinked_entries(session, limit=MOST_PROBLEMS)
    report.problems += [AuditProblem(ProblemKind.ENTRY_UNLINKED, entry_id=entry_id) for entry_id in unlinked]
    del report.problems[MOST_PROBLEMS:]
    return report


async def seal_audit_log(session: Session, security: SecuritySettings) -> int | None:
    """Sign the head of the chain, once all that was added since the last seal verifies.

    Returns the sealed link's number, None when there is nothing new or another process is at it. Meant to run every
    minute. Raises AuditLogBrokenError, and seals nothing, when the chain does not follow from the last seal.
    """
    keyring = keyring_of(security)
    if not await audit_log.lock_seal(session):
        return None
    seal = await audit_log.find_seal(session)
    head = await audit_log.find_head(session)
    head_seq = head.seq if head else 0
    problems = _judge_seal(seal, keyring, head_seq=head_seq)
    if seal is None or problems:
        raise AuditLogBrokenError(", ".join(problem.kind for problem in problems))
    if head is None or head_seq == seal.seq:
        return None
    sealed = await audit_log.find_link(session, seal.seq)
    if sealed is not None and sealed.hash != seal.hash:
        raise AuditLogBrokenError(ProblemKind.SEAL_MISMATCH)
    walk = ChainWalk(keyring, seq=seal.seq, head_hash=seal.hash)
    for problem in await _walk(session, walk, until=head_seq):
        raise AuditLogBrokenError(f"{problem.kind} at link {problem.seq}")
    await audit_log.write_seal(session, **_seal(keyring, seq=walk.seq, head_hash=walk.hash))
    return walk.seq


async def ensure_seal(session: Session, keyring: AuditKeyring) -> None:
    """Seal the empty log of a new installation. A log with entries and no seal is left as the finding that it is."""
    if await audit_log.find_seal(session) is None and await audit_log.find_head(session) is None:
        await audit_log.write_first_seal(session, **_seal(keyring, seq=0, head_hash=GENESIS_HASH))


def _judge_seal(seal: AuditSeal | None, keyring: AuditKeyring, *, head_seq: int) -> list[AuditProblem]:
    if seal is None:
        return [AuditProblem(ProblemKind.SEAL_MISSING)]
    key = keyring.find(seal.key_id)
    if key is None:
        return [AuditProblem(ProblemKind.KEY_UNKNOWN)]
    message = seal_message(seq=seal.seq, head_hash=seal.hash, sealed_at=seal.sealed_at, key_id=seal.key_id)
    if not key.verifies(message, seal.mac):
        return [AuditProblem(ProblemKind.SEAL_FORGED)]
    if seal.seq > head_seq:
        return [AuditProblem(ProblemKind.TRUNCATED, seq=head_seq + 1)]
    return []


async def _walk(
    session: ReadSession, walk: ChainWalk, *, until: int, seal: AuditSeal | None = None
) -> list[AuditProblem]:
    problems: list[AuditProblem] = []
    while len(problems) < MOST_PROBLEMS and (rows := await audit_log.read_chain(session, after=walk.seq, until=until)):
        for row in rows:
            problems += walk.step(row)
            if seal is not None and row.seq == seal.seq and row.hash != seal.hash:
                problems.append(AuditProblem(ProblemKind.SEAL_MISMATCH, row.seq, row.entry_id))
    return problems


def _seal(keyring: AuditKeyring, *, seq: int, head_hash: bytes) -> dict[str, Any]:
    key, sealed_at = keyring.current, utc_now()
    message = seal_message(seq=seq, head_hash=head_hash, sealed_at=sealed_at, key_id=key.id)
    return {"seq": seq, "hash": head_hash, "sealed_at": sealed_at, "key_id": key.id, "mac": key.sign(message)}
