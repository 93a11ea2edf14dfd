"""Use cases of the part numbers."""

from malha.partnumbers.repository.memory import KnownPart, memory_of
from malha.partnumbers.repository.tasks import TaskFilter
from malha.partnumbers.schemas.tasks import TaskRead as ClassificationTaskRead
from malha.partnumbers.service._attribute_import import ImportReport, import_attributes
from malha.partnumbers.service._catalogue import (
    CatalogueQuery,
    check_catalogue,
    export_json,
    export_table,
    refuse_incomplete,
)
from malha.partnumbers.service._completion import FINISHED, complete_task
from malha.partnumbers.service._decisions import decide, decide_all, decide_series
from malha.partnumbers.service._desk import wake_unheard
from malha.partnumbers.service._documents import read_pdf
from malha.partnumbers.service._export import ClassificationQuery, check_task, export_workbook
from malha.partnumbers.service._forms import read_form, read_soon_required
from malha.partnumbers.service._learning import learn, observe
from malha.partnumbers.service._manufacturers import read_manufacturers, write_manufacturer
from malha.partnumbers.service._precedents import (
    add_precedent,
    change_precedent,
    drop_precedent,
    read_precedent,
    read_precedents,
)
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
from malha.partnumbers.service._products import read_product, read_products, write_product
from malha.partnumbers.service._review import read_review_queue, read_waiting
from malha.partnumbers.service._submission import KIND, NewTask, read_batch, read_single, take_task
from malha.partnumbers.service._uploads import LIST_FORM, PDF_FORM, take_list, take_pdf

__all__ = [
    "FINISHED",
    "KIND",
    "LIST_FORM",
    "PDF_FORM",
    "CatalogueQuery",
    "ClassificationQuery",
    "ClassificationTaskRead",
    "ImportReport",
    "KnownPart",
    "NewTask",
    "TaskFilter",
    "add_precedent",
    "cancel_task",
    "change_precedent",
    "check_catalogue",
    "check_task",
    "complete_task",
    "decide",
    "decide_all",
    "decide_series",
    "delete_task",
    "drop_precedent",
    "export_json",
    "export_table",
    "export_workbook",
    "import_attributes",
    "learn",
    "memory_of",
    "observe",
    "process_items",
    "read_batch",
    "read_form",
    "read_manufacturers",
    "read_ncm",
    "read_ncms",
    "read_partnumber",
    "read_partnumbers",
    "read_pdf",
    "read_precedent",
    "read_precedents",
    "read_product",
    "read_products",
    "read_review_queue",
    "read_single",
    "read_soon_required",
    "read_task",
    "read_tasks",
    "read_waiting",
    "refuse_incomplete",
    "show_batch",
    "show_single",
    "states_of",
    "take_list",
    "take_pdf",
    "take_task",
    "wake_unheard",
    "write_manufacturer",
    "write_product",
]
