"""Which passwords are accepted. Length counts, composition does not (NIST SP 800-63B, section 3.1.1)."""

from __future__ import annotations

import unicodedata

from malha.kit.weak_passwords import WEAK_PASSWORDS

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 256
_FEWEST_DIFFERENT_CHARACTERS = 5
_FEWEST_OWN_CHARACTERS = 6
_SHORTEST_WORD = 4


def normalise_password(password: str) -> str:
    """NFKC, so that an accent typed on another keyboard or system is the same accent."""
    return unicodedata.normalize("NFKC", password)


def is_weak(password: str, *, email: str) -> bool:
    """Too short, too monotonous, or little more than the account's name and well-known words."""
    lowered = normalise_password(password).lower()
    if len(lowered) < MIN_PASSWORD_LENGTH or len(set(lowered)) < _FEWEST_DIFFERENT_CHARACTERS:
        return True
    for word in (email, email.partition("@")[0], *sorted(WEAK_PASSWORDS, key=len, reverse=True)):
        if len(word) >= _SHORTEST_WORD:
            lowered = lowered.replace(word, "")
    return len(lowered) < _FEWEST_OWN_CHARACTERS
