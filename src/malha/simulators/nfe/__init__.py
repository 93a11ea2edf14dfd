"""Generated NF-e, NFC-e and events: signed with a test key, right in their arithmetic, or wrong on purpose."""

from malha.simulators.nfe import tampering
from malha.simulators.nfe.builder import NoteBuilder
from malha.simulators.nfe.certificates import Certificate, certificate
from malha.simulators.nfe.events import EventBuilder, cancellation, correction, manifestation
from malha.simulators.nfe.samples import mixed_notes, samples

__all__ = [
    "Certificate",
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
