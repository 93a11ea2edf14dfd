"""What a slice wants to tell: data for machines, a letter in each language for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Language = Literal["pt", "en"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a letter tells of. `link` is an absolute address, or empty."""

    title: str
    link: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter in one language."""

    subject: str
    opening: str
    entries: tuple[Entry, ...] = ()
    closing: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Letter:
        """The letter that was stored."""
        entries = tuple(Entry(entry["title"], entry["link"], tuple(entry["lines"])) for entry in stored["entries"])
        return cls(stored["subject"], stored["opening"], entries, stored["closing"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`topic` names the kind, `slice.noun.past`; `key` is the same for a repetition in the workspace, and no other."""

    topic: str
    key: str
    data: Mapping[str, Any]
    pt: Letter
    en: Letter

    @property
    def letters(self) -> dict[str, Any]:
        """The letters by language, as they are stored."""
        return {"pt": self.pt.to_json(), "en": self.en.to_json()}
