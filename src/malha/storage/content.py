"""What a file claims to be by its extension, against what its first bytes say."""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath

PROBE_BYTES = 1024
"""How much of a file's beginning the verdict needs."""

_SIGNATURES: dict[str, tuple[bytes, ...]] = {
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "xlsx": (b"PK\x03\x04",),
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
}
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf")
_TEXT = frozenset({"xml", "csv", "txt", "json", "ofx"})
_NOT_TEXT = (
    *_PROGRAMS,
    b"PK\x03\x04",
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes(range(9)) + bytes(range(14, 27))


def extension_of(name: str) -> str:
    """The last extension in lower case without its dot, or an empty string."""
    return PurePosixPath(name.replace("\\", "/")).suffix[1:].lower()


def content_fits(extension: str, head: bytes) -> bool:
    """Whether a file that begins with `head` (at most PROBE_BYTES) can be what its extension says.

    Text formats only have to be text: a broken XML is a finding of the audit, not a refusal. Extensions without a
    signature of their own accept everything but programs.
    """
    signatures = _SIGNATURES.get(extension)
    if signatures:
        return head.startswith(signatures)
    if extension in _TEXT:
        return _is_text(head)
    return not head.startswith(_PROGRAMS)


def _is_text(head: bytes) -> bool:
    if head.startswith(_WIDE_MARKS):
        return True
    return not head.startswith(_NOT_TEXT) and len(head.translate(None, _CONTROLS)) == len(head)
