"""Notes and events for tests, from the generator that the product bundles."""

from malha.simulators.nfe import (
    EventBuilder,
    NoteBuilder,
    cancellation,
    certificate,
    correction,
    manifestation,
    mixed_notes,
    samples,
    tampering,
)

__all__ = [
    "EventBuilder",
    "NoteBuilder",
    "cancellation",
    "certificate",
    "correction",
    "manifestation",
    "mixed_notes",
    "samples",
    "tampering",
]
