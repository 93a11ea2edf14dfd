"""Names of a ZIP's entries as whoever packed them wrote them, also where the ZIP does not say in which encoding."""

from __future__ import annotations

import re
import zipfile

_UTF8_FLAG = 0x800
_PORTUGUESE = frozenset("áàâãéêíóôõúüçñÁÀÂÃÉÊÍÓÔÕÚÜÇÑºª°")
_CAPITAL_WITHIN = re.compile(r"[a-zà-ÿ][À-Þ]")
_GUESSES = ("cp850", "cp1252")
"""What Windows' own archiver writes in Brazil, then what programs that write in Windows' encoding do."""


def entry_name(info: zipfile.ZipInfo) -> str:
    """The name, decoded anew where zipfile took it for CP437 for want of better knowledge.

    UTF-8 is recognised by itself; between the others the one decides whose letters are those of Portuguese.
    """
    if info.flag_bits & _UTF8_FLAG or info.filename.isascii():
        return info.filename
    written = info.filename.encode("cp437")
    try:
        return written.decode("utf-8")
    except UnicodeDecodeError:
        return min((written.decode(encoding, "replace") for encoding in _GUESSES), key=_strangeness)


def _strangeness(name: str) -> int:
    strange = sum(not character.isascii() and character not in _PORTUGUESE for character in name)
    return strange + len(_CAPITAL_WITHIN.findall(name))
