"""A stand-in of the PNCP portal's two hosts: deterministic data of any size, changes over time, faults by odds."""

from malha.simulators.conduct import Limit
from malha.simulators.pncp.app import build_app
from malha.simulators.pncp.control import describe, truth
from malha.simulators.pncp.faults import KINDS as FAULTS
from malha.simulators.pncp.state import BOTH, CONSULTA, PNCP, Calendar, State
from malha.simulators.pncp.world import World

__all__ = [
    "BOTH",
    "CONSULTA",
    "FAULTS",
    "PNCP",
    "Calendar",
    "Limit",
    "State",
    "World",
    "build_app",
    "describe",
    "truth",
]
