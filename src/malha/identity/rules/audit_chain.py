"""What the audit log signs and how its links follow from one another.

An entry's mac covers its content, so no content can be forged without SECRET_KEY. A link's hash covers the entry's mac
and the link before it, so nothing can be taken out or moved without recomputing all that follows. The seal's mac covers
the head's hash, so a recomputed chain does not fit the seal.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from malha.identity.rules.secrets import derive_key

GENESIS_HASH = bytes(32)
_ENTRY_FORMAT = "malha/audit-entry/1"
_SEAL_FORMAT = "malha/audit-seal/1"


@dataclass(frozen=True, slots=True)
class AuditKey:
    """A signing key and the short name that rows remember it by."""

    id: str
    secret: bytes

    def sign(self, message: bytes) -> bytes:
        return hmac.digest(self.secret, message, "sha256")

    def verifies(self, message: bytes, mac: bytes) -> bool:
        return hmac.compare_digest(self.sign(message), mac)


class AuditKeyring:
    """The current key signs; former ones still verify what they signed."""

    def __init__(self, current: AuditKey, *former: AuditKey) -> None:
        self.current = current
        self._keys = {key.id: key for key in (*former, current)}

    def find(self, key_id: str) -> AuditKey | None:
        """The key of that name, unless it was never given."""
        return self._keys.get(key_id)


def audit_keyring(secret_key: str, *former: str) -> AuditKeyring:
    """The keyring of a SECRET_KEY and of those that it replaced."""
    return AuditKeyring(_audit_key(secret_key), *(_audit_key(each) for each in former))


def _audit_key(secret_key: str) -> AuditKey:
    secret = derive_key(secret_key, "audit-log")
    return AuditKey(hashlib.sha256(b"key id" + secret).hexdigest()[:16], secret)


def canonical_json(state: dict[str, Any] | None) -> str | None:
    """The text that is stored and signed: sorted keys, no spaces, whatever JSON lacks as a string."""
    if state is None:
        return None
    return orjson.dumps(state, default=str, option=orjson.OPT_SORT_KEYS).decode()


def entry_message(
    *, entry_id: UUID, workspace_id: UUID | None, performed_at: datetime, key_id: str, texts: Sequence[str | None]
) -> bytes:
    """The bytes that an entry's mac covers. `texts` are its other columns, in one order for writer and verifier."""
    head = [_ENTRY_FORMAT, str(entry_id), workspace_id and str(workspace_id), _instant(performed_at), key_id]
    return orjson.dumps([*head, *texts])


def link_hash(previous: bytes, *, seq: int, entry_id: UUID, mac: bytes) -> bytes:
    """The hash of link `seq`, as the trigger in `ddl` computes it."""
    return hashlib.sha256(previous + seq.to_bytes(8) + entry_id.bytes + mac).digest()


def seal_message(*, seq: int, head_hash: bytes, sealed_at: datetime, key_id: str) -> bytes:
    """The bytes that the seal's mac covers."""
    return orjson.dumps([_SEAL_FORMAT, seq, head_hash.hex(), _instant(sealed_at), key_id])


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
