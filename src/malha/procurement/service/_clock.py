"""What time it is for whom PNCP's days begin and end; a simulated portal may have a clock that runs faster."""

from __future__ import annotations

from datetime import datetime

from malha.kit.clock import Clock, utc_now

_clocks: list[Clock] = [utc_now]


def now() -> datetime:
    """The instant by the clock in use."""
    return _clocks[-1]()


def use_clock(clock: Clock) -> None:
    """Have another clock from now on, for a measurement against a simulated portal."""
    _clocks.append(clock)
