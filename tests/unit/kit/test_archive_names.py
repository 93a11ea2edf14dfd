"""Names of a ZIP's entries, in whatever encoding they were written."""

from __future__ import annotations

import io
import zipfile

import pytest

from malha.kit.archives import expand

NAMES = [
    "notas março/João & Cia nº 1.xml",
    "NOTAS/SÃO PAULO/CONCEIÇÃO.xml",
    "Estação é ção.xml",
    "às 10 h/coração_põe.xml",
    "plain.xml",
]


def zipped(name: str, encoding: str) -> bytes:
    """An archive whose only entry has this name in this encoding, without the flag that says which one it is."""
    plain = "x" * len(name.encode(encoding))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr(plain, b"<a/>")
    return packed.getvalue().replace(plain.encode(), name.encode(encoding))


@pytest.mark.parametrize("encoding", ["cp850", "cp1252", "utf-8"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_in_the_encoding_that_it_was_written_in(name: str, encoding: str) -> None:
    assert [entry.name for entry in expand(zipped(name, encoding), "a.zip")] == [f"a.zip/{name}"]


def test_a_name_that_says_its_encoding_is_believed() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("Ã§.xml", b"<a/>")
    assert [entry.name for entry in expand(packed.getvalue(), "a.zip")] == ["a.zip/Ã§.xml"]
