"""Words of a PDF with their places, however the page is turned and whatever the file is."""

from __future__ import annotations

from typing import Any

import pytest
from fpdf import FPDF

from malha.guarded import GuardedError, run_guarded
from malha.guarded.pdfs import MOST_PAGES

READER = "malha.guarded.pdfs:read_words"


def words(data: bytes) -> list[dict[str, Any]]:
    return list(run_guarded(READER, data))


def sheet(*texts: tuple[float, float, str], pages: int = 1) -> FPDF:
    pdf = FPDF(unit="pt", format=(400, 300))
    for _ in range(pages):
        pdf.add_page()
        pdf.set_font("Helvetica", size=10)
        for left, top, text in texts:
            pdf.text(left, top, text)
    return pdf


def test_words_have_their_places_from_the_upper_left_corner() -> None:
    [page] = words(bytes(sheet((20, 40, "Peça LM358"), (200, 40, "fim")).output()))
    assert [word[0] for word in page["words"]] == ["Peça", "LM358", "fim"]
    left, top, right, bottom = page["words"][0][1:]
    assert (left, top < 40 < bottom, right < page["words"][1][1]) == (20, True, True)


@pytest.mark.parametrize(("angle", "place"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (270, (0, 1))])
def test_a_turned_page_is_read_as_it_is_seen(angle: int, place: tuple[int, int]) -> None:
    data = bytes(sheet((20, 30, "CANTO")).output())
    turned = data.replace(b"/Type /Page\n", b"/Type /Page\n/Rotate %d\n" % angle, 1)
    assert angle == 0 or turned != data
    [page] = words(turned)
    _, left, top, _, _ = page["words"][0]
    width, height = (400, 300) if angle in {0, 180} else (300, 400)
    assert (round(left / width), round(top / height)) == place


def test_a_page_that_inherits_its_size_is_read_too() -> None:
    [first, second] = words(bytes(sheet((20, 40, "igual"), pages=2).output()))
    assert (first["words"], second["page"]) == (second["words"], 2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "damaged"),
        (b"%PDF-1.7\n" + b"\x00" * 2000, "damaged"),
        (bytes(sheet((1, 20, "x")).output())[:-300], "damaged"),
        (bytes(sheet(pages=1).output()), "no-text"),
        (bytes(sheet(pages=MOST_PAGES + 1).output()), "too-large"),
    ],
)
def test_hostile_and_broken_files_end_in_words(data: bytes, code: str) -> None:
    with pytest.raises(GuardedError) as caught:
        words(data)
    assert caught.value.code == code
    assert caught.value.message_pt
