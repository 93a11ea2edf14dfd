"""Sockets of the part numbers: rooms named by a task's `room_id`, and the contract's events made from the job's log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from malha.db import Database
from malha.identity.policy import Principal
from malha.partnumbers.models import ClassificationTask
from malha.partnumbers.repository import tasks
from malha.partnumbers.rules.statuses import CANCELLED, UNKNOWN_FAILURE, explain_failure
from malha.realtime import JobRoom, Realtime
from malha.realtime.feed_event import FeedEvent
from malha.realtime.rooms import Emission, Room, parse_id
from malha.realtime.sockets import Ack, SocketClient

UPDATE = "classification_update_status"
FINISHED = "classification_finished"
BATCH_FINISHED = "batch_classification_finished"
MOST_ECHO = 2_000


def serve(realtime: Realtime, database: Database) -> None:
    """Serve the rooms and the contract's small messages."""
    rooms = _TaskRooms(realtime, database)
    realtime.rooms.add("", rooms.find)
    talk = _SmallTalk(realtime)
    realtime.sockets.on("ping_event", talk.answer_ping)
    realtime.sockets.on("message", talk.echo)


class _SmallTalk:
    """What a client sends to see whether anybody is there."""

    def __init__(self, realtime: Realtime) -> None:
        self._server = realtime.sockets.server

    async def answer_ping(self, client: SocketClient, _payload: Any) -> Ack:
        await self._server.emit("pong_event", {"message": "pong"}, to=client.sid)
        return {"ok": True}

    async def echo(self, client: SocketClient, payload: Any) -> Ack:
        await self._server.emit("message", f"Echo: {payload}"[:MOST_ECHO], to=client.sid)
        return {"ok": True}


class _TaskRooms:
    """Finds the room of a task."""

    def __init__(self, realtime: Realtime, database: Database) -> None:
        self._log = realtime.log
        self._database = database

    async def find(self, principal: Principal, name: str) -> Room | None:
        room_id = parse_id(name)
        if room_id is None or not principal.can("partnumbers:read"):
            return None
        async with self._database.read_session() as session:
            task = await tasks.find_room(session, principal, room_id)
        head = task and await self._log.head(task.job_id)
        if task is None or head is None:
            return None
        return JobRoom(task.job_id, head.seq, TaskRenderer(task).render, closes_at_end=True)


class TaskRenderer:
    """One client's view of a task's log. `seq`, on every event, is what the client may join again with.

    Parts of a batch run side by side, so that their progress may come out of order: it never goes back here.
    """

    def __init__(self, task: ClassificationTask) -> None:
        self._is_batch = task.is_batch
        self._total = task.total
        self._names = {"room_id": str(task.room_id), "task_id": str(task.job_id)}
        self._furthest = 0
        self._failure: str | None = None

    def render(self, event: FeedEvent) -> Iterator[Emission]:
        """The contract's event for an entry of the log, if it has one."""
        match event.type:
            case "job.started":
                yield self._progress(event, "Classificação iniciada.")
            case "job.queued":
                self._furthest = 0
            case "job.progress":
                yield from self._tell_progress(event)
            case "partnumbers.finished":
                yield self._finish(event)
            case "job.failed":
                yield self._fail(event, self._failure or UNKNOWN_FAILURE)
            case "job.cancelled":
                yield self._fail(event, CANCELLED)

    def _tell_progress(self, event: FeedEvent) -> Iterator[Emission]:
        failures = event.data.get("failures", [])
        if failures:
            self._failure = explain_failure((failures[-1].get("error") or {}).get("type"))
        if any(failure["state"] == "queued" for failure in failures):
            yield self._progress(event, f"{self._failure} Nova tentativa em breve.")
        elif "part" in event.data:
            self._furthest = max(self._furthest, event.data.get("current", 0))
            yield self._progress(event, event.data.get("message"))

    def _progress(self, event: FeedEvent, message: str | None) -> Emission:
        total = event.data.get("total", self._total) if "part" in event.data else self._total
        told = {"status": "processing", "current": self._furthest, "total": total, "message": message or ""}
        return UPDATE, {**told, **self._names, "seq": event.seq}

    def _fail(self, event: FeedEvent, message: str) -> Emission:
        return UPDATE, {"status": "failed", "message": message, **self._names, "seq": event.seq}

    def _finish(self, event: FeedEvent) -> Emission:
        results, missing = event.data["results"], event.data["missing"]
        told = {"status": "done", "message": "Classificação concluída.", **self._names, "seq": event.seq}
        if not self._is_batch:
            [(partnumber, result)] = results.items()
            return FINISHED, {**told, "partnumber": partnumber, "result": result}
        if missing:
            told["message"] = f"Classificação concluída; {len(missing)} sem resposta."
        told |= {"partnumbers": event.data["partnumbers"], "result": results, "missing": missing}
        return BATCH_FINISHED, told
