"""What can be done with exports, and how a slice has its lists exported."""

from malha.exports.repository import find_export
from malha.exports.rules import Column, Format, Kind
from malha.exports.service._building import build_file, discard_file, show_file
from malha.exports.service._files import MEDIA_TYPES, write_file
from malha.exports.service._queries import (
    delete_export,
    open_file,
    read_export,
    read_exports,
    read_lists,
)
from malha.exports.service._registry import ExportList, Pages, all_lists, register
from malha.exports.service._scheduling import SCHEDULED_EXPORT
from malha.exports.service._submission import KIND, request_export
from malha.exports.service._sweeping import SWEEP_KIND, sweep

__all__ = [
    "KIND",
    "MEDIA_TYPES",
    "SCHEDULED_EXPORT",
    "SWEEP_KIND",
    "Column",
    "ExportList",
    "Format",
    "Kind",
    "Pages",
    "all_lists",
    "build_file",
    "delete_export",
    "discard_file",
    "find_export",
    "open_file",
    "read_export",
    "read_exports",
    "read_lists",
    "register",
    "request_export",
    "show_file",
    "sweep",
    "write_file",
]
