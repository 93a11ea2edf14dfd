"""Procurements in the words of the Open Contracting Data Standard 1.1.5: releases and records.

PNCP publishes who won, and no bids, so there are no tenderers here. What has no place in the standard's core is left
out; codes of Brazilian lists stay as they are, beside their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from malha.procurement.rules.masks import mask_supplier, mask_text
from malha.procurement.rules.notices import pncp_page
from malha.procurement.rules.ocds_codes import (
    AWARD_CANCELLED,
    CATEGORIES,
    METHODS,
    tender_status,
)

VERSION = "1.1.5"
UNREGISTERED_PREFIX = "ocds-xxxxxx"
"""Stands where a publisher's own prefix belongs, which the Open Contracting Partnership gives out."""

CNPJ_LENGTH = 14

Json = dict[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Process:
    """A procurement with all that hangs on it, as rows of the tables. `former` are earlier versions, oldest first."""

    procurement: Row
    organ: Row
    unit: Row | None
    items: Sequence[Row] = ()
    results: Sequence[Row] = ()
    contracts: Sequence[Row] = ()
    former: Sequence[Row] = field(default=())


def ocid_of(prefix: str, control_number: str) -> str:
    """The process's id; the same whatever is known of the process."""
    return f"{prefix}-{control_number.replace('/', '-')}"


def current_release(process: Process, prefix: str) -> Json:
    """Everything that is known of a process now, in one release whose id changes with its content."""
    awards = _awards(process)
    contracts = _contracts(process, awards)
    tags = ["tender", *(["award"] if awards else []), *(["contract"] if contracts else [])]
    moments = [process.procurement["version_at"], *(row["version_at"] for row in process.contracts)]
    digests = [process.procurement["digest"], *sorted(row["digest"] for row in process.contracts)]
    digests += [f"{row['item_number']}/{row['sequence']}/{row['total']}" for row in process.results]
    digests += [f"{len(process.items)}"]
    release = _bare_release(process, prefix, process.procurement, digests, max(moments), tags)
    release["parties"] += _suppliers(process)
    return release | ({"awards": awards} if awards else {}) | ({"contracts": contracts} if contracts else {})


def releases_of(process: Process, prefix: str) -> list[Json]:
    """One release for each earlier version of the procurement, then the current one, by their dates."""
    found: list[Json] = []
    for row in process.former:
        tags = ["tenderUpdate" if found else "tender"]
        found.append(_bare_release(process, prefix, row, [row["digest"]], row["version_at"], tags))
    return [*found, current_release(process, prefix)]


def record_of(process: Process, prefix: str) -> Json:
    """The record: every release, and what holds now."""
    releases = releases_of(process, prefix)
    compiled = releases[-1] | {"tag": ["compiled"], "id": f"{releases[-1]['id']}-compiled"}
    return {"ocid": releases[-1]["ocid"], "releases": releases, "compiledRelease": compiled}


def _bare_release(
    process: Process, prefix: str, row: Row, digests: Sequence[str], moment: datetime, tags: list[str]
) -> Json:
    """A release that tells of the tender alone."""
    ocid = ocid_of(prefix, process.procurement["control_number"])
    parties = [_buyer(process), _procuring_entity(process)]
    return {
        "ocid": ocid,
        "id": f"{ocid}-{hashlib.sha256('|'.join(digests).encode()).hexdigest()[:16]}",
        "date": moment.isoformat(),
        "tag": tags,
        "initiationType": "tender",
        "language": "pt",
        "parties": parties,
        "buyer": {"id": parties[0]["id"], "name": parties[0]["name"]},
        "tender": _tender(process, row, is_current=row is process.procurement),
    }


def _tender(process: Process, row: Row, *, is_current: bool) -> Json:
    items = process.items if is_current else ()
    natures = [item["nature"] for item in items if item["nature"] in CATEGORIES]
    ranked = sorted(set(natures), key=lambda nature: (-natures.count(nature), nature))
    entity = _procuring_entity(process)
    return _without_empty(
        {
            "id": row["control_number"],
            "title": _masked(row["object"]),
            "description": _masked(row["additional_information"]),
            "status": tender_status(row["situation_id"], [item["situation_id"] for item in items]),
            "procuringEntity": {"id": entity["id"], "name": entity["name"]},
            "items": [_item(item) for item in items],
            "value": _value(row["estimated_total"]),
            "procurementMethod": METHODS.get(row["modality_id"]),
            "procurementMethodDetails": row["modality_name"],
            "mainProcurementCategory": CATEGORIES[ranked[0]] if ranked else None,
            "additionalProcurementCategories": [CATEGORIES[nature] for nature in ranked[1:]],
            "tenderPeriod": _period(row["proposals_open_at"], row["proposals_close_at"]),
            "documents": _documents(row),
        }
    )


def _item(item: Row, *, quantity: Any = None, unit_value: Any = None) -> Json:
    """An item as it was tendered, or as it was won."""
    amount = quantity if quantity is not None else item["quantity"]
    value = unit_value if unit_value is not None else item["estimated_unit_value"]
    unit = _without_empty({"name": item["unit"], "value": _value(value)})
    codes = [("NCM", item["ncm_code"]), ("CATMAT/CATSER", item["catalog_code"])]
    classifications = [{"scheme": scheme, "id": code} for scheme, code in codes if code]
    return _without_empty(
        {
            "id": str(item["number"]),
            "description": _masked(item["description"]),
            "quantity": amount,
            "unit": unit,
            "classification": classifications[0] if classifications else None,
            "additionalClassifications": classifications[1:],
        }
    )


def _documents(row: Row) -> list[Json]:
    page = pncp_page(row["control_number"])
    links = [("pncp", page), ("source", row["source_link"])]
    return [
        {"id": name, "documentType": "tenderNotice", "url": link}
        for name, link in links
        if link and link.startswith(("http://", "https://")) and link.isascii() and " " not in link
    ]


def _awards(process: Process) -> list[Json]:
    items = {item["number"]: item for item in process.items}
    return [_award(result, items.get(result["item_number"])) for result in process.results]


def _award(result: Row, item: Row | None) -> Json:
    """One award for each result: PNCP decides item by item."""
    won = None if item is None else _item(item, quantity=result["quantity"], unit_value=result["unit_value"])
    return _without_empty(
        {
            "id": _award_id(result),
            "title": None if item is None else _masked(item["description"]),
            "status": "cancelled" if result["situation_id"] == AWARD_CANCELLED else "active",
            "date": _day(result["decided_on"]),
            "value": _value(result["total"]),
            "suppliers": [_reference(result)] if result["supplier_id"] else [],
            "items": [] if won is None else [won],
        }
    )


def _award_id(result: Row) -> str:
    return f"{result['item_number']}-{result['sequence']}"


def _contracts(process: Process, awards: list[Json]) -> list[Json]:
    """Contracts, each with an award to its supplier: PNCP does not say of which item a contract is.

    Where no result names the supplier, the contract itself tells that it was awarded.
    """
    found: list[Json] = []
    for row in process.contracts:
        supplier = row["supplier_id"]
        award = next(
            (_award_id(each) for each in process.results if supplier and each["supplier_id"] == supplier), None
        )
        if award is None:
            award = f"contract-{row['control_number']}"
            told = {"id": award, "status": "active", "date": _day(row["signed_on"]), "value": _contract_value(row)}
            awards.append(_without_empty(told | {"suppliers": [_reference(row)] if row["supplier_id"] else []}))
        found.append(
            _without_empty(
                {
                    "id": row["control_number"],
                    "awardID": award,
                    "title": _masked(row["object"]),
                    "status": "active" if row["signed_on"] else "pending",
                    "period": _period(row["starts_on"], row["ends_on"]),
                    "value": _contract_value(row),
                    "dateSigned": _day(row["signed_on"]),
                }
            )
        )
    return found


def _contract_value(row: Row) -> Json | None:
    return _value(row["total"]) or _value(row["initial_value"])


def _buyer(process: Process) -> Json:
    cnpj, organ = process.procurement["organ_cnpj"], process.organ
    name = organ.get("name") or cnpj
    identifier = {"scheme": "BR-CNPJ", "id": cnpj, "legalName": name}
    return {"id": f"BR-CNPJ-{cnpj}", "name": name, "identifier": identifier, "roles": ["buyer"]}


def _procuring_entity(process: Process) -> Json:
    """The buying unit, whose code means something within its organ only."""
    buyer, unit = _buyer(process), process.unit
    if unit is None:
        return buyer | {"id": f"{buyer['id']}-unit", "roles": ["procuringEntity"]}
    place = {"locality": unit["city"], "region": unit["uf"], "countryName": "Brasil"}
    entity = {
        "id": f"{buyer['id']}-{unit['code']}",
        "name": unit["name"] or buyer["name"],
        "roles": ["procuringEntity"],
    }
    return entity | {"address": _without_empty(place)}


def _suppliers(process: Process) -> list[Json]:
    parties: dict[str, Json] = {}
    for row in (*process.results, *process.contracts):
        if row["supplier_id"]:
            reference = _reference(row)
            party: Json = reference | {"roles": ["supplier"]}
            if reference["id"].startswith("BR-CNPJ-"):
                party["identifier"] = {
                    "scheme": "BR-CNPJ", "id": row["supplier_id"], "legalName": row["supplier_name"],
                }  # fmt: skip
            parties.setdefault(reference["id"], party)
    return list(parties.values())


def _reference(row: Row) -> Json:
    """A supplier. A person's number is hidden, so a piece of the name tells two apart whose hidden numbers agree."""
    shown = mask_supplier(row["supplier_id"], row["supplier_kind"]) or ""
    name = row["supplier_name"] or shown
    if shown != row["supplier_id"]:
        return {"id": f"BR-CPF-{shown}-{hashlib.sha256(name.encode()).hexdigest()[:8]}", "name": name}
    is_company = row["supplier_kind"] == "PJ" or (row["supplier_kind"] is None and len(shown) == CNPJ_LENGTH)
    scheme = "BR-CNPJ" if is_company else "XX"  # nobody says which register a foreign number is of
    return {"id": f"{scheme}-{shown}", "name": name}


def _value(amount: Decimal | None) -> Json | None:
    """An amount in reais; nothing estimated is no estimate of nothing."""
    return {"amount": amount, "currency": "BRL"} if amount else None


def _period(start: datetime | date | None, end: datetime | date | None) -> Json | None:
    return _without_empty({"startDate": _moment(start), "endDate": _moment(end)}) or None


def _moment(value: datetime | date | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else _day(value)


def _day(value: date | None) -> str | None:
    """Midnight in Brasília, for the standard knows no days."""
    return None if value is None else f"{value.isoformat()}T00:00:00-03:00"


def _masked(text: str | None) -> str | None:
    return None if text is None else mask_text(text)


def _without_empty(fields: Json) -> Json:
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}
