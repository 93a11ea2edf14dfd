"""Requests cut into parts and told in a few words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from malha.audits.rules import SECTION_BYTES, human_size, plan_parts, plan_sections, summarize_input
from malha.kit.archives import Section

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


def test_sections_grow_and_hold_every_file_once() -> None:
    sections = plan_sections((number, 10) for number in range(1000))
    assert [section.last - section.first for section in sections] == [20, 40, 80, *[160] * 5, 60]
    assert [section.first for section in sections[1:]] == [section.last for section in sections[:-1]]
    assert all(section.entry == section.number == section.first for section in sections)


def test_a_section_holds_no_more_bytes_than_it_may_unless_one_file_does() -> None:
    sections = plan_sections(enumerate([SECTION_BYTES * 2, SECTION_BYTES // 2, SECTION_BYTES // 2, 1]))
    assert [(section.first, section.last) for section in sections] == [(0, 1), (1, 3), (3, 4)]


def test_a_section_within_a_nested_archive_begins_where_that_begins() -> None:
    sections = plan_sections([(0, 1)] * 2 + [(5, 1)] * 40)
    assert sections == [Section(0, 20, 0, 0), Section(20, 42, 5, 2)]


def test_nothing_has_no_sections() -> None:
    assert plan_sections([]) == []
