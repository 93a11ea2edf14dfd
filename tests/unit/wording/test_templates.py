"""Sentences with gaps."""

from __future__ import annotations

import pytest

from malha.wording import fill, show_size


@pytest.mark.parametrize(
    ("size", "portuguese", "english"),
    [
        (0, "0 bytes", "0 bytes"),
        (1023, "1023 bytes", "1023 bytes"),
        (16 * 1024, "16 kB", "16 kB"),
        (1024 * 1024, "1 MB", "1 MB"),
        (25 * 1024 * 1024, "25 MB", "25 MB"),
        (3 * 512 * 1024, "1,5 MB", "1.5 MB"),
        (100 * 1024**3, "100 GB", "100 GB"),
    ],
)
def test_sizes_read_as_people_say_them(size: int, portuguese: str, english: str) -> None:
    assert (show_size(size, "pt"), show_size(size, "en")) == (portuguese, english)
    assert fill("{limit:size}", "pt", limit=size) == portuguese


def test_numbers_of_things_agree_with_their_noun() -> None:
    assert fill("{n:item/itens}", "pt", n=1) == "1 item"
    assert fill("{n:item/itens}", "pt", n=0) == "0 itens"


def test_everything_else_is_as_in_str_format() -> None:
    assert fill("{name!r} {amount:.2f} {{x}}", "en", name="a", amount=1) == "'a' 1.00 {x}"
    assert fill("{language} {template}", "en", language="l", template="t") == "l t"
