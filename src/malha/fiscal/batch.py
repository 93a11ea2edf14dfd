"""The documents audited together, indexed for the rules that look across them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from malha.fiscal.briefs import Brief, EventBrief, InutilizationBrief, NoteBrief, ProtocolBrief

if TYPE_CHECKING:
    from malha.fiscal.options import AuditOptions


class Batch:
    """The briefs of one audit; lists keep the order in which the documents were given."""

    __slots__ = ("events", "events_by_key", "inutilizations", "notes", "notes_by_key", "options", "protocols",
                 "protocols_by_key")  # fmt: skip

    def __init__(self, briefs: Iterable[Brief], options: AuditOptions) -> None:
        self.options = options
        self.notes: list[NoteBrief] = []
        self.events: list[EventBrief] = []
        self.protocols: list[ProtocolBrief] = []
        self.inutilizations: list[InutilizationBrief] = []
        self.notes_by_key: defaultdict[str, list[NoteBrief]] = defaultdict(list)
        self.events_by_key: defaultdict[str, list[EventBrief]] = defaultdict(list)
        self.protocols_by_key: defaultdict[str, list[ProtocolBrief]] = defaultdict(list)
        for brief in briefs:
            match brief:
                case NoteBrief():
                    self.notes.append(brief)
                    self.notes_by_key[brief.key].append(brief)
                case EventBrief():
                    self.events.append(brief)
                    self.events_by_key[brief.key].append(brief)
                case ProtocolBrief():
                    self.protocols.append(brief)
                    self.protocols_by_key[brief.key].append(brief)
                case InutilizationBrief():
                    self.inutilizations.append(brief)
