"""A builder of signed, arithmetically right notes that can then be made wrong on purpose."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Self

from malha.simulators.nfe import check_digits, document, parties, protocol, signing, xml
from malha.simulators.nfe.amounts import ZERO, apportion, cents
from malha.simulators.nfe.catalogue import COMMON, FUELS, SERVICES, SUBSTITUTED, Product
from malha.simulators.nfe.certificates import Certificate, certificate
from malha.simulators.nfe.edits import EditableDocument
from malha.simulators.nfe.icms import FUEL_CODES, SUBSTITUTION_CODES
from malha.simulators.nfe.lines import Line, Operation
from malha.simulators.nfe.parties import Party
from malha.simulators.nfe.places import PLACES
from malha.simulators.nfe.xml import Element

BRASILIA = timezone(timedelta(hours=-3))
_DEFAULT_DATE = datetime(2026, 5, 12, 10, 30, tzinfo=BRASILIA)
_ALPHANUMERIC_DATE = datetime(2026, 9, 15, 10, 30, tzinfo=BRASILIA)
_OLD_DATE = datetime(2017, 5, 12, 10, 30, tzinfo=BRASILIA)
_REFORM_START = datetime(2026, 1, 1, tzinfo=BRASILIA)
_NORMAL_CYCLE = ("00", "20", "60", "40")
_SIMPLES_CYCLE = ("102", "101", "500")


class NoteBuilder(EditableDocument):
    """One NF-e or NFC-e. The same calls give the same bytes; the parties and products follow from ``seed``.

    Methods that describe the note may come in any order; edits are made after them, in their own order, on the
    finished infNFe before signing. A path that starts with ``protNFe`` edits the protocol.
    """

    receipt = "protNFe"

    def __init__(self, seed: int = 0, *, model: str = "55", layout: str = "4.00") -> None:
        super().__init__()
        self._seed = seed
        self._model, self._layout = model, layout
        self._count = 4 if model == "55" else 2
        self._taxes: tuple[str, ...] = ()
        self._origin, self._destination = "SP", "SP"
        self._buyer = "company" if model == "55" else "nobody"
        self._simples = self._alphanumeric = False
        self._ipi_rate: Decimal | None = None
        self._extras: dict[str, Decimal] = {}
        self._payments: tuple[str, ...] = ()
        self._change, self._instalments = ZERO, 2 if model == "55" else 0
        self._issued_at: datetime | None = None
        self._series, self._number = 1, 1000 + seed % 900_000_000
        self._environment, self._emission, self._references = "1", "1", ()
        self._issuer: Party | None = None
        self._recipient: Party | None = None
        self._certificate: Certificate | None = None

    def with_items(self, count: int, *taxes: str) -> Self:
        """``count`` items cycling over CST or CSOSN; "40-deson" is CST 40 with vICMSDeson, "ISSQN" a service."""
        self._count, self._taxes = count, taxes
        return self

    def from_state(self, uf: str) -> Self:
        """The issuer's state, and the buyer's unless ``interstate`` says otherwise."""
        if self._destination == self._origin:
            self._destination = uf
        self._origin = uf
        return self

    def interstate(self, uf: str = "RJ") -> Self:
        self._destination = uf
        return self

    def to_consumer(self, *, individual: bool = False) -> Self:
        """A final consumer who is no ICMS taxpayer: across states this brings DIFAL."""
        self._buyer = "individual" if individual else "consumer"
        return self

    def to_final_use(self) -> Self:
        """A taxpayer that buys for its own use: IPI enters the ICMS base, there is no DIFAL group."""
        self._buyer = "user"
        return self

    def simples(self) -> Self:
        self._simples = True
        return self

    def manufactured(self, ipi_rate: str = "10.00") -> Self:
        """Own production with IPI."""
        self._ipi_rate = Decimal(ipi_rate)
        return self

    def with_freight(self, value: str) -> Self:
        """Freight of the whole note, spread over its goods by value (none: left out); the next three likewise."""
        return self._spread("freight", value)

    def with_insurance(self, value: str) -> Self:
        return self._spread("insurance", value)

    def with_discount(self, value: str) -> Self:
        return self._spread("discount", value)

    def with_other_costs(self, value: str) -> Self:
        return self._spread("other", value)

    def paid(self, *codes: str, change: str = "0.00") -> Self:
        """Payment at once in equal parts by these tPag codes."""
        self._payments, self._change, self._instalments = codes, Decimal(change), 0
        return self

    def in_instalments(self, count: int) -> Self:
        self._payments, self._instalments = ("15",), count
        return self

    def issued(self, moment: datetime) -> Self:
        self._issued_at = moment
        return self

    def numbered(self, number: int, series: int = 1) -> Self:
        self._number, self._series = number, series
        return self

    def in_contingency(self, kind: str) -> Self:
        """Issued under another tpEmis: 3 NFF, 4 EPEC, 5 FS-DA, 6 SVC-AN, 7 SVC-RS, 9 offline (NFC-e)."""
        self._emission = kind
        return self

    def homologation(self) -> Self:
        self._environment = "2"
        return self

    def returning(self, key: str) -> Self:
        """A return (finNFe 4) of what the note ``key`` delivered, without payment."""
        self._references = (*self._references, key)
        return self.paid("90")

    def alphanumeric(self) -> Self:
        """An issuer whose CNPJ has letters; dated after their start in July 2026 unless ``issued`` says otherwise."""
        self._alphanumeric = True
        return self

    def sold_by(self, issuer: Party) -> Self:
        self._issuer = issuer
        return self

    def bought_by(self, recipient: Party) -> Self:
        self._recipient = recipient
        return self

    def signed_by(self, holder: Certificate) -> Self:
        """Sign with another certificate than the issuer's own: a stranger's, or an expired one."""
        self._certificate = holder
        return self

    @property
    def key(self) -> str:
        """The access key of the note as planned; edits do not change it."""
        return self.plan().key

    def unsigned(self) -> bytes:
        """The NFe without Signature."""
        return xml.HEAD + b'<NFe xmlns="%b">%b</NFe>' % (xml.NFE.encode(), xml.fragment(self._element(self.plan())))

    def signed(self) -> bytes:
        """The NFe without protocol."""
        plan = self.plan()
        return xml.HEAD + self._signed_element(plan, self._element(plan))

    def authorised(self) -> bytes:
        """nfeProc: the signed NFe with a protocol whose digVal fits."""
        plan = self.plan()
        root = self._element(plan)
        receipt = self._edited(protocol.authorisation(plan, signing.digest(root)), "protNFe")
        head = f'<nfeProc xmlns="{xml.NFE}" versao="{plan.layout}">'.encode()
        return b"".join((xml.HEAD, head, self._signed_element(plan, root), xml.fragment(receipt), b"</nfeProc>"))

    def plan(self) -> document.Plan:
        """What the note says before edits."""
        issuer, recipient, carrier = self._parties()
        operation = self._operation(issuer, recipient)
        rng = self._rng("code")
        return document.Plan(
            model=self._model,
            layout=self._layout,
            issued_at=self._moment(),
            series=self._series,
            number=self._number,
            random_code=f"{rng.randrange(13_000_000, 87_000_000)}",
            environment=self._environment,
            purpose="4" if self._references else "1",
            issuer=issuer,
            recipient=recipient,
            carrier=carrier,
            operation=operation,
            lines=tuple(self._lines()),
            payment_codes=self._payments or (("15",) if self._instalments else ("01",)),
            change=self._change,
            instalments=self._instalments,
            references=tuple(self._references),
            emission=self._emission,
        )

    def _spread(self, name: str, value: str) -> Self:
        self._extras[name] = Decimal(value)
        return self

    def _element(self, plan: document.Plan) -> Element:
        return self._edited(xml.build("infNFe", document.fields(plan)))

    def _signed_element(self, plan: document.Plan, root: Element) -> bytes:
        holder = self._certificate or certificate(plan.issuer.tax_id, plan.issuer.name, plan.issued_at.year)
        body = signing.signed(root, f'NFe xmlns="{xml.NFE}"', holder)
        if not plan.is_nfce:
            return body
        supplement = protocol.nfce_supplement if not plan.is_old else protocol.old_nfce_supplement
        return body.replace(b"</infNFe>", b"</infNFe>" + supplement(plan, root, holder), 1)

    def _rng(self, purpose: str) -> random.Random:
        return random.Random(f"{self._seed}/{purpose}")  # noqa: S311 - reproducible sample data

    def _moment(self) -> datetime:
        if self._issued_at is not None:
            return self._issued_at
        if self._layout == "3.10":
            return _OLD_DATE
        return _ALPHANUMERIC_DATE if self._alphanumeric else _DEFAULT_DATE

    def _parties(self) -> tuple[Party, Party | None, Party]:
        rng = self._rng("parties")
        origin, destination = PLACES[self._origin], PLACES[self._destination]
        issuer = parties.company(rng, origin, alphanumeric=self._alphanumeric)
        recipient: Party | None = parties.company(rng, destination)
        carrier = parties.company(rng, origin)
        if self._buyer == "individual":
            recipient = parties.individual(rng, destination)
        elif self._buyer == "nobody":
            recipient = None
        return self._issuer or issuer, self._recipient or recipient, carrier

    def _operation(self, issuer: Party, recipient: Party | None) -> Operation:
        reform = self._layout == "4.00" and not self._simples and self._moment() >= _REFORM_START
        return Operation(
            origin=issuer.place,
            destination=recipient.place if recipient and self._model == "55" else issuer.place,
            simples=self._simples,
            final_consumer=self._buyer != "company",
            taxpayer=self._buyer in {"company", "user"},
            manufacturer=self._ipi_rate is not None,
            returning=bool(self._references),
            reform=reform,
        )

    def _lines(self) -> list[Line]:
        rng = self._rng("items")
        cycle = self._taxes or (_SIMPLES_CYCLE if self._simples else _NORMAL_CYCLE)
        plain = [self._line(rng, cycle[position % len(cycle)]) for position in range(self._count)]
        values = [ZERO if line.is_service else line.value for line in plain]
        extras = self._extras if any(values) else {}
        parts = {name: apportion(amount, values) for name, amount in extras.items()}
        return [
            Line(**{**vars(line), **{name: amounts[position] for name, amounts in parts.items()}})
            for position, line in enumerate(plain)
        ]

    def _line(self, rng: random.Random, tax: str) -> Line:
        shop = self._model == "65"
        product = rng.choice(_products(tax, shop=shop))
        low, high = Decimal(product.lowest_price), Decimal(product.highest_price)
        whole = product.unit not in {"KG", "L"}
        most = 5 if shop else 40
        quantity = Decimal(rng.randint(1, most) if whole else rng.randint(1_000, 2_000 * most)) / (1 if whole else 1000)
        return Line(
            product=product,
            code=f"P{rng.randint(1000, 9999)}",
            gtin=check_digits.gtin13(rng),
            quantity=quantity.quantize(Decimal("0.0001")),
            price=cents(low + (high - low) * Decimal(rng.randint(0, 1000)) / 1000).quantize(Decimal("0.0000000001")),
            tax=tax,
            ipi_rate=self._ipi_rate,
        )


def _products(tax: str, *, shop: bool) -> tuple[Product, ...]:
    """Shops sell what keeps a note under the value that asks for the buyer's name."""
    if tax == "ISSQN":
        return SERVICES
    if tax in FUEL_CODES:
        return FUELS
    products = SUBSTITUTED if tax in SUBSTITUTION_CODES else COMMON
    return tuple(one for one in products if Decimal(one.highest_price) < 100) if shop else products
