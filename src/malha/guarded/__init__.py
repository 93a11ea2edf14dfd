"""Untrusted files are parsed in a child process, with limits of memory and time that it cannot lift."""

from malha.guarded.errors import GuardedError, RefusedError
from malha.guarded.process import Limits, off_loop, run_guarded

SHEET_READER = "malha.guarded.sheets:read_rows"
"""Yields the rows of a spreadsheet, each with its line number first."""

UNSAVED_FORMULA = "formula"
"""What a row's cell `{"error": ...}` says of a formula that has no result in the file."""

__all__ = ["SHEET_READER", "UNSAVED_FORMULA", "GuardedError", "Limits", "RefusedError", "off_loop", "run_guarded"]
