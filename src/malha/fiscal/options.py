"""What an audit is told from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


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

    def as_json(self) -> dict[str, Any]:
        """Plain values for `load`."""
        return {
            "own_companies": sorted(self.own_companies),
            "tolerance": str(self.tolerance),
            "now": self.now and self.now.isoformat(),
            "only": sorted(self.only),
            "skip": sorted(self.skip),
            "note_limit": None if self.note_limit is None else str(self.note_limit),
            "icms_limit": None if self.icms_limit is None else str(self.icms_limit),
        }

    @classmethod
    def load(cls, values: dict[str, Any]) -> AuditOptions:
        """Back from `as_json`, also after a way through JSON."""
        return cls(
            own_companies=frozenset(values["own_companies"]),
            tolerance=Decimal(values["tolerance"]),
            now=values["now"] and datetime.fromisoformat(values["now"]),
            only=frozenset(values["only"]),
            skip=frozenset(values["skip"]),
            note_limit=values["note_limit"] and Decimal(values["note_limit"]),
            icms_limit=values["icms_limit"] and Decimal(values["icms_limit"]),
        )
