"""Use cases of public contracting."""

from malha.procurement.service._children import fill_procurements
from malha.procurement.service._coded_items import list_coded_items
from malha.procurement.service._ingestor import DEAD_SUFFIX, Ingestor
from malha.procurement.service._reading import read_partition
from malha.procurement.service._runs import (
    SYNC_KIND,
    end_run,
    plan_run,
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
    "SYNC_KIND",
    "Ingestor",
    "end_run",
    "fill_procurements",
    "list_coded_items",
    "open_source",
    "plan_run",
    "read_coverage",
    "read_partition",
    "read_run",
    "read_runs",
    "request_sync",
    "take_request",
    "take_scheduled",
]
