"""A CNPJ as people write it, turned into the fourteen characters that the registry knows."""

from __future__ import annotations

import re

from malha.fiscal.identifiers import is_cnpj

_PUNCTUATION = re.compile(r"[\s./-]+")


def normalize_cnpj(text: str) -> str | None:
    """Upper case without punctuation, or None where shape or check digits are wrong. Letters stay: they are digits."""
    cnpj = _PUNCTUATION.sub("", text).upper()
    return cnpj if is_cnpj(cnpj) else None
