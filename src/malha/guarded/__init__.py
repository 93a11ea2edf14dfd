"""Untrusted files are parsed in a child process that can compute, within limits, and nothing else."""

from malha.guarded.errors import GuardedError, RefusedError
from malha.guarded.limits import Limits
from malha.guarded.pool import run_guarded
from malha.guarded.tables import CSV_READER, SHEET_READER
from malha.guarded.threads import off_loop, stream_off_loop

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
