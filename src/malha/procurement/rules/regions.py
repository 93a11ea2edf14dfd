"""The five regions of Brazil and their states (IBGE)."""

from __future__ import annotations

from enum import StrEnum


class Region(StrEnum):
    """As IBGE abbreviates them."""

    NORTH = "N"
    NORTHEAST = "NE"
    CENTRE_WEST = "CO"
    SOUTHEAST = "SE"
    SOUTH = "S"


STATES: dict[Region, tuple[str, ...]] = {
    Region.NORTH: ("AC", "AM", "AP", "PA", "RO", "RR", "TO"),
    Region.NORTHEAST: ("AL", "BA", "CE", "MA", "PB", "PE", "PI", "RN", "SE"),
    Region.CENTRE_WEST: ("DF", "GO", "MS", "MT"),
    Region.SOUTHEAST: ("ES", "MG", "RJ", "SP"),
    Region.SOUTH: ("PR", "RS", "SC"),
}
