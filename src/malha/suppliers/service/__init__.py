"""Use cases of the suppliers, and what other slices may use of them."""

from malha.suppliers.service._known import find_known, find_notable, find_standings
from malha.suppliers.service._look_up import (
    REFRESH_KIND,
    estimate_answers,
    look_up,
    refresh,
    request_refresh,
    take_retractions,
)
from malha.suppliers.service._open_data import OpenDataReport, import_open_data
from malha.suppliers.service._profile import read_supplier
from malha.suppliers.service._resolver import ApiResources, Resources
from malha.suppliers.service._result import LookUpResult

__all__ = [
    "REFRESH_KIND",
    "ApiResources",
    "LookUpResult",
    "OpenDataReport",
    "Resources",
    "estimate_answers",
    "find_known",
    "find_notable",
    "find_standings",
    "import_open_data",
    "look_up",
    "read_supplier",
    "refresh",
    "request_refresh",
    "take_retractions",
]
