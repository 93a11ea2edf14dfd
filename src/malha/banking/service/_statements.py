"""Statement files as the API shows them."""

from __future__ import annotations

from malha.banking.models import Statement
from malha.banking.rules.remarks import Reason, Remark
from malha.banking.schemas import RemarkRead, StatementRead


def show_statement(statement: Statement, *, language: str) -> StatementRead:
    """With its problem and the reasons of its remarks in the caller's language."""
    remarks = [
        Remark(found["line"], found["text"], Reason(found["reason"]), found["detail"]) for found in statement.remarks
    ]
    shown = [(remark.is_warning, _show(remark, language)) for remark in remarks]
    return StatementRead.model_validate(statement).model_copy(
        update={
            "problem": statement.problem_pt if language == "pt" else statement.problem,
            "skipped": [remark for is_warning, remark in shown if not is_warning],
            "warnings": [remark for is_warning, remark in shown if is_warning],
        }
    )


def _show(remark: Remark, language: str) -> RemarkRead:
    return RemarkRead(line=remark.line, text=remark.text, reason=remark.reason, message=remark.describe(language))
