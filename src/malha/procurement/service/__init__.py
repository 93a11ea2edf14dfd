"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
from malha.procurement.service._details import sweep_details
from malha.procurement.service._ingestor import DEAD_SUFFIX, Ingestor
from malha.procurement.service._marks import (
    MARK_KIND,
    SPREAD_KIND,
    begin_again,
    mark_batch,
    read_marks,
    refresh_spreads,
    request_marking,
)
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
from malha.procurement.service._source import open_source

__all__ = [
    "DEAD_SUFFIX",
    "MARK_KIND",
    "PRICE_MEDIA_TYPES",
    "SPREAD_KIND",
    "SYNC_KIND",
    "Ingestor",
    "begin_again",
    "end_run",
    "fill_procurements",
    "fix_prices",
    "mark_batch",
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
    "refresh_spreads",
    "request_marking",
    "request_sync",
    "sweep_details",
    "take_request",
    "take_scheduled",
    "write_price_file",
]
