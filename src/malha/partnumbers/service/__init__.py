"""Use cases of the part numbers."""

from malha.partnumbers.repository.memory import KnownPart, memory_of
from malha.partnumbers.repository.tasks import TaskFilter
from malha.partnumbers.service._completion import FINISHED, complete_task
from malha.partnumbers.service._decisions import decide, decide_all, decide_series
from malha.partnumbers.service._desk import wake_unheard
from malha.partnumbers.service._documents import read_pdf
from malha.partnumbers.service._export import ClassificationQuery, check_task, export_workbook
from malha.partnumbers.service._learning import learn, observe
from malha.partnumbers.service._presentation import (
    cancel_task,
    delete_task,
    read_ncm,
    read_ncms,
    read_partnumber,
    read_partnumbers,
    read_task,
    read_tasks,
    show_batch,
    show_single,
    states_of,
)
from malha.partnumbers.service._processing import process_items
from malha.partnumbers.service._review import read_review_queue, read_waiting
from malha.partnumbers.service._submission import KIND, NewTask, read_batch, read_single, take_task

__all__ = [
    "FINISHED",
    "KIND",
    "ClassificationQuery",
    "KnownPart",
    "NewTask",
    "TaskFilter",
    "cancel_task",
    "check_task",
    "complete_task",
    "decide",
    "decide_all",
    "decide_series",
    "delete_task",
    "export_workbook",
    "learn",
    "memory_of",
    "observe",
    "process_items",
    "read_batch",
    "read_ncm",
    "read_ncms",
    "read_partnumber",
    "read_partnumbers",
    "read_pdf",
    "read_review_queue",
    "read_single",
    "read_task",
    "read_tasks",
    "read_waiting",
    "show_batch",
    "show_single",
    "states_of",
    "take_task",
    "wake_unheard",
]
