"""What sources that can be wrong are worth: as much as they agree with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

HEARSAY = 0.5
"""The most that something counts that no person of the workspace confirmed."""
LEAST_SHARE = 0.5
"""A code that fewer of the same goods have than this is taken for an error."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Goods that somebody gave a code. `is_confirmed` when that was a person who decided on it."""

    number: str
    description: str
    ncm: str
    is_confirmed: bool = False
    weight: float = 1.0

    @property
    def goods(self) -> str:
        """The same for the same goods, however they are spaced and written."""
        return " ".join(f"{self.number} {self.description}".upper().split())


def weigh(observations: Iterable[Observation]) -> list[Observation]:
    """Each goods' codes once, weighted.

    A confirmation counts whole, and silences what others say of the same goods. Of the others a code counts by the
    share of the observations that have its six digits, and nothing when that is less than half.
    """
    of_goods: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        if observation.goods and len(observation.ncm) >= 6:
            of_goods[observation.goods].append(replace(observation, ncm=observation.ncm[:6]))
    return [weighed for group in of_goods.values() for weighed in _weigh_one(group)]


def _weigh_one(group: list[Observation]) -> list[Observation]:
    confirmed = [observation for observation in group if observation.is_confirmed]
    said: dict[str, list[Observation]] = defaultdict(list)
    for observation in confirmed or group:
        said[observation.ncm].append(observation)
    total = sum(map(len, said.values()))
    kept: list[Observation] = []
    for same in said.values():
        share = len(same) / total
        if share >= LEAST_SHARE:
            kept.append(replace(same[0], weight=share * (1.0 if confirmed else HEARSAY)))
    return kept
