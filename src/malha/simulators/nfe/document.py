"""The infNFe fields of a planned note, in layout order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from malha.simulators.nfe import check_digits, taxes, totals
from malha.simulators.nfe.lines import Line, Operation
from malha.simulators.nfe.parties import Party
from malha.simulators.nfe.totals import Taxed
from malha.simulators.nfe.xml import Fields

SOFTWARE = "Malha simulador"
_CONTINGENCIES = frozenset("245679")


@dataclass(frozen=True)
class Plan:
    """Everything a note is made from; ``recipient`` None only in model 65."""

    model: str
    layout: str
    issued_at: datetime
    series: int
    number: int
    random_code: str
    environment: str
    purpose: str
    issuer: Party
    recipient: Party | None
    carrier: Party
    operation: Operation
    lines: tuple[Line, ...]
    payment_codes: tuple[str, ...]
    change: Decimal
    instalments: int
    references: tuple[str, ...]
    emission: str = "1"
    """tpEmis, which is part of the key."""

    @property
    def key(self) -> str:
        identity = f"{self.issued_at:%y%m}{self.issuer.tax_id:0>14}{self.model}{self.series:03}{self.number:09}"
        return check_digits.access_key(f"{self.issuer.place.code}{identity}{self.emission}{self.random_code}")

    @property
    def is_nfce(self) -> bool:
        return self.model == "65"

    @property
    def is_old(self) -> bool:
        return self.layout == "3.10"


def fields(plan: Plan) -> Fields:
    """infNFe of ``plan`` with its attributes."""
    items = [Taxed(line, taxes.imposto(line, plan.operation)) for line in plan.lines]
    value = totals.note_value(items)
    billed = plan.instalments and not plan.is_nfce
    day = plan.issued_at.date()
    content: Fields = {
        "@Id": f"NFe{plan.key}",
        "@versao": plan.layout,
        "ide": _ide(plan),
        "emit": _issuer(plan),
        "dest": _recipient(plan, plan.recipient) if plan.recipient else None,
        "det": [_det(number, item, plan) for number, item in enumerate(items, start=1)],
        "total": _total(items, plan),
        "transp": _transport(plan),
        "cobr": _billing(plan, value, day) if billed else None,
        "pag": _payment(plan, value),
        "infAdic": {"infCpl": "Documento gerado para demonstração; partes e valores inventados."},
    }
    return content


def _ide(plan: Plan) -> Fields:
    remote = not plan.is_nfce
    return {
        "cUF": plan.issuer.place.code,
        "cNF": plan.random_code,
        "natOp": "Devolução de compra" if plan.operation.returning else "Venda de mercadoria",
        "indPag": ("1" if plan.instalments else "0") if plan.is_old else None,
        "mod": plan.model,
        "serie": str(plan.series),
        "nNF": str(plan.number),
        "dhEmi": plan.issued_at.isoformat(),
        "dhSaiEnt": (plan.issued_at + timedelta(hours=2)).isoformat() if remote else None,
        "tpNF": "1",
        "idDest": "2" if plan.operation.interstate else "1",
        "cMunFG": plan.issuer.place.city_code,
        "tpImp": "1" if remote else "4",
        "tpEmis": plan.emission,
        "cDV": plan.key[-1],
        "tpAmb": plan.environment,
        "finNFe": plan.purpose,
        "indFinal": str(int(plan.operation.final_consumer)),
        "indPres": "9" if remote else "1",
        "indIntermed": "0" if remote and not plan.is_old else None,
        "procEmi": "0",
        "verProc": SOFTWARE,
        "dhCont": plan.issued_at.isoformat() if plan.emission in _CONTINGENCIES else None,
        "xJust": "Falha de comunicação com a autorizadora" if plan.emission in _CONTINGENCIES else None,
        "NFref": [{"refNFe": key} for key in plan.references],
    }


def _issuer(plan: Plan) -> Fields:
    party = plan.issuer
    return {
        party.id_tag: party.tax_id,
        "xNome": party.name,
        "enderEmit": _address(party),
        "IE": party.registration,
        "IM": "1002003" if any(line.is_service for line in plan.lines) else None,
        "CRT": "1" if plan.operation.simples else "3",
    }


def _recipient(plan: Plan, party: Party) -> Fields:
    taxpayer = plan.operation.taxpayer
    homologation = "NF-E EMITIDA EM AMBIENTE DE HOMOLOGACAO - SEM VALOR FISCAL"
    return {
        party.id_tag: party.tax_id,
        "xNome": homologation if plan.environment == "2" else party.name,
        "enderDest": _address(party),
        "indIEDest": "1" if taxpayer else "9",
        "IE": party.registration if taxpayer else None,
    }


def _address(party: Party) -> Fields:
    place = party.place
    return {
        "xLgr": "Rua do Exemplo",
        "nro": "100",
        "xBairro": "Centro",
        "cMun": place.city_code,
        "xMun": place.city,
        "UF": place.uf,
        "CEP": place.postcode,
        "cPais": "1058",
        "xPais": "Brasil",
    }


def _det(number: int, item: Taxed, plan: Plan) -> Fields:
    line = item.line
    gtin = "" if plan.is_old else ("SEM GTIN" if line.is_service else line.gtin)
    product: Fields = {
        "cProd": line.code,
        "cEAN": gtin,
        "xProd": line.product.name,
        "NCM": line.product.ncm,
        "CEST": line.product.cest,
        "cBenef": _benefit_code(line, plan),
        "CFOP": line.cfop(plan.operation),
        "uCom": line.product.unit,
        "qCom": line.quantity,
        "vUnCom": line.price,
        "vProd": line.value,
        "cEANTrib": gtin,
        "uTrib": line.product.unit,
        "qTrib": line.quantity,
        "vUnTrib": line.price,
        "vFrete": line.freight or None,
        "vSeg": line.insurance or None,
        "vDesc": line.discount or None,
        "vOutro": line.other or None,
        "indTot": "1",
        "comb": _fuel(line, plan),
    }
    imposto = _old_imposto(item.imposto) if plan.is_old else item.imposto
    value = item.contribution if plan.operation.reform else None
    return {"@nItem": str(number), "prod": product, "imposto": imposto, "vItem": value}


def _fuel(line: Line, plan: Plan) -> Fields | None:
    if line.product.fuel_code is None:
        return None
    place = plan.recipient.place if plan.recipient else plan.issuer.place
    return {"cProdANP": line.product.fuel_code, "descANP": "GASOLINA C COMUM", "UFCons": place.uf}


def _benefit_code(line: Line, plan: Plan) -> str | None:
    if plan.is_old or line.tax not in {"20", "40", "40-deson", "41", "50", "51"}:
        return None
    return f"{plan.issuer.place.uf}8000{line.tax[:2]}"


def _old_imposto(imposto: Fields) -> Fields:
    """The same taxes without what layout 4.00 added to ICMS and DIFAL."""
    if "ICMS" not in imposto:
        return imposto
    ((group, icms),) = imposto["ICMS"].items()
    added = {"pFCP", "vFCP", "pST", "vICMSSubstituto", "indDeduzDeson", "vBCFCPUFDest"}
    kept = {name: value for name, value in icms.items() if name not in added}
    difal = {name: value for name, value in (imposto.get("ICMSUFDest") or {}).items() if name not in added}
    return {**imposto, "ICMS": {group: kept}, "ICMSUFDest": difal or None}


def _total(items: list[Taxed], plan: Plan) -> Fields:
    reform = totals.reform_total(items)
    return {
        "ICMSTot": totals.icms_total(items, old_layout=plan.is_old),
        "ISSQNtot": totals.service_total(items, plan.issued_at.date()),
        "IBSCBSTot": reform,
        "vNFTot": totals.note_value(items) if reform else None,
    }


def _transport(plan: Plan) -> Fields:
    if not any(line.freight for line in plan.lines) or plan.is_nfce:
        return {"modFrete": "9"}
    carrier = plan.carrier
    return {
        "modFrete": "0",
        "transporta": {
            "CNPJ": carrier.tax_id,
            "xNome": carrier.name,
            "IE": carrier.registration,
            "xEnder": "Rua do Exemplo 200",
            "xMun": carrier.place.city,
            "UF": carrier.place.uf,
        },
        "vol": {"qVol": str(len(plan.lines)), "esp": "CAIXA", "pesoL": Decimal("10.000"), "pesoB": Decimal("11.500")},
    }


def _billing(plan: Plan, value: Decimal, day: date) -> Fields:
    """Before 4.00 a discount of zero could not be written."""
    cobr = totals.billing(plan.number, value, day, plan.instalments)
    return {**cobr, "fat": {**cobr["fat"], "vDesc": None}} if plan.is_old else cobr


def _payment(plan: Plan, value: Decimal) -> Fields | list[Fields] | None:
    if not plan.is_old:
        return totals.payment(plan.payment_codes, value, plan.change, later=bool(plan.instalments))
    if not plan.is_nfce:
        return None
    detail = totals.payment(plan.payment_codes, value, plan.change, later=False)["detPag"]
    return [{"tPag": one["tPag"], "vPag": one["vPag"]} for one in detail]
