"""Registry status from its code or its word."""

from __future__ import annotations

from typing import Any

from malha.suppliers.rules.supplier import Status

_BY_CODE = {1: Status.NULA, 2: Status.ATIVA, 3: Status.SUSPENSA, 4: Status.INAPTA, 8: Status.BAIXADA}


def parse_status(value: Any) -> Status:
    """From 2, `2`, `02`, `Ativa` or `ATIVA`. A missing or unknown one is UNKNOWN, never active."""
    text = str(value).strip().upper() if value is not None else ""
    if text.isdecimal():
        return _BY_CODE.get(int(text), Status.UNKNOWN)
    return Status(text) if text in Status.__members__ else Status.UNKNOWN
