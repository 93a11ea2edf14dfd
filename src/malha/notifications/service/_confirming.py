"""Letters that ask the owner of an e-mail address to agree, and links that work without a login."""

from __future__ import annotations

from uuid import UUID

from malha.db import ReadSession, Session
from malha.identity.service import Act, system_trail
from malha.kit.ids import new_id
from malha.notifications.errors import LinkInvalidError
from malha.notifications.models import NotificationEndpoint
from malha.notifications.repository import endpoints as repository
from malha.notifications.rules.links import Purpose, read_link, sign_link
from malha.notifications.rules.notices import Entry, Letter, Notice
from malha.notifications.schemas import EndpointState
from malha.notifications.service._sending import send_to
from malha.settings import SecuritySettings, Settings

CONFIRM_TOPIC = "notifications.endpoint.confirmation"
LINKS_PATH = "/api/v1/notifications/links"


async def ask_to_confirm(session: Session, endpoint: NotificationEndpoint) -> None:
    """Write to the address. The link is made when the letter is: a message in the database holds none."""
    notice = Notice(
        topic=CONFIRM_TOPIC,
        key=f"{CONFIRM_TOPIC}/{new_id()}",
        data={"endpoint_id": str(endpoint.id)},
        pt=Letter("Confirme o recebimento de avisos", _ASKED["pt"], (Entry("Receber os avisos"),), _IGNORE["pt"]),
        en=Letter("Confirm that you want notifications", _ASKED["en"], (Entry("Get notifications"),), _IGNORE["en"]),
    )
    await send_to(session, endpoint.workspace_id, notice, [endpoint])


def link_to(settings: Settings, purpose: Purpose, endpoint_id: UUID) -> str:
    """The address of a link; empty where nobody has said how people reach this installation."""
    if not settings.public_url:
        return ""
    token = sign_link(settings.security.secret_key.get_secret_value(), purpose, endpoint_id)
    return f"{settings.public_url.rstrip('/')}{LINKS_PATH}/{purpose.value}/{token}"


async def check_link(session: ReadSession, security: SecuritySettings, purpose: Purpose, token: str) -> UUID:
    """The endpoint of a link; LinkInvalidError."""
    keys = [security.secret_key, *security.former_secret_keys]
    endpoint_id = read_link([key.get_secret_value() for key in keys], purpose, token)
    if endpoint_id is None or await repository.find_endpoint(session, endpoint_id) is None:
        raise LinkInvalidError
    return endpoint_id


async def use_link(session: Session, security: SecuritySettings, purpose: Purpose, token: str) -> EndpointState:
    """Confirm or unsubscribe; the endpoint's state then. Used again it changes nothing. LinkInvalidError."""
    endpoint_id = await check_link(session, security, purpose, token)
    endpoint = await repository.find_endpoint(session, endpoint_id)
    if endpoint is None:
        raise LinkInvalidError
    if purpose is Purpose.UNSUBSCRIBE:
        changed = endpoint.state != EndpointState.DISABLED.value
        endpoint.state, endpoint.note = EndpointState.DISABLED.value, LEFT_NOTE
    else:
        changed = endpoint.state == EndpointState.UNCONFIRMED.value
        endpoint.state = EndpointState.ACTIVE.value if changed else endpoint.state
    if changed:
        state = {"state": endpoint.state, "link": purpose.value}
        act = Act(
            entity_type="notification_endpoint",
            entity_id=endpoint.id,
            action="NOTIFICATION_LINK_USED",
            new_state=state,
        )
        await system_trail(security, endpoint.workspace_id).record(session, act)
    return EndpointState(endpoint.state)


_ASKED = {
    "pt": "Alguém pediu que avisos da Malha sejam enviados a este endereço.",
    "en": "Somebody has asked for notifications of Malha to be sent to this address.",
}
_IGNORE = {
    "pt": "Se não foi você, ignore esta mensagem: nada mais será enviado.",
    "en": "If it was not you, ignore this message: nothing more will be sent.",
}
LEFT_NOTE = "o destinatário pediu para não receber mais avisos / the recipient asked for no more notifications"
