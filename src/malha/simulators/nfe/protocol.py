"""What SEFAZ and the NFC-e layout add to a signed note: the protocol, the QR code."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha1
from html import escape

from malha.simulators.nfe import signing, xml
from malha.simulators.nfe.certificates import Certificate
from malha.simulators.nfe.document import Plan
from malha.simulators.nfe.xml import Element

OFFLINE = "9"
RECEIVER = "SIMULADO-1.0"
_CONSUMERS_SITE = "https://www.nfce.fazenda.sp.gov.br"


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


def nfce_supplement(plan: Plan, root: Element, holder: Certificate) -> bytes:
    """infNFeSupl with the QR code of version 3: no shared secret; offline it says day and vNF, and is signed."""
    code = f"{plan.key}|3|{plan.environment}"
    if plan.emission == OFFLINE:
        code += f"|{plan.issued_at:%d}|{_total(root, 'vNF')}||"
        code += f"|{signing.seal(code.encode(), holder)}"
    return (
        f"<infNFeSupl><qrCode>{_CONSUMERS_SITE}/qrcode?p={code}</qrCode>"
        f"<urlChave>{_CONSUMERS_SITE}/consulta</urlChave></infNFeSupl>"
    ).encode()


def old_nfce_supplement(plan: Plan, root: Element, _: Certificate) -> bytes:
    """infNFeSupl of layout 3.10: the QR code of version 1, with a hash of an invented secret."""
    moment, digest = plan.issued_at.isoformat().encode().hex(), signing.digest(root).encode().hex()
    query = (
        f"chNFe={plan.key}&nVersao=100&tpAmb={plan.environment}&dhEmi={moment}&vNF={_total(root, 'vNF')}"
        f"&vICMS={_total(root, 'vICMS')}&digVal={digest}&cIdToken=000001"
    )
    code = f"{query}&cHashQRCode={sha1(f'{query}EXEMPLO'.encode()).hexdigest()}"  # noqa: S324 - the layout fixes SHA-1
    return f"<infNFeSupl><qrCode>{_CONSUMERS_SITE}/qrcode?{escape(code)}</qrCode></infNFeSupl>".encode()


def _total(root: Element, name: str) -> str:
    return root.findtext(xml.qualified(f"total/ICMSTot/{name}")) or "0.00"
