"""What can be done with notifications, and how another slice has its workspace told of something."""

from malha.notifications.rules.links import Purpose
from malha.notifications.rules.notices import Entry, Letter, Notice
from malha.notifications.service._asking import replay, send_test
from malha.notifications.service._confirming import CONFIRM_TOPIC, check_link, use_link
from malha.notifications.service._delivering import LIVE_EVENT, TEST_TOPIC, deliver, tell_live
from malha.notifications.service._endpoints import (
    create_endpoint,
    delete_endpoint,
    find_endpoint_ids,
    read_endpoint,
    read_endpoints,
    rotate_secret,
    update_endpoint,
)
from malha.notifications.service._failing import DISABLED_TOPIC
from malha.notifications.service._reading import read_deliveries, read_delivery, read_messages, sweep
from malha.notifications.service._sending import DELIVER_KIND, notify

SWEEP_KIND = "notifications.sweep"

__all__ = [
    "CONFIRM_TOPIC",
    "DELIVER_KIND",
    "DISABLED_TOPIC",
    "LIVE_EVENT",
    "SWEEP_KIND",
    "TEST_TOPIC",
    "Entry",
    "Letter",
    "Notice",
    "Purpose",
    "check_link",
    "create_endpoint",
    "delete_endpoint",
    "deliver",
    "find_endpoint_ids",
    "notify",
    "read_deliveries",
    "read_delivery",
    "read_endpoint",
    "read_endpoints",
    "read_messages",
    "replay",
    "rotate_secret",
    "send_test",
    "sweep",
    "tell_live",
    "update_endpoint",
    "use_link",
]
