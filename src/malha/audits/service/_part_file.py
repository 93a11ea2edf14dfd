"""An uploaded file as a part's input names it."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from malha.fiscal.leaves import extension_of
from malha.kit.archives import Section


@dataclass(frozen=True, slots=True)
class PartFile:
    """`no` is the file's place in the request. A part may read only a section of an archive."""

    no: int
    name: str
    key: str
    size: int
    sha256: str
    section: Section | None = None

    @property
    def is_archive(self) -> bool:
        return extension_of(self.name) == "zip"

    @classmethod
    def load(cls, entry: dict[str, Any]) -> PartFile:
        """Back from the part's JSON."""
        section = Section(*entry["section"]) if "section" in entry else None
        return cls(entry["no"], entry["name"], entry["key"], entry["size"], entry["sha256"], section)

    def as_json(self) -> dict[str, Any]:
        """For the part's input."""
        told = {"no": self.no, "name": self.name, "key": self.key, "size": self.size, "sha256": self.sha256}
        return told if self.section is None else told | {"section": astuple(self.section)}
