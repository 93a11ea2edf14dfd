"""What a procurement buys and under which article, as far as its record says it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from malha.procurement.rules.activities import fold
from malha.procurement.rules.limits import DirectKind

DIRECT_BY_VALUE = 8
_BASIS = re.compile(r"art\. ?75, ?(II|I)(?![IVX])", re.IGNORECASE)


def direct_kind_of(legal_basis: str | None) -> DirectKind | None:
    """Which item of art. 75 a legal basis names; None for all that are not by value."""
    found = _BASIS.search(legal_basis or "")
    return DirectKind(found[1].upper()) if found else None


def subjects_of(codes: Iterable[tuple[str | None, str | None]], text: str | None) -> frozenset[str]:
    """The classes of what is bought, by (NCM, catalogue code) of the items; without any code, the object's own text."""
    found = {f"ncm:{ncm[:4]}" if ncm else f"catalog:{catalog}" for ncm, catalog in codes if ncm or catalog}
    folded = fold(text or "")
    return frozenset(found) if found else frozenset({f"object:{folded}"} if folded else ())
