"""Extensions against first bytes."""

from __future__ import annotations

import pytest

from malha.storage.content import content_fits, extension_of


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("nota.xml", "xml"),
        ("NOTA.XML", "xml"),
        ("a.b.Zip", "zip"),
        ("nota", ""),
        (".xml", ""),
        ("C:\\notas\\nota.xml", "xml"),
        ("../../etc/passwd", ""),
        ("nota.xml/", "xml"),
        ("nota.xml.exe", "exe"),
    ],
)
def test_the_extension_is_the_last_one_in_lower_case(name: str, extension: str) -> None:
    assert extension_of(name) == extension


@pytest.mark.parametrize(
    ("extension", "head"),
    [
        ("xml", b"<?xml version='1.0'?><nfeProc/>"),
        ("xml", b"\xef\xbb\xbf<nfeProc/>"),
        ("xml", "<nfeProc/>".encode("utf-16")),
        ("xml", b""),
        ("xml", b"this is not xml at all"),
        ("csv", "a;b;ação\n".encode("latin-1")),
        ("zip", b"PK\x03\x04rest"),
        ("zip", b"PK\x05\x06" + bytes(18)),
        ("xlsx", b"PK\x03\x04rest"),
        ("pdf", b"%PDF-1.7"),
        ("png", b"\x89PNG\r\n\x1a\n"),
        ("jpg", b"\xff\xd8\xff\xe0"),
        ("p7m", b"\x30\x80anything"),
    ],
)
def test_content_that_can_be_what_the_extension_says_is_accepted(extension: str, head: bytes) -> None:
    assert content_fits(extension, head)


@pytest.mark.parametrize(
    ("extension", "head"),
    [
        ("xml", b"MZ\x90\x00"),
        ("xml", b"\x7fELF\x02"),
        ("xml", b"PK\x03\x04"),
        ("xml", b"%PDF-1.7"),
        ("xml", b"<a>\x00\x00</a>"),
        ("txt", b"#!/bin/sh\n"),
        ("csv", b"\x89PNG\r\n"),
        ("zip", b"<nfeProc/>"),
        ("zip", b""),
        ("pdf", b"MZ"),
        ("png", b"\xff\xd8\xff"),
        ("jpg", b"GIF89a"),
        ("p7m", b"MZ"),
    ],
)
def test_content_of_another_kind_is_refused(extension: str, head: bytes) -> None:
    assert not content_fits(extension, head)
