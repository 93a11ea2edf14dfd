"""Tables of the part numbers: what was asked, the parts that are known, and every classification they ever had."""

from malha.partnumbers.models._classifications import Classification
from malha.partnumbers.models._parts import Manufacturer, PartNumber, WaitingSeries
from malha.partnumbers.models._runs import ClassificationRun
from malha.partnumbers.models._tasks import ClassificationItem, ClassificationTask

__all__ = [
    "Classification",
    "ClassificationItem",
    "ClassificationRun",
    "ClassificationTask",
    "Manufacturer",
    "PartNumber",
    "WaitingSeries",
]
