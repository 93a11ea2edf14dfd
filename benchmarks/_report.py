"""How every benchmark measures and speaks: alternating rounds, medians with their spread, one verdict line."""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """Repeated measurements of one side."""

    name: str
    values: Sequence[float]
    unit: str

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def describe(self) -> str:
        """Median, and the least and the greatest value."""
        low, high = min(self.values), max(self.values)
        return (
            f"  {self.name:<44} {self.median:>12,.3f} {self.unit}   ({low:,.3f} .. {high:,.3f}, n={len(self.values)})"
        )


def alternate(rounds: int, *sides: Callable[[], float]) -> list[list[float]]:
    """Measure the sides in turn, so that a slow minute of the machine hits all of them."""
    measured: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for values, side in zip(measured, sides, strict=True):
            values.append(side())
    return measured


def parse_arguments(description: str, **flags: str) -> argparse.Namespace:
    """`--quick` for a run under a minute, and flags of the benchmark's own with what they mean."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: under 60 s")
    for name, meaning in flags.items():
        parser.add_argument(f"--{name}", action="store_true", help=meaning)
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim: `ratio` against `target`, at the most or at the least."""

    name: str
    ratio: float
    target: float
    at_most: bool

    @property
    def holds(self) -> bool:
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def describe(self) -> str:
        sign = "<=" if self.at_most else ">="
        return f"{self.name}: ratio {self.ratio:.2f}, target {sign} {self.target:g}: {'ok' if self.holds else 'short'}"


def finish(series: Sequence[Series], verdicts: Sequence[Verdict]) -> None:
    """Print both sides and the verdicts, and exit 0 when all hold, 1 otherwise."""
    for entry in series:
        print(entry.describe())
    for verdict in verdicts:
        print(verdict.describe())
    sys.exit(0 if all(verdict.holds for verdict in verdicts) else 1)
