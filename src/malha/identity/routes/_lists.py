"""How the lists of identity are paged."""

from __future__ import annotations

from typing import Annotated

from malha.db.paging import Window
from malha.dependencies import window_of

Listed = Annotated[Window, window_of(50, most=200)]
