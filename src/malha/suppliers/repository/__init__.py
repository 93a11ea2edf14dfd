"""Queries of the suppliers, whose tables belong to no workspace."""

from malha.suppliers.repository._kept import (
    claim,
    find_notable,
    find_raw,
    find_rows,
    find_standings,
    release,
    store,
    take_refreshes,
)
from malha.suppliers.repository._open_data import LAYOUTS, OpenDataImport

__all__ = [
    "LAYOUTS",
    "OpenDataImport",
    "claim",
    "find_notable",
    "find_raw",
    "find_rows",
    "find_standings",
    "release",
    "store",
    "take_refreshes",
]
