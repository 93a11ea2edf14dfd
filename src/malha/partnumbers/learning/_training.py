"""Logistic regression on character n-grams, calibrated on series that it was not trained on."""

# pyright: basic
# (scikit-learn ships no types.)

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from malha.partnumbers.classifier import LearnedModel, text_of
from malha.partnumbers.learning._agreement import Observation

LONGEST_NGRAM = 4
MOST_WEIGHTS = 6_000_000
LEAST_OF_A_CODE = 3
FOLDS = 5
SUREST_SHARE = 0.2
_LETTERS = re.compile(r"[A-Z]+|\d{1,2}[A-Z]*")
_TEMPERATURES = [step / 10 for step in range(5, 41)]


class LearningUnavailableError(RuntimeError):
    """scikit-learn is not installed."""


class ExamplesTooFewError(ValueError):
    """Fewer than two codes have examples of two series or more."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it reached on series that were held out."""

    model: LearnedModel
    examples: int
    held_out_right: float
    held_out_surest_right: float


def train(observations: Sequence[Observation]) -> Trained:
    """Learn from weighed observations. Raises LearningUnavailableError, ExamplesTooFewError."""
    counts = Counter(observation.ncm for observation in observations)
    used = [observation for observation in observations if counts[observation.ncm] >= LEAST_OF_A_CODE]
    series = [_series_of(observation) for observation in used]
    codes = sorted({observation.ncm for observation in used})
    if len(codes) < 2 or len(set(series)) < FOLDS:
        raise ExamplesTooFewError(f"{len(used)} examples of {len(codes)} codes in {len(set(series))} series")
    held_out = _held_out_logits(used, series, codes)
    temperature = min(_TEMPERATURES, key=lambda value: _surprise(held_out, value))
    sureness = sorted(((*_best(logits, temperature), truth) for logits, truth in held_out), reverse=True)
    surest = sureness[: max(int(len(sureness) * SUREST_SHARE), 1)]
    cap = sum(place == truth for _, place, truth in surest) / len(surest)
    right = sum(place == truth for _, place, truth in sureness) / len(sureness)
    vectors, regression = _fit(used, codes)
    return Trained(_export(vectors, regression, codes, temperature, min(cap, 0.99)), len(used), right, cap)


def _series_of(observation: Observation) -> str:
    """The leading letters of the number, or the first word where there is none."""
    text = observation.number.upper().lstrip("_ ")
    match = _LETTERS.match(text)
    return match[0] if match else observation.description.upper().split(" ", 1)[0]


def _sklearn(module: str) -> Any:
    try:
        return import_module(f"sklearn.{module}")
    except ImportError as error:
        raise LearningUnavailableError("scikit-learn is missing: install malha with the extra `learned`") from error


def _fit(examples: Sequence[Observation], codes: Sequence[str]) -> tuple[Any, Any]:
    vectors = _sklearn("feature_extraction.text").TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, LONGEST_NGRAM),
        sublinear_tf=True,
        lowercase=False,
        max_features=max(MOST_WEIGHTS // len(codes), 1_000),
    )
    table = vectors.fit_transform([text_of(example.number, example.description) for example in examples])
    regression = _sklearn("linear_model").LogisticRegression(C=10, max_iter=300)
    weights = [example.weight for example in examples]
    regression.fit(table, [example.ncm for example in examples], sample_weight=weights)
    return vectors, regression


def _held_out_logits(
    examples: Sequence[Observation], series: Sequence[str], codes: Sequence[str]
) -> list[tuple[list[float], int]]:
    """For each example, what a model says of it that has seen nothing of its series; beside it the truth's place."""
    found: list[tuple[list[float], int]] = []
    folds = _sklearn("model_selection").GroupKFold(min(FOLDS, len(set(series))))
    for known, asked in folds.split(examples, groups=series):
        seen = [examples[place] for place in known]
        if len({example.ncm for example in seen}) < 2:
            continue
        model = _export(*_fit(seen, codes), codes, 1.0, 1.0)
        for place in asked:
            example = examples[place]
            logits = model.logits(text_of(example.number, example.description))
            if logits is not None:
                found.append((logits, codes.index(example.ncm)))
    if not found:
        raise ExamplesTooFewError("no series can be held out")
    return found


def _export(vectors: Any, regression: Any, codes: Sequence[str], temperature: float, cap: float) -> LearnedModel:
    ngrams = {str(ngram): int(place) for ngram, place in vectors.vocabulary_.items()}
    learned = {str(code): place for place, code in enumerate(regression.classes_)}
    coefficients, intercepts = regression.coef_, regression.intercept_
    if len(learned) == 2:  # two codes share one row: for the second, and with the sign turned for the first
        coefficients, intercepts = [-coefficients[0], coefficients[0]], [-intercepts[0], intercepts[0]]
    weights = array("f", bytes(4 * len(ngrams) * len(codes)))
    for place, code in enumerate(codes):
        if code in learned:
            weights[place :: len(codes)] = array("f", [float(value) for value in coefficients[learned[code]]])
    shifts = [float(intercepts[learned[code]]) if code in learned else -30.0 for code in codes]
    idf = [float(value) for value in vectors.idf_]
    return LearnedModel(list(codes), ngrams, idf, weights, shifts, LONGEST_NGRAM, temperature, cap)


def _best(logits: Sequence[float], temperature: float) -> tuple[float, int]:
    highest = max(logits)
    total = sum(math.exp((logit - highest) / temperature) for logit in logits)
    return 1 / total, logits.index(highest)


def _surprise(held_out: Sequence[tuple[Sequence[float], int]], temperature: float) -> float:
    """The mean negative log likelihood."""
    total = 0.0
    for logits, truth in held_out:
        highest = max(logits)
        spread = math.log(sum(math.exp((logit - highest) / temperature) for logit in logits))
        total += spread - (logits[truth] - highest) / temperature
    return total / len(held_out)
