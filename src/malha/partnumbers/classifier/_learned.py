"""A model of character n-grams that was learned elsewhere: read from arrays and JSON, and asked without any library."""

from __future__ import annotations

import json
import math
import sys
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from malha.partnumbers.classifier._words import upper

FORMAT = "malha-ngrams-1"
HEAD, WEIGHTS = "model.json", "model.bin"
MOST_HEAD_BYTES = 64 * 1024 * 1024


class ModelInvalidError(ValueError):
    """The folder holds no model of this format; the text says what is wrong."""


def text_of(number: str, description: str) -> str:
    """What n-grams are taken of: the beginning of the number counts as such."""
    return f"^{upper(number).strip()} {description}".strip()


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """Logistic regression over n-grams. Codes have six digits, or as many as were learned."""

    codes: Sequence[str]
    ngrams: Mapping[str, int]
    idf: Sequence[float]
    weights: array[float]
    """A row of one weight a code for each n-gram."""
    intercepts: Sequence[float]
    longest: int
    temperature: float
    """What held-out series needed to be neither too sure nor too unsure."""
    cap: float
    """The share of right answers among the surest on held-out series: nothing is surer than that."""

    def rank(self, number: str, description: str = "", *, most: int = 3) -> list[tuple[str, float]]:
        """The likeliest codes with their calibrated probabilities; none where no n-gram is known."""
        logits = self.logits(text_of(number, description))
        if logits is None:
            return []
        highest = max(logits)
        shares = [math.exp((logit - highest) / self.temperature) for logit in logits]
        total = sum(shares)
        places = sorted(range(len(shares)), key=lambda place: -shares[place])[:most]
        return [(self.codes[place], min(shares[place] / total, self.cap)) for place in places]

    def save(self, folder: Path) -> None:
        """Write the model; nothing in it is code."""
        folder.mkdir(parents=True, exist_ok=True)
        stored = array("f", self.weights)
        if sys.byteorder == "big":
            stored.byteswap()
        (folder / WEIGHTS).write_bytes(stored.tobytes())
        head = {
            "format": FORMAT,
            "codes": list(self.codes),
            "ngrams": sorted(self.ngrams, key=self.ngrams.__getitem__),
            "idf": list(self.idf),
            "intercepts": list(self.intercepts),
            "longest": self.longest,
            "temperature": self.temperature,
            "cap": self.cap,
        }
        (folder / HEAD).write_text(json.dumps(head), encoding="utf-8")

    def logits(self, text: str) -> list[float] | None:
        """One number for each code, before calibration; None where no n-gram of the text is known."""
        counts = Counter(
            self.ngrams[ngram]
            for size in range(1, self.longest + 1)
            for start in range(len(text) - size + 1)
            if (ngram := text[start : start + size]) in self.ngrams
        )
        if not counts:
            return None
        values = {place: (1 + math.log(count)) * self.idf[place] for place, count in counts.items()}
        length = math.sqrt(sum(value * value for value in values.values()))
        logits, width = list(self.intercepts), len(self.codes)
        for place, value in values.items():
            share = value / length
            row = self.weights[place * width : (place + 1) * width]
            for code, weight in enumerate(row):
                logits[code] += share * weight
        return logits


def load_model(folder: Path) -> LearnedModel:
    """Read a model, believing nothing; ModelInvalidError."""
    try:
        if (folder / HEAD).stat().st_size > MOST_HEAD_BYTES:
            raise ModelInvalidError(f"{HEAD} is longer than {MOST_HEAD_BYTES} bytes")
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        weights = array("f")
        weights.frombytes((folder / WEIGHTS).read_bytes())
    except (OSError, ValueError) as error:
        raise ModelInvalidError(f"{folder}: {error}") from error
    if sys.byteorder == "big":
        weights.byteswap()
    return _checked(head, weights)


def _checked(told: Any, weights: array[float]) -> LearnedModel:
    if not isinstance(told, dict) or cast("dict[str, Any]", told).get("format") != FORMAT:
        raise ModelInvalidError(f"the format is not {FORMAT}")
    head = cast("dict[str, Any]", told)
    try:
        codes = [str(code) for code in head["codes"]]
        ngrams = {str(ngram): place for place, ngram in enumerate(head["ngrams"])}
        idf = [float(value) for value in head["idf"]]
        intercepts = [float(value) for value in head["intercepts"]]
        longest, temperature, cap = int(head["longest"]), float(head["temperature"]), float(head["cap"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelInvalidError(f"{HEAD}: {error!r}") from error
    fits = len(ngrams) == len(idf) and len(intercepts) == len(codes) and len(weights) == len(idf) * len(codes)
    finite = all(map(math.isfinite, (*idf, *intercepts, temperature, cap))) and all(map(math.isfinite, weights))
    if not (fits and finite and codes and temperature > 0 and 0 <= cap <= 1 and 1 <= longest <= 8):
        raise ModelInvalidError("its arrays do not fit each other")
    if not all(code.isascii() and code.isdigit() and 2 <= len(code) <= 8 for code in codes):
        raise ModelInvalidError("a code is no code of the nomenclature")
    return LearnedModel(codes, ngrams, idf, weights, intercepts, longest, temperature, cap)
