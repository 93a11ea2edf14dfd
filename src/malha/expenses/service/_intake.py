"""A form with a file of expenses becomes the batch that it stands for."""

from __future__ import annotations

from decimal import Decimal

from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from malha.errors import preferred_language
from malha.expenses.schemas import Amount
from malha.expenses.service._files import read_expenses
from malha.expenses.service._submission import NewBatch
from malha.guarded import off_loop
from malha.settings import UploadSettings
from malha.storage import TemporarySink, Upload, receive_upload

FILE_FIELD = "file"
_LIMIT = TypeAdapter[Decimal | None](Amount | None)


async def take_file(request: Request, limits: UploadSettings) -> NewBatch:
    """Read the form; its file is limited while it arrives, and kept no longer than it takes to read it.

    Raises UploadRefusedError, ExpenseFileInvalidError, and RequestValidationError for the other fields.
    """
    one_file = limits.model_copy(update={"max_files": 1})
    with TemporarySink() as sink:
        upload = await receive_upload(request, limits=one_file, sink=sink, field=FILE_FIELD, judges_type=False)
        approval_limit = _read_limit(upload)
        name, language = upload.files[0].original_name, preferred_language(request)
        file = await off_loop(read_expenses, sink.file, name, language=language)
    return NewBatch(file.items, approval_limit, file)


def _read_limit(upload: Upload) -> Decimal | None:
    given = upload.fields.get("approval_limit", [""])[-1].strip()
    try:
        return _LIMIT.validate_python(given or None)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**one, "loc": ("body", "approval_limit")} for one in found]) from error
