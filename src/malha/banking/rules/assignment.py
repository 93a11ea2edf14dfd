"""The best assignment of many payments to transactions, all together."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from operator import itemgetter
from uuid import UUID

MOST_EXACT = 50
"""Payments that compete for the same transactions: the exact search grows with their square."""

NO_GAIN = 1 << 60


def assign(weights: Sequence[Mapping[UUID, int]], *, most_exact: int = MOST_EXACT) -> list[UUID | None]:
    """For each row of weights one column or none, each column once, so that the sum of the weights is greatest.

    Successive best augmenting paths: exact, unlike giving each row its own best in turn. Where more than
    `most_exact` rows compete, which are then much alike, as many as possible get a column, the best pairs first.
    """
    result: list[UUID | None] = [None] * len(weights)
    holder: dict[UUID, int] = {}
    for rows in _components(weights):
        if len(rows) <= most_exact:
            for row in rows:
                _augment(row, weights, result, holder)
        else:
            _give_best_first(rows, weights, result, holder)
            _fill(rows, weights, result, holder)
    return result


def _components(weights: Sequence[Mapping[UUID, int]]) -> list[list[int]]:
    """Rows that compete for columns, in groups."""
    by_column: dict[UUID, list[int]] = defaultdict(list)
    for row, columns in enumerate(weights):
        for column in columns:
            by_column[column].append(row)
    seen: set[int] = set()
    groups: list[list[int]] = []
    for start in range(len(weights)):
        if start in seen or not weights[start]:
            continue
        seen.add(start)
        group, waiting = [start], [start]
        while waiting:
            for column in weights[waiting.pop()]:
                for row in by_column.pop(column, ()):
                    if row not in seen:
                        seen.add(row)
                        group.append(row)
                        waiting.append(row)
        groups.append(group)
    return groups


def _augment(
    start: int, weights: Sequence[Mapping[UUID, int]], result: list[UUID | None], holder: dict[UUID, int]
) -> None:
    """Give the new row a place, moving others along the path that gains most; one of them may lose its place."""
    gain: dict[int, int] = {start: 0}  # of freeing the row, so that it looks for a column
    came_from: dict[UUID, int] = {}
    best_of: dict[UUID, int] = {}
    waiting, queued = deque([start]), {start}
    best: tuple[int, int, UUID | None] = (0, start, None)  # gain, last row, its free column (None: left without)
    while waiting:
        row = waiting.popleft()
        queued.discard(row)
        if gain[row] > best[0]:
            best = (gain[row], row, None)
        for column, weight in weights[row].items():
            reached = gain[row] + weight
            if column == result[row] or reached <= best_of.get(column, -NO_GAIN):
                continue
            best_of[column], came_from[column] = reached, row
            owner = holder.get(column)
            if owner is None:
                if reached > best[0]:
                    best = (reached, row, column)
                continue
            freed = reached - weights[owner][column]
            if owner != start and freed > gain.get(owner, -NO_GAIN):
                gain[owner] = freed
                if owner not in queued:
                    queued.add(owner)
                    waiting.append(owner)
    _apply(best[1], best[2], came_from, result, holder)


def _apply(
    row: int,
    column: UUID | None,
    came_from: Mapping[UUID, int],
    result: list[UUID | None],
    holder: dict[UUID, int],
) -> None:
    """Move the rows of a path, from its end to its start."""
    while True:
        previous = result[row]
        result[row] = column
        if column is not None:
            holder[column] = row
        if previous is None:
            return
        column, row = previous, came_from[previous]


def _give_best_first(
    rows: Sequence[int], weights: Sequence[Mapping[UUID, int]], result: list[UUID | None], holder: dict[UUID, int]
) -> None:
    """Go through all pairs from the greatest weight to the least, and take each whose row and column are free."""
    pairs = [(-weight, row, column) for row in rows for column, weight in weights[row].items()]
    pairs.sort(key=itemgetter(0))
    for _, row, column in pairs:
        if result[row] is None and column not in holder:
            result[row], holder[column] = column, row


def _fill(
    rows: Sequence[int], weights: Sequence[Mapping[UUID, int]], result: list[UUID | None], holder: dict[UUID, int]
) -> None:
    """Give rows without a column one by moving others, who keep one, until no more can have one."""
    closed: set[UUID] = set()  # columns from which no free one can be reached, now or later
    for start in rows:
        if result[start] is not None:
            continue
        came_from: dict[UUID, int] = {}
        waiting = deque([start])
        free: UUID | None = None
        while waiting and free is None:
            row = waiting.popleft()
            for column in weights[row]:
                if column in came_from or column in closed:
                    continue
                came_from[column] = row
                owner = holder.get(column)
                if owner is None:
                    free = column
                    break
                waiting.append(owner)
        if free is None:
            closed |= came_from.keys()
        else:
            _apply(came_from[free], free, came_from, result, holder)
