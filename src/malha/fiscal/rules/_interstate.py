"""ICMS rates between states: Senate resolutions 22/89 (7 and 12 %) and 13/2012 (4 % for imported content)."""

from __future__ import annotations

from decimal import Decimal

from malha.fiscal.documents import Item, Note

IMPORTED_ORIGINS = frozenset({"1", "2", "3", "8"})
FOUR, SEVEN, TWELVE = Decimal(4), Decimal(7), Decimal(12)
_SOUTH_AND_SOUTHEAST = frozenset({"SP", "RJ", "MG", "PR", "RS", "SC"})
_STATES = _SOUTH_AND_SOUTHEAST | frozenset(
    {"AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MS", "MT", "PA", "PB", "PE", "PI", "RN", "RO", "RR",
     "SE", "TO"}
)  # fmt: skip


def interstate_rate(origin: str, destination: str) -> Decimal | None:
    """7 or 12 for national goods; None unless the two are different Brazilian states."""
    if origin == destination or origin not in _STATES or destination not in _STATES:
        return None
    return SEVEN if origin in _SOUTH_AND_SOUTHEAST and destination not in _SOUTH_AND_SOUTHEAST else TWELVE


def item_interstate_rate(note: Note, item: Item) -> Decimal | None:
    """The interstate rate that an outgoing item is subject to, by its origin code and the two states."""
    national = interstate_rate(note.issuer_uf, note.recipient_uf)
    return FOUR if national is not None and item.icms.text("orig") in IMPORTED_ORIGINS else national
