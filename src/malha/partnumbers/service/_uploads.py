"""Documents and lists that are sent become a task. The file is kept no longer than it takes to read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from uuid import UUID

from malha.guarded import GuardedError, off_loop
from malha.identity.policy import Principal
from malha.jobs import Accept, Accepted, NewJob
from malha.partnumbers.errors import DocumentEmptyError, DocumentUnreadableError
from malha.partnumbers.service._documents import read_pdf
from malha.partnumbers.service._lists import read_list
from malha.partnumbers.service._reading import Taken, take_reading
from malha.partnumbers.service._submission import NewTask, plan_task
from malha.storage import TemporarySink, Upload
from malha.storage.forms import Form

PDF_ROUTE = "partnumbers.pdf"
LIST_ROUTE = "partnumbers.list"
MOST_SUPPLIER = 200
_FIELDS = {
    "supplier": {"type": "string", "description": "Who sells; the layout is recognised without it."},
    "reclassify": {"type": "boolean", "default": False},
    "user_id": {"type": "string", "description": "Passed over: the task belongs to whoever sends it."},
}
PDF_FORM = Form(
    file_field="pedido",
    most_files=1,
    extensions=("pdf",),
    description="A purchase order or an invoice as PDF.",
    fields=_FIELDS,
)
LIST_FORM = Form(
    file_field="file",
    most_files=1,
    description="CSV or XLSX with a column of part numbers.",
    fields=_FIELDS,
    judges_type=False,
)

Reader = Callable[[BinaryIO, str, str | None], Taken]


async def take_pdf(accept: Accept, principal: Principal, *, chunk: int) -> Accepted:
    """Accept a purchase order or an invoice.

    Raises UploadRefusedError, DocumentUnreadableError, DocumentEmptyError, and the errors of idempotency keys.
    """
    return await _take(accept, principal, PDF_ROUTE, PDF_FORM, _read_pdf, chunk)


async def take_list(accept: Accept, principal: Principal, *, chunk: int) -> Accepted:
    """The same for a CSV or XLSX list."""
    return await _take(accept, principal, LIST_ROUTE, LIST_FORM, _read_list, chunk)


def _read_pdf(file: BinaryIO, name: str, supplier: str | None) -> Taken:
    return take_reading(read_pdf(file), name, supplier=supplier)


def _read_list(file: BinaryIO, name: str, supplier: str | None) -> Taken:
    return read_list(file, name, supplier=supplier)


async def _take(accept: Accept, principal: Principal, route: str, form: Form, read: Reader, chunk: int) -> Accepted:
    with TemporarySink() as sink:

        async def plan(_job_id: UUID, upload: Upload) -> NewJob:
            name, supplier = upload.files[0].original_name, _field(upload, "supplier")[:MOST_SUPPLIER] or None
            try:
                taken = await off_loop(read, sink.file, name, supplier)
            except GuardedError as error:
                said = [{"loc": [form.file_field], "type": error.code, "msg": error.sentence_pt}]
                raise DocumentUnreadableError(pt=error.message_pt, en=error.message_en, errors=said) from error
            if not taken.items:
                raise DocumentEmptyError(errors=_errors(taken))
            reclassify = _field(upload, "reclassify").lower() in {"true", "1", "on", "yes"}
            return plan_task(
                principal, NewTask(taken.items, is_batch=True, reclassify=reclassify, taken=taken), chunk=chunk
            )

        return await accept.form(route, form, plan, sink=sink)


def _field(upload: Upload, name: str) -> str:
    return upload.fields.get(name, [""])[-1].strip()


def _errors(taken: Taken) -> list[dict[str, object]]:
    return [
        {"loc": ["page", left.page, "line", left.line] if left.page else ["line", left.line], "type": left.reason,
         "msg": left.text}
        for left in taken.document.not_understood
    ]  # fmt: skip
