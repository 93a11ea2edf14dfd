"""When "no such company" is an answer: once every source that could know has said so, and not before.

A source is a base of companies, whoever hands it on: BrasilAPI repeats Minha Receita, so the two are one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Denial(NamedTuple):
    """A source's word: that it has no such company, or (`is_unable`) that it cannot know such a CNPJ at all."""

    provider: str
    at: datetime
    is_unable: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is kept, below its source's name."""
        return {"provider": self.provider, "at": self.at.isoformat(), "is_unable": self.is_unable}


def valid_denials(kept: Mapping[str, Mapping[str, Any]], *, oldest: datetime) -> dict[str, Denial]:
    """Those of the kept denials that still count, by source."""
    read = {
        source: Denial(entry["provider"], datetime.fromisoformat(entry["at"]), bool(entry.get("is_unable")))
        for source, entry in kept.items()
    }
    return {source: denial for source, denial in read.items() if denial.at >= oldest}


def is_denied(denials: Mapping[str, Denial], sources: Collection[str]) -> bool:
    """Whether no source is left that could know the company, and one at least has looked for it.

    Without any source, what is kept is all there is.
    """
    if not sources:
        return True
    return denials.keys() >= set(sources) and not all(denial.is_unable for denial in denials.values())
