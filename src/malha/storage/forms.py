"""A multipart form with files: what a route says of it once, to read it and to describe it in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from malha.errors import problem_responses
from malha.settings import UploadSettings
from malha.storage.errors import (
    UploadContentMismatchError,
    UploadEmptyError,
    UploadFileTooLargeError,
    UploadFileUnnamedError,
    UploadMalformedError,
    UploadNotMultipartError,
    UploadTooLargeError,
    UploadTooManyFilesError,
    UploadTypeRefusedError,
)
from malha.storage.sinks import Sink
from malha.storage.uploads import FILES_FIELD, Upload, receive_upload

FORM_REFUSED = problem_responses(
    UploadContentMismatchError,
    UploadEmptyError,
    UploadFileTooLargeError,
    UploadFileUnnamedError,
    UploadMalformedError,
    UploadNotMultipartError,
    UploadTooLargeError,
    UploadTooManyFilesError,
    UploadTypeRefusedError,
)
"""The `responses=` of a route that reads a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`fields` are the JSON schemas of its text fields.

    `extensions` take the place of those in the settings. Without `judges_type` any name and content is taken: the
    slice looks at it.
    """

    file_field: str = FILES_FIELD
    most_files: int | None = None
    description: str | None = None
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    extensions: Sequence[str] | None = None
    judges_type: bool = True

    async def receive(self, request: Request, settings: UploadSettings, sink: Sink) -> Upload:
        """Read the request's form into the sink, as `receive_upload` does."""
        changes = {"max_files": self.most_files, "allowed_extensions": self.extensions}
        limits = settings.model_copy(update={name: value for name, value in changes.items() if value is not None})
        return await receive_upload(
            request, limits=limits, sink=sink, field=self.file_field, judges_type=self.judges_type
        )

    def describe(self) -> dict[str, Any]:
        """The `openapi_extra=` of its route."""
        file: dict[str, Any] = {"type": "string", "format": "binary"}
        files = file if self.most_files == 1 else {"type": "array", "items": file}
        if self.description is not None:
            files["description"] = self.description
        properties = {self.file_field: files, **self.fields}
        schema = {"type": "object", "required": [self.file_field], "properties": properties}
        return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
