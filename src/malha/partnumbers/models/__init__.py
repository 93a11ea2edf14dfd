"""Tables of the part numbers: what was asked, the parts that are known, and every classification they ever had."""

from malha.partnumbers.models._attributes import AttributeImport, NcmAttribute, NcmAttributeLink
from malha.partnumbers.models._classifications import Classification
from malha.partnumbers.models._parts import Manufacturer, PartNumber, WaitingSeries
from malha.partnumbers.models._precedents import ACCENTED, PLAIN, Precedent
from malha.partnumbers.models._products import Product
from malha.partnumbers.models._runs import ClassificationRun
from malha.partnumbers.models._tasks import ClassificationItem, ClassificationTask

__all__ = [
    "ACCENTED",
    "PLAIN",
    "AttributeImport",
    "Classification",
    "ClassificationItem",
    "ClassificationRun",
    "ClassificationTask",
    "Manufacturer",
    "NcmAttribute",
    "NcmAttributeLink",
    "PartNumber",
    "Precedent",
    "Product",
    "WaitingSeries",
]
