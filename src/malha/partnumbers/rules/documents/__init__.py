"""Purchase orders and invoices: words with their places become lines, tables and part numbers. Pure."""

from malha.partnumbers.rules.documents.reading import Item, Leftover, Reading, read_document
from malha.partnumbers.rules.documents.words import Line, Word, lines_of

__all__ = ["Item", "Leftover", "Line", "Reading", "Word", "lines_of", "read_document"]
