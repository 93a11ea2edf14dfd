"""What the platform says about failures, in Portuguese and in English; a whole answer is in one of the two."""

from malha.wording.statuses import explain_status, title_of
from malha.wording.templates import fill, show_size
from malha.wording.validation import explain_validation

__all__ = ["explain_status", "explain_validation", "fill", "show_size", "title_of"]
