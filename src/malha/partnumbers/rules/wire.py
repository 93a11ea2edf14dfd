"""Messages on a `progress-*` channel, as an AI server publishes them, read without trusting them.

Statuses are lower case; upper case, as later servers write it, is understood too. `job_id` may be on every message.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from malha.fiscal.tables import ncm as nomenclature

MOST_MESSAGE_BYTES = 1024 * 1024
MOST_TEXT = 10_000
MOST_STEPS = 1_000_000
_TEXTS = ("description", "nve", "fabricante", "endereco", "pais")
_NCM = re.compile(r"[0-9]{2}(?:[0-9]{2}(?:[0-9]{1,4})?)?")
_EXCEPTION = re.compile(r"[0-9]{2,3}")


class MessageInvalidError(ValueError):
    """The message, or the answer in it, breaks the contract; the text says where."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the AI server says of one part number. `raw` is all of it; `ncm` is None for an honest "unknown"."""

    partnumber: str
    ncm: str | None
    confidence: float | None
    raw: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """A text field of the answer, None where it is absent or empty."""
        return self.raw.get(name) or None


@dataclass(frozen=True, slots=True)
class Message:
    """`status` is `processing`, `partial_result`, `failed` or `done`; `answers` by part number."""

    status: str
    job_id: str | None = None
    current: int | None = None
    total: int | None = None
    text: str | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict[str, Answer])


def read_message(data: bytes, asked: Mapping[str, str], *, job_id: str | None = None) -> Message:
    """Read one message; MessageInvalidError for what breaks the contract, or names another job than `job_id`.

    `asked` maps what was asked for, as an answer would name it (upper case), to the part number. Where only one was
    asked for, its answer need not name it; an answer for any other part number is invalid.
    """
    if len(data) > MOST_MESSAGE_BYTES:
        raise MessageInvalidError(f"longer than {MOST_MESSAGE_BYTES} bytes")
    try:
        body = orjson.loads(data)
    except ValueError as error:
        raise MessageInvalidError("no JSON") from error
    if not isinstance(body, dict) or not isinstance(body.get("status"), str):
        raise MessageInvalidError("no object with a status")
    reader = _READERS.get(body["status"].lower())
    if reader is None:
        raise MessageInvalidError(f"status {body['status'][:40]!r} is none of the contract's")
    message = reader(body, asked)
    if job_id is not None and message.job_id not in {None, job_id}:
        raise MessageInvalidError("job_id is another job's")
    return message


def _processing(body: Mapping[str, Any], _asked: Mapping[str, str]) -> Message:
    progress = body.get("progress")
    if not isinstance(progress, dict):
        raise MessageInvalidError("progress is no object")
    current, total = _step(progress, "current"), _step(progress, "total")
    if current > total:
        raise MessageInvalidError("current is above total")
    return Message("processing", _job_id(body), current, total, _text(progress, "message"))


def _partial(body: Mapping[str, Any], asked: Mapping[str, str]) -> Message:
    answer = read_answer(body.get("single_classification"), asked)
    message = _text(body, "message")
    return Message("partial_result", _job_id(body), text=message, answers={answer.partnumber: answer})


def _failed(body: Mapping[str, Any], _asked: Mapping[str, str]) -> Message:
    error = body.get("error")
    if not isinstance(error, str):
        raise MessageInvalidError("error is no text")
    return Message("failed", _job_id(body), text=error[:MOST_TEXT])


def _done(body: Mapping[str, Any], asked: Mapping[str, str]) -> Message:
    result = body.get("result")
    answers = {} if result is None else _answers(result, asked)
    return Message("done", _job_id(body), answers=answers)


def _answers(result: Any, asked: Mapping[str, str]) -> dict[str, Answer]:
    """A single answer, or an object or list of answers as batches may end with."""
    if isinstance(result, list):
        found = [read_answer(entry, asked) for entry in result]
    elif isinstance(result, dict) and "confidence_score" not in result and result:
        found = [read_answer({"partnumber": code, **_object(entry)}, asked) for code, entry in result.items()]
    else:
        found = [read_answer(result, asked)]
    return {answer.partnumber: answer for answer in found}


_READERS = {"processing": _processing, "partial_result": _partial, "failed": _failed, "done": _done}


def read_answer(value: Any, asked: Mapping[str, str]) -> Answer:
    """Check one classification against the contract and the nomenclature."""
    entry = _object(value)
    if "confidence_score" not in entry:
        raise MessageInvalidError("confidence_score is missing")
    raw = {**entry, "partnumber": _named(entry, asked)}
    for name in _TEXTS:
        raw[name] = _text(entry, name)
    raw["ncm"] = _ncm(entry.get("ncm"))
    raw["exception"] = _exception(entry.get("exception"))
    raw["confidence_score"] = _confidence(entry["confidence_score"])
    if b"\\u0000" in orjson.dumps(raw):
        raise MessageInvalidError("a text with a zero character")
    return Answer(raw["partnumber"], raw["ncm"], raw["confidence_score"], raw)


def _named(entry: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    name = entry.get("partnumber")
    if name is None and len(asked) == 1:
        return next(iter(asked.values()))
    found = asked.get(name.strip().upper()) if isinstance(name, str) else None
    if found is None:
        raise MessageInvalidError("an answer for a part number that was not asked for")
    return found


def _ncm(value: Any) -> str | None:
    if value is None or value == "":
        return None
    code = value.replace(".", "") if isinstance(value, str) else ""
    if not _NCM.fullmatch(code):
        raise MessageInvalidError("ncm has not 2, 4 to 8 digits")
    if not _exists(code):
        raise MessageInvalidError(f"ncm {code} is not in the nomenclature")
    return code


def _exists(code: str) -> bool:
    return nomenclature.is_known(code) if len(code) == 8 else nomenclature.is_level(code)


def _exception(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _EXCEPTION.fullmatch(value):
        raise MessageInvalidError("exception is no number of two or three digits")
    return value


def _confidence(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MessageInvalidError("confidence_score is no number")
    if not 0 <= value <= 1:
        raise MessageInvalidError("confidence_score is not between 0 and 1")
    return float(value)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MessageInvalidError("a classification is no object")
    return value


def _step(progress: Mapping[str, Any], name: str) -> int:
    value = progress.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_STEPS:
        raise MessageInvalidError(f"progress.{name} is no count")
    return value


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise MessageInvalidError(f"{name} is no text of at most {MOST_TEXT} characters")
    return value


def _job_id(body: Mapping[str, Any]) -> str | None:
    value = body.get("job_id")
    return value[:200] if isinstance(value, str) else None
