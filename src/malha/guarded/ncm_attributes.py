"""The public file of attributes by NCM, a ZIP or its JSON. Runs in the child."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO

import orjson

from malha.guarded.errors import RefusedError

MOST_BYTES = 768 * 1024 * 1024
EARLIEST = date(1900, 1, 1)

# Not `strptime`, which loads a module at its first call.
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_BRAZILIAN = re.compile(r"(?P<day>[0-9]{2})/(?P<month>[0-9]{2})/(?P<year>[0-9]{4})")
_NOT_ENDED = date(9999, 12, 31)


def read_attributes(source: BinaryIO) -> Iterator[Any]:
    """First `{"attributes": how many, "links": how many}`, then `["a", code, definition]` of each attribute.

    Then `["l", ncm, attribute, modality, is required, is multivalued, since, until]` of each link, days as ISO 8601
    has them, `until` null where it has no end. RefusedError for a file that is none of these.
    """
    body = _load(source)
    links = [link for entry in _list(body, "listaNcm") for link in _links(entry)]
    attributes = {str(entry["codigo"]): entry for entry in _list(body, "detalhesAtributos") if entry.get("codigo")}
    known = [link for link in links if link[2] in attributes]
    if not known:
        raise _no_list()
    yield {"attributes": len(attributes), "links": len(known), "without_definition": len(links) - len(known)}
    for code, definition in attributes.items():
        yield ["a", code, definition]
    yield from known


def _load(source: BinaryIO) -> Mapping[str, Any]:
    head = source.read(2)
    source.seek(0)
    data = _unpack(source) if head == b"PK" else source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise _too_large()
    try:
        body = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise RefusedError("damaged", "o arquivo não é JSON", "the file is no JSON") from error
    if not isinstance(body, dict):
        raise _no_list()
    return body


def _unpack(source: BinaryIO) -> bytes:
    """The one JSON file in it, whatever it is called: its name changes every day."""
    try:
        with zipfile.ZipFile(source) as archive:
            found = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".json")]
            if len(found) != 1:
                raise _no_list()
            if found[0].file_size > MOST_BYTES:
                raise _too_large()
            with archive.open(found[0]) as unpacked:
                buffer = io.BytesIO(unpacked.read(MOST_BYTES + 1))
            return buffer.getvalue()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise RefusedError("damaged", "o arquivo ZIP está danificado", "the ZIP file is damaged") from error


def _list(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = body.get(name)
    if not isinstance(value, list):
        raise _no_list()
    return [entry for entry in value if isinstance(entry, dict)]


def _links(entry: Mapping[str, Any]) -> Iterator[list[Any]]:
    ncm = "".join(filter(str.isdigit, str(entry.get("codigoNcm", ""))))
    for link in entry.get("listaAtributos") or ():
        if not ncm or not isinstance(link, dict) or not link.get("codigo"):
            continue
        until = _day(link.get("dataFimVigencia"))
        yield [
            "l",
            ncm,
            str(link["codigo"]),
            str(link.get("modalidade") or ""),
            bool(link.get("obrigatorio")),
            bool(link.get("multivalorado")),
            (_day(link.get("dataInicioVigencia")) or EARLIEST).isoformat(),
            until.isoformat() if until is not None and until != _NOT_ENDED else None,
        ]


def _day(text: Any) -> date | None:
    """A day; None where the file leaves it out or empty: it does both."""
    if not text:
        return None
    found = _ISO.match(str(text)) or _BRAZILIAN.match(str(text))
    if found is not None:
        try:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            pass  # said below
    raise RefusedError("damaged", f"“{str(text)[:20]}” não é uma data", f"“{str(text)[:20]}” is no date")


def _no_list() -> RefusedError:
    return RefusedError(
        "not-attributes",
        "o arquivo não é a lista de atributos por NCM do Portal Único",
        "the file is not Portal Único's list of attributes by NCM",
    )


def _too_large() -> RefusedError:
    return RefusedError("too-large", "o arquivo é grande demais", "the file is too large")
