"""PNCP's codes in the standard's closed lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

AWARD_CANCELLED = 2

CATEGORIES: Mapping[str, str] = {"M": "goods", "S": "services"}
"""`materialOuServico`. PNCP does not tell works from other services."""

METHODS: Mapping[int | None, str] = {
    1: "open", 3: "open", 4: "open", 5: "open", 6: "open", 7: "open", 12: "open", 13: "open",
    2: "selective", 11: "selective",
    8: "direct", 9: "direct",
}  # fmt: skip
"""`modalidadeId`: auctions, contests, tenders and accreditation are open to all; two kinds need no tender."""

_PUBLISHED, _REVOKED, _ANNULLED, _SUSPENDED = 1, 2, 3, 4
_ITEM_AWARDED, _ITEM_CANCELLED, _ITEM_DESERTED, _ITEM_FAILED = 2, 3, 4, 5


def tender_status(situation: int | None, items: Sequence[int | None]) -> str | None:
    """The status of a tender by PNCP's situation of it, and of its items once all have ended."""
    if situation in {_REVOKED, _ANNULLED}:
        return "cancelled"
    if situation not in {_PUBLISHED, _SUSPENDED}:
        return None
    ended = {_ITEM_AWARDED, _ITEM_CANCELLED, _ITEM_DESERTED, _ITEM_FAILED}
    if items and all(item in ended for item in items):
        if _ITEM_AWARDED in items:
            return "complete"
        return "cancelled" if all(item == _ITEM_CANCELLED for item in items) else "unsuccessful"
    return "active"
