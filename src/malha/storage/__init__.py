"""Uploaded and produced files: where they are kept, and how they come in."""

from malha.storage.sinks import NullSink, StorageSink, TemporarySink
from malha.storage.store import Storage
from malha.storage.uploads import ReceivedFile, Upload, receive_upload

__all__ = ["NullSink", "ReceivedFile", "Storage", "StorageSink", "TemporarySink", "Upload", "receive_upload"]
