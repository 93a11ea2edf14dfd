"""The documents audited together, indexed for the rules that look across them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from malha.fiscal.documents import Document, Event, Inutilization, Note, Protocol

if TYPE_CHECKING:
    from malha.fiscal.options import AuditOptions


class Batch:
    """Every document of one audit; lists keep the order in which the documents were given."""

    __slots__ = ("documents", "events", "events_by_key", "inutilizations", "notes", "notes_by_key", "options",
                 "protocols", "protocols_by_key")  # fmt: skip

    def __init__(self, documents: list[Document], options: AuditOptions) -> None:
        self.documents = documents
        self.options = options
        self.notes = [one for one in documents if isinstance(one, Note)]
        self.events = [one for one in documents if isinstance(one, Event)]
        self.protocols = [one for one in documents if isinstance(one, Protocol)]
        self.inutilizations = [one for one in documents if isinstance(one, Inutilization)]
        self.notes_by_key: defaultdict[str, list[Note]] = defaultdict(list)
        self.events_by_key: defaultdict[str, list[Event]] = defaultdict(list)
        self.protocols_by_key: defaultdict[str, list[Protocol]] = defaultdict(list)
        for note in self.notes:
            self.notes_by_key[note.key].append(note)
        for event in self.events:
            self.events_by_key[event.key].append(event)
        for protocol in self.protocols:
            self.protocols_by_key[protocol.key].append(protocol)
