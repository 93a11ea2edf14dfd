"""What simple methods reach on the same split: the majority, the nearest neighbour, character n-grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from _kicad_parts import KnownPart

Ranked = tuple[list[str], float]
"""Codes, best first, and how sure the first is."""


def baselines(known: Sequence[KnownPart], asked: Sequence[KnownPart]) -> Iterator[tuple[str, list[Ranked]]]:
    """Each baseline's name with its answers for the parts that are asked."""
    counts = Counter(part.code for part in known)
    ranked = [code for code, _ in counts.most_common(3)]
    yield "majority", [(ranked, counts[ranked[0]] / len(known))] * len(asked)
    if find_spec("sklearn") is None:
        print("  scikit-learn is not installed: no nearest neighbour, no logistic regression beside")
        return
    for name, described in (("number alone", False), ("with description", True)):
        yield f"nearest neighbour, {name}", _neighbour(known, asked, described=described)
        yield f"character n-grams, {name}", _regression(known, asked, described=described)


def _sklearn(module: str) -> Any:
    """A module of scikit-learn, which is no dependency: only these baselines use it, where it is installed."""
    return import_module(f"sklearn.{module}")


def _text(part: KnownPart, *, described: bool) -> str:
    return f"^{part.number} {part.description}" if described else f"^{part.number}"


def _neighbour(known: Sequence[KnownPart], asked: Sequence[KnownPart], *, described: bool) -> list[Ranked]:
    vectors = _sklearn("feature_extraction.text").TfidfVectorizer(
        analyzer="char", ngram_range=(1, 4), sublinear_tf=True
    )
    index = (
        _sklearn("neighbors")
        .NearestNeighbors(n_neighbors=3, metric="cosine")
        .fit(vectors.fit_transform([_text(part, described=described) for part in known]))
    )
    distances, places = index.kneighbors(vectors.transform([_text(part, described=described) for part in asked]))
    return [
        (list(dict.fromkeys(known[place].code for place in row)), 1 - float(near[0]))
        for row, near in zip(places, distances, strict=True)
    ]


def _regression(known: Sequence[KnownPart], asked: Sequence[KnownPart], *, described: bool) -> list[Ranked]:
    model = _sklearn("pipeline").make_pipeline(
        _sklearn("feature_extraction.text").TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True),
        _sklearn("linear_model").LogisticRegression(C=10, max_iter=300),
    )
    model.fit([_text(part, described=described) for part in known], [part.code for part in known])
    table = model.predict_proba([_text(part, described=described) for part in asked])
    names = list(model.classes_)
    return [
        ([names[place] for place in sorted(range(len(names)), key=lambda place: -row[place])[:3]], float(max(row)))
        for row in table
    ]
