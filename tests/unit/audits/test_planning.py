"""Requests cut into parts and told in a few words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from malha.audits.rules import human_size, plan_parts, summarize_input

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class File:
    size: int


@pytest.mark.parametrize(
    ("sizes", "planned"),
    [
        ([10_000], [1]),
        ([10_000] * 20, [20]),
        ([10_000] * 45, [20, 20, 5]),
        ([2 * MEBIBYTE] * 5, [2, 2, 1]),
        ([25 * MEBIBYTE, 10, 10], [1, 2]),
        ([10, 25 * MEBIBYTE, 10], [1, 1, 1]),
    ],
)
def test_small_files_travel_together_and_large_ones_alone(sizes: list[int], planned: list[int]) -> None:
    parts = plan_parts([File(size) for size in sizes])
    assert [len(part) for part in parts] == planned
    assert [file.size for part in parts for file in part] == sizes


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (1023, "1023 B"), (1024, "1,0 KB"), (1_572_864, "1,5 MB"), (5 * 1024**3, "5,0 GB")]
)
def test_sizes_are_told_in_the_largest_unit(size: int, words: str) -> None:
    assert human_size(size) == words


def test_the_summary_counts_files_and_bytes() -> None:
    assert summarize_input([File(1024)]) == "1 arquivo • 1,0 KB"
    assert summarize_input([File(1024)] * 3) == "3 arquivos • 3,0 KB"
