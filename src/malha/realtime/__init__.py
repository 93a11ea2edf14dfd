"""Live news of jobs: Socket.IO rooms and Server-Sent Events, both replayed from the event log."""

from malha.realtime.mount import Realtime, mount_realtime
from malha.realtime.rooms import ActivityRoom, JobRoom
from malha.realtime.streams import EventStreams, EventStreamsDep

__all__ = ["ActivityRoom", "EventStreams", "EventStreamsDep", "JobRoom", "Realtime", "mount_realtime"]
