"""One part number in, candidates out: what each source says, in order of trust, and how sure their agreement is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from malha.fiscal.tables.duties import rates
from malha.partnumbers.classifier._attributes import read_attributes
from malha.partnumbers.classifier._decisions import Decision, decide, is_in_force, path
from malha.partnumbers.classifier._learned import LearnedModel
from malha.partnumbers.classifier._memory import memory_keys
from malha.partnumbers.classifier._recognisers import Sighting, sightings
from malha.partnumbers.classifier._retrieval import HINT_CONFIDENCE, hints
from malha.partnumbers.classifier._tables import rows
from malha.partnumbers.classifier._types import (
    Branch,
    Candidate,
    Classification,
    Confirmation,
    Evidence,
    Field,
    Memory,
    Origin,
    PartNumberInput,
    Precedent,
    Text,
)
from malha.partnumbers.classifier._words import Naming, fold, has_words, namings, upper

ACCEPTED_FROM = 0.96
"""The calibrated confidence from which an answer goes on without a person's review."""
_MOST_CANDIDATES = 5
_MOST_PRECEDENTS = 5
_MOST_RECALLED = 3
_ALTERNATIVES = ("ic.regulator", "ic.amplifier", "ic.processor", "ic.memory")
"""What a semiconductor may turn out to be, most frequent first."""
_MEASURED = ("8504", "851762", "8524", "8526", "853120", "85364", "8540", "8541", "8542", "854370")
"""Where `partnumber_quality` measured the confidences; elsewhere they are capped, and nothing goes unreviewed."""
_UNMEASURED_CAP = 0.85
_LEARNED_CAP = 0.6
"""A learned answer outside what recognisers and words know: about half of these were right on unseen series."""
_LEARNED = Text(
    "Números e descrições parecidos foram classificados assim", "Similar numbers and descriptions were classified so"
)
_MAKER_BEFORE = re.compile(r"[A-Z]{2,}[ ]+")
_SEMICONDUCTORS = ("8541", "8542")


@dataclass(frozen=True, slots=True)
class _Opinion:
    """A component that a source proposes."""

    component: str
    origin: Origin
    evidence: tuple[Evidence, ...]
    grade: str
    """Key of the table of calibrated confidences."""


@dataclass(slots=True)
class _Case:
    """What was read of one part number."""

    part: PartNumberInput
    start: int
    """Where in the number the series begins."""
    seen: list[Sighting]
    named: list[Naming]
    opinions: list[_Opinion] = field(default_factory=list["_Opinion"])


def classify(part: PartNumberInput, memory: Memory | None = None, model: LearnedModel | None = None) -> Classification:
    """The code of a part as deep as what is known closes it, or an honest "unknown" (no candidates).

    `memory` holds what the workspace confirmed; `model` is asked last. Nothing is read beside the arguments and the
    tables of this package.
    """
    start, seen = _seen(part.partnumber)
    case = _Case(part, start, seen, namings(part.description))
    case.opinions = _opinions(case)
    component = case.opinions[0].component if case.opinions else None
    attributes = read_attributes(part, component, start)
    candidates = [_candidate(part, opinion, attributes) for opinion in _once(case.opinions)]
    candidates = [*_remembered(part, memory, candidates), *_learned(part, model)]
    candidates = _distinct([candidate for candidate in candidates if candidate])[:_MOST_CANDIDATES]
    best = case.seen[0] if case.seen else None
    return Classification(
        input=part,
        candidates=tuple(candidates),
        is_accepted=bool(candidates) and candidates[0].confidence >= ACCEPTED_FROM and len(candidates[0].code) >= 6,
        maker=(best.series.maker or None) if best else None,
        series=upper(part.partnumber)[start : start + best.length] if best and best.length else None,
        component=component,
        duties=rates(candidates[0].code) if candidates and len(candidates[0].code) == 8 else (),
        hints=() if candidates else _hints(part),
        grade=case.opinions[0].grade if case.opinions else None,
        attributes={evidence.attribute: evidence.value for evidence in attributes},
    )


def _seen(partnumber: str) -> tuple[int, list[Sighting]]:
    """The series of a number, and where they begin: after a maker's name if nothing begins before it."""
    number = upper(partnumber)
    start = len(number) - len(number.lstrip().lstrip("_"))
    found = sightings(number[start:])
    maker = _MAKER_BEFORE.match(number, start)
    if found or maker is None:
        return start, found
    return maker.end(), sightings(number[maker.end() :])


def _hints(part: PartNumberInput) -> tuple[Candidate, ...]:
    text = part.description
    return tuple(
        Candidate(
            code=heading,
            confidence=HINT_CONFIDENCE,
            origin=Origin.RETRIEVAL,
            path=path(heading),
            evidence=tuple(
                Evidence(Field.DESCRIPTION, start, end, text[start:end], "word", heading) for start, end in spans
            ),
        )
        for heading, spans in hints(text)
    )


def _opinions(case: _Case) -> list[_Opinion]:
    """The proposals in order: where number and words agree they are one; where they do not, the surer first."""
    seen = [_seen_opinion(case, place) for place in range(len(case.seen))]
    named = [_named_opinion(case, naming) for naming in case.named]
    if seen and not named and has_words(case.part.description):
        seen[0] = replace(seen[0], grade=f"silent {seen[0].grade}")  # it may be another trade's number
    if not (seen and named):
        return [*seen, *named, *_alternatives([*seen, *named])]
    ours, theirs = seen[0], named[0]
    if not case.named[0].is_strong:
        vague = replace(ours, grade=f"vague {ours.grade}")
        return [vague, *named, *seen[1:], *_alternatives([vague])]
    if settled := _settled(case, seen, theirs):
        rest = [opinion for opinion in seen if opinion is not settled]
        agreed = _agreed(settled, theirs, "agreed sure divided")
        return [agreed, *rest, *named[1:], *_alternatives([agreed])]
    if _place(ours.component) == _place(theirs.component):
        agreed = _agreed(ours, theirs, f"agreed {ours.grade}")
        return [agreed, *named[1:], *seen[1:], *_alternatives([agreed])]
    ours = replace(ours, grade=f"against {ours.grade}")
    theirs = replace(theirs, grade=f"words {ours.grade}")
    first, second = sorted((ours, theirs), key=lambda opinion: -_confidence(opinion.grade))
    return [first, second, *named[1:], *seen[1:], *_alternatives([first])]


def _settled(case: _Case, seen: Sequence[_Opinion], theirs: _Opinion) -> _Opinion | None:
    """Where several series fit the number, the one that the words name too, unless it is the first anyway."""
    place = _place(theirs.component)
    if not case.named[0].is_strong or place == _place(seen[0].component):
        return None
    surely = (
        opinion
        for opinion, sighting in zip(seen[1:], case.seen[1:], strict=True)
        if sighting.series.trust == "sure" and _place(opinion.component) == place
    )
    return next(surely, None)


def _agreed(ours: _Opinion, theirs: _Opinion, grade: str) -> _Opinion:
    return _Opinion(_finer(ours, theirs), ours.origin, (*ours.evidence, *theirs.evidence), grade)


def _seen_opinion(case: _Case, place: int) -> _Opinion:
    number, sighting = case.part.partnumber, case.seen[place]
    start = len(number) - len(number.lstrip().lstrip("_"))
    evidence = Evidence(
        Field.PARTNUMBER, start, start + sighting.length, number[start : start + sighting.length], "series",
        sighting.series.component,
    )  # fmt: skip
    return _Opinion(sighting.series.component, Origin.RECOGNISER, (evidence,), _grade_of(case.seen[place:]))


def _named_opinion(case: _Case, naming: Naming) -> _Opinion:
    text = case.part.description[naming.start : naming.end]
    evidence = Evidence(Field.DESCRIPTION, naming.start, naming.end, text, "component", naming.component)
    return _Opinion(naming.component, Origin.WORDS, (evidence,), "words" if naming.is_strong else "words weak")


def _grade_of(seen: Sequence[Sighting]) -> str:
    """The trust of the first sighting, and whether the others, or the house that owns the prefix, speak against it."""
    first, place = seen[0].series, _place(seen[0].series.component)
    if first.trust != "sure":
        return first.trust
    others = [sighting.series for sighting in seen[1:] if _place(sighting.series.component) != place]
    if any(other.trust == "house" for other in others):
        return "sure strange"
    return "sure divided" if others else "sure"


def _finer(ours: _Opinion, theirs: _Opinion) -> str:
    """Of two names of one place, the one that says more."""
    return theirs.component if theirs.component.startswith(ours.component + ".") else ours.component


@cache
def _place(component: str) -> str:
    decision = decide(component, {})
    return decision.code[:6] if decision else ""


def _alternatives(opinions: Sequence[_Opinion]) -> list[_Opinion]:
    """What a semiconductor may turn out to be, last and with little confidence."""
    if not opinions or not _place(opinions[0].component).startswith(_SEMICONDUCTORS):
        return []
    return [replace(opinions[0], component=component, grade="doubt") for component in _ALTERNATIVES]


def _once(opinions: Sequence[_Opinion]) -> list[_Opinion]:
    """Each component once, as first proposed."""
    first: dict[str, _Opinion] = {}
    for opinion in opinions:
        first.setdefault(opinion.component, opinion)
    return list(first.values())


def _candidate(part: PartNumberInput, opinion: _Opinion, attributes: Sequence[Evidence]) -> Candidate | None:
    decision = decide(opinion.component, _with_kind(opinion.component, attributes), part.on)
    if decision is None:
        return None
    return Candidate(
        code=decision.code,
        confidence=_measured(decision.code, _confidence(opinion.grade)),
        origin=opinion.origin,
        path=path(decision.code),
        decision=decision.branches,
        evidence=(*opinion.evidence, *_used(decision, attributes)),
        question=decision.question,
    )


def _measured(code: str, confidence: float) -> float:
    """No more than the cap where no measurement stands behind the confidence."""
    return confidence if code.startswith(_MEASURED) else min(confidence, _UNMEASURED_CAP)


def _with_kind(component: str, attributes: Sequence[Evidence]) -> Mapping[str, str]:
    """The attributes, with the kind that the component itself is."""
    known = {evidence.attribute: evidence.value for evidence in attributes}
    kinds = {"diode.zener": "zener", "transistor.bjt": "bjt", "transistor.mosfet": "mosfet"}
    if component in kinds:
        known.setdefault("kind", kinds[component])
    return known


def _used(decision: Decision, attributes: Sequence[Evidence]) -> Sequence[Evidence]:
    """The evidence on which branches turned; without branches, none."""
    return attributes if len(decision.branches) > 1 else ()


@cache
def _confidences() -> dict[str, float]:
    return {grade: float(confidence) for grade, confidence in rows("confidences", 2)}


def _confidence(grade: str) -> float:
    return _confidences()[grade]


def _remembered(
    part: PartNumberInput, memory: Memory | None, candidates: Sequence[Candidate | None]
) -> Sequence[Candidate | None]:
    """What the workspace confirmed, before or after the other sources by how near the remembered number is."""
    keys = memory_keys(part.partnumber)
    confirmed = [entry for entry in memory.recall(keys) if _speaks_for(entry, part)] if memory else []
    if not confirmed:
        return candidates
    key = _shared_key(keys, confirmed[0])
    weights: dict[str, float] = {}
    for confirmation in confirmed:
        weights[confirmation.ncm] = weights.get(confirmation.ncm, 0.0) + confirmation.weight
    ranked = sorted(weights, key=lambda code: -weights[code])[:_MOST_RECALLED]
    recalled = [_recalled(code, key, confirmed, weights) for code in ranked]
    best = candidates[0] if candidates else None
    if best and best.confidence > recalled[0].confidence:
        return [best, *recalled, *candidates[1:]]
    return [*recalled, *candidates]


def _learned(part: PartNumberInput, model: LearnedModel | None) -> list[Candidate]:
    """What the model proposes: it has seen no table, so that nothing of it goes on without a person's review."""
    return [
        Candidate(
            code=code,
            confidence=min(confidence, _LEARNED_CAP),
            origin=Origin.MODEL,
            path=path(code),
            decision=(Branch(code, _LEARNED, "RGI 1 e 6"),),
        )
        for code, confidence in (model.rank(part.partnumber, part.description) if model else ())
        if path(code) and is_in_force(code, part.on)
    ]


def _speaks_for(confirmation: Confirmation, part: PartNumberInput) -> bool:
    """Not a code that is no longer in force, nor another maker's part."""
    makers = {fold(maker).strip() for maker in (confirmation.manufacturer, part.manufacturer) if maker.strip()}
    return len(makers) < 2 and is_in_force(confirmation.ncm, part.on)


def _shared_key(keys: Sequence[str], confirmation: Confirmation) -> str:
    theirs = set(memory_keys(confirmation.partnumber))
    return next((key for key in keys if key in theirs), keys[-1])


def _grade_of_key(key: str, count: int) -> str:
    """How near the remembered number is: itself, its model, or only the letters it begins with."""
    if key.startswith("="):
        return "memory number"
    nearness = "model" if any(char.isdigit() for char in key) else "letters"
    return f"memory {nearness} {'3' if count >= 3 else '1'}"


def _recalled(code: str, key: str, confirmed: Sequence[Confirmation], weights: Mapping[str, float]) -> Candidate:
    """A confirmed code, whole for the same number only: the leaf of a series' other parts is not this one's."""
    is_same_number = key.startswith("=")
    shown = code if is_same_number else code[:6]
    because = Text(
        "O mesmo número já foi confirmado" if is_same_number else "Números da mesma série já foram confirmados",
        "The same number was confirmed before" if is_same_number else "Numbers of the same series were confirmed",
    )
    return Candidate(
        code=shown,
        confidence=_confidence(_grade_of_key(key, len(confirmed))) * weights[code] / sum(weights.values()),
        origin=Origin.MEMORY,
        path=path(shown),
        decision=(Branch(shown, because, "RGI 1 e 6"),),
        precedents=tuple(
            Precedent(entry.partnumber, entry.ncm, entry.confirmed_at, entry.reference)
            for entry in confirmed
            if entry.ncm == code
        )[:_MOST_PRECEDENTS],
    )


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each code once; a code that another one only deepens is the deeper; what is left shares what the best leaves."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(_is_same(candidate.code, other.code) for other in kept):
            kept.append(candidate)
    rest = 1.0
    shared: list[Candidate] = []
    for candidate in kept:
        confidence = min(candidate.confidence, rest)
        shared.append(replace(candidate, confidence=round(confidence, 4)))
        rest -= confidence
    return shared


def _is_same(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
