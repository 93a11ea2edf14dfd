"""The Manaus free zone and the free trade areas, inside which CBS may be zero (NT 2025.002, UB56-10)."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note

_AREAS = (
    frozenset({"1302603", "1303569", "1301902"}),  # ZFM: Manaus, Rio Preto da Eva, Itacoatiara
    frozenset({"1304062"}),  # Tabatinga
    frozenset({"1100106"}),  # Guajará-Mirim
    frozenset({"1400100", "1400159"}),  # Boa Vista, Bonfim
    frozenset({"1600303", "1600600"}),  # Macapá, Santana
    frozenset({"1200104", "1200252", "1200203"}),  # Brasileia, Epitaciolândia, Cruzeiro do Sul
)
_EXCLUDED = ("93", "24", "2203", "2204", "2205", "2206", "2207", "2208", "8703")
_PERFUMERY, _SPARED_PERFUMERY = "33", ("3303", "3304", "3305", "3306", "3307")


def is_inside_one_area(note: Note, item: Item) -> bool:
    """Issuer and recipient are in the same incentive area and the goods are not excluded from it."""
    ncm = item.ncm or ""
    if ncm.startswith(_EXCLUDED) or (ncm.startswith(_PERFUMERY) and not ncm.startswith(_SPARED_PERFUMERY)):
        return False
    issuer = note.emit.group("enderEmit").text("cMun")
    recipient = note.dest.group("enderDest").text("cMun")
    return any(issuer in area and recipient in area for area in _AREAS)
