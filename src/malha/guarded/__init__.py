"""Untrusted files are parsed in a child process that can compute, within limits, and nothing else."""

from malha.guarded.errors import GuardedError, RefusedError
from malha.guarded.limits import Limits
from malha.guarded.pool import run_guarded
from malha.guarded.threads import off_loop, stream_off_loop

CSV_READER = "malha.guarded.delimited:read_rows"
"""Yields the rows of a CSV file with a given `delimiter`, each with its line number first."""

SHEET_READER = "malha.guarded.sheets:read_rows"
"""Yields the rows of a spreadsheet, each with its line number first."""

UNSAVED_FORMULA = "formula"
"""What a row's cell `{"error": ...}` says of a formula that has no result in the file."""

__all__ = [
    "CSV_READER",
    "SHEET_READER",
    "UNSAVED_FORMULA",
    "GuardedError",
    "Limits",
    "RefusedError",
    "off_loop",
    "run_guarded",
    "stream_off_loop",
]
