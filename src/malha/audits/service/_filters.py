"""Choices of findings as callers write them, for the list and its export."""

from __future__ import annotations

import re
from collections.abc import Sequence

from malha.audits.repository.listings import FindingFilter
from malha.fiscal.findings import Level, Severity

_PLACE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})", re.ASCII)


def choose_findings(
    severities: Sequence[Severity], levels: Sequence[Level], rules: Sequence[str], documents: Sequence[str]
) -> FindingFilter:
    """Rules by id or code, documents by id or access key."""
    places = [_PLACE.fullmatch(one) for one in documents]
    return FindingFilter(
        severities=[one.value for one in severities],
        levels=[one.value for one in levels],
        rules=rules,
        places=[(int(place[1]), int(place[2])) for place in places if place],
        keys=[one for one, place in zip(documents, places, strict=True) if not place],
    )
