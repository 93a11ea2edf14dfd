"""The 44-character access key: its parts, its check digit, its composition from a document's fields.

Positions (MOC; letters only inside the CNPJ base since NT Conjunta 2025.001): cUF 2, AAMM 4, CNPJ or zero-padded CPF
14, mod 2, serie 3, nNF 9, tpEmis 1, cNF 8, cDV 1.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from malha.fiscal.identifiers import modulo_11, weighted, weights

_PATTERN = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", re.ASCII)
_BASE = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{25}", re.ASCII)
_W43 = weights(43)
STATE_SITE_SERIES = range(890, 900)
"""Series of notes made at a state's own site, whose key carries the state's CNPJ instead of the issuer's (MOC, B07)."""


class AccessKey(NamedTuple):
    """The parts of a key as texts of their fixed widths."""

    state: str
    year_month: str
    issuer_id: str
    model: str
    series: str
    number: str
    emission_type: str
    random_code: str
    check_digit: str


def check_digit(base: str) -> str:
    """The digit that follows the first 43 characters; raises ValueError when they are not of a key."""
    if not _BASE.fullmatch(base):
        raise ValueError(f"not the first 43 characters of an access key: {base!r}")
    return modulo_11(weighted(base, _W43))


def is_key(text: str) -> bool:
    """Right pattern and right check digit."""
    return bool(_PATTERN.fullmatch(text)) and modulo_11(weighted(text[:43], _W43)) == text[43]


def mend_key(text: str) -> str | None:
    """The key with the check digit that its first 43 characters ask for; None for what has not a key's pattern."""
    return text[:43] + check_digit(text[:43]) if _PATTERN.fullmatch(text) else None


def parse_key(text: str) -> AccessKey | None:
    """The parts of a key of the right pattern, whatever its check digit; None for anything else."""
    return _parsed(text) if len(text) == 44 else None


@lru_cache(maxsize=1 << 12)
def _parsed(text: str) -> AccessKey | None:
    if not _PATTERN.fullmatch(text):
        return None
    edges = (0, 2, 6, 20, 22, 25, 34, 35, 43, 44)
    return AccessKey(*(text[start:end] for start, end in pairwise(edges)))


def compose_key(
    *,
    state: str,
    year_month: str,
    issuer_id: str,
    model: str,
    series: str,
    number: str,
    emission_type: str,
    random_code: str,
) -> str:
    """The whole key with its check digit; parts are padded with zeros to their widths; raises ValueError."""
    parts = (
        state,
        year_month,
        issuer_id.zfill(14),
        model,
        series.zfill(3),
        number.zfill(9),
        emission_type,
        random_code.zfill(8),
    )
    base = "".join(parts)
    return base + check_digit(base)
