"""Notes with one mistake each, as people make them, and the rules of which any one names it."""

from __future__ import annotations

from tests.factories import (
    mistaken_notes_files,
    mistaken_notes_models,
    mistaken_notes_operations,
    mistaken_notes_products,
    mistaken_notes_taxes,
    mistaken_notes_totals,
)

_OF_ONE_NOTE = (
    mistaken_notes_operations,
    mistaken_notes_products,
    mistaken_notes_taxes,
    mistaken_notes_totals,
    mistaken_notes_models,
)
CASES = (*mistaken_notes_files.CASES, *(case for area in _OF_ONE_NOTE for case in area.CASES))
SOUND = tuple(note for area in _OF_ONE_NOTE for note in area.SOUND)
"""The notes in which the mistakes were made, each right in itself."""
