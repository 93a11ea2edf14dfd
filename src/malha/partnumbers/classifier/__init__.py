"""The reference classifier of part numbers: a pure library, without framework, database or network."""

from malha.partnumbers.classifier._classify import ACCEPTED_FROM, classify
from malha.partnumbers.classifier._learned import LearnedModel, ModelInvalidError, load_model, text_of
from malha.partnumbers.classifier._memory import ConfirmedParts, memory_keys
from malha.partnumbers.classifier._types import (
    Branch,
    Candidate,
    Classification,
    Confirmation,
    Evidence,
    Field,
    Level,
    Memory,
    Origin,
    PartNumberInput,
    Precedent,
    Question,
    Text,
)

__all__ = [
    "ACCEPTED_FROM",
    "Branch",
    "Candidate",
    "Classification",
    "Confirmation",
    "ConfirmedParts",
    "Evidence",
    "Field",
    "LearnedModel",
    "Level",
    "Memory",
    "ModelInvalidError",
    "Origin",
    "PartNumberInput",
    "Precedent",
    "Question",
    "Text",
    "classify",
    "load_model",
    "memory_keys",
    "text_of",
]
