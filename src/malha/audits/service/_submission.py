"""A request for an audit becomes stored files and a job."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from malha.audits.repository.audits import INSERT_AUDIT, audit_values
from malha.audits.rules import plan_parts, summarize_input
from malha.audits.service._options import parse_options
from malha.audits.service._part_file import PartFile
from malha.jobs import Accept, Accepted, NewJob
from malha.kit.clock import utc_now
from malha.storage import Upload
from malha.storage.forms import Form

KIND = "audits.process"
ROUTE = "audits.create"
_RULES = {"type": "array", "items": {"type": "string"}, "description": "Rule ids or prefixes."}
FORM = Form(
    fields={
        "own_cnpj": {
            "type": "array",
            "items": {"type": "string"},
            "description": "CNPJ or CPF of one's own companies, for rules that look at the direction.",
        },
        "only_rule": _RULES,
        "skip_rule": _RULES,
        "tolerance": {"type": "string", "description": "In reais; 0.01 unless given."},
    }
)


async def take_audit(accept: Accept) -> Accepted:
    """Accept files to audit. Raises UploadRefusedError, AuditOptionInvalidError and the errors of idempotency keys."""

    async def plan(job_id: UUID, upload: Upload) -> NewJob:
        options = parse_options(upload.fields, now=utc_now())
        return NewJob(
            kind=KIND,
            input={"options": options},
            parts=_parts(upload),
            companion=INSERT_AUDIT,
            companion_values=audit_values(
                input_summary=summarize_input(upload.files),
                storage_path=str(job_id),
                files=[asdict(file) for file in upload.files],
                options=options,
            ),
        )

    return await accept.form(ROUTE, FORM, plan)


def _parts(upload: Upload) -> list[dict[str, Any]]:
    files = [
        PartFile(no, file.original_name, file.stored_path, file.size, file.sha256)
        for no, file in enumerate(upload.files)
    ]
    return [{"files": [file.as_json() for file in part]} for part in plan_parts(files)]
