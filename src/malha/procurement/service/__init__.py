"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
from malha.procurement.service._details import sweep_details
from malha.procurement.service._ingestor import DEAD_SUFFIX, Ingestor
from malha.procurement.service._planning import plan_run
from malha.procurement.service._reading import read_partition
from malha.procurement.service._runs import (
    SYNC_KIND,
    ask_refill,
    end_run,
    read_runs,
    request_refill,
    request_sync,
    take_daily,
    take_request,
    take_scheduled,
)
from malha.procurement.service._source import open_client, open_source
from malha.procurement.service._status import (
    read_calendar,
    read_coverage,
    read_freshness,
    read_lag,
    read_status,
)
from malha.procurement.service._watching import probe_source, recount_partitions, tidy

__all__ = [
    "DEAD_SUFFIX",
    "SYNC_KIND",
    "Ingestor",
    "ask_refill",
    "end_run",
    "fill_procurements",
    "open_client",
    "open_source",
    "plan_run",
    "probe_source",
    "read_calendar",
    "read_coverage",
    "read_freshness",
    "read_lag",
    "read_partition",
    "read_runs",
    "read_status",
    "recount_partitions",
    "request_refill",
    "request_sync",
    "sweep_details",
    "take_daily",
    "take_request",
    "take_scheduled",
    "tidy",
]
