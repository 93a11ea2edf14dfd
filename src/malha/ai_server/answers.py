"""A classification in the contract's words, with all that the classifier says beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from malha.partnumbers.classifier import Candidate, LearnedModel, Memory, PartNumberInput, classify


def answer(part: PartNumberInput, memory: Memory | None = None, model: LearnedModel | None = None) -> dict[str, Any]:
    """The contract's `SingleClassification`; without a candidate `ncm` and `confidence_score` are null."""
    found = classify(part, memory, model)
    best = found.best
    return {
        "partnumber": part.partnumber,
        "ncm": best.code if best else None,
        "description": _describe(part, found.maker, best),
        "exception": None,
        "nve": None,
        "fabricante": part.manufacturer or found.maker,
        "endereco": None,
        "pais": None,
        "confidence_score": best.confidence if best else None,
        "is_accepted": found.is_accepted,
        "candidates": [asdict(candidate) for candidate in found.candidates],
        "attributes": dict(found.attributes),
        "component": found.component,
        "duties": [asdict(rate) for rate in found.duties],
    }


def _describe(part: PartNumberInput, maker: str | None, best: Candidate | None) -> str | None:
    """What is known, in the order in which a declaration says it; nothing where the goods are unknown."""
    if best is None:
        return None
    names: Sequence[str] = [level.name.rstrip(".:") for level in best.path[1:]]
    words = [": ".join(names), part.description]
    words += [f"marca {part.manufacturer or maker}" if part.manufacturer or maker else "", f"modelo {part.partnumber}"]
    return "; ".join(word for word in words if word)
