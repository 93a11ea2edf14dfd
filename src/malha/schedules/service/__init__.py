"""What can be done with schedules, and how a slice lets its work be scheduled."""

from malha.schedules.service._registry import ScheduledAction, all_actions, register_action
from malha.schedules.service._schedules import (
    create_schedule,
    delete_schedule,
    preview,
    read_actions,
    read_runs,
    read_schedule,
    read_schedules,
    run_now,
    update_schedule,
)
from malha.schedules.service._ticking import PAUSED_TOPIC, TICK_KIND, tick

__all__ = [
    "PAUSED_TOPIC",
    "TICK_KIND",
    "ScheduledAction",
    "all_actions",
    "create_schedule",
    "delete_schedule",
    "preview",
    "read_actions",
    "read_runs",
    "read_schedule",
    "read_schedules",
    "register_action",
    "run_now",
    "tick",
    "update_schedule",
]
