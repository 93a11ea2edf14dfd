"""What Malha holds of a simulated PNCP, to be compared with what it should hold."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import Connection

from malha.simulators.pncp.copies import Copy, held_copy

_HELD: dict[str, LiteralString] = {
    "record": """
        SELECT v.kind, v.control_number, v.raw::text FROM procurement_versions v
        JOIN (SELECT 'procurement' AS kind, control_number, digest FROM procurements
              UNION ALL SELECT 'contract', control_number, digest FROM procurement_contracts
              UNION ALL SELECT 'price_record', control_number, digest FROM procurement_price_records
              UNION ALL SELECT 'collection_instrument', control_number, digest FROM procurement_collection_instruments
              UNION ALL SELECT 'plan', control_number, digest FROM procurement_plans) AS held
          USING (kind, control_number, digest)""",
    "item": "SELECT control_number, number, raw::text FROM procurement_items",
    "result": "SELECT control_number, item_number, raw::text FROM procurement_results",
    "amendment": "SELECT contract_control_number, sequence, raw::text FROM procurement_amendments",
    "file": "SELECT control_number, sequence, raw::text FROM procurement_files WHERE kind = 'procurement'",
    "history": "SELECT control_number, place, raw::text FROM procurement_history WHERE kind = 'procurement'",
}


def read_copy(connection: Connection[Any]) -> Copy:
    """The newest version of each record, and what belongs to it."""
    with connection.cursor(row_factory=lambda _cursor: tuple) as cursor:  # type: ignore[arg-type] - values in their order
        return held_copy({sort: list(cursor.execute(query)) for sort, query in _HELD.items()})
