"""What one cell or one block of text says of a part number: with labels, between slashes, or as buyers write it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from malha.partnumbers.rules.columns import Field, read_ncm

_LABELS = {
    Field.PARTNUMBER: r"(?:MFR|MFG|MANUFACTURER|FABRICANTE)\.?\s*(?:PART|P/N|PN)\s*(?:NO|NUMBER|N[ºO°])?\.?"
    r"|P/?N|MPN|PART\s*(?:NO|NUMBER|N[ºO°])\.?",
    Field.DESCRIPTION: r"DESC(?:RIPTION|RI[CÇ][AÃ]O)?\.?",
    Field.MANUFACTURER: r"MFR|MFG|MANUFACTURER|FABRICANTE|MARCA|BRAND",
    Field.NCM: r"NCM(?:/SH)?|(?:US\s*)?HTS(?:\s*CODE)?|HS\s*CODE",
    Field.COUNTRY: r"COO|COUNTRY\s*OF\s*ORIGIN|PA[IÍ]S\s*DE\s*ORIGEM|ORIGEM|ORIGIN|MADE\s*IN",
    None: r"ECCN|LOT|DATE\s*CODE|DC|CUST(?:OMER)?\s*(?:PART|PN|P/N)(?:\s*(?:NO|NUMBER))?|ROHS|CUSTOMER\s*PO|PO|REF"
    r"|QTY|QUANTITY|LEAD\s*FREE",
}
_LABEL = re.compile(
    "|".join(
        rf"(?P<{wanted.value if wanted else 'other'}>(?<![A-Z0-9/])(?:{words}))" for wanted, words in _LABELS.items()
    ).join(("(?:", r")\s*[:#]\s*")),
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-+/#,_]{3,}")
_WORDS_OF_COMPONENTS = frozenset({
    "CAP", "RES", "REG", "DIODO", "CRISTAL", "TRANS", "SMD", "TENSAO", "OSC", "PROTECT", "CHANNEL", "RETIFICADOR",
    "SCHOTTKY", "FET", "CER", "ELE", "LDO", "MOSFET", "CAPACITOR", "RESISTOR", "INDUTOR", "CONECTOR", "TRANSISTOR",
    "CIRCUITO", "INTEGRADO", "ZENER", "LED", "CHIP", "SMT", "PTH", "DIP", "CERAMICO", "TANTALO", "ELETROLITICO",
})  # fmt: skip
"""What stands first in a description and is no part number."""

_MEASURE = re.compile(
    r"[0-9.,]+(?:[KMGRUNPµ]?(?:OHMS?|R|HZ|[FHVAW])|[KMUNPµ]|%|MM|MIL|PPM|PF|NF|UF|VDC|VAC|BITS?)[0-9]*", re.IGNORECASE
)
_PACKAGE = re.compile(
    r"(?:SOT|SOIC?|SOP|SSOP|TSSOP|MSOP|QFN|LQFP|TQFP|QFP|DFN|BGA|TO|DO|DPAK|D2PAK|SOD|DIP|SC|SMA|SMB|SMC)-?[0-9]+[A-Z0-9\-]*",
    re.IGNORECASE,
)
_MAKERS_OF_TWO_WORDS = re.compile(
    r"(?:TEXAS INSTRUMENTS|ANALOG DEVICES|ON SEMICONDUCTOR|NXP SEMICONDUCTORS|DIODES INCORPORATED|TE CONNECTIVITY"
    r"|MAXIM INTEGRATED|INFINEON TECHNOLOGIES|MICROCHIP TECHNOLOGY|VISHAY [A-Z]+|SAMSUNG ELECTRO-MECHANICS"
    r"|MURATA ELECTRONICS|SILICON LABS|ROHM SEMICONDUCTOR|RENESAS ELECTRONICS|WURTH ELEKTRONIK|ALLEGRO MICROSYSTEMS"
    r"|AMPHENOL [A-Z]+|PANASONIC [A-Z]+|TOSHIBA [A-Z]+)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What was read, by field; `form` is how it was written."""

    form: str
    values: dict[Field, str] = field(default_factory=dict[Field, str])

    def get(self, wanted: Field) -> str | None:
        """The value of a field, if it was said."""
        return self.values.get(wanted)


def read_labels(text: str) -> dict[Field, str]:
    """The values behind labels (`PN:`, `MFR:`, `COO:`...), each up to the next label; the first of each field."""
    found: dict[Field, str] = {}
    marks = list(_LABEL.finditer(text))
    for place, mark in enumerate(marks):
        end = marks[place + 1].start() if place + 1 < len(marks) else len(text)
        value = text[mark.end() : end].strip(" ,;|/")
        if mark.lastgroup is None or mark.lastgroup == "other" or not value:
            continue
        wanted = Field(mark.lastgroup)
        if wanted in {Field.PARTNUMBER, Field.NCM}:
            value = value.split()[0].strip(",;|")
        found.setdefault(wanted, value)
    return found


def read_labelled(text: str) -> Said | None:
    """A block that labels its part number; what stands before the first label describes it."""
    found = read_labels(text)
    if Field.PARTNUMBER not in found or not any(map(str.isalnum, found[Field.PARTNUMBER])):
        return None
    first = _LABEL.search(text)
    before = text[: first.start()].strip(" -,;") if first else ""
    if not before:
        return Said("labels", found)
    return Said("order", {Field.DESCRIPTION: before} | found)


def read_slashed(text: str) -> Said | None:
    """`supplier's number / number Maker Description / NCM:... COO:...`, as distributors print it."""
    parts = re.split(r"\s+/\s*|\s*/\s+", text.strip(), maxsplit=1)
    if len(parts) != 2 or not read_labels(parts[1]).keys() & {Field.NCM, Field.COUNTRY}:
        return None
    body = re.split(r"\s*/\s+|\s+/\s*", parts[1], maxsplit=1)
    head = _LABEL.split(body[0])[0]
    number, _, rest = head.strip().partition(" ")
    if not is_number(number):
        return None
    maker = _MAKERS_OF_TWO_WORDS.match(rest.strip())
    name, _, description = (maker[0], "", rest.strip()[maker.end() :]) if maker else rest.strip().partition(" ")
    said = {Field.PARTNUMBER: number, Field.MANUFACTURER: name, Field.DESCRIPTION: description.strip(" -,")}
    said |= {key: value.split()[0] for key, value in read_labels(parts[1]).items() if key in {Field.NCM, Field.COUNTRY}}
    return Said("slashes", {key: value for key, value in said.items() if value})


def read_ordered(text: str) -> Said | None:
    """A description with its number as buyers write it: `PN:` somewhere, else first, else anywhere."""
    if labelled := read_labelled(text):
        return labelled
    tokens = [token.strip(",.;:") for token in text.split()]
    for place, token in enumerate(tokens):
        if is_number(token):
            others = " ".join(tokens[:place] + tokens[place + 1 :])
            return Said("order", {Field.PARTNUMBER: token} | ({Field.DESCRIPTION: others} if others else {}))
    return None


def is_number(token: str) -> bool:
    """Whether a word may be a part number: a letter, four letters or digits, and no word or measure of components."""
    bare = token.upper().strip(",.;:")
    return (
        _TOKEN.fullmatch(bare) is not None
        and any(map(str.isalpha, bare))
        and sum(map(str.isalnum, bare)) >= 4
        and bare not in _WORDS_OF_COMPONENTS
        and _MEASURE.fullmatch(bare) is None
        and _PACKAGE.fullmatch(bare) is None
        and any(map(str.isdigit, bare))
    )


def code_of(said: Said) -> str | None:
    """The NCM or HS digits that are said, if they are any."""
    value = said.get(Field.NCM)
    return read_ncm(value) if value else None
