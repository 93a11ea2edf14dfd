"""Links in letters that need no login: signed, for one endpoint and one purpose."""

from __future__ import annotations

import base64
import binascii
import hmac
from enum import StrEnum
from uuid import UUID

from malha.identity.rules.secrets import derive_key

_MAC_BYTES = 18
_ID_BYTES = 16


class Purpose(StrEnum):
    """What a link does."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"


def sign_link(secret_key: str, purpose: Purpose, endpoint_id: UUID) -> str:
    """The token of a link."""
    return base64.urlsafe_b64encode(endpoint_id.bytes + _mac(secret_key, purpose, endpoint_id)).decode()


def read_link(secret_keys: list[str], purpose: Purpose, token: str) -> UUID | None:
    """The endpoint that a token is for; None for one that nobody with one of these keys has made."""
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) != _ID_BYTES + _MAC_BYTES:
        return None
    endpoint_id, mac = UUID(bytes=content[:_ID_BYTES]), content[_ID_BYTES:]
    known = [hmac.compare_digest(_mac(key, purpose, endpoint_id), mac) for key in secret_keys]
    return endpoint_id if any(known) else None


def _mac(secret_key: str, purpose: Purpose, endpoint_id: UUID) -> bytes:
    key = derive_key(secret_key, f"notifications/link/{purpose.value}")
    return hmac.digest(key, endpoint_id.bytes, "sha256")[:_MAC_BYTES]
