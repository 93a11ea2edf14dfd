"""NFC-e (model 65): what the note as a whole must say and must leave out; each rule is named by its rejection."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from malha.fiscal.documents import Note
from malha.fiscal.findings import Breach, Severity
from malha.fiscal.rules._registry import NFCE, Scope, rule
from malha.fiscal.rules._since import BY_LAYOUT_4_00, LAYOUT_3_10, NT_2025_002, Since
from malha.fiscal.tree import Group

_HOME_DELIVERY = "4"
_UNIDENTIFIED_LIMIT = Decimal("10000.00")
"""The common limit for a buyer without CPF or CNPJ (Ajuste SINIEF 19/16); some states have a lower one."""


def _medium(
    rejection: str, pt: str, en: str, *, valid_from: Since = LAYOUT_3_10, explains: tuple[str, ...] = ()
) -> Callable[[Callable[..., Breach | None]], Callable[..., object]]:
    return rule(f"NF-65-{rejection}", severity=Severity.MEDIUM, scope=Scope.NOTE, models=NFCE,
                reference=f"Rejeição {rejection}", valid_from=valid_from, explains=explains, pt=pt, en=en)  # fmt: skip


def _must_be(
    rejection: str, tag: str, allowed: tuple[str, ...], words: tuple[str, str], *, explains: tuple[str, ...] = ()
) -> None:
    """A rule that an `ide` field has one of the allowed values; an absent field is the schema's matter."""
    accepted = frozenset(allowed)

    @_medium(rejection, *words, explains=explains)
    def check(note: Note) -> Breach | None:
        found = note.ide.text(tag)
        if found is None or found in accepted:
            return None
        return Breach(note.ide, tag, found, " ou ".join(allowed))


def _must_lack(
    rejection: str, where: Callable[[Note], Group], tag: str, words: tuple[str, str], *, since: Since = LAYOUT_3_10
) -> None:
    """A rule that a field or group is not there."""

    @_medium(rejection, *words, valid_from=since)
    def check(note: Note) -> Breach | None:
        group = where(note)
        return Breach(group, tag, group.text(tag)) if tag in group else None


def _ide(note: Note) -> Group:
    return note.ide


def _emit(note: Note) -> Group:
    return note.emit


def _dest(note: Note) -> Group:
    return note.dest


def _transp(note: Note) -> Group:
    return note.transp


def _whole(note: Note) -> Group:
    return note.group


_must_be("706", "tpNF", ("1",), ("NFC-e em operação de entrada.", "An NFC-e of an entry."), explains=("NF-CFOP-002",))
_must_be("707", "idDest", ("1",), ("NFC-e em operação interestadual ou com o exterior.",
                                   "An NFC-e across states or borders."), explains=("NF-CFOP-003",))  # fmt: skip
_must_be("709", "tpImp", ("4", "5"), ("NFC-e com formato de DANFE de outro modelo.",
                                      "An NFC-e with the print format of another model."))  # fmt: skip
_must_be("715", "finNFe", ("1",), ("NFC-e com finalidade que não é a normal.",
                                   "An NFC-e with a purpose other than normal."),
         explains=("NF-PAY-003", "NF-CFOP-009"))  # fmt: skip
_must_be("716", "indFinal", ("1",), ("NFC-e que não é destinada a consumidor final.",
                                     "An NFC-e that is not for a final consumer."))  # fmt: skip
_must_be("717", "indPres", ("1", "4", "5"), ("NFC-e em operação não presencial.",
                                             "An NFC-e of a sale without presence."))  # fmt: skip
_must_lack("705", _ide, "dhSaiEnt", ("NFC-e com data de saída.", "An NFC-e with a date of exit."))
_must_lack("708", _ide, "NFref", ("NFC-e que referencia outro documento.", "An NFC-e that refers to a document."))
_must_lack("718", _emit, "IEST", ("NFC-e com inscrição de substituto tributário.",
                                  "An NFC-e with a tax substitute's registration."))  # fmt: skip
_must_lack("729", _dest, "IE", ("NFC-e com inscrição estadual do destinatário.",
                                "An NFC-e with the recipient's state registration."))  # fmt: skip
_must_lack("730", _dest, "ISUF", ("NFC-e com inscrição na Suframa.", "An NFC-e with a Suframa registration."))
_must_lack("755", _transp, "retTransp", ("NFC-e com retenção de ICMS do transporte.",
                                         "An NFC-e with ICMS withheld on transport."))  # fmt: skip
_must_lack("756", _transp, "veicTransp", ("NFC-e com veículo de transporte.", "An NFC-e with a transport vehicle."))
_must_lack("757", _transp, "reboque", ("NFC-e com reboque.", "An NFC-e with a trailer."))
_must_lack("758", _transp, "vagao", ("NFC-e com vagão.", "An NFC-e with a railway wagon."))
_must_lack("759", _transp, "balsa", ("NFC-e com balsa.", "An NFC-e with a ferry."))
_must_lack("760", _whole, "cobr", ("NFC-e com fatura ou duplicatas.", "An NFC-e with an invoice or instalments."))
_must_lack("762", _whole, "compra", ("NFC-e com dados de compra (empenho, pedido, contrato).",
                                     "An NFC-e with purchase data (commitment, order, contract)."))  # fmt: skip
_must_lack("763", _whole, "cana", ("NFC-e com dados de aquisição de cana.", "An NFC-e with sugar cane data."))
_must_lack("1006", _ide, "gCompraGov", ("NFC-e com grupo de compra governamental.",
                                        "An NFC-e with the public purchase group."), since=NT_2025_002)  # fmt: skip
_must_lack("1153", _ide, "dPrevEntrega", ("NFC-e com previsão de entrega.",
                                          "An NFC-e with an expected delivery date."), since=NT_2025_002)  # fmt: skip


@_medium("753", "NFC-e com frete fora de entrega em domicílio.", "An NFC-e with freight without home delivery.")
def no_freight(note: Note) -> Breach | None:
    mode = note.transp.text("modFrete")
    if mode in {None, "9"} or note.ide.text("indPres") == _HOME_DELIVERY:
        return None
    return Breach(note.transp, "modFrete", mode, "9")


@_medium("754", "NFC-e com transportador fora de entrega em domicílio.", "An NFC-e with a carrier, not delivered.")
def no_carrier(note: Note) -> Breach | None:
    if "transporta" not in note.transp or note.ide.text("indPres") == _HOME_DELIVERY:
        return None
    return Breach(note.transp, "transporta")


@_medium("787", "NFC-e entregue em domicílio sem identificar o destinatário.",
         "A delivered NFC-e that does not identify the recipient.", explains=("NF-65-788",))  # fmt: skip
def delivery_names_the_recipient(note: Note) -> Breach | None:
    if note.ide.text("indPres") != _HOME_DELIVERY or note.recipient_id:
        return None
    return Breach(note.group, "dest", formula="indPres 4")


@_medium("788", "NFC-e entregue em domicílio sem o endereço de entrega.",
         "A delivered NFC-e without the address of delivery.")  # fmt: skip
def delivery_has_an_address(note: Note) -> Breach | None:
    if note.ide.text("indPres") != _HOME_DELIVERY or "enderDest" in note.dest or "entrega" in note.group:
        return None
    return Breach(note.dest or note.group, "enderDest", formula="indPres 4")


@_medium("769", "NFC-e sem formas de pagamento.", "An NFC-e without means of payment.")
def payment_is_stated(note: Note) -> Breach | None:
    # Layout 3.10 wrote each payment straight into pag.
    return None if note.payments or note.pag else Breach(note.group, "pag")


@_medium("394", "NFC-e sem o QR Code.", "An NFC-e without its QR code.", valid_from=BY_LAYOUT_4_00)
def qr_code_is_present(note: Note) -> Breach | None:
    if note.supplement.text("qrCode"):
        return None
    return Breach(note.supplement, "qrCode") if note.supplement else Breach(note.element, "infNFeSupl/qrCode")


@_medium("397", "O QR Code é de outra nota.", "The QR code is of another note.", valid_from=BY_LAYOUT_4_00)
def qr_code_is_of_this_note(note: Note) -> Breach | None:
    text = note.supplement.text("qrCode")
    if not text or note.key in text:
        return None
    return Breach(note.supplement, "qrCode", text[:200], note.key)


@rule(
    "NF-65-001", severity=Severity.HIGH, scope=Scope.NOTE, models=NFCE, facultative=True,
    valid_from=BY_LAYOUT_4_00, reference="Rejeição 750; Ajuste SINIEF 19/16",
    pt="NFC-e de valor alto sem CPF nem CNPJ do consumidor.",
    en="An NFC-e of a high value without the consumer's CPF or CNPJ.",
)  # fmt: skip
def high_value_names_the_consumer(note: Note) -> Breach | None:
    if note.recipient_id:
        return None
    value = note.total.amount_or_zero("vNF")
    if value < _UNIDENTIFIED_LIMIT:
        return None
    return Breach(note.total, "vNF", value, formula=f"vNF {value} >= {_UNIDENTIFIED_LIMIT} sem CPF ou CNPJ")
