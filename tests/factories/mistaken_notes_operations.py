"""Mistakes with who, where, when and what kind of operation."""

from __future__ import annotations

from datetime import datetime

from tests.factories.mistaken_notes_making import edited, file, mistake

from malha.simulators.nfe import NoteBuilder
from malha.simulators.nfe.parties import Party


def sale() -> NoteBuilder:
    """CST 00, 20, 60 and 40 inside São Paulo, to a company."""
    return NoteBuilder(911)


def interstate() -> NoteBuilder:
    return NoteBuilder(912).with_items(2, "00").interstate("BA")


def buyer() -> Party:
    recipient = sale().plan().recipient
    assert recipient is not None
    return recipient


def to_person() -> NoteBuilder:
    return NoteBuilder(913).with_items(2, "00").to_consumer(individual=True)


def delivered() -> NoteBuilder:
    return NoteBuilder(914).with_freight("80.00")


def original() -> NoteBuilder:
    return NoteBuilder(915).with_items(2, "00")


def goods_return() -> NoteBuilder:
    return NoteBuilder(916).with_items(1, "00").returning(original().key)


def late_return() -> NoteBuilder:
    """After the day from which returns name the note item by item."""
    return goods_return().issued(datetime.fromisoformat("2026-11-10T10:00:00-03:00"))


def complement() -> NoteBuilder:
    sold = original().plan()
    note = NoteBuilder(917).with_items(1, "00").sold_by(sold.issuer).set("ide/finNFe", "2")
    return note.add("ide", f"<NFref><refNFe>{sold.key}</refNFe></NFref>")


def farmer() -> NoteBuilder:
    """An individual with a state registration who issues in an ordinary series."""
    issuer = NoteBuilder(918).plan().issuer
    return NoteBuilder(918).sold_by(Party("52998224725", "Produtor de Exemplo", issuer.place, issuer.registration))


def abroad(note: NoteBuilder) -> NoteBuilder:
    """The other party in the United States."""
    return edited(
        note, "ide/idDest=3", "-dest/CNPJ", "-dest/IE", "dest/idEstrangeiro=AB123456", "dest/indIEDest=9",
        "-dest/enderDest/CEP", "dest/enderDest/UF=EX", "dest/enderDest/cMun=9999999", "dest/enderDest/xMun=EXTERIOR",
        "dest/enderDest/cPais=2496", "dest/enderDest/xPais=ESTADOS UNIDOS", "ide/indFinal=1",
        "det[1]/prod/NCM=84713012", "det[1]/prod/uTrib=UN",
    )  # fmt: skip


def export() -> NoteBuilder:
    place = "<exporta><UFSaidaPais>SP</UFSaidaPais><xLocExporta>Santos</xLocExporta></exporta>"
    return abroad(NoteBuilder(919).with_items(1, "41")).set("det[1]/prod/CFOP", "7102").add(".", place)


def own_purchase() -> NoteBuilder:
    return edited(NoteBuilder(920).with_items(1, "00"), "ide/tpNF=0", "det[1]/prod/CFOP=1102", "ide/indFinal=0")


def imported() -> NoteBuilder:
    declaration = (
        "<DI><nDI>2612345678</nDI><dDI>2026-05-02</dDI><xLocDesemb>Santos</xLocDesemb><UFDesemb>SP</UFDesemb>"
        "<dDesemb>2026-05-04</dDesemb><tpViaTransp>1</tpViaTransp><vAFRMM>10.00</vAFRMM><tpIntermedio>1</tpIntermedio>"
        "<cExportador>1</cExportador><adi><nAdicao>1</nAdicao><nSeqAdic>1</nSeqAdic><cFabricante>1</cFabricante></adi>"
        "</DI>"
    )
    duty = "<II><vBC>0.00</vBC><vDespAdu>0.00</vDespAdu><vII>0.00</vII><vIOF>0.00</vIOF></II>"
    note = abroad(own_purchase()).set("det[1]/prod/CFOP", "3102").add("det[1]/prod", declaration)
    note.add("det[1]/imposto", "<IPI><cEnq>301</cEnq><IPINT><CST>02</CST></IPINT></IPI>")
    return note.add("det[1]/imposto", duty)


_OTHER_CNPJ = "11222333000182"
_PLACE = (
    "<{0}><CNPJ>11222333000181</CNPJ><xLgr>Rua do Exemplo</xLgr><nro>1</nro><xBairro>Centro</xBairro>"
    "<cMun>3550308</cMun><xMun>São Paulo</xMun><UF>SP</UF></{0}>"
)
_INTERMEDIARY = "+. <infIntermed><CNPJ>11222333000181</CNPJ><idCadIntTran>loja</idCadIntTran></infIntermed>"

PARTIES = (
    mistake("digit of the buyer's CNPJ", "NF-ID-001", sale, f"dest/CNPJ={_OTHER_CNPJ}"),
    mistake("digits of the buyer's CPF swapped", "NF-ID-001", to_person, "dest/CPF=52998224752"),
    mistake("CPF of one repeated digit", "NF-ID-001", to_person, "dest/CPF=11111111111"),
    mistake("digit of the carrier's CNPJ", "NF-ID-001", delivered, f"transp/transporta/CNPJ={_OTHER_CNPJ}"),
    mistake("digit of the CNPJ allowed to download", "NF-ID-001", sale,
            f"+. <autXML><CNPJ>{_OTHER_CNPJ}</CNPJ></autXML>"),
    mistake("digit of the CNPJ of the place of delivery", "NF-ID-001", sale,
            f"+. {_PLACE.format('entrega').replace('11222333000181', _OTHER_CNPJ)}"),
    mistake("digit of the buyer's registration", "NF-ID-002", sale, "dest/IE=110042490115"),
    mistake("buyer's registration of another state", "NF-ID-002", interstate, "dest/IE=110042490114"),
    mistake("issuer's registration one digit short", "NF-ID-002", sale, "emit/IE=11004249011"),
    mistake("carrier's registration", "NF-ID-002", delivered, "transp/transporta/IE=123456789"),
    mistake("carrier's registration without its state", "NF-TRA-004", delivered, "-transp/transporta/UF"),
    mistake("company sells to itself", "NF-ID-003", lambda: sale().bought_by(sale().plan().issuer)),
    mistake("taxpayer without registration", "NF-ID-004", sale, "-dest/IE"),
    mistake("exempt buyer with registration", "NF-ID-004", sale, "dest/indIEDest=2"),
    mistake("city of another state", "NF-ID-005", sale, "dest/enderDest/cMun=3304557"),
    mistake("city that does not exist", "NF-ID-005", sale, "emit/enderEmit/cMun=3550309"),
    mistake("city of the taxable event mistyped", "NF-ID-005", sale, "ide/cMunFG=3550380"),
    mistake("buyer in another state by mistake", "NF-ID-005 NF-CFOP-005 NF-CFOP-006", sale, "dest/enderDest/UF=RJ"),
    mistake("issuer's address in another state", "NF-ID-008", sale, "emit/enderEmit/UF=MG"),
    mistake("buyer left out", "NF-ID-006", sale, "-dest"),
    mistake("buyer without address", "NF-ID-006", sale, "-dest/enderDest"),
    mistake("Brazilian buyer in another country", "NF-ID-009", sale, "dest/enderDest/cPais=2496"),
    mistake("buyer abroad with a CNPJ", "NF-ID-009", export, "-dest/idEstrangeiro", "dest/CNPJ=11222333000181"),
    mistake("buyer abroad without a document", "NF-ID-009", export, "-dest/idEstrangeiro"),
    mistake("buyer abroad in Brazil", "NF-ID-009", export, "dest/enderDest/cPais=1058"),
    mistake("foreigner buys across states", "NF-ID-010", interstate, "-dest/CNPJ", "dest/idEstrangeiro=AB123456"),
    mistake("name of the test environment in production", "NF-ID-011", sale,
            "dest/xNome=NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL"),
    mistake("postcode of another state", "NF-ID-012", sale, "dest/enderDest/CEP=20010000"),
    mistake("name of another city", "NF-ID-013", sale, "dest/enderDest/xMun=CAMPINAS"),
    mistake("issuer's registration of another state", "NF-ID-002", sale, "emit/IE=129570400"),
    mistake("CNPJ in the CPF's field", "NF-STR-002 NF-ID-001", sale, "-dest/CNPJ", "dest/CPF=11222333000181"),
    mistake("individual with a series of companies", "NF-KEY-007", farmer),
)  # fmt: skip

OPERATIONS = (
    mistake("code of entry in an exit", "NF-CFOP-001", sale, "det[1]/prod/CFOP=1102"),
    mistake("code of exit in an entry", "NF-CFOP-002", own_purchase, "det[1]/prod/CFOP=5102"),
    mistake("interstate code inside the state", "NF-CFOP-003 NF-CFOP-005 CFOP-GEO-01", sale, "det[1]/prod/CFOP=6102"),
    mistake("internal code across states", "NF-CFOP-003 NF-CFOP-005 CFOP-GEO-02", interstate, "det[1]/prod/CFOP=5102"),
    mistake("code of export inside the state", "NF-CFOP-003 NF-CFOP-004", sale, "det[1]/prod/CFOP=7102"),
    mistake("interstate sale said to be internal", "NF-CFOP-006 NF-CFOP-003", interstate, "ide/idDest=1"),
    mistake("internal sale said to be interstate", "NF-CFOP-006 NF-CFOP-003", sale, "ide/idDest=2"),
    mistake("code that does not exist", "NF-CFOP-007", sale, "det[1]/prod/CFOP=5150"),
    mistake("code with two digits swapped", "NF-CFOP-003 NF-CFOP-007 NF-STR-002", sale, "det[1]/prod/CFOP=1502"),
    mistake("substitution code without substitution", "NF-CFOP-008", sale, "det[1]/prod/CFOP=5403"),
    mistake("plain code with tax paid before", "NF-CFOP-008", sale, "det[3]/prod/CFOP=5102"),
    mistake("code of tax paid before on a taxed item", "NF-CFOP-008", sale, "det[1]/prod/CFOP=5405"),
    mistake("code of return in a sale", "NF-CFOP-009", sale, "det[1]/prod/CFOP=5202"),
    mistake("code of sale in a return", "NF-CFOP-009", goods_return, "det[1]/prod/CFOP=5102"),
    mistake("transfer among sales", "NF-CFOP-010", sale, "det[4]/prod/CFOP=5152"),
    mistake("purpose of return in a sale", "NF-CFOP-009 NF-REF-001", sale, "ide/finNFe=4"),
    mistake("non-taxpayer not marked as final consumer", "NF-FIN-001", to_person, "ide/indFinal=0"),
    mistake("NFC-e's printed form", "NF-IDE-001", sale, "ide/tpImp=4"),
    mistake("NFC-e's home delivery", "NF-IDE-002", sale, "ide/indPres=4"),
    mistake("intermediary announced and not named", "NF-IDE-004", sale, "ide/indIntermed=1"),
    mistake("intermediary named and denied", "NF-IDE-004", sale, _INTERMEDIARY),
    mistake("contingency without a reason", "NF-CONT-001 NF-KEY-003", sale, "ide/tpEmis=5"),
    mistake("reason for a contingency that was none", "NF-CONT-001", sale, "ide/dhCont=2026-05-12T09:00:00-03:00",
            "ide/xJust=Sem acesso aos servidores"),
    mistake("receipt booked without naming it", "NF-REF-007", sale,
            *(f"det[{no}]/prod/CFOP=5929" for no in range(1, 5))),
    mistake("return told in words only", "NF-CFOP-011", sale, "ide/natOp=Devolução de mercadoria"),
    mistake("own production's code on tax paid before", "NF-CFOP-008", sale, "det[3]/prod/CFOP=5101"),
    mistake("adjustment that sells", "NF-PAY-003", sale, "ide/finNFe=3"),
    mistake("complement by a wrong purpose", "NF-REF-001", sale, "ide/finNFe=2"),
    mistake("NFC-e's contingency", "NF-IDE-003", sale, "ide/tpEmis=9", "ide/dhCont=2026-05-12T09:00:00-03:00",
            "ide/xJust=Sem acesso aos servidores"),
    file("purchase booked under the seller's code", "CFOP-INV-01", lambda: sale().authorised(),
         own=frozenset({buyer().tax_id})),
)  # fmt: skip

FOREIGN_TRADE = (
    mistake("import without its declaration", "NF-IMP-001", imported, "-det[1]/prod/DI"),
    mistake("import without import tax", "NF-IMP-001", imported, "-det[1]/imposto/II"),
    mistake("sea freight tax left out", "NF-IMP-002", imported, "-det[1]/prod/DI/vAFRMM"),
    mistake("cleared after the note", "NF-IMP-002", imported, "det[1]/prod/DI/dDesemb=2026-06-04"),
    mistake("cleared before it was declared", "NF-IMP-002", imported, "det[1]/prod/DI/dDesemb=2026-04-30"),
    mistake("import for another who is not named", "NF-IMP-002", imported, "det[1]/prod/DI/tpIntermedio=2"),
    mistake("export without the place of exit", "NF-EXP-001", export, "-exporta"),
    mistake("place of exit in a sale at home", "NF-EXP-002", sale,
            "+. <exporta><UFSaidaPais>SP</UFSaidaPais><xLocExporta>Santos</xLocExporta></exporta>"),
    mistake("export counted in kilograms", "NF-EXP-003", export, "det[1]/prod/uTrib=KG"),
    mistake("export of what another note's key with a wrong digit delivered", "NF-EXP-004", export,
            "+det[1]/prod <detExport><exportInd><nRE>123456789012</nRE>"
            f"<chNFe>{original().key[:43]}{(int(original().key[43]) + 1) % 10}</chNFe><qExport>1.0000</qExport>"
            "</exportInd></detExport>"),
    mistake("export with a buyer at home", "NF-CFOP-004 NF-CFOP-006 NF-ID-005 NF-ID-009", export,
            "dest/enderDest/UF=RJ"),
)  # fmt: skip

DATES = (
    mistake("issued after its authorisation", "NF-DATE-001", sale,
            "protNFe/infProt/dhRecbto=2026-05-12T10:20:00-03:00"),
    mistake("year of authorisation mistyped", "NF-DATE-001 NF-DATE-003", sale,
            "protNFe/infProt/dhRecbto=2025-05-12T10:31:00-03:00"),
    mistake("left the day before", "NF-DATE-002", sale, "ide/dhSaiEnt=2026-05-11T10:30:00-03:00"),
    mistake("left two months later", "NF-DATE-002", sale, "ide/dhSaiEnt=2026-07-12T10:30:00-03:00"),
    mistake("month and day of departure swapped", "NF-DATE-002", sale, "ide/dhSaiEnt=2026-12-05T12:30:00-03:00"),
    mistake("authorised seven months later", "NF-DATE-003", sale, "protNFe/infProt/dhRecbto=2026-12-20T10:00:00-03:00"),
    mistake("clock in universal time", "NF-DATE-004", sale, "ide/dhEmi=2026-05-12T10:30:00+00:00"),
    mistake("contingency began after the note", "NF-IDE-005 NF-CONT-001", sale, "ide/tpEmis=7",
            "ide/dhCont=2026-05-13T09:00:00-03:00", "ide/xJust=Sem acesso aos servidores"),
)  # fmt: skip

REFERENCES = (
    mistake("return of nothing", "NF-REF-001", goods_return, "-ide/NFref"),
    mistake("complement of nothing", "NF-REF-001", complement, "-ide/NFref"),
    mistake("complement of two notes", "NF-REF-001", complement, f"+ide <NFref><refNFe>{sale().key}</refNFe></NFref>"),
    mistake("digit of the referenced key", "NF-REF-002", goods_return,
            f"ide/NFref/refNFe={original().key[:43]}{(int(original().key[43]) + 1) % 10}"),
    mistake("note that refers to itself", "NF-REF-002", goods_return, f"ide/NFref/refNFe={goods_return().key}"),
    mistake("note referred to twice", "NF-REF-002", goods_return,
            f"+ide <NFref><refNFe>{original().key}</refNFe></NFref>"),
    mistake("digit of the paper note's issuer", "NF-REF-008", sale, "+ide <NFref><refNF><cUF>35</cUF><AAMM>2605</AAMM>"
            f"<CNPJ>{_OTHER_CNPJ}</CNPJ><mod>01</mod><serie>1</serie><nNF>7</nNF></refNF></NFref>"),
    mistake("invoice given as transport document", "NF-REF-008", sale,
            f"+ide <NFref><refCTe>{original().key}</refCTe></NFref>"),
    mistake("return that names no item", "NF-REF-005", late_return),
    mistake("complement of another company's note", "NF-REF-006", complement, f"ide/NFref/refNFe={sale().key}"),
)  # fmt: skip

CASES = (*PARTIES, *OPERATIONS, *FOREIGN_TRADE, *DATES, *REFERENCES)
SOUND = (sale, interstate, to_person, delivered, goods_return, complement, export, own_purchase, imported)
