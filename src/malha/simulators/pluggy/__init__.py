"""A stand-in of Pluggy: keys that expire, cursors, limits, pending entries that change, and a record of every ask."""

from malha.simulators.conduct import Fault, Limit
from malha.simulators.pluggy.app import build_app
from malha.simulators.pluggy.state import Ask, State, event_body

__all__ = ["Ask", "Fault", "Limit", "State", "build_app", "event_body"]
