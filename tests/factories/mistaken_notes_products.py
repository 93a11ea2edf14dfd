"""Mistakes with the products: codes, quantities, prices, lots, fuels, vehicles."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.mistaken_notes_making import edited, file, mistake
from tests.factories.truth import File

from malha.simulators.nfe import NoteBuilder


def sale() -> NoteBuilder:
    """CST 00, 20, 60 and 40."""
    return NoteBuilder(931)


def interstate() -> NoteBuilder:
    return NoteBuilder(932).with_items(2, "00").interstate("BA")


def part_imported() -> NoteBuilder:
    """Made here with up to 40 % of imported content."""
    return edited(interstate(), *_FCI)


def medicine() -> NoteBuilder:
    note = NoteBuilder(934).with_items(1, "00").set("det[1]/prod/NCM", "30049099")
    quantity = note.plan().lines[0].quantity
    lot = f"<nLote>A1</nLote><qLote>{quantity:.3f}</qLote><dFab>2026-01-05</dFab><dVal>2027-01-05</dVal>"
    note.add("det[1]/prod", f"<rastro>{lot}</rastro>")
    return note.add("det[1]/prod", "<med><cProdANVISA>1000000000001</cProdANVISA><vPMC>99999.00</vPMC></med>")


def fuel() -> NoteBuilder:
    return NoteBuilder(935).with_items(1, "02")


def fuel_paid_before() -> NoteBuilder:
    return NoteBuilder(936).with_items(1, "61")


def car() -> NoteBuilder:
    """A new car billed by its maker."""
    group = (
        "<veicProd><tpOp>2</tpOp><chassi>9BWZZZ377VT004251</chassi><cCor>1</cCor><xCor>PRATA</xCor><pot>100</pot>"
        "<cilin>1000</cilin><pesoL>900</pesoL><pesoB>950</pesoB><nSerie>123456789</nSerie><tpComb>16</tpComb>"
        "<nMotor>123456</nMotor><CMT>1.0</CMT><dist>2500</dist><anoMod>2026</anoMod><anoFab>2026</anoFab><tpPint>M</tpPint>"
        "<tpVeic>06</tpVeic><espVeic>1</espVeic><VIN>N</VIN><condVeic>1</condVeic><cMod>123456</cMod><cCorDENATRAN>14"
        "</cCorDENATRAN><lota>5</lota><tpRest>0</tpRest></veicProd>"
    )
    note = edited(NoteBuilder(937).with_items(1, "00"), "det[1]/prod/NCM=87032310", "det[1]/prod/CFOP=5101")
    return note.add("det[1]/prod", group)


def two_notes(tag: str, value: str) -> list[File]:
    """Two notes of one issuer, weeks apart, that sell the same product, the second with another ``tag``."""
    first = NoteBuilder(938).with_items(1, "00")
    second = NoteBuilder(938).with_items(1, "00").numbered(77).issued(first.plan().issued_at + timedelta(days=20))
    other = second.set(f"det[1]/prod/{tag}", value)
    return [("1.xml", first.authorised()), ("2.xml", other.authorised())]


_PROD = "det[1]/prod"
_FCI = ("det[1]/imposto/ICMS/ICMS00/orig=5", "det[1]/prod/nFCI=B01F70AF-10BF-4B1F-848C-65FF57F616FE")

CODES = (
    mistake("NCM one digit short", "NF-PRD-001 NCM-INV-02", sale, f"{_PROD}/NCM=8471301"),
    mistake("NCM with its last digits invented", "NF-PRD-002", sale, f"{_PROD}/NCM=84713099"),
    mistake("NCM with two digits swapped", "NF-PRD-002", sale, f"{_PROD}/NCM=84731012"),
    mistake("chapter that does not exist", "NF-PRD-002", sale, f"{_PROD}/NCM=77010000"),
    mistake("NCM revoked years ago", "NF-PRD-002", sale, f"{_PROD}/NCM=04031000"),
    mistake("NCM of zeros", "NCM-INV-01 NF-PRD-002", sale, f"{_PROD}/NCM=00000000"),
    mistake("service NCM on goods", "NCM-INV-01 NCM-INV-02 NF-PRD-001", sale, f"{_PROD}/NCM=00"),
    mistake("bar code with two digits swapped", "NF-PRD-003", sale, f"{_PROD}/cEAN=7891000100130"),
    mistake("bar code one digit short", "NF-PRD-003 NF-STR-002", sale, f"{_PROD}/cEAN=789100010010"),
    mistake("bar code left empty", "NF-PRD-003", sale, f"{_PROD}/cEAN="),
    mistake("bar code of the taxable unit", "NF-PRD-003", sale, f"{_PROD}/cEANTrib=7891000100104"),
    mistake("label of the scale as bar code", "NF-PRD-004", sale, f"{_PROD}/cEAN=2000000000015"),
    mistake("CEST forgotten", "NF-PRD-006", sale, "-det[3]/prod/CEST"),
    mistake("CEST that does not exist", "NF-PRD-007", sale, "det[3]/prod/CEST=9999999"),
    mistake("CEST with digits swapped", "NF-PRD-007", sale, "det[3]/prod/CEST=0015001"),
    mistake("CEST of another product", "NF-PRD-007", sale, "det[3]/prod/CEST=0300700"),
    mistake("benefit code of another state", "NF-PRD-008", sale, "det[2]/prod/cBenef=PR800020"),
    mistake("same unit, other quantity", "NF-PRD-011 NF-ITM-002", sale, f"{_PROD}/qTrib=1.5000"),
    mistake("imported goods at the rate of national ones", "NF-PRD-009", interstate,
            "det[1]/imposto/ICMS/ICMS00/orig=1"),
    mistake("bought abroad through another, at the national rate", "NF-PRD-009", interstate,
            "det[2]/imposto/ICMS/ICMS00/orig=2"),
    mistake("content of import without its number", "NF-PRD-010", part_imported, "-det[1]/prod/nFCI"),
    mistake("content of import on national goods", "NF-PRD-015", part_imported, "det[1]/imposto/ICMS/ICMS00/orig=0"),
    file("one product, two NCM", "NF-PRD-013 NF-PRD-005", lambda: two_notes("NCM", "48202000")),
)  # fmt: skip

ITEMS = (
    mistake("unit price mistyped", "NF-ITM-001 VAL-ERR-01", sale, f"{_PROD}/vUnCom=10.0000000000"),
    mistake("comma of the price shifted", "NF-ITM-001 VAL-ERR-01", sale,
            f"{_PROD}/vUnCom={sale().plan().lines[0].price * 10:.10f}"),
    mistake("quantity typed with one digit too many", "NF-ITM-001 VAL-ERR-01", sale,
            f"{_PROD}/qCom={sale().plan().lines[0].quantity * 10:.4f}"),
    mistake("taxable quantity left from another unit", "NF-ITM-002", sale, "det[2]/prod/qTrib=9999.0000"),
    mistake("taxable price of the whole box", "NF-ITM-002", sale, f"{_PROD}/uTrib=PC",
            f"{_PROD}/qTrib={sale().plan().lines[0].quantity * 12:.4f}"),
    mistake("value with its digits swapped", "NF-ITM-001 VAL-ERR-01 NF-TOT-007", sale, f"{_PROD}/vProd=1234.00"),
    mistake("discount greater than the product", "NF-ITM-003", sale, f"{_PROD}/vDesc=999999.00"),
    mistake("item of no value", "VAL-WARN-01 NF-ITM-001", sale, f"{_PROD}/vProd=0.00"),
)  # fmt: skip

MEDICINES = (
    mistake("lot that expired before it was made", "NF-PRD-012", medicine, f"{_PROD}/rastro/dVal=2025-12-31"),
    mistake("lot made after the note", "NF-PRD-012", medicine, f"{_PROD}/rastro/dFab=2026-06-01"),
    mistake("lots that are fewer than the item", "NF-PRD-012", medicine, f"{_PROD}/rastro/qLote=0.500"),
    mistake("medicine without its lot", "NF-PRD-012", medicine, f"-{_PROD}/rastro"),
    mistake("medicine above its ceiling price", "NF-PMC-001", medicine, f"{_PROD}/med/vPMC=0.50"),
)  # fmt: skip

FUELS = (
    mistake("fuel without its group", "NF-ICMS-007", fuel, f"-{_PROD}/comb"),
    mistake("gasoline sold as any product", "NF-PRD-014", sale, f"{_PROD}/NCM=27101259"),
    mistake("diesel resold as any product across states", "NF-PRD-014", interstate, f"{_PROD}/NCM=27101921"),
    mistake("pump's readings swapped", "NF-PRD-016", fuel, f"+{_PROD}/comb <encerrante><nBico>1</nBico>"
            "<nTanque>1</nTanque><vEncIni>120.000</vEncIni><vEncFin>100.000</vEncFin></encerrante>"),
    mistake("litres times rate", "NF-ICMS-006", fuel, "det[1]/imposto/ICMS/ICMS02/vICMSMono=1.00"),
    mistake("rate per litre of the year before", "NF-ICMS-006", fuel, "det[1]/imposto/ICMS/ICMS02/adRemICMS=1.4700"),
    mistake("amount paid before", "NF-ICMS-006", fuel_paid_before, "det[1]/imposto/ICMS/ICMS61/vICMSMonoRet=1.00"),
)  # fmt: skip

VEHICLES = (
    mistake("new car without its chassis", "NF-VEI-001", car, f"-{_PROD}/veicProd"),
    mistake("motorcycle resold without its chassis", "NF-VEI-001", interstate, f"{_PROD}/NCM=87112010"),
    mistake("chassis one letter short", "NF-STR-002", car, f"{_PROD}/veicProd/chassi=9BWZZZ377VT00425"),
    mistake("model year before manufacture", "NF-VEI-002", car, f"{_PROD}/veicProd/anoMod=2025"),
    mistake("model year of the next decade", "NF-VEI-002", car, f"{_PROD}/veicProd/anoMod=2036"),
)  # fmt: skip

CASES = (*CODES, *ITEMS, *MEDICINES, *FUELS, *VEHICLES)
SOUND = (sale, interstate, part_imported, medicine, fuel, fuel_paid_before, car)
