"""Legitimate uses of the groups of the tax reform in 2026 (NT 2025.002), and files that belong together."""

from __future__ import annotations

from datetime import datetime

from tests.factories.settled import SettledNote
from tests.factories.truth import File, TruthCase

from malha.simulators.nfe import manifestation
from malha.simulators.nfe.builder import BRASILIA

_LATE = datetime(2026, 9, 1, 9, 0, tzinfo=BRASILIA)
_PARTS = (("gIBSUF", "IBSUF", "0.1000"), ("gIBSMun", "IBSMun", "0.0000"), ("gCBS", "CBS", "0.9000"))


def _note(seed: int = 701, items: int = 2) -> SettledNote:
    return SettledNote(seed).with_items(items, "00")


def _reduced(code: str, cut: int, ncm: str, name: str) -> SettledNote:
    return _cut(_note().each("prod/NCM", ncm).each("prod/xProd", name), code, cut).settled()


def _cut(note: SettledNote, code: str, cut: int) -> SettledNote:
    """The rates cut by ``cut`` per cent."""
    parts = ""
    for group, tax, rate in _PARTS:
        effective = f"{float(rate) * (100 - cut) / 100:.4f}"
        red = f"<gRed><pRedAliq>{cut}.0000</pRedAliq><pAliqEfet>{effective}</pAliqEfet></gRed>"
        total = "<vIBS>0.00</vIBS>" if group == "gIBSMun" else ""
        parts += f"<{group}><p{tax}>{rate}</p{tax}>{red}<v{tax}>0.00</v{tax}></{group}>{total}"
    return note.reformed(code, f"<gIBSCBS><vBC>0.00</vBC>{parts}</gIBSCBS>")


def _public_purchase() -> SettledNote:
    """A state buys: the rates are cut by the redutor of the purchase (zero in 2026)."""
    note = _note().to_consumer()
    note = _cut(note, "000001", 0)
    group = "<gCompraGov><tpEnteGov>2</tpEnteGov><pRedutor>0.0000</pRedutor><tpOperGov>1</tpOperGov></gCompraGov>"
    return note.add("ide", group).settled()


def _file(name: str, data: bytes) -> File:
    return name, data


def _beside_its_protocol() -> list[File]:
    note = _note()
    return [_file("a.xml", note.signed()), _file("a-proc.xml", note.authorised())]


def _twice() -> list[File]:
    data = _note().authorised()
    return [_file("a.xml", data), _file("copia de a.xml", data)]


def _in_sequence() -> list[File]:
    notes = [SettledNote(seed).with_items(2, "00").numbered(100 + seed) for seed in (705, 706, 707)]
    return [_file(f"{note.key}-procNFe.xml", note.authorised()) for note in notes]


REFORM = (
    TruthCase("basic food at zero", lambda: _reduced("200003", 100, "10063021", "Arroz de exemplo").authorised()),
    TruthCase("food cut by 60 %", lambda: _reduced("200034", 60, "19021100", "Massa de exemplo").authorised()),
    TruthCase("hygiene cut by 60 %", lambda: _reduced("200035", 60, "34011190", "Sabonete de exemplo").authorised()),
    TruthCase("fruit and eggs at zero", lambda: _reduced("200014", 100, "04072100", "Ovos de exemplo").authorised()),
    TruthCase("books outside the taxes", lambda: _note().each("prod/NCM", "49019900").each("prod/xProd", "Livro")
              .each_icms("<ICMS40><orig>0</orig><CST>41</CST></ICMS40>").each("prod/cBenef", "SP099999").untaxed("06")
              .reformed("410008").settled().authorised()),
    TruthCase("donation", lambda: _note().moving("5910", "Doação", "410003").settled().authorised()),
    TruthCase("public purchase", lambda: _public_purchase().authorised()),
    TruthCase("after the duty to inform", lambda: _note().issued(_LATE).authorised()),
    TruthCase("Simples before its duty", lambda: SettledNote(702).simples().with_items(2, "102").issued(_LATE)
              .authorised()),
    TruthCase("the NFe beside its nfeProc", _beside_its_protocol),
    TruthCase("the same file twice", _twice),
    TruthCase("three notes of an archive", _in_sequence),
    TruthCase("a note and what its buyer says", lambda: [
        _file("a.xml", _note().authorised()),
        _file("ciencia.xml", manifestation(_note().plan(), "210210").processed())]),
)  # fmt: skip
