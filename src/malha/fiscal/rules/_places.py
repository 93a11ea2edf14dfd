"""Where an operation really happens when the recipient's address alone does not say it."""

from __future__ import annotations

from malha.fiscal.documents import Item, Note

_EXPORT_LIKE = frozenset({"7667", "7552"})
"""Fuel supplied and goods moved inside the country that the law treats as export (Convênio ICMS 55/2021)."""
_IN_PRESENCE = frozenset({"1", "5"})


def is_delivered_elsewhere(note: Note, item: Item) -> bool:
    """Another place of pick-up or delivery, or fuel consumed in a state of its own (UFCons)."""
    return "entrega" in note.group or "retirada" in note.group or "UFCons" in item.prod.group("comb")


def is_in_presence(note: Note) -> bool:
    """The buyer took the goods at the seller's, so they never crossed a border with them."""
    return note.ide.text("indPres") in _IN_PRESENCE


def is_to_itself(note: Note) -> bool:
    """Issuer and recipient are one: entries, adjustments, goods carried for sale outside."""
    return bool(note.issuer_id) and note.issuer_id == note.recipient_id


def is_sold_as_export(item: Item) -> bool:
    """Operations with a foreign CFOP and a recipient in the country (NT 2022.002)."""
    return item.cfop in _EXPORT_LIKE or item.prod.group("comb").text("UFCons") == "EX"
