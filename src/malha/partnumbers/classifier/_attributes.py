"""Attributes that a description or the number itself states, each with the characters that state it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from malha.partnumbers.classifier._recognisers import series_attributes
from malha.partnumbers.classifier._tables import rows
from malha.partnumbers.classifier._types import Evidence, Field, PartNumberInput
from malha.partnumbers.classifier._words import fold, upper

_QUANTITY = re.compile(
    r"(?<![\w.,-])(?P<number>(?!\d{1,3}[.,]\d{3}\D)\d+(?:[.,]\d+)?)\s?(?P<prefix>[mkMuµμ]?)(?P<unit>VDC|VAC|Vrms|V|A|W|Hz)(?![a-z0-9])"
)
"""A number and its unit; ``1.000 V`` is read by nobody: a thousand volts in Portuguese, one in English."""
_SCALE = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "u": 1e-6, "µ": 1e-6, "μ": 1e-6}
_WATTS_BELOW_ONE = re.compile(
    r"^(SOT-?(23|323|363|353|416|523|563|666|883|886)|SC-?(70|75|88|89)|TO-?(92|18|72)|SOT-?54)"
)
_WATTS_ABOVE_ONE = re.compile(
    r"^(TO-?(220|247|3|126|218|225|251|252|262|263|264|268|273)|D2?PAK|DDPAK|DIRECTFET|LFPAK|IPAK|SOT-?(93|82|32|227))"
)
_SIZED = ("capacitor", "resistor", "inductor", "ferrite", "thermistor", "varistor", "led", "fuse")
_DIODE_CURRENT = 3
"""Amperes that divide the leaves of 8541.10 and 8541.30."""
_LOW_VOLTAGE = 60
"""Volts that divide 8536.41 from 8536.49; a coil's lower voltage says nothing of the contacts'."""
_WORDS = (
    ("memory", "flash", re.compile(r"\bflash\b|dataflash")),
    ("memory", "eeprom", re.compile(r"\beeprom\b")),
    ("memory", "eprom", re.compile(r"\be?prom\b")),
    ("memory", "fram", re.compile(r"\bfram\b|ferroelectric")),
    ("memory", "mram", re.compile(r"\bmram\b")),
    ("memory", "dram", re.compile(r"\b(?:s|ps)?dram\b|\bddr\d?\b|\bpsram\b")),
    ("radio", "cellular", re.compile(r"\b(?:gsm|gprs|lte|umts|3g|4g|nb-?iot|celular|cellular)\b")),
    ("radio", "low_rate", re.compile(r"\b(?:bluetooth|ble|zigbee|lora|lorawan|sigfox|802\.15\.4)\b")),
    ("drivers", "yes", re.compile(r"\b(?:hd44780|st7\d{3}|ssd1\d{3}|ks010[78]|controller|controlador)\b")),
    ("kind", "zener", re.compile(r"\bzener\b")),
    ("kind", "chipset", re.compile(r"\bchipset\b")),
    ("kind", "hybrid", re.compile(r"\bhybrid\b|\bhibrido\b")),
    ("kind", "hemt", re.compile(r"\bp?hemt\b|\bhjfet\b")),
    ("load", "radial", re.compile(r"\bdeep groove\b|\brigido de esferas\b|\bradial\b")),
    ("material", "steel", re.compile(r"\b(?:aco|steel|inox|iron|ferro)\b")),
    ("mounting", "unmounted", re.compile(r"\b(?:bare die|unmounted|wafer|nao montad[oa])\b")),
)
_UNITS = {
    "V": "voltage_v",
    "VDC": "voltage_v",
    "VAC": "voltage_v",
    "VRMS": "voltage_v",
    "A": "current_a",
    "W": "power_w",
}


def read_attributes(part: PartNumberInput, component: str | None, start: int = 0) -> list[Evidence]:
    """What is stated, the first statement of each attribute: words before what the series implies.

    The series begins at `start` of the number. A package of both mountings (``DIP-8/SOIC-8``) states neither. Only for
    transistors does a package speak of power.
    """
    found: dict[str, Evidence] = {}
    for evidence in (*_stated(part.description, component or ""), *_implied(part.partnumber, start)):
        found.setdefault(evidence.attribute, evidence)
    if component:
        found |= _inferred(part, component, found)
    return list(found.values())


def _inferred(part: PartNumberInput, component: str, found: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """A transistor's dissipation from its package, and what a relay is at least for from the highest voltage stated."""
    package, voltage = found.get("package"), found.get("voltage_v")
    if component.startswith("transistor") and package and "power_w" not in found:
        power = _power_of(package.value)
        return {"power_w": replace(package, attribute="power_w", value=power)} if power else {}
    highest = max(_values(part.description, "V"))
    if component == "relay" and voltage and highest > _LOW_VOLTAGE:
        return {"relay_voltage_v": replace(voltage, attribute="relay_voltage_v", value=f"{highest:g}")}
    return {}


def _stated(description: str, component: str) -> Iterator[Evidence]:
    if not description:
        return
    yield from _packages(description, Field.DESCRIPTION, is_sized=component.startswith(_SIZED))
    text = fold(description)
    for attribute, value, pattern in _WORDS:
        if match := pattern.search(text):
            yield _evidence(Field.DESCRIPTION, description, match.start(), match.end(), attribute, value)
    for match in _QUANTITY.finditer(description):
        value = float(match["number"].replace(",", ".")) * _SCALE[match["prefix"]]
        unit = match["unit"].upper()
        attribute, shown = (_UNITS[unit], value) if unit in _UNITS else ("frequency_mhz", value / 1e6)
        if attribute != "current_a" or _is_rated_current(description, component):
            yield _evidence(Field.DESCRIPTION, description, match.start(), match.end(), attribute, f"{shown:g}")


def _is_rated_current(description: str, component: str) -> bool:
    """Not of a suppressor, whose current is a pulse; nor where stated currents lie on both sides of the limit."""
    currents = _values(description, "A")
    return component != "diode.tvs" and not (min(currents) <= _DIODE_CURRENT < max(currents))


def _implied(number: str, start: int) -> Iterator[Evidence]:
    yield from _packages(number, Field.PARTNUMBER, is_sized=False)
    for attribute, (value, length) in series_attributes(upper(number)[start:]).items():
        yield _evidence(Field.PARTNUMBER, number, start, start + length, attribute, value)


def _packages(text: str, field: Field, *, is_sized: bool) -> Iterator[Evidence]:
    """The first package, and the mounting if all the packages agree; sizes (``0603``) are packages of passive parts."""
    matches = [match for match in _package_pattern().finditer(upper(text)) if is_sized or not match[0].isdigit()]
    if field is Field.PARTNUMBER:
        matches = [match for match in matches if match.start() > 0 and len(match[0]) > 4]
    if not matches:
        return
    first = matches[0]
    yield _evidence(field, text, first.start(), first.end(), "package", first[0])
    if len({match.lastgroup for match in matches}) == 1:
        yield _evidence(field, text, first.start(), first.end(), "mounting", str(first.lastgroup))


@cache
def _package_pattern() -> re.Pattern[str]:
    """One group for each mounting, whose name is the mounting."""
    groups = (
        f"(?P<{mounting}>{'|'.join(sorted((_package(text) for text in packages.split()), key=len, reverse=True))})"
        for mounting, packages in rows("packages", 2)
    )
    return re.compile(rf"(?<![A-Z0-9])(?:{'|'.join(groups)})(?![A-Z0-9])")


def _package(text: str) -> str:
    """``#`` stands for a pin count with its suffix, or nothing; a letter before the name (``HVQFN``) is usual."""
    return text.replace("#", r"-?\d*[A-Z]?").replace("(", "(?:")


def _power_of(package: str) -> str | None:
    if _WATTS_BELOW_ONE.match(package):
        return "0.9"
    return "1" if _WATTS_ABOVE_ONE.match(package) else None


def _values(description: str, unit: str) -> list[float]:
    """The quantities of units that begin so, zero if there are none."""
    return [
        float(match["number"].replace(",", ".")) * _SCALE[match["prefix"]]
        for match in _QUANTITY.finditer(description)
        if match["unit"].startswith(unit)
    ] or [0.0]


def _evidence(field: Field, text: str, start: int, end: int, attribute: str, value: str) -> Evidence:
    return Evidence(field, start, end, text[start:end], attribute, value)
