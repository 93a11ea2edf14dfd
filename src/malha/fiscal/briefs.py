"""What rules across documents need of a document, small enough to keep for every document of an audit.

A brief is plain values: it holds no tree, so a note of twelve items takes some 4 KB where its tree takes 200. Texts are
cut where no field of the layouts is that long.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from malha.fiscal.documents import (
    Document,
    Event,
    Inutilization,
    Item,
    Note,
    Protocol,
    Source,
    Unreadable,
    parse_instant,
)
from malha.fiscal.identifiers import is_gtin
from malha.fiscal.references import referenced_keys
from malha.fiscal.signature import UNCHANGED, verification
from malha.fiscal.tree import Group, Place

LONGEST_TEXT = 1_200


class ItemBrief(NamedTuple):
    """A `det`. ``place`` is its place among its like; ``gtin`` is empty where the code is none."""

    place: int
    number: int
    code: str
    gtin: str
    name: str
    cfop: str
    ncm: str
    cest: str
    unit_price: str
    unit: str
    quantity: str
    icms_group: str
    csosn: str | None
    cst: str
    icms_rate: str
    pis_group: str
    pis_cst: str
    cofins_group: str
    cofins_cst: str
    returned_key: str
    returned_number: str

    @property
    def icms_code(self) -> str:
        """CSOSN or CST, whichever the item has."""
        return self.cst if self.csosn is None else self.csosn

    @property
    def icms_field(self) -> str:
        """What `icms_code` is called."""
        return "CST" if self.csosn is None else "CSOSN"


class OwnProtocol(NamedTuple):
    """The protocol that came with a note."""

    path: str
    key: str
    status: str
    digest: str
    received: str

    @property
    def itself(self) -> Place:
        """The `infProt`."""
        return Place(self.path)


class NoteBrief(NamedTuple):
    """A note. ``content`` is the same for files that hold the same note, ``sale`` for notes of the same items."""

    name: str
    path: str
    key: str
    model: str
    series: str
    number: str
    environment: str
    purpose: str
    direction: str
    crt: str
    issuer_id: str
    recipient_id: str
    recipient_uf: str
    recipient_registration: str
    issued: str
    total: str
    sale: str
    content: str
    digest: str
    protocol: OwnProtocol | None
    references: tuple[str, ...]
    items: tuple[ItemBrief, ...]

    @property
    def issued_at(self) -> datetime | None:
        """Always aware."""
        return parse_instant(self.issued)

    @property
    def itself(self) -> Place:
        """The `infNFe`."""
        return Place(self.path)

    @property
    def ide(self) -> Place:
        """Its identification."""
        return Place(f"{self.path}/ide")

    @property
    def totals(self) -> Place:
        """Its `ICMSTot`."""
        return Place(f"{self.path}/total/ICMSTot")

    def inside(self, item: ItemBrief, group: str) -> Place:
        """A group of an item, by its path there."""
        return Place(f"{self.path}/det[{item.place}]/{group}", item.number)


class EventBrief(NamedTuple):
    """An event; ``is_whole`` unless there is only SEFAZ's answer. ``letter`` is a correction, ``reason`` a refusal."""

    name: str
    path: str
    key: str
    kind: str
    sequence: str
    author_id: str
    occurred: str
    status: str
    is_registered: bool
    is_whole: bool
    letter: str
    reason: str

    @property
    def itself(self) -> Place:
        """The `infEvento`."""
        return Place(self.path)

    @property
    def at(self) -> datetime | None:
        """When it happened; always aware."""
        return parse_instant(self.occurred)


class ProtocolBrief(NamedTuple):
    """SEFAZ's word on a note, apart from it."""

    name: str
    path: str
    key: str
    status: str
    digest: str
    reason: str | None

    @property
    def itself(self) -> Place:
        """What holds cStat."""
        return Place(self.path)


class InutilizationBrief(NamedTuple):
    """A range of numbers declared unused."""

    name: str
    issuer_id: str
    model: str
    series: str
    first: int
    last: int
    status: str


Brief: TypeAlias = NoteBrief | EventBrief | ProtocolBrief | InutilizationBrief
_KINDS: tuple[type[Brief], ...] = (NoteBrief, EventBrief, ProtocolBrief, InutilizationBrief)


def brief_of(document: Document) -> Brief | None:
    """None of a file that could not be read."""
    source = document.source
    name = source.name
    match document:
        case Note():
            return _of_note(document, name)
        case Event():
            return _of_event(document, name)
        case Protocol():
            own, key, status = document.group, document.key, document.status
            digest, reason = _text(own, "digVal").strip(), own.text("xMotivo")
            return ProtocolBrief(
                name, source.paths.of(own.element), _cut(key), _cut(status), digest, reason and _cut(reason)
            )
        case Inutilization():
            numbering = (_cut(document.issuer_id), _cut(document.model), _cut(document.series))
            return InutilizationBrief(name, *numbering, document.first, document.last, _cut(document.status))
        case Unreadable():
            return None


def pack_briefs(documents: Sequence[Document]) -> bytes | None:
    """The briefs of all documents of a file, for `BriefReader`; None when none of them could be read."""
    briefs = [brief_of(document) for document in documents]
    if not any(briefs):
        return None
    kept = [None if brief is None else (_KINDS.index(type(brief)), *brief[1:]) for brief in briefs]
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), 1)


class BriefReader:
    """Reads packed briefs. Words that items share are kept once, however many items there are."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def read(self, packed: bytes, *, name: str) -> list[Brief | None]:
        """The briefs of a file of this name, in the order of its documents."""
        return [values and self._brief(name, *values) for values in json.loads(zlib.decompress(packed))]

    def _brief(self, name: str, kind: int, *values: Any) -> Brief:
        if _KINDS[kind] is not NoteBrief:
            return _KINDS[kind](name, *values)
        *fields, protocol, references, items = values
        own = protocol and OwnProtocol(*protocol)
        return NoteBrief._make([name, *fields, own, tuple(references), tuple(map(self._item, items))])

    def _item(self, values: list[Any]) -> ItemBrief:
        known = self._words.setdefault
        return ItemBrief._make(known(value, value) if type(value) is str else value for value in values)


def _of_note(note: Note, name: str) -> NoteBrief:
    signed = verification(note)
    digest = signed.digest_value if signed else ""
    content = f"{digest} {signed.content in UNCHANGED}" if signed and digest else note.sha256
    return NoteBrief(
        name=name,
        path=note.source.paths.of(note.group.element),
        key=_cut(note.key),
        model=_cut(note.model),
        series=_cut(note.series),
        number=_cut(note.number),
        environment=_text(note.ide, "tpAmb"),
        purpose=_cut(note.purpose),
        direction=_cut(note.direction),
        crt=_cut(note.crt),
        issuer_id=_cut(note.issuer_id),
        recipient_id=_cut(note.recipient_id),
        recipient_uf=_cut(note.recipient_uf),
        recipient_registration=_text(note.dest, "indIEDest"),
        issued=note.issued_at.isoformat() if note.issued_at else "",
        total=_text(note.total, "vNF"),
        sale=_sale(note.items),
        content=content,
        digest=digest,
        protocol=_own_protocol(note.protocol, note.source) if note.protocol else None,
        references=tuple(map(_cut, referenced_keys(note))),
        items=tuple(_of_item(item, place) for place, item in enumerate(note.items, 1)),
    )


def _of_item(item: Item, place: int) -> ItemBrief:
    prod, icms, pis, cofins = item.prod, item.icms, item.pis, item.cofins
    gtin, reference = _text(prod, "cEAN"), item.group.group("DFeReferenciado")
    return ItemBrief(
        place=place,
        number=item.number,
        code=_text(prod, "cProd"),
        gtin=gtin if is_gtin(gtin) else "",
        name=_text(prod, "xProd"),
        cfop=_text(prod, "CFOP"),
        ncm=_text(prod, "NCM"),
        cest=_text(prod, "CEST"),
        unit_price=_text(prod, "vUnCom"),
        unit=_text(prod, "uTrib"),
        quantity=_text(prod, "qTrib"),
        icms_group=icms.tag,
        csosn=_text(icms, "CSOSN") if item.is_simples else None,
        cst=_text(icms, "CST"),
        icms_rate=_text(icms, "pICMS"),
        pis_group=pis.tag,
        pis_cst=_text(pis, "CST"),
        cofins_group=cofins.tag,
        cofins_cst=_text(cofins, "CST"),
        returned_key=_text(reference, "chaveAcesso"),
        returned_number=_text(reference, "nItem"),
    )


def _sale(items: Iterable[Item]) -> str:
    sold = sorted([item.prod.text(tag) or "" for tag in ("cProd", "CFOP", "qCom", "vProd")] for item in items)
    return hashlib.blake2b(json.dumps(sold).encode(), digest_size=16).hexdigest()


def _own_protocol(group: Group, source: Source) -> OwnProtocol:
    stated = (_text(group, "chNFe"), _text(group, "cStat"), _text(group, "digVal").strip(), _text(group, "dhRecbto"))
    return OwnProtocol(source.paths.of(group.element), *stated)


def _of_event(event: Event, name: str) -> EventBrief:
    return EventBrief(
        name=name,
        path=event.source.paths.of(event.group.element),
        key=_cut(event.key),
        kind=_cut(event.kind),
        sequence=_cut(event.sequence),
        author_id=_cut(event.author_id),
        occurred=event.at.isoformat() if event.at else "",
        status=_cut(event.status),
        is_registered=event.is_registered,
        is_whole=event.element is not None,
        letter=_text(event.detail, "xCorrecao"),
        reason=_text(event.detail, "xJust"),
    )


def _text(group: Group, tag: str) -> str:
    text = group.text(tag)
    return "" if text is None else text[:LONGEST_TEXT]


def _cut(text: str) -> str:
    return text[:LONGEST_TEXT]
