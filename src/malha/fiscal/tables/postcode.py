"""Ranges of postcodes (CEP) by state, as Correios assigned them."""

from __future__ import annotations

from bisect import bisect_right

_STARTS = (
    ("01000", "SP"), ("20000", "RJ"), ("29000", "ES"), ("30000", "MG"), ("40000", "BA"), ("49000", "SE"),
    ("50000", "PE"), ("57000", "AL"), ("58000", "PB"), ("59000", "RN"), ("60000", "CE"), ("64000", "PI"),
    ("65000", "MA"), ("66000", "PA"), ("68900", "AP"), ("69000", "AM"), ("69300", "RR"), ("69400", "AM"),
    ("69900", "AC"), ("70000", "DF"), ("72800", "GO"), ("73000", "DF"), ("73700", "GO"), ("76800", "RO"),
    ("77000", "TO"), ("78000", "MT"), ("78900", "RO"), ("79000", "MS"), ("80000", "PR"), ("88000", "SC"),
    ("90000", "RS"),
)  # fmt: skip
"""The first five digits from which each range begins; 78900 to 78999 were Rondônia's before 76800."""
_KEYS = tuple(start for start, _ in _STARTS)


def state(postcode: str) -> str | None:
    """The state of a postcode of eight digits; None for anything else."""
    if len(postcode) != 8 or not postcode.isascii() or not postcode.isdigit() or postcode < "01000":
        return None
    return _STARTS[bisect_right(_KEYS, postcode[:5]) - 1][1]
