"""Secrets that are made here: random, shown once, kept as SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import secrets

API_TOKEN_PREFIX = "mlh_"  # noqa: S105 - lets a secret scanner recognise what follows
_SECRET_BYTES = 32
_SHOWN_CHARACTERS = 12


def new_secret() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_api_token() -> str:
    """A new API token in clear."""
    return API_TOKEN_PREFIX + new_secret()


def new_password() -> str:
    """A password for an account that nobody has chosen one for: 120 random bits."""
    return secrets.token_urlsafe(15)


def shown_prefix(token: str) -> str:
    """The beginning of an API token, by which its owner recognises it: 48 of its 256 bits."""
    return token[:_SHOWN_CHARACTERS]


def hash_secret(secret: str) -> bytes:
    """The 32 bytes to store, and to look the secret up by."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def derive_key(secret_key: str, purpose: str) -> bytes:
    """A 32-byte key for one purpose, so that no two uses of SECRET_KEY share one."""
    return hmac.digest(secret_key.encode(), f"malha/{purpose}".encode(), "sha256")
