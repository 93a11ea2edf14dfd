"""Uploaded and produced files: where they are kept, and how they come in."""

from malha.storage.store import Storage
from malha.storage.uploads import NullSink, ReceivedFile, StorageSink, Upload, receive_upload

__all__ = ["NullSink", "ReceivedFile", "Storage", "StorageSink", "Upload", "receive_upload"]
