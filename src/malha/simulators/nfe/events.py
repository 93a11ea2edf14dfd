"""Signed events about a note (cancellation, correction letter, recipient manifestation), with SEFAZ's answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from malha.simulators.nfe import protocol, signing, xml
from malha.simulators.nfe.certificates import certificate
from malha.simulators.nfe.document import Plan
from malha.simulators.nfe.edits import EditableDocument
from malha.simulators.nfe.parties import Party
from malha.simulators.nfe.xml import Fields

NATIONAL_BODY = "91"
_TERMS_OF_USE = (  # fixed by the layout of event 110110
    "A Carta de Correcao e disciplinada pelo paragrafo 1o-A do art. 7o do Convenio S/N, de 15 de dezembro de 1970 e "
    "pode ser utilizada para regularizacao de erro ocorrido na emissao de documento fiscal, desde que o erro nao "
    "esteja relacionado com: I - as variaveis que determinam o valor do imposto tais como: base de calculo, aliquota, "
    "diferenca de preco, quantidade, valor da operacao ou da prestacao; II - a correcao de dados cadastrais que "
    "implique mudanca do remetente ou do destinatario; III - a data de emissao ou de saida."
)
MANIFESTATIONS = {
    "210200": "Confirmacao da Operacao",
    "210210": "Ciencia da Operacao",
    "210220": "Desconhecimento da Operacao",
    "210240": "Operacao nao Realizada",
}
_JUSTIFIED = frozenset({"210220", "210240"})


@dataclass(frozen=True)
class _Event:
    """What one event says; ``detail`` is detEvento without its attribute."""

    note: Plan
    kind: str
    name: str
    author: Party
    body: str
    moment: datetime
    detail: Fields
    sequence: int = 1

    @property
    def identifier(self) -> str:
        return f"ID{self.kind}{self.note.key}{self.sequence:02}"


class EventBuilder(EditableDocument):
    """One event; paths of edits are relative to infEvento, or start with ``retEvento`` for SEFAZ's answer."""

    receipt = "retEvento"

    def __init__(self, event: _Event) -> None:
        super().__init__()
        self._event = event

    def at(self, moment: datetime) -> Self:
        self._event = replace(self._event, moment=moment)
        return self

    def numbered(self, sequence: int) -> Self:
        self._event = replace(self._event, sequence=sequence)
        return self

    def written_by(self, author: Party) -> Self:
        self._event = replace(self._event, author=author)
        return self

    def signed(self) -> bytes:
        """The evento alone."""
        return xml.HEAD + self._signed_element()

    def processed(self) -> bytes:
        """procEventoNFe: the event with the answer that registered it (cStat 135)."""
        answer = self._edited(xml.build("retEvento", self._answer()), "retEvento")
        head = f'<procEventoNFe xmlns="{xml.NFE}" versao="1.00">'.encode()
        return b"".join((xml.HEAD, head, self._signed_element(), xml.fragment(answer), b"</procEventoNFe>"))

    def _signed_element(self) -> bytes:
        event = self._event
        root = self._edited(xml.build("infEvento", self._fields()))
        holder = certificate(event.author.tax_id, event.author.name, event.moment.year)
        return signing.signed(root, f'evento xmlns="{xml.NFE}" versao="1.00"', holder)

    def _fields(self) -> Fields:
        event = self._event
        return {
            "@Id": event.identifier,
            "cOrgao": event.body,
            "tpAmb": event.note.environment,
            event.author.id_tag: event.author.tax_id,
            "chNFe": event.note.key,
            "dhEvento": event.moment.isoformat(),
            "tpEvento": event.kind,
            "nSeqEvento": str(event.sequence),
            "verEvento": "1.00",
            "detEvento": {"@versao": "1.00", "descEvento": event.name, **event.detail},
        }

    def _answer(self) -> Fields:
        event = self._event
        return {
            "@versao": "1.00",
            "infEvento": {
                "tpAmb": event.note.environment,
                "verAplic": protocol.RECEIVER,
                "cOrgao": event.body,
                "cStat": "135",
                "xMotivo": "Evento registrado e vinculado a NF-e",
                "chNFe": event.note.key,
                "tpEvento": event.kind,
                "xEvento": event.name,
                "nSeqEvento": str(event.sequence),
                "dhRegEvento": (event.moment + timedelta(seconds=2)).isoformat(),
                "nProt": protocol.number(event.note, offset=10_000 + event.sequence),
            },
        }


def cancellation(note: Plan, reason: str = "Pedido desfeito pelo comprador de exemplo") -> EventBuilder:
    """110111, three hours after the note."""
    detail: Fields = {"nProt": protocol.number(note), "xJust": reason}
    return _by_issuer(note, "110111", "Cancelamento", detail, hours=3)


def correction(note: Plan, text: str = "O bairro de entrega correto e Jardim de Exemplo") -> EventBuilder:
    """110110 (CC-e), one day after the note."""
    detail: Fields = {"xCorrecao": text, "xCondUso": _TERMS_OF_USE}
    return _by_issuer(note, "110110", "Carta de Correcao", detail, hours=24)


def manifestation(note: Plan, kind: str = "210200") -> EventBuilder:
    """One of MANIFESTATIONS by the recipient, two days after the note; the note must have a recipient."""
    if note.recipient is None:
        raise ValueError("a note without recipient has nobody to manifest")
    detail: Fields = {"xJust": "Mercadoria de exemplo nao reconhecida"} if kind in _JUSTIFIED else {}
    moment = note.issued_at + timedelta(days=2)
    return EventBuilder(_Event(note, kind, MANIFESTATIONS[kind], note.recipient, NATIONAL_BODY, moment, detail))


def _by_issuer(note: Plan, kind: str, name: str, detail: Fields, *, hours: int) -> EventBuilder:
    moment = note.issued_at + timedelta(hours=hours)
    return EventBuilder(_Event(note, kind, name, note.issuer, note.issuer.place.code, moment, detail))
