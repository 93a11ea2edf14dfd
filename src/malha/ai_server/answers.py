"""A classification in the contract's words, with all that the classifier says beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from malha.ai_server.language_model import LanguageModel, LanguageModelFailedError
from malha.partnumbers.classifier import Candidate, Classification, LearnedModel, Memory, PartNumberInput, classify


class Answerer:
    """Answers with our classifier and, where the settings name them, a learned model and a language model."""

    def __init__(self, model: LearnedModel | None = None, language_model: LanguageModel | None = None) -> None:
        self._model = model
        self._language_model = language_model

    async def answer(self, part: PartNumberInput, memory: Memory | None = None) -> dict[str, Any]:
        """The contract's `SingleClassification`; without a candidate `ncm` and `confidence_score` are null."""
        found = await asyncio.to_thread(classify, part, memory, self._model)
        offered = found.candidates or found.hints
        if self._language_model is None or found.is_accepted or not offered:
            return show(part, found)
        try:
            choice = await self._language_model.choose(part, offered)
        except LanguageModelFailedError as error:
            return show(part, found) | {"language_model": {"error": str(error)}}
        told = {"language_model": {"model": self._language_model.model, **choice.model_dump()}}
        return show(part, choose(found, choice.code)) | told


def choose(found: Classification, code: str) -> Classification:
    """The same with the chosen candidate first. It is no surer for it, and a person's review stays due."""
    chosen = next((candidate for candidate in (*found.candidates, *found.hints) if candidate.code == code), None)
    if chosen is None:
        return found
    others = [candidate for candidate in found.candidates if candidate.code != code]
    return replace(found, candidates=(chosen, *others), is_accepted=False)


def show(part: PartNumberInput, found: Classification) -> dict[str, Any]:
    """In the contract's words."""
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
        "hints": [asdict(candidate) for candidate in found.hints],
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
