"""The documents that a note names: as a whole (NFref) and item by item (DFeReferenciado)."""

from __future__ import annotations

from malha.fiscal.documents import Note
from malha.fiscal.tree import Group


def note_references(note: Note) -> list[Group]:
    """The NFref groups, whatever kind of document each names."""
    return note.ide.groups("NFref")


def item_references(note: Note) -> list[str]:
    """The keys in the items' DFeReferenciado, in item order, repeated where items share one."""
    groups = (item.group.group("DFeReferenciado") for item in note.items if "DFeReferenciado" in item.group)
    return [key for group in groups if (key := group.text("chaveAcesso"))]


def referenced_keys(note: Note) -> list[str]:
    """Every access key that the note names, each once, in order."""
    keys = [key for group in note_references(note) for key in group.texts("refNFe")]
    return list(dict.fromkeys([*keys, *item_references(note)]))
