"""Archives: what is inside, and that hostile ones cost little."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable

import pytest

from malha.kit.archives import ArchiveError, ArchiveLimits, Entry, Section, expand, survey


def archive(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return packed.getvalue()


def errors(entries: list[Entry]) -> list[str | None]:
    return [entry.error.code if entry.error else None for entry in entries]


def test_files_come_with_their_path_and_folders_and_clutter_do_not() -> None:
    data = archive(
        {
            "a.xml": b"<a/>",
            "pasta/": b"",
            "pasta/b.xml": b"<b/>",
            "__MACOSX/a.xml": b"x",
            "._a.xml": b"",
            ".DS_Store": b"",
        }
    )
    assert list(expand(data, "lote.zip")) == [Entry("lote.zip/a.xml", b"<a/>"), Entry("lote.zip/pasta/b.xml", b"<b/>")]


def test_nested_archives_unfold_in_place() -> None:
    inner = archive({"x.xml": b"<x/>"})
    data = archive({"1.xml": b"1", "in.ZIP": inner, "2.xml": b"2"})
    assert [entry.name for entry in expand(data, "l.zip")] == ["l.zip/1.xml", "l.zip/in.ZIP/x.xml", "l.zip/2.xml"]


def test_nesting_past_its_depth_is_told_and_the_rest_goes_on() -> None:
    data = archive({"deep.zip": archive({"deeper.zip": archive({"x.xml": b""})}), "ok.xml": b"<a/>"})
    entries = list(expand(data, "l.zip", ArchiveLimits(max_depth=2)))
    assert errors(entries) == ["too-deep", None]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<a/>", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError) as refusal:
        list(expand(data, "x.zip"))
    assert refusal.value.code == "not-an-archive"


def test_a_nested_file_that_is_no_archive_is_told_alone() -> None:
    assert errors(list(expand(archive({"x.zip": b"nope", "a.xml": b""}), "l.zip"))) == ["not-an-archive", None]


def test_a_password_is_told_for_the_entry() -> None:
    data = bytearray(archive({"a.xml": b"secret"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert errors(list(expand(bytes(data), "l.zip"))) == ["encrypted"]


def test_a_damaged_entry_is_told_and_the_rest_goes_on() -> None:
    data = bytearray(archive({"a.xml": b"first content", "b.xml": b"second"}, method=zipfile.ZIP_STORED))
    data[data.index(b"first")] ^= 0xFF
    assert errors(list(expand(bytes(data), "l.zip"))) == ["damaged", None]


def test_too_many_entries_are_refused_over_all_levels() -> None:
    inner = archive({f"{number}.xml": b"" for number in range(6)})
    data = archive({"a.zip": inner, "b.zip": inner})
    with pytest.raises(ArchiveError) as refusal:
        list(expand(data, "l.zip", ArchiveLimits(max_entries=10)))
    assert refusal.value.code == "too-many-entries"


def test_a_directory_of_very_many_entries_is_refused_before_it_is_read() -> None:
    data = archive({"a.xml": b""}) + b"PK\x01\x02" * 1000
    with pytest.raises(ArchiveError) as refusal:
        list(expand(data, "l.zip", ArchiveLimits(max_entries=100)))
    assert refusal.value.code == "too-many-entries"


def test_a_bomb_is_refused_by_its_ratio_while_it_inflates() -> None:
    data = archive({"a.xml": b" " * 20_000_000})
    with pytest.raises(ArchiveError) as refusal:
        list(expand(data, "l.zip", ArchiveLimits(max_ratio=100)))
    assert refusal.value.code == "ratio"


def test_the_total_counts_every_entry_of_every_level() -> None:
    inner = archive({"x.xml": bytes(range(256)) * 400})
    data = archive({"a.zip": inner, "b.zip": inner, "c.xml": bytes(range(256)) * 400})
    with pytest.raises(ArchiveError) as refusal:
        list(expand(data, "l.zip", ArchiveLimits(max_bytes=250_000)))
    assert refusal.value.code == "too-large"


def test_an_entry_too_large_is_told_and_the_rest_goes_on() -> None:
    data = archive({"a.xml": bytes(range(256)) * 8, "b.xml": b"<b/>"})
    assert errors(list(expand(data, "l.zip", ArchiveLimits(max_entry_bytes=1000)))) == ["entry-too-large", None]


def test_a_size_that_lies_does_not_get_past_the_count() -> None:
    data = bytearray(archive({"a.xml": b"x" * 5000}))
    for at in (22, data.index(b"PK\x01\x02") + 24):
        data[at : at + 4] = struct.pack("<I", 10)
    assert errors(list(expand(bytes(data), "l.zip", ArchiveLimits(max_entry_bytes=1000)))) == ["damaged"]


def test_names_that_climb_stay_text() -> None:
    [entry] = expand(archive({"../../etc/passwd": b"x"}), "l.zip")
    assert entry.name == "l.zip/../../etc/passwd"


def told(entries: Iterable[Entry]) -> list[tuple[str, bytes, str | None]]:
    return [(entry.name, entry.data, entry.error and entry.error.code) for entry in entries]


def test_sections_are_the_archive_cut_in_pieces() -> None:
    inner = archive({**{f"{number}.xml": b"<x/>" for number in range(7)}, "ruim.zip": b"nope"})
    data = archive({"0.xml": b"0", "pasta/": b"", "in.zip": inner, "1.xml": b"1", "z.zip": inner, ".DS_Store": b""})
    whole = list(expand(data, "l.zip"))
    files = list(survey(data, "l.zip"))
    assert len(files) == len(whole) == 18
    begins = [next(number for number, (place, _) in enumerate(files) if place == entry) for entry, _ in files]
    for first in range(len(files)):
        for last in range(first + 1, len(files) + 1):
            section = Section(first, last, files[first][0], begins[first])
            assert list(expand(data, "l.zip", section=section)) == whole[first:last]


def test_a_survey_counts_what_directories_tell_and_inflates_only_archives() -> None:
    data = archive({"a.xml": b"x" * 1000, "in.zip": archive({"b.xml": b"y" * 10})})
    sizes = [size for _, size in survey(data, "l.zip")]
    assert sizes[0] == 1000
    assert sizes[1] >= 10


@pytest.mark.parametrize("limits", [ArchiveLimits(max_ratio=100), ArchiveLimits(max_bytes=10_000_000)])
def test_a_survey_refuses_what_reading_would(limits: ArchiveLimits) -> None:
    data = archive({"ok.xml": b"<a/>", "a.xml": b" " * 20_000_000})
    for walk in (survey, expand):
        walked = walk(data, "l.zip", limits)
        next(walked)
        with pytest.raises(ArchiveError) as refusal:
            list(walked)
        assert refusal.value.code in {"ratio", "too-large"}
