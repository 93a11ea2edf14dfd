"""Files and logs of records as rows of our tables."""

from __future__ import annotations

from collections.abc import Sequence

from malha.procurement.rules.records import Record, RecordBrokenError, Row
from malha.procurement.rules.wire import flag, instant, stored, text, whole


def file_rows(kind: str, control_number: str, records: Sequence[Record]) -> list[Row]:
    """The files of a record. Raises RecordBrokenError where two have one sequence, or one has none."""
    rows = [_file_row(kind, control_number, record) for record in records]
    if len({row["sequence"] for row in rows}) != len(rows):
        raise RecordBrokenError(f"two files of {control_number} have one sequence")
    return rows


def _file_row(kind: str, control_number: str, record: Record) -> Row:
    sequence = whole(record, "sequencialDocumento")
    if sequence is None:
        raise RecordBrokenError(f"a file of {control_number} has no sequence")
    return {
        "kind": kind,
        "control_number": control_number,
        "sequence": sequence,
        "title": text(record, "titulo"),
        "document_kind_id": whole(record, "tipoDocumentoId"),
        "document_kind_name": text(record, "tipoDocumentoNome"),
        "url": text(record, "url") or text(record, "uri"),
        "is_active": flag(record, "statusAtivo"),
        "published_at": instant(record, "dataPublicacaoPncp"),
        "raw": stored(record),
    }


def history_rows(kind: str, control_number: str, records: Sequence[Record]) -> list[Row]:
    """The log of a record, in the order in which it came."""
    return [
        {
            "kind": kind,
            "control_number": control_number,
            "place": place,
            "happened_at": instant(record, "logManutencaoDataInclusao"),
            "action_id": whole(record, "tipoLogManutencao"),
            "action_name": text(record, "tipoLogManutencaoNome"),
            "category_id": whole(record, "categoriaLogManutencao"),
            "category_name": text(record, "categoriaLogManutencaoNome"),
            "item_number": whole(record, "itemNumero"),
            "done_by": text(record, "usuarioNome"),
            "reason": text(record, "justificativa"),
            "raw": stored(record),
        }
        for place, record in enumerate(records, start=1)
    ]
