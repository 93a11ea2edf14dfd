"""What an audit is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """Equal options on equal files give equal reports.

    ``own_companies`` are CNPJ/CPF (14 or 11 characters, no punctuation) of the one who audits; ``now`` is the only
    clock (rules that compare with today keep silent without it); ``only`` and ``skip`` hold rule ids or their prefixes;
    ``note_limit`` and ``icms_limit`` are the largest vNF and vICMS of one note that need no second look.
    """

    own_companies: frozenset[str] = frozenset()
    tolerance: Decimal = Decimal("0.01")
    now: datetime | None = None
    only: frozenset[str] = frozenset()
    skip: frozenset[str] = frozenset()
    note_limit: Decimal | None = None
    icms_limit: Decimal | None = None
