"""A multipart form as a stream that is pulled: part after part, block after block, never a whole file.

python-multipart does the parsing. It was chosen by measurement over streaming-form-data, which spends 0.6 ms on the
headers of one part (0.02 ms here) at the same bulk speed, and which cannot tell a complete form from a cut one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from malha.storage.errors import (
    UploadMalformedError,
    UploadNotMultipartError,
    UploadTooLargeError,
)

_CONTROLS = dict.fromkeys([*range(32), 127], "_")
LONGEST_NAME = 255
SYNTAX_BYTES = 1024 * 1024
"""What boundaries, part headers and plain fields may take beside the content."""


@dataclass(frozen=True, slots=True)
class PartHead:
    """The headers of a part. `filename` is None for a plain field; both names are the sender's words, data only."""

    name: str
    filename: str | None
    content_type: str


class FormReader:
    """Reads the parts of one form in their order.

    `next_part` gives the next part's head, `blocks` its content; a part that is left half read is skipped. Raises
    UploadNotMultipartError, UploadMalformedError, and UploadTooLargeError once the body passes `max_bytes` by more
    than the form's own syntax explains.
    """

    def __init__(self, content_type: str, stream: AsyncIterator[bytes], *, max_bytes: int) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise UploadNotMultipartError
        self._stream = stream
        self._max_bytes = max_bytes
        self._received = 0
        self._events: deque[PartHead | bytes | None] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._field = b""
        self._value = b""
        self._is_complete = False
        self._is_inside = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_end": self._on_end,
                },
            )
        except FormParserError as error:
            raise UploadMalformedError from error

    async def next_part(self) -> PartHead | None:
        """The next part's head, or None after the last; whatever is unread of the part before is skipped."""
        while True:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, PartHead):
                    self._is_inside = True
                    return event
            if not await self._pull():
                return None

    async def blocks(self) -> AsyncIterator[bytes]:
        """The current part's content as it arrives, in pieces of no particular size."""
        while self._is_inside:
            while self._events:
                event = self._events.popleft()
                if not isinstance(event, bytes):
                    self._is_inside = False
                    return
                yield event
            if not await self._pull():
                raise UploadMalformedError

    async def drain(self) -> None:
        """Read to the end of the body, checking its syntax and size."""
        while await self._pull():
            self._events.clear()

    async def _pull(self) -> bool:
        """Feed the parser one chunk; False when the body ended where a form ends."""
        chunk = await anext(self._stream, None)
        if chunk is None:
            if not self._is_complete:
                raise UploadMalformedError
            return False
        self._received += len(chunk)
        if self._received > self._max_bytes + SYNTAX_BYTES:
            raise UploadTooLargeError(limit=self._max_bytes)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise UploadMalformedError from error
        return True

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name")
        if disposition != b"form-data" or name is None:
            raise UploadMalformedError
        filename = options.get(b"filename")
        content_type = self._headers.get(b"content-type", b"application/octet-stream")
        head = PartHead(
            _readable(name), None if filename is None else _readable(filename), _readable(content_type).lower()
        )
        self._events.append(head)
        self._headers = {}

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _on_part_end(self) -> None:
        self._events.append(None)

    def _on_end(self) -> None:
        self._is_complete = True


def _readable(raw: bytes) -> str:
    """The bytes as text that can be stored and shown: UTF-8, else Latin-1, without control characters, not endless."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.translate(_CONTROLS)[-LONGEST_NAME:]
