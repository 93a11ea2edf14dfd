"""A list as the bytes of a file, made page by page: no more than a page is in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from malha.exports.rules import Format, as_document, as_json, as_text
from malha.exports.service._registry import ExportList, Pages
from malha.exports.service._workbook import write_xlsx
from malha.kit.spreadsheet import BYTE_ORDER_MARK, csv_line, csv_lines

MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.JSONL: "application/jsonl",
}


def write_file(form: Format, export_list: ExportList, pages: Pages) -> AsyncGenerator[bytes, None]:
    """The file's bytes, in pieces. Close the iterator when it is left early."""
    return _WRITERS[form](export_list, pages)


async def write_csv(export_list: ExportList, pages: Pages) -> AsyncGenerator[bytes, None]:
    """A line of headings, then one for each row."""
    kinds, language = [column.kind for column in export_list.columns], export_list.language
    yield (BYTE_ORDER_MARK + csv_line([column.heading for column in export_list.columns])).encode()
    async for page in pages:
        rows = ([as_text(value, kind, language) for value, kind in zip(row, kinds, strict=True)] for row in page)
        yield csv_lines(rows).encode()


async def write_json(export_list: ExportList, pages: Pages) -> AsyncGenerator[bytes, None]:
    """An array with one object a line."""
    separator = b"[\n"
    async for page in pages:
        if page:
            yield separator + b",\n".join(as_json(export_list.columns, row) for row in page)
            separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


async def write_jsonl(export_list: ExportList, pages: Pages) -> AsyncGenerator[bytes, None]:
    """An object a line; of a list of documents the documents themselves."""
    async for page in pages:
        if export_list.is_of_documents:
            yield b"".join(as_document(row[0]) + b"\n" for row in page)
        else:
            yield b"".join(as_json(export_list.columns, row) + b"\n" for row in page)


_WRITERS: dict[Format, Callable[[ExportList, Pages], AsyncGenerator[bytes, None]]] = {
    Format.CSV: write_csv,
    Format.XLSX: write_xlsx,
    Format.JSON: write_json,
    Format.JSONL: write_jsonl,
}
