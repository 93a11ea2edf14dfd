"""Secrets of others that must be read again: encrypted at rest, with keys that derive from SECRET_KEY.

Each purpose, which may name the row, has a key of its own: what is copied from one row into another cannot be read
there. Whoever replaces SECRET_KEY names the former one in FORMER_SECRET_KEYS, and what it has sealed can be opened.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from malha.identity.rules.secrets import derive_key


class SealBrokenError(Exception):
    """None of the keys that are known has sealed this, or it was changed."""


class Sealer:
    """Seals with the current key, opens with any."""

    def __init__(self, secret_key: str, *former: str) -> None:
        self._keys = (secret_key, *former)

    def seal(self, secret: str, purpose: str) -> bytes:
        """What may be stored."""
        return self._box(purpose).encrypt(secret.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """The secret; SealBrokenError when it cannot be read."""
        try:
            return self._box(purpose).decrypt(sealed).decode()
        except InvalidToken as error:
            raise SealBrokenError(f"a secret for {purpose} was sealed with a key that is not known any more") from error

    def _box(self, purpose: str) -> MultiFernet:
        keys = [derive_key(key, f"sealing/{purpose}") for key in self._keys]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
