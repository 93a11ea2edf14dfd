"""What a task publishes on the contract's Redis channels, for those who listen beside the sockets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

RESULTS = "task_results"
PROGRESS = "task_progress"
BATCH_DONE = "batch_task_done"
DONE_MESSAGE = "Classificação concluída."


def result_message(partnumber: str, result: Mapping[str, Any], room_id: str) -> dict[str, Any]:
    """The end of a single part number, on `task_results`."""
    told = {"status": "done", "message": DONE_MESSAGE, "partnumber": partnumber, "result": dict(result)}
    return {**told, "room_id": room_id}


def batch_message(
    partnumbers: Sequence[str], results: Mapping[str, Mapping[str, Any]], room_id: str, task_id: str
) -> dict[str, Any]:
    """The end of a batch, on `batch_task_done`."""
    told = {"status": "done", "message": DONE_MESSAGE, "result": dict(results), "partnumbers": list(partnumbers)}
    return {**told, "room_id": room_id, "task_id": task_id}


def progress_message(task_id: str, current: int | None, total: int | None, message: str | None) -> dict[str, Any]:
    """A copy of progress, on `task_progress`."""
    return {
        "status": "processing",
        "task_id": task_id,
        "progress": {"current": current or 0, "total": total or 0, "message": message or ""},
    }
