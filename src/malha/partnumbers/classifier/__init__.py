"""The reference classifier of part numbers: a pure library, without framework, database or network."""

from malha.partnumbers.classifier._types import (
    Branch,
    Candidate,
    Classification,
    Confirmation,
    Duties,
    Evidence,
    Field,
    Level,
    Memory,
    Origin,
    PartNumberInput,
    Precedent,
    Question,
    Text,
    TipiException,
)

__all__ = [
    "Branch",
    "Candidate",
    "Classification",
    "Confirmation",
    "Duties",
    "Evidence",
    "Field",
    "Level",
    "Memory",
    "Origin",
    "PartNumberInput",
    "Precedent",
    "Question",
    "Text",
    "TipiException",
]
