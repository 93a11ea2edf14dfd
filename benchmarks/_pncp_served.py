"""The simulated PNCP as a process of its own, at the real portal's size and a clock that starts when it is told to."""

from __future__ import annotations

import os

from starlette.applications import Starlette

from malha.simulators.pncp import Calendar, State, World, build_app

app: Starlette = build_app(
    State(
        world=World(int(os.environ["PNCP_SEED"]), float(os.environ["PNCP_SCALE"])),
        calendar=Calendar(os.environ["PNCP_NOW"]),
    )
)
