"""The set of `partnumber_quality`: real component names of Debian's `kicad-symbols`, each with the code of its family.

The package is installed (or unpacked beside) by whoever runs the benchmark; nothing of it is in the repository.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_INSTALLED = Path("/usr/share/kicad/symbols")
_FAMILIES = Path(__file__).with_name("_kicad_families.txt")
_SYMBOL = re.compile(r'\n  \(symbol "')
_SMD = re.compile(r"Package_(SO|TO_SOT_SMD|QFP|DFN_QFN|BGA|SON|CSP|LGA|LCC|DirectFET)|Diode_SMD|LED_SMD|.*:SMDIP")
_PTH = re.compile(r"Package_(DIP|TO_SOT_THT|SIP)|Diode_THT|LED_THT")
_LEAVES = {
    ("854231", "smd"): "85423120", ("854231", "pth"): "85423190", ("854233", "smd"): "85423390",
    ("854233", "pth"): "85423390", ("854239", "smd"): "85423939", ("854239", "pth"): "85423999",
}  # fmt: skip
_WHOLE = {"854149": "85414900", "852691": "85269100", "853120": "85312000", "854370": "85437099"}
_REWRITABLE = ("Memory_EEPROM", "Memory_EPROM", "Memory_Flash")


@dataclass(frozen=True, slots=True)
class KnownPart:
    """A real component with the code that its family has: as many digits as the set decides."""

    library: str
    number: str
    description: str
    code: str
    leaf: str | None
    """Eight digits, where library and footprint decide them."""

    @property
    def letters(self) -> str:
        """The leading letters, by which the set is held out."""
        return leading_letters(self.number)


def leading_letters(number: str) -> str:
    """``LM358`` -> ``LM``, ``74HC00`` -> ``74HC``, ``171050601`` -> ``17``."""
    text = number.upper().lstrip("_")
    match = re.match(r"[A-Z]+|\d{1,2}[A-Z]*", text)
    return match[0] if match else text[:2]


def side_of(letters: str) -> str:
    """Half of the letters were looked at while the recognisers grew, a quarter calibrated them, a quarter judges."""
    draw = int(hashlib.sha256(f"malha:{letters}".encode()).hexdigest(), 16) % 4
    return ("develop", "calibrate", "develop", "judge")[draw]


def known_parts() -> list[KnownPart]:
    """The whole set; ends the program with what to do when the package cannot be had."""
    return list(_parts(_symbols_folder()))


def _symbols_folder() -> Path:
    if _INSTALLED.is_dir():
        return _INSTALLED
    folder = Path(tempfile.gettempdir()) / "malha-kicad-symbols"
    unpacked = folder / _INSTALLED.relative_to("/")
    if not unpacked.is_dir():
        folder.mkdir(exist_ok=True)
        try:
            subprocess.run(["apt-get", "download", "kicad-symbols"], cwd=folder, check=True, capture_output=True)
            package = next(folder.glob("kicad-symbols_*.deb"))
            subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError, StopIteration) as error:
            sys.exit(f"kicad-symbols is not here and could not be fetched ({error}): apt-get install kicad-symbols")
    return unpacked


def _parts(folder: Path) -> Iterator[KnownPart]:
    for file in sorted(folder.glob("*.kicad_sym")):
        for symbol in _SYMBOL.split(file.read_text(encoding="utf-8"))[1:]:
            number, description = symbol[: symbol.index('"')], _property(symbol, "ki_description")
            footprint = _property(symbol, "Footprint")
            if code := _code(file.stem, description, footprint):
                yield KnownPart(file.stem, number, description, code, _leaf(file.stem, code, footprint))


def _property(symbol: str, name: str) -> str:
    match = re.search(rf'\(property "{name}" "((?:[^"\\]|\\.)*)"', symbol)
    return match[1] if match else ""


def _code(library: str, description: str, footprint: str) -> str | None:
    """By the library; three libraries hold two kinds, which a word of the description or the footprint tells apart."""
    if library == "Isolator":
        return "854149" if re.search(r"opto|photo", description, re.IGNORECASE) else "854239"
    if library == "Sensor_Current":
        is_circuit = footprint.startswith(("Package", "Sensor_Current:Allegro"))
        return "854239" if is_circuit else None
    if library in {"Display_Character", "Display_Graphic"}:
        return "8524" if "LCD" in description else "853120" if "egment" in description else None
    if library.startswith("Regulator") and footprint.startswith(("Converter_DCDC", "Module")):
        return "850440"  # the module, not the circuit
    return next((code for code, name in _families() if _is_of(library, name)), None)


def _is_of(library: str, name: str) -> bool:
    return library.startswith(name[:-1]) if name.endswith("*") else library == name


@cache
def _families() -> list[tuple[str, str]]:
    lines = [line.split(" ; ") for line in _FAMILIES.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    return [(code, name) for code, _, libraries in lines for name in libraries.split()]


def _leaf(library: str, code: str, footprint: str) -> str | None:
    mounting = "smd" if _SMD.match(footprint) else "pth" if _PTH.match(footprint) else ""
    if library in _REWRITABLE and mounting:
        return "85423221" if mounting == "smd" else "85423291"
    return _WHOLE.get(code) or _LEAVES.get((code, mounting)) or ("85044030" if library == "Converter_DCDC" else None)
