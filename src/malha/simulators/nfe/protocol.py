"""What SEFAZ and the NFC-e layout add to a signed note: the protocol, the QR code."""

from __future__ import annotations

from datetime import timedelta

from malha.simulators.nfe import signing, xml
from malha.simulators.nfe.certificates import Certificate
from malha.simulators.nfe.document import Plan
from malha.simulators.nfe.xml import Element

OFFLINE = "9"
RECEIVER = "SIMULADO-1.0"


def number(plan: Plan, offset: int = 0) -> str:
    """The 15 digits of a protocol: 1 (state), UF code, year, sequence."""
    return f"1{plan.issuer.place.code}{plan.issued_at:%y}{(plan.number + offset) % 10**10:010}"


def authorisation(plan: Plan, digest_value: str) -> Element:
    """protNFe saying that the note was authorised three seconds after it was issued."""
    return xml.build(
        "protNFe",
        {
            "@versao": plan.layout,
            "infProt": {
                "@Id": f"ID{number(plan)}",
                "tpAmb": plan.environment,
                "verAplic": RECEIVER,
                "chNFe": plan.key,
                "dhRecbto": (plan.issued_at + timedelta(seconds=3)).isoformat(),
                "nProt": number(plan),
                "digVal": digest_value,
                "cStat": "100",
                "xMotivo": "Autorizado o uso da NF-e",
            },
        },
    )


def nfce_supplement(plan: Plan, value: str, holder: Certificate) -> bytes:
    """infNFeSupl with the QR code of version 3: no shared secret; offline it says day and vNF, and is signed."""
    address, code = "https://www.nfce.fazenda.sp.gov.br", f"{plan.key}|3|{plan.environment}"
    if plan.emission == OFFLINE:
        code += f"|{plan.issued_at:%d}|{value}||"
        code += f"|{signing.seal(code.encode(), holder)}"
    return (
        f"<infNFeSupl><qrCode>{address}/qrcode?p={code}</qrCode><urlChave>{address}/consulta</urlChave></infNFeSupl>"
    ).encode()
