"""Mistakes that only NFC-e and the tax reform know."""

from __future__ import annotations

from datetime import datetime

from tests.factories.legitimate.regimes import high_value
from tests.factories.mistaken_notes_making import file, mistake

from malha.simulators.nfe import NoteBuilder

_I = "det[1]/imposto"
_ICMS = f"{_I}/ICMS/*"
_RTC = f"{_I}/IBSCBS"
_TAXED = f"{_RTC}/gIBSCBS"
_TOTAL = "total/IBSCBSTot"


def shop() -> NoteBuilder:
    """NFC-e with CST 00 and 60."""
    return NoteBuilder(981, model="65").with_items(2, "00", "60")


def simples_shop() -> NoteBuilder:
    return NoteBuilder(982, model="65").simples().with_items(2, "102", "500")


def home() -> NoteBuilder:
    """NFC-e delivered at home to a person."""
    return NoteBuilder(983, model="65").to_consumer(individual=True).set("ide/indPres", "4")


def named() -> NoteBuilder:
    return NoteBuilder(984, model="65").to_consumer(individual=True)


def reform() -> NoteBuilder:
    return NoteBuilder(986).with_items(2, "00")


def reform_enforced() -> NoteBuilder:
    return NoteBuilder(987).with_items(2, "00").issued(datetime.fromisoformat("2026-09-01T10:00:00-03:00"))


def simples() -> NoteBuilder:
    return NoteBuilder(988).simples().with_items(1, "102")


def in_class(code: str, ncm: str) -> NoteBuilder:
    """The first item under another class of reduced rates."""
    return reform().set("det[1]/prod/NCM", ncm).set(f"{_RTC}/CST", "200").set(f"{_RTC}/cClassTrib", code)


def without_code() -> bytes:
    data = shop().authorised()
    start, end = data.index(b"<infNFeSupl>"), data.index(b"</infNFeSupl>") + len(b"</infNFeSupl>")
    return data[:start] + data[end:]


def with_code_of_another() -> bytes:
    return shop().authorised().replace(f"p={shop().key}".encode(), f"p={named().key}".encode())


_GROUP = (
    "<IBSCBS><CST>000</CST><cClassTrib>000001</cClassTrib><gIBSCBS><vBC>100.00</vBC>"
    "<gIBSUF><pIBSUF>0.1000</pIBSUF><vIBSUF>0.10</vIBSUF></gIBSUF><gIBSMun><pIBSMun>0.0000</pIBSMun><vIBSMun>0.00"
    "</vIBSMun></gIBSMun><vIBS>0.10</vIBS><gCBS><pCBS>0.9000</pCBS><vCBS>0.90</vCBS></gCBS></gIBSCBS></IBSCBS>"
)

NFCE = (
    mistake("NFC-e with the day of departure", "NF-65-705", shop, "ide/dhSaiEnt=2026-05-12T10:30:00-03:00"),
    mistake("NFC-e of entry", "NF-65-706 NF-CFOP-002", shop, "ide/tpNF=0"),
    mistake("NFC-e across states", "NF-65-707 NF-CFOP-003 NF-CFOP-006", shop, "ide/idDest=2"),
    mistake("NFC-e that refers to a note", "NF-65-708", shop, f"+ide <NFref><refNFe>{reform().key}</refNFe></NFref>"),
    mistake("NFC-e with NF-e's printed form", "NF-65-709", shop, "ide/tpImp=1"),
    mistake("NFC-e of return", "NF-65-715 NF-CFOP-009", shop, "ide/finNFe=4"),
    mistake("NFC-e not for final use", "NF-65-716", shop, "ide/indFinal=0"),
    mistake("NFC-e sold by internet", "NF-65-717", shop, "ide/indPres=2"),
    mistake("NFC-e of a substitute", "NF-65-718", shop, "emit/IEST=123456789"),
    mistake("NFC-e under a code of wholesale", "NF-65-725 NF-CFOP-008", shop, "det[1]/prod/CFOP=5403"),
    mistake("NFC-e with tax paid before under a plain code", "NF-65-382 NF-CFOP-008", shop, "det[2]/prod/CFOP=5102"),
    mistake("Simples NFC-e with a substituted item's code", "NF-65-386", simples_shop, "det[1]/prod/CFOP=5405"),
    mistake("Simples NFC-e with credit", "NF-65-383", simples_shop, f"{_ICMS}/CSOSN=101"),
    mistake("NFC-e with IPI", "NF-65-742", shop, f"+{_I} <IPI><cEnq>999</cEnq><IPINT><CST>53</CST></IPINT></IPI>"),
    mistake("NFC-e with freight", "NF-65-753", shop, "transp/modFrete=0"),
    mistake("NFC-e with an invoice", "NF-65-760", shop, "+. <cobr><fat><nFat>1</nFat></fat></cobr>"),
    mistake("NFC-e without payment", "NF-65-769", shop, "-pag"),
    mistake("NFC-e paid with nothing", "NF-PAY-003", shop, "pag/detPag/tPag=90"),
    mistake("NFC-e paid too little", "NF-PAY-001", shop, "pag/detPag/vPag=0.50"),
    mistake("NFC-e with an item outside the total", "NF-65-774", shop, "det[1]/prod/indTot=0"),
    mistake("NFC-e at home to nobody", "NF-65-787", home, "-dest"),
    mistake("NFC-e at home without the address", "NF-65-788", home, "-dest/enderDest"),
    mistake("NFC-e to a taxpayer", "NF-65-789", named, "dest/indIEDest=1"),
    mistake("NFC-e with the buyer's registration", "NF-65-729", named, "dest/IE=110042490114"),
    mistake("digit of the consumer's CPF", "NF-ID-001", named, "dest/CPF=52998224726"),
    mistake("NFC-e of great value to nobody", "NF-65-001", high_value, "-dest"),
    mistake("NFC-e with deferral", "NF-65-740 NF-STR-002", shop, f"{_ICMS}/CST=51"),
    file("NFC-e without QR code", "NF-65-394", without_code),
    file("NFC-e with the QR code of another", "NF-65-397", with_code_of_another),
)  # fmt: skip

REFORM = (
    mistake("IBS and CBS left out of an item", "RTC-001", reform, f"-{_RTC}"),
    mistake("IBS and CBS left out once enforced", "RTC-001", reform_enforced, f"-{_RTC}"),
    mistake("reform's CST that does not exist", "RTC-002", reform, f"{_RTC}/CST=999"),
    mistake("cClassTrib that does not exist", "RTC-002", reform, f"{_RTC}/cClassTrib=000999"),
    mistake("cClassTrib of another CST", "RTC-003", reform, f"{_RTC}/cClassTrib=200034"),
    mistake("exempt CST with its tax", "RTC-004 RTC-003", reform, f"{_RTC}/CST=410", f"{_RTC}/cClassTrib=410001"),
    mistake("IBS at the rate of later years", "RTC-005", reform, f"{_TAXED}/gIBSUF/pIBSUF=0.0500"),
    mistake("CBS with its comma shifted", "RTC-005", reform, f"{_TAXED}/gCBS/pCBS=9.0000"),
    mistake("city IBS in the test year", "RTC-005", reform, f"{_TAXED}/gIBSMun/pIBSMun=0.0500"),
    mistake("IBS amount", "RTC-007", reform, f"{_TAXED}/gIBSUF/vIBSUF=99.00"),
    mistake("CBS amount", "RTC-007", reform, f"{_TAXED}/gCBS/vCBS=99.00"),
    mistake("IBS that is not its two parts", "RTC-008", reform, f"{_TAXED}/vIBS=99.00"),
    mistake("reform's base with ICMS inside", "RTC-009 RTC-007", reform, f"{_TAXED}/vBC=99999.00"),
    mistake("reform's total base", "RTC-010", reform, f"{_TOTAL}/vBCIBSCBS=1.00"),
    mistake("reform's total CBS", "RTC-010", reform, f"{_TOTAL}/gCBS/vCBS=1.00"),
    mistake("reform's totals left out", "RTC-011", reform, f"-{_TOTAL}"),
    mistake("value with the reform's taxes", "RTC-012", reform, "total/vNFTot=1.00"),
    mistake("Simples informing before its time", "RTC-015", simples, f"+{_I} {_GROUP}"),
    mistake("basic food's class on a computer", "RTC-019", lambda: in_class("200003", "84713012")),
    mistake("hygiene's class on furniture", "RTC-019", lambda: in_class("200035", "94036000")),
    mistake("reduction of another class", "RTC-004 RTC-006", reform, f"{_RTC}/CST=200", f"{_RTC}/cClassTrib=200034"),
)  # fmt: skip

CASES = (*NFCE, *REFORM)
SOUND = (shop, simples_shop, home, named, reform, reform_enforced, simples)
