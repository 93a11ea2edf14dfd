"""Documents by their rules alone: lines from words in any order, cells in every form, doubts of a second reader."""

from __future__ import annotations

import random
import tempfile

import pytest

from malha.partnumbers.rules.columns import Field, find_columns, read_ncm
from malha.partnumbers.rules.document_cells import read_labelled, read_ordered, read_slashed
from malha.partnumbers.rules.document_words import lines_of
from malha.partnumbers.rules.documents import Item, Reading, doubt
from malha.partnumbers.service._documents import hear_second


def row(top: float, *cells: tuple[float, str]) -> list[tuple[str, float, float, float, float]]:
    """Words of five points a letter."""
    found: list[tuple[str, float, float, float, float]] = []
    for start, text in cells:
        left = start
        for word in text.split():
            found.append((word, left, top, left + 5 * len(word), top + 10))
            left += 5 * len(word) + 3
    return found


def test_lines_are_the_same_in_whatever_order_the_file_has_its_words() -> None:
    words = [word for top in range(0, 200, 12) for word in row(top, (10, f"linha {top}"), (200, "LM358 x"))]
    expected = [line.text for line in lines_of(1, words)]
    for seed in range(5):
        shuffled = random.Random(seed).sample(words, len(words))  # noqa: S311 - any order will do
        assert [line.text for line in lines_of(1, shuffled)] == expected
    assert expected[1] == "linha 12 LM358 x"
    assert [cell.text for cell in lines_of(1, words)[0].cells()] == ["linha 0", "LM358 x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PN: ABC-1 DESC: Chave liga MFR: C&K Switches ECCN: EAR99 COO: CHINA",
         {"partnumber": "ABC-1", "description": "Chave liga", "manufacturer": "C&K Switches", "country": "CHINA"}),
        ("Mfr Part No: X1Y2 Country of Origin: JP NCM: 8532.24.10", {"partnumber": "X1Y2", "country": "JP",
                                                                  "ncm": "8532.24.10"}),
        ("RES 10K P/N: RC0603", {"description": "RES 10K", "partnumber": "RC0603"}),
        ("Endereço: Rua A", None),
        ("PN: ", None),
    ],
)  # fmt: skip
def test_labels(text: str, expected: dict[str, str] | None) -> None:
    said = read_labelled(text)
    assert (said and {field.value: value for field, value in said.values.items()}) == expected


@pytest.mark.parametrize(
    ("text", "number", "maker"),
    [
        ("595-NE555P / NE555P Texas Instruments Timer / HTS:8542390001 COO:MY", "NE555P", "Texas Instruments"),
        ("81-X / GRM155R71C104KA88D Murata MLCC 0402 / NCM:85322410 ECCN:EAR99 COO:JP", "GRM155R71C104KA88D", "Murata"),
        ("sem barras NCM:85322410", None, None),
        ("a / b c / sem códigos", None, None),
    ],
)
def test_slashes(text: str, number: str | None, maker: str | None) -> None:
    said = read_slashed(text)
    assert (said and said.get(Field.PARTNUMBER), said and said.get(Field.MANUFACTURER)) == (number, maker)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("CAP CER 100NF 50V SMD 0603 GRM188R71H104KA93D", "GRM188R71H104KA93D"),
        ("BC847B TRANSISTOR SOT-23", "BC847B"),
        ("RESISTOR 10K 1% SMD", None),
        ("DIODO SCHOTTKY SMA DO-214 40V 1A", None),
        ("LDO 3.3V SOT223", None),
    ],
)
def test_a_number_is_told_from_words_measures_and_packages(text: str, number: str | None) -> None:
    said = read_ordered(text)
    assert (said and said.get(Field.PARTNUMBER)) == number


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("8532.24.10", "85322410"), (85322410, "85322410"), ("8532240020", "853224"), ("85322411", "853224"),
     ("8532", "8532"), ("9999.99.99", None), ("EAR99", None), ("", None)],
)  # fmt: skip
def test_codes(cell: object, expected: str | None) -> None:
    assert read_ncm(cell) == expected


def test_columns_are_recognised_once_each() -> None:
    titles = ["Item", "Código", "Part Number", "Descrição do produto", "Fabricante", "NCM", "País de Origem"]
    rows = [["1", "100200", "LM358DR", "OpAmp", "TI", "8542.33.11", "CN"]]
    found = find_columns(titles, rows)
    assert {field.value: titles[place] for field, place in found.items()} == {
        "line": "Item",
        "partnumber": "Part Number",
        "description": "Descrição do produto",
        "manufacturer": "Fabricante",
        "ncm": "NCM",
        "country": "País de Origem",
    }


def test_a_second_reader_raises_doubts_and_its_failure_none() -> None:
    reading = Reading(items=[Item("LM358DR", 1, 1), Item("BC847B", 1, 2)])
    assert [item.is_doubted for item in doubt(reading, ["lm358dr,", "BC847C"]).items] == [False, True]
    with tempfile.TemporaryFile() as file:
        file.write(b"BC847B LM358DR")
        heard = hear_second(reading, ["/bin/cat"], file)
        assert not any(item.is_doubted for item in heard.items)
        assert hear_second(reading, ["/bin/false"], file) is reading
