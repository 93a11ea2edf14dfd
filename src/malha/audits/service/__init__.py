"""What can be done with audits."""

from malha.audits.repository.listings import DocumentFilter
from malha.audits.service._completion import complete_audit
from malha.audits.service._export import AUDIT_DOCUMENTS, AUDIT_FINDINGS
from malha.audits.service._filters import choose_findings
from malha.audits.service._part_file import PartFile
from malha.audits.service._presentation import show_new_audit
from malha.audits.service._processing import PartOf, process_part
from malha.audits.service._queries import (
    delete_audit,
    find_report,
    move_audit,
    read_audit,
    read_audits,
    read_documents,
    read_findings,
)
from malha.audits.service._reports import MEDIA_TYPES, ReportWriter
from malha.audits.service._submission import FORM, KIND, take_audit

__all__ = [
    "AUDIT_DOCUMENTS",
    "AUDIT_FINDINGS",
    "FORM",
    "KIND",
    "MEDIA_TYPES",
    "DocumentFilter",
    "PartFile",
    "PartOf",
    "ReportWriter",
    "choose_findings",
    "complete_audit",
    "delete_audit",
    "find_report",
    "move_audit",
    "process_part",
    "read_audit",
    "read_audits",
    "read_documents",
    "read_findings",
    "show_new_audit",
    "take_audit",
]
