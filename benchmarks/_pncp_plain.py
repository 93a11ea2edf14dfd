"""A straightforward ingestor as one writes it in an afternoon: one request after the other, an ORM merge per record."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx2
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from malha.procurement.models import Item, LegalBasis, Organ, Procurement, Unit
from malha.procurement.rules import wire
from malha.procurement.rules.records import item_row, organ_row, procurement_row, unit_row

JSONB_COLUMNS = frozenset({"raw"})


def ingest_plainly(database_url: str, host: str, day: date, modality: int, *, most: int) -> int:
    """Read a day's procurements with their items and results; how many procurements and items were written."""
    written, page = 0, 1
    with (
        httpx2.Client(base_url=f"http://{host}", timeout=60) as client,
        Session(create_engine(database_url)) as session,
    ):
        while written < most:
            query = {"dataInicial": f"{day:%Y%m%d}", "dataFinal": f"{day:%Y%m%d}", "pagina": page, "tamanhoPagina": 50}
            query |= {"codigoModalidadeContratacao": modality}
            reply = client.get("/api/consulta/v1/contratacoes/publicacao", params=query)
            if reply.status_code == 204:
                return written
            body = wire.parse(reply.content)
            for record in body["data"]:
                written += write_one(session, client, record)
                if written >= most:
                    return written
            if page >= body["totalPaginas"]:
                return written
            page += 1
    return written


def write_one(session: Session, client: httpx2.Client, record: dict[str, Any]) -> int:
    """A procurement, its items and their results."""
    row = procurement_row(record)
    session.merge(Organ(**organ_row(record["orgaoEntidade"])))
    session.merge(Unit(**unit_row(row["organ_cnpj"], record["unidadeOrgao"])))
    basis = record["amparoLegal"]
    session.merge(LegalBasis(code=basis["codigo"], name=basis["nome"], description=basis["descricao"]))
    session.merge(Procurement(**row))
    path = f"/api/pncp/v1/orgaos/{row['organ_cnpj']}/compras/{row['year']}/{row['sequence']}/itens"
    items = wire.parse(client.get(path, params={"pagina": 1, "tamanhoPagina": 500}).content)
    for item in items:
        values = {name: value for name, value in item_row(row["control_number"], item).items() if name != "raw"}
        session.merge(Item(**values, raw={}))
        if item["temResultado"]:
            client.get(f"{path}/{item['numeroItem']}/resultados")
    session.commit()
    return 1 + len(items)
