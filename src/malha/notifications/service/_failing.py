"""Endpoints that fail: remembered, and after days switched off with a note."""

from __future__ import annotations

from datetime import datetime

from malha.db import Session
from malha.identity.service import Act, system_trail
from malha.notifications.client.outcomes import Outcome
from malha.notifications.models import NotificationEndpoint
from malha.notifications.repository import endpoints
from malha.notifications.repository.deliveries import Errand
from malha.notifications.rules.notices import Entry, Letter, Notice
from malha.notifications.rules.waits import is_given_up
from malha.notifications.schemas import EndpointState
from malha.notifications.service._sending import notify
from malha.notifications.settings import NotificationSettings
from malha.settings import Settings

DISABLED_TOPIC = "notifications.endpoint.disabled"


async def note_failure(session: Session, settings: Settings, errand: Errand, outcome: Outcome, now: datetime) -> bool:
    """Remember since when an endpoint only fails; True when it is switched off, for that or at its own wish."""
    endpoint = await endpoints.find_endpoint(session, errand.endpoint.id)
    if endpoint is None:
        return True
    if endpoint.failing_since is None:
        endpoint.failing_since = now
    if endpoint.state != EndpointState.ACTIVE.value:
        return False
    after_days = settings.of(NotificationSettings).disable_after_days
    if outcome.is_unwanted:
        note = "o destino respondeu 410 / the endpoint answered 410"
    elif is_given_up(endpoint.failing_since, now, after_days=after_days):
        since = endpoint.failing_since.isoformat(timespec="minutes")
        note = f"só falhas desde / only failures since {since}: {outcome.error}"
    else:
        return False
    endpoint.state, endpoint.note = EndpointState.DISABLED.value, note
    await session.flush()
    act = Act(
        entity_type="notification_endpoint",
        entity_id=endpoint.id,
        action="NOTIFICATION_ENDPOINT_DISABLED",
        new_state={"note": note},
    )
    await system_trail(settings.security, endpoint.workspace_id).record(session, act)
    await notify(session, endpoint.workspace_id, _notice(endpoint, note, now))
    return True


def _notice(endpoint: NotificationEndpoint, note: str, now: datetime) -> Notice:
    """For the endpoints that still work."""
    entries = (Entry(endpoint.name, lines=(endpoint.address, note)),)
    return Notice(
        topic=DISABLED_TOPIC,
        key=f"{DISABLED_TOPIC}/{endpoint.id}/{now.isoformat()}",
        data={"endpoint_id": str(endpoint.id), "name": endpoint.name, "note": note},
        pt=Letter("Um destino de avisos foi desligado", "O destino não recebe mais avisos:", entries),
        en=Letter("A notification endpoint was switched off", "The endpoint gets no more notifications:", entries),
    )
