"""Fiscal documents as the rules see them: notes, their items, events, protocols, unused numbers, and unread files."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from malha.fiscal.tree import ABSENT, ZERO, Element, Group, Paths, parse_amount

# allow-type-cycle: a note keeps what the checks of its sums and its signature have found
if TYPE_CHECKING:
    from malha.fiscal.rules import ItemSums, ReformPart
    from malha.fiscal.signature import Verification

__all__ = [
    "ABSENT",
    "UNSUPPORTED",
    "ZERO",
    "Document",
    "Event",
    "Group",
    "Inutilization",
    "Item",
    "Note",
    "Protocol",
    "ReadError",
    "Source",
    "Unreadable",
    "parse_amount",
    "parse_instant",
]  # fmt: skip

UNSUPPORTED = "unsupported"
_BRASILIA = timezone(timedelta(hours=-3))
_LONGEST_INSTANT = 40


class ReadError(ValueError):
    """The file cannot be read as a fiscal document.

    Codes: ``empty``, ``too-large``, ``too-deep``, ``malformed``, ``doctype``, ``encoding``, ``not-xml``,
    ``incomplete``, ``crashed``, those of archives, and ``unsupported``, which is no fault of the file.
    """

    def __init__(self, code: str, message_pt: str, message_en: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_pt = message_pt
        self.message_en = message_en


def parse_instant(text: str) -> datetime | None:
    """An ISO 8601 instant, always aware (layouts before 3.10 give a bare date: Brasília's); None when it is not one.

    Years at the ends of the calendar, which no layout allows, would overflow when days are added or zones changed.
    """
    return _instant(text) if len(text) <= _LONGEST_INSTANT else None


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1900 <= instant.year <= 2200:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=_BRASILIA)


class Source:
    """One file: its name, bytes and fingerprint, with the parsed tree while it is being audited.

    XML that a file carries as text or zipped is a source of its own; ``outer`` is the one that carries it.
    """

    __slots__ = ("data", "name", "outer", "paths", "root", "sha256")

    def __init__(self, name: str, data: bytes, root: Element | None = None, *, outer: Source | None = None) -> None:
        self.name = name
        self.data = data
        self.root = root
        self.outer = outer
        self.paths = Paths()
        self.sha256 = sha256(data).hexdigest()

    @property
    def file(self) -> Source:
        """The file itself: the outermost source."""
        return self if self.outer is None else self.outer.file


class Item:
    """One `det` of a note; the groups and codes that most rules want are ready."""

    __slots__ = ("cfop", "cofins", "group", "ibscbs", "icms", "icms_code", "imposto", "ipi", "is_simples", "issqn",
                 "name", "ncm", "number", "pis", "prod", "reform_parts")  # fmt: skip

    def __init__(self, group: Group, position: int) -> None:
        number = group.attr("nItem")
        prod = group.group("prod")
        imposto = group.group("imposto")
        icms = imposto.group("ICMS").only()
        self.group = group
        self.number = int(number) if number is not None and number.isdecimal() and len(number) < 6 else position
        self.prod = prod
        self.imposto = imposto
        self.icms = icms
        self.is_simples = "CSOSN" in icms
        self.icms_code = icms.text("CSOSN") if self.is_simples else icms.text("CST")
        self.ipi = imposto.group("IPI").only()
        self.pis = imposto.group("PIS").only()
        self.cofins = imposto.group("COFINS").only()
        self.issqn = imposto.group("ISSQN")
        self.ibscbs = imposto.group("IBSCBS")
        self.cfop = prod.text("CFOP")
        self.ncm = prod.text("NCM")
        self.name = prod.text("xProd")
        self.reform_parts: list[tuple[ReformPart, Group]] | None = None


class Note:
    """An NF-e or NFC-e (models 55 and 65): the `NFe` element with the protocol that came with it, if any."""

    __slots__ = ("cobr", "crt", "dest", "direction", "element", "emit", "group", "ide", "is_nfce", "issued_at",
                 "issuer_id", "issuer_uf", "items", "key", "layout", "model", "number", "pag", "payments", "protocol",
                 "purpose", "recipient_id", "recipient_uf", "series", "signature", "source", "sums", "supplement",
                 "total", "transp", "verification")  # fmt: skip

    def __init__(self, group: Group, source: Source, *, element: Element, protocol: Group | None) -> None:
        """``group`` and ``element`` are the same `NFe`; ``protocol`` is its `infProt`."""
        info = group.group("infNFe")
        ide, emit, dest = info.group("ide"), info.group("emit"), info.group("dest")
        issued = ide.text("dhEmi") or ide.text("dEmi")
        self.source = source
        self.element = element
        self.verification: Verification | None = None
        self.sums: ItemSums | None = None
        self.group = info
        self.protocol = protocol
        self.signature = group.group("Signature")
        self.supplement = group.group("infNFeSupl")
        self.key = (info.attr("Id") or "").removeprefix("NFe")
        self.layout = info.attr("versao") or ""
        self.ide, self.emit, self.dest = ide, emit, dest
        self.model = ide.text("mod") or ""
        self.is_nfce = self.model == "65"
        self.series = ide.text("serie") or ""
        self.number = ide.text("nNF") or ""
        self.purpose = ide.text("finNFe") or ""
        self.direction = ide.text("tpNF") or ""
        self.issued_at = parse_instant(issued) if issued else None
        self.crt = emit.text("CRT") or ""
        self.issuer_id = emit.text("CNPJ") or emit.text("CPF") or ""
        self.recipient_id = dest.text("CNPJ") or dest.text("CPF") or dest.text("idEstrangeiro") or ""
        self.issuer_uf = emit.group("enderEmit").text("UF") or ""
        self.recipient_uf = dest.group("enderDest").text("UF") or ""
        self.total = info.group("total").group("ICMSTot")
        self.transp = info.group("transp")
        self.cobr = info.group("cobr")
        self.pag = info.group("pag")
        self.payments = self.pag.groups("detPag")
        self.items = [Item(det, position) for position, det in enumerate(info.groups("det"), 1)]

    @property
    def raw(self) -> bytes:
        """The whole file that the note came in (several notes share a batch file)."""
        return self.source.data

    @property
    def sha256(self) -> str:
        return self.source.sha256

    @property
    def source_name(self) -> str:
        return self.source.name


class Event:
    """An event on a note (`evento/infEvento`) with SEFAZ's answer (`retEvento/infEvento`) when it is in the file."""

    __slots__ = ("answer", "at", "author_id", "detail", "element", "group", "key", "kind", "sequence", "signature",
                 "source", "status", "verification")  # fmt: skip

    def __init__(self, group: Group, source: Source, *, element: Element | None = None, answer: Group = ABSENT) -> None:
        """``group`` is `evento`, absent when the file holds the answer only; ``answer`` is the answer's `infEvento`."""
        own = group.group("infEvento") or answer
        at = own.text("dhEvento") or own.text("dhRegEvento")
        self.source = source
        self.element = element
        self.verification: Verification | None = None
        self.group = own
        self.answer = answer
        self.signature = group.group("Signature")
        self.key = own.text("chNFe") or ""
        self.kind = own.text("tpEvento") or ""
        self.sequence = own.text("nSeqEvento") or ""
        self.author_id = own.text("CNPJ") or own.text("CPF") or ""
        self.at = parse_instant(at) if at else None
        self.detail = own.group("detEvento")
        self.status = answer.text("cStat") or ("135" if answer.tag == "resEvento" else "")

    @property
    def is_registered(self) -> bool:
        """SEFAZ took it (135 linked, 136 not linked, 155 late cancellation)."""
        return self.status in {"135", "136", "155"}


_STATUS_OF_SITUATION = {"1": "100", "2": "110", "3": "101"}
"""cStat for the cSitNFe of a summary: authorised, denied, cancelled."""


class Protocol:
    """SEFAZ's word on a key that came apart from its note (`protNFe`, `retConsSitNFe`, `resNFe`...)."""

    __slots__ = ("group", "key", "number", "received_at", "source", "status")

    def __init__(self, group: Group, source: Source) -> None:
        """``group`` holds chNFe and cStat: `infProt`, or the query's answer itself."""
        received = group.text("dhRecbto")
        self.source = source
        self.group = group
        self.key = group.text("chNFe") or ""
        self.number = group.text("nProt") or ""
        self.status = group.text("cStat") or _STATUS_OF_SITUATION.get(group.text("cSitNFe") or "", "")
        self.received_at = parse_instant(received) if received else None


class Inutilization:
    """A range of numbers declared unused (`inutNFe`, `retInutNFe`, `procInutNFe`)."""

    __slots__ = ("first", "group", "issuer_id", "last", "model", "series", "source", "status")

    def __init__(self, group: Group, source: Source, *, answer: Group = ABSENT) -> None:
        own = group or answer
        self.source = source
        self.group = own
        self.issuer_id = own.text("CNPJ") or own.text("CPF") or ""
        self.model = own.text("mod") or ""
        self.series = own.text("serie") or ""
        self.first = _count(own.text("nNFIni"))
        self.last = _count(own.text("nNFFin"))
        self.status = answer.text("cStat") or ""


class Unreadable:
    """A file that could not be read, with the reason; it stands in the report like any document."""

    __slots__ = ("error", "source")

    def __init__(self, source: Source, error: ReadError) -> None:
        self.source = source
        self.error = error

    @property
    def is_unsupported(self) -> bool:
        """The file is of a kind that is not audited: nothing is wrong with it."""
        return self.error.code == UNSUPPORTED


Document: TypeAlias = Note | Event | Protocol | Inutilization | Unreadable


def _count(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 12 else 0
