"""Bytes of a statement as text, whatever its header claims about them."""

from __future__ import annotations

import codecs

from malha.banking.rules._entries import StatementInvalidError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(data: bytes) -> str:
    """UTF-8 where the bytes are that, else Windows-1252: accented text in the one is hardly ever valid in the other.

    Declared encodings are not asked: banks write UTF-8 under `CHARSET:1252` and the reverse.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise StatementInvalidError(f"broken {encoding} text: {error.reason}") from error
    try:
        return data.decode()
    except UnicodeDecodeError:
        # Five bytes mean nothing in Windows-1252; Latin-1 has controls there, which `clean` drops.
        return data.decode("cp1252", errors="replace").replace("�", " ")
