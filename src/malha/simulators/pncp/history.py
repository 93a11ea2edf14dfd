"""What each change of a procurement did: itself corrected, an item added or taken away, or results come in."""

from __future__ import annotations

from dataclasses import dataclass, field

from malha.simulators.pncp.dice import Dice
from malha.simulators.pncp.entries import Entry

CORRECTED, ADDED, REMOVED, JUDGED = "corrected", "added", "removed", "judged"
_CHANGES = (CORRECTED, ADDED, REMOVED, JUDGED, JUDGED, JUDGED)
_FULL_PAGES = (10, 10, 10, 50, 50, 100, 500)
_ENDINGS = (1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4)
"""Situations of a procurement that was corrected."""


@dataclass
class Moment:
    """A procurement as it stands: its items' numbers with the instant of their change, and who won."""

    items: dict[int, int]
    own_change: int
    corrections: int = 0
    judged: int | None = None
    """When results came in."""
    situation: int = 1
    log: list[tuple[int, str, int | None]] = field(default_factory=list[tuple[int, str, int | None]])
    """Instant, change, and the item that it was about."""


def stand(seed: int, entry: Entry, now: int) -> Moment:
    """How a procurement stands at an instant."""
    dice = Dice(seed, "history", entry.control)
    first = entry.published
    moment = Moment(dict.fromkeys(range(1, 1 + count_items(dice)), first), first)
    for stamp in entry.stamps[1:]:
        if stamp > now:
            break
        change = dice.pick(_CHANGES)
        item: int | None = None
        if change == ADDED:
            item = max(moment.items, default=0) + 1
            moment.items[item] = stamp
        elif change == REMOVED and len(moment.items) > 1:
            item = list(moment.items)[dice.below(len(moment.items))]
            del moment.items[item]
        elif change == JUDGED:
            moment.judged = stamp
            moment.items = dict.fromkeys(moment.items, stamp)
        else:
            change = CORRECTED
            moment.corrections += 1
            moment.own_change = stamp
            moment.situation = dice.pick(_ENDINGS)
        moment.log.append((stamp, change, item))
    return moment


def count_items(dice: Dice) -> int:
    """Mostly a few, seldom hundreds, at most 500; one in a hundred fills whole pages."""
    kind = dice.below(1000)
    if kind < 10:
        return dice.pick(_FULL_PAGES)
    for share, low, high in ((600, 1, 3), (920, 4, 10), (990, 11, 40), (999, 41, 200)):
        if kind < share:
            return low + dice.below(high - low + 1)
    return 201 + dice.below(300)
