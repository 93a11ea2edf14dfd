"""Whether SEFAZ authorised the very content that was read."""

from __future__ import annotations

from malha.fiscal.documents import Note
from malha.fiscal.signature import UNCHANGED, Seal, verification

AUTHORISED = frozenset({"100", "150"})


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
