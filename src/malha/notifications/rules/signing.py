"""Webhooks signed as the Standard Webhooks scheme has it (standardwebhooks.com, specification 1.0.0).

What is signed is `id.timestamp.body`; a receiver takes a message whose id it has seen for a repetition, refuses a
timestamp that is far from now, and accepts any of the signatures, of which there are two while a secret is exchanged.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

SECRET_PREFIX = "whsec_"  # noqa: S105 - lets a receiver's library and a secret scanner recognise what follows
SECRET_BYTES = 32
LEAST_SECRET_BYTES, MOST_SECRET_BYTES = 24, 64


def new_webhook_secret() -> str:
    """A new secret as its owner is shown it, once."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_name(message_id: UUID) -> str:
    """The `webhook-id` of a message: the same for each try, each endpoint and each replay."""
    return f"msg_{message_id.hex}"


def signature_headers(name: str, at: datetime, body: bytes, webhook_secrets: Sequence[str]) -> dict[str, str]:
    """The three headers; one signature for each secret, the newest first."""
    seconds = int(at.timestamp())
    content = f"{name}.{seconds}.".encode() + body
    signatures = [f"v1,{_sign(secret, content)}" for secret in webhook_secrets]
    return {"webhook-id": name, "webhook-timestamp": str(seconds), "webhook-signature": " ".join(signatures)}


def _sign(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.digest(_key_of(secret), content, hashlib.sha256)).decode()


def _key_of(secret: str) -> bytes:
    """The bytes of a secret; ValueError for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is base64") from error
    if not LEAST_SECRET_BYTES <= len(key) <= MOST_SECRET_BYTES:
        raise ValueError(f"a webhook secret has {LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes")
    return key
