"""Whether SEFAZ authorised the very content that was read."""

from __future__ import annotations

from collections.abc import Hashable

from malha.fiscal.documents import Note
from malha.fiscal.signature import Content, Seal, verification

AUTHORISED = frozenset({"100", "150"})
UNCHANGED = frozenset({Content.INTACT, Content.REINDENTED})


def is_same_content(one: Note, other: Note) -> bool:
    """Whether two files hold one note: what was signed is the same, whatever stands around it."""
    return _content(one) == _content(other)


def _content(note: Note) -> Hashable:
    signed = verification(note)
    return (signed.digest_value, signed.content in UNCHANGED) if signed and signed.digest_value else note.sha256


def is_as_authorised(note: Note) -> bool:
    """Signed, unchanged since, and with a protocol that quotes its digest."""
    if note.protocol is None or note.protocol.text("cStat") not in AUTHORISED:
        return False
    signed = verification(note)
    return (
        signed is not None
        and signed.content in UNCHANGED
        and signed.seal is Seal.VALID
        and note.protocol.text("digVal") == signed.digest_value
    )
