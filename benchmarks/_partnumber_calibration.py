"""The share of right answers of each grade of evidence, which `confidences.txt` holds, on letters set aside for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from _kicad_parts import KnownPart

from malha.partnumbers.classifier import PartNumberInput, classify

_PRIOR_SERIES = 2
"""How many series, of the share of the whole set, each grade starts with: few series prove little."""


def print_confidences(parts: Sequence[KnownPart]) -> None:
    """One line a grade, number alone and with description together: mean of the shares by part and by series."""
    right: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for part in parts:
        for description in {"", part.description}:
            found = classify(PartNumberInput(part.number, description))
            if found.best and found.grade:
                right[found.grade][part.letters].append(found.best.code.startswith(part.code[:6]))
    overall = _share([is_right for series in right.values() for group in series.values() for is_right in group])
    for grade, series in sorted(right.items()):
        by_part = _share([is_right for group in series.values() for is_right in group])
        by_series = sum(_share(group) for group in series.values()) / len(series)
        share = ((by_part + by_series) / 2 * len(series) + overall * _PRIOR_SERIES) / (len(series) + _PRIOR_SERIES)
        count = sum(map(len, series.values()))
        print(f"{grade} ; {share:.3f}   # {count} parts {by_part:.3f}, {len(series)} series {by_series:.3f}")


def _share(group: Sequence[bool]) -> float:
    return sum(group) / len(group)
