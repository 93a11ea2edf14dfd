"""The Socket.IO server: who may connect, which rooms they join, and what they get there.

Client to server, each acknowledged with `{ok: true, ...}` or `{ok: false, error}`:
`join` `{room, last_seq?}` (or `{room_id}`) -> `{ok, room, last_seq}`; `leave` `{room}`; `authenticate` `{token}`.
Server to client: `connected` `{socket_session_id, user_id, workspace_id}`; in a job's room `event`
`{job_id, seq, type, at, data}`; in a workspace's or user's room `activity` `{room, events}` and `resync` `{room}`;
`left` `{room}` when access ended; `expired` before a connection whose token ended is closed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

import socketio
import structlog
from socketio.exceptions import ConnectionRefusedError as Refused
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from malha.errors import MalhaError, ServiceUnavailableError
from malha.identity.errors import NotAuthenticatedError
from malha.identity.rules.principal import Principal
from malha.realtime.activity import Activities
from malha.realtime.follower import Followers
from malha.realtime.handshake import credentials_of, origin_policy, protocol_logger
from malha.realtime.limits import (
    AUTHENTICATED,
    MAX_MESSAGE_BYTES,
    MESSAGE_BURST,
    MESSAGES_PER_SECOND,
    SocketGuard,
    TokenBucket,
)
from malha.realtime.rooms import JobRoom, Rooms
from malha.realtime.senders import RoomSender

MAX_ROOMS = 100
MAX_CONNECTIONS_PER_USER = 64
MAX_WAITING_PACKETS = 32
DRAIN_SECONDS = (0.001, 0.1)
REVALIDATE_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class MessageRefusedError(Exception):
    """What a handler raises to answer `{ok: false, error: code}`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Authenticate(Protocol):
    """Who a bearer token (JWT or API token) stands for, in the named workspace or their default one.

    Raises a MalhaError for a token that is not good, or a workspace that is not theirs.
    """

    async def __call__(self, credential: str, workspace_id: UUID | None = None) -> Principal: ...


class SocketClient:
    """A connection that has proved who it is, and the senders of the rooms that it joined."""

    def __init__(self, sid: str, token: str, workspace_id: UUID | None, principal: Principal) -> None:
        self.sid = sid
        self.token = token
        self.workspace_id = workspace_id
        self.principal = principal
        self.bucket = TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST)
        self.rooms: dict[str, asyncio.Task[None]] = {}

    def leave(self, room: str) -> None:
        """Stop sending a room; no matter if it was not joined."""
        sender = self.rooms.pop(room, None)
        if sender is not None:
            sender.cancel()

    def forget(self, sender: asyncio.Task[None]) -> None:
        """Give back the place of a room whose sender has come to its end."""
        for name in [name for name, running in self.rooms.items() if running is sender]:
            del self.rooms[name]


Ack = dict[str, Any]
SocketHandler = Callable[[SocketClient, Any], Awaitable[Ack]]


class SocketServer:
    """One a process. Every API process listens to the live feed itself, so no manager connects them."""

    def __init__(
        self,
        *,
        rooms: Rooms,
        followers: Followers,
        activities: Activities,
        authenticate: Authenticate,
        origins: Sequence[str] = (),
    ) -> None:
        self._rooms = rooms
        self._followers = followers
        self._activities = activities
        self._authenticate = authenticate
        self._clients: dict[str, SocketClient] = {}
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            async_handlers=False,  # one message of a client at a time: a flood waits in its own connection
            cors_allowed_origins=origin_policy(origins),
            max_http_buffer_size=MAX_MESSAGE_BYTES,
            logger=protocol_logger(),  # pyright: ignore[reportArgumentType] - a logger is documented too
            engineio_logger=protocol_logger(),
        )
        self.app: ASGIApp = SocketGuard(
            socketio.ASGIApp(self.server, socketio_path=None)  # pyright: ignore[reportArgumentType] - documented
        )
        """What is mounted at `/socket.io`."""
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.on("join", self._join)
        self.on("leave", self._leave)
        self.on("authenticate", self._renew)

    def on(self, name: str, handler: SocketHandler) -> None:
        """Serve a client message: limited in rate, from authenticated clients only. The handler's result is the ack."""

        async def handle(sid: str, *arguments: Any) -> Ack:
            client = self._clients.get(sid)
            payload = arguments[0] if arguments else None
            if client is None:
                return _refusal(NotAuthenticatedError.code)
            if not client.bucket.take():
                return _refusal("rate-limited")
            try:
                return await handler(client, payload)
            except (MalhaError, MessageRefusedError) as error:
                return _refusal(error.code)
            except SQLAlchemyError as error:
                _log.warning("realtime.message_failed", message=name, error=str(error))
                return _refusal(ServiceUnavailableError.code)
            except Exception:
                _log.exception("realtime.message_failed", message=name)
                return _refusal(MalhaError.code)

        self.server.on(name, handle)

    async def watch_over(self) -> None:
        """Until cancelled, see again and again that connected clients still may what they were allowed."""
        while True:
            await asyncio.sleep(REVALIDATE_SECONDS)
            for client in list(self._clients.values()):
                try:
                    await self.revalidate(client)
                except SQLAlchemyError as error:
                    _log.warning("realtime.revalidation_failed", error=str(error))

    async def close(self) -> None:
        """Stop every sender and the server's own tasks."""
        for client in list(self._clients.values()):
            for room in list(client.rooms):
                client.leave(room)
        await self.server.shutdown()

    async def revalidate(self, client: SocketClient) -> None:
        """End the connection of a token that ended, and leave rooms that are no longer the client's."""
        try:
            client.principal = await self._authenticate(client.token, client.workspace_id)
        except MalhaError:
            await self.server.emit("expired", to=client.sid)
            await self.server.disconnect(client.sid)
            return
        for name in list(client.rooms):
            if await self._rooms.find(client.principal, name) is None:
                client.leave(name)
                await self.server.emit("left", {"room": name}, to=client.sid)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        token, workspace_id = credentials_of(environ, auth)
        try:
            principal = await self._authenticate(token, workspace_id)
        except MalhaError as error:
            raise Refused(error.code) from error
        except SQLAlchemyError as error:
            _log.warning("realtime.connect_failed", error=str(error))
            raise Refused(ServiceUnavailableError.code) from error
        held = Counter(client.principal.user_id for client in self._clients.values())
        if held[principal.user_id] >= MAX_CONNECTIONS_PER_USER:
            raise Refused("connections-too-many")
        environ["asgi.scope"][AUTHENTICATED] = True
        self._clients[sid] = SocketClient(sid, token, workspace_id, principal)
        greeting = {
            "socket_session_id": sid,
            "user_id": str(principal.user_id),
            "workspace_id": str(principal.workspace_id),
        }
        self.server.start_background_task(self.server.emit, "connected", greeting, to=sid)

    async def _disconnect(self, sid: str, _reason: str) -> None:
        client = self._clients.pop(sid, None)
        if client is not None:
            for room in list(client.rooms):
                client.leave(room)

    async def _join(self, client: SocketClient, payload: Any) -> Ack:
        name = _room_name(payload)
        after = payload.get("last_seq") or 0
        if not isinstance(after, int) or after < 0:
            raise MessageRefusedError("request-invalid")
        if len(client.rooms) >= MAX_ROOMS and name not in client.rooms:
            raise MessageRefusedError("rooms-too-many")
        client.principal = await self._authenticate(client.token, client.workspace_id)
        room = await self._rooms.find(client.principal, name)
        if room is None or client.sid not in self._clients:  # it may have gone while we looked
            raise MessageRefusedError("room-not-found")
        client.leave(name)
        sender = RoomSender(name, self._followers, self._activities, self._emitter(client.sid))
        client.rooms[name] = asyncio.create_task(sender.run(room, after=after), name=f"room {name}")
        client.rooms[name].add_done_callback(_report_failure)
        client.rooms[name].add_done_callback(client.forget)
        return {"ok": True, "room": name, "last_seq": room.last_seq if isinstance(room, JobRoom) else None}

    async def _leave(self, client: SocketClient, payload: Any) -> Ack:
        name = _room_name(payload)
        client.leave(name)
        return {"ok": True, "room": name}

    async def _renew(self, client: SocketClient, payload: Any) -> Ack:
        token = payload.get("token") if isinstance(payload, dict) else None
        if not isinstance(token, str):
            raise MessageRefusedError("request-invalid")
        principal = await self._authenticate(token, client.workspace_id)
        if principal.user_id != client.principal.user_id:
            raise NotAuthenticatedError
        client.token, client.principal = token, principal
        return {"ok": True}

    def _emitter(self, sid: str) -> Callable[[str, Any], Awaitable[None]]:
        async def emit(name: str, payload: Any) -> None:
            await self._wait_until_taken(sid)
            await self.server.emit(name, payload, to=sid)

        return emit

    async def _wait_until_taken(self, sid: str) -> None:
        """Engine.IO queues without a bound, so a client that reads slowly is waited for here.

        One that stops reading is disconnected by the ping timeout, which ends the waiting sender too.
        """
        transport_sid = self.server.manager.eio_sid_from_sid(sid, "/")
        socket = self.server.eio.sockets.get(transport_sid)
        pause = DRAIN_SECONDS[0]
        while socket is not None and socket.queue.qsize() >= MAX_WAITING_PACKETS:
            await asyncio.sleep(pause)
            pause = min(2 * pause, DRAIN_SECONDS[1])


def _room_name(payload: Any) -> str:
    name = payload.get("room", payload.get("room_id")) if isinstance(payload, dict) else None
    if not isinstance(name, str):
        raise MessageRefusedError("request-invalid")
    return name


def _refusal(error: str) -> Ack:
    return {"ok": False, "error": error}


def _report_failure(sender: asyncio.Task[None]) -> None:
    if not sender.cancelled() and (error := sender.exception()) is not None:
        _log.error("realtime.room_failed", room=sender.get_name(), exc_info=error)
