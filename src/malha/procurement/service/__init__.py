"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
from malha.procurement.service._details import sweep_details
from malha.procurement.service._ingestor import DEAD_SUFFIX, Ingestor
from malha.procurement.service._marks import read_marks
from malha.procurement.service._passes import MARK_KIND, SPREAD_KIND, refresh_spreads, request_marking, take_step
from malha.procurement.service._planning import plan_run
from malha.procurement.service._price_files import PRICE_MEDIA_TYPES, write_price_file
from malha.procurement.service._prices import fix_prices, preview_prices, read_reference, read_references
from malha.procurement.service._reading import read_partition
from malha.procurement.service._runs import (
    SYNC_KIND,
    end_run,
    read_coverage,
    read_run,
    read_runs,
    request_sync,
    take_request,
    take_scheduled,
)
from malha.procurement.service._signals import (
    SignalFilter,
    list_rules,
    read_signals,
    read_signals_of,
)
from malha.procurement.service._source import open_source
from malha.procurement.service._tables import SANCTION_LISTS, TableImported, fetch_index, import_index, import_sanctions

__all__ = [
    "DEAD_SUFFIX",
    "MARK_KIND",
    "PRICE_MEDIA_TYPES",
    "SANCTION_LISTS",
    "SPREAD_KIND",
    "SYNC_KIND",
    "Ingestor",
    "SignalFilter",
    "TableImported",
    "end_run",
    "fetch_index",
    "fill_procurements",
    "fix_prices",
    "import_index",
    "import_sanctions",
    "list_rules",
    "open_source",
    "plan_run",
    "preview_prices",
    "read_coverage",
    "read_marks",
    "read_partition",
    "read_reference",
    "read_references",
    "read_run",
    "read_runs",
    "read_signals",
    "read_signals_of",
    "refresh_spreads",
    "request_marking",
    "request_sync",
    "sweep_details",
    "take_request",
    "take_scheduled",
    "take_step",
    "write_price_file",
]
