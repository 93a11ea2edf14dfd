"""PNCP on loopback with a handful of records that a test makes, and faults that a test scripts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

Reply = tuple[int, bytes]
Fault = Callable[[str, dict[str, str], Reply], Reply | None]
"""Gets path, query and the true reply; what it returns is sent in its place, once it returns None the truth is."""

CNPJ = "00394460005887"


def control_number(sequence: int, year: int = 2026) -> str:
    return f"{CNPJ}-1-{sequence:06}/{year}"


def procurement(sequence: int, *, day: str = "2026-03-02", version: str = "", **fields: Any) -> dict[str, Any]:
    """A record of `contratacoes` with what every record has."""
    return {
        "numeroControlePNCP": control_number(sequence),
        "anoCompra": 2026,
        "sequencialCompra": sequence,
        "objetoCompra": f"Aquisição de reagentes {sequence}",
        "orgaoEntidade": {"cnpj": CNPJ, "razaoSocial": "ÓRGÃO", "poderId": "E", "esferaId": "F"},
        "unidadeOrgao": {"codigoUnidade": "1", "nomeUnidade": "UNIDADE", "ufSigla": "PE", "codigoIbge": 2611606},
        "amparoLegal": {"codigo": 1, "nome": "Art. 28, I", "descricao": "pregão"},
        "fontesOrcamentarias": [{"codigo": 7, "nome": "Federal"}],
        "modalidadeId": 6,
        "situacaoCompraId": "1",
        "srp": True,
        "valorTotalEstimado": 9999999999999.9999,
        "dataPublicacaoPncp": f"{day}T10:00:00",
        "dataAtualizacaoGlobal": version or f"{day}T12:00:00",
        **fields,
    }


def item(number: int, *, has_result: bool = False, **fields: Any) -> dict[str, Any]:
    """A record of `itens`."""
    described = {
        "descricao": f"Item {number}",
        "quantidade": 2.5,
        "unidadeMedida": "UN",
        "valorUnitarioEstimado": 0.0951,
    }
    return {"numeroItem": number, "temResultado": has_result, **described, **fields}


def result(number: int, supplier: str = "49324221000104") -> dict[str, Any]:
    """A record of `resultados`."""
    return {"numeroItem": number, "sequencialResultado": 1, "niFornecedor": supplier, "valorUnitarioHomologado": 0.0545}


class PncpServer:
    """Both hosts on one port. `published` holds the procurements by modality; `items` and `results` theirs."""

    def __init__(self) -> None:
        self.published: dict[int, list[dict[str, Any]]] = {}
        self.items: dict[str, list[dict[str, Any]]] = {}
        self.results: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, target: str) -> Reply:
        """What is sent for a request."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        self.asked.append((parts.path, query))
        reply = self._truth(parts.path, query)
        for fault in self.faults:
            reply = fault(parts.path, query, reply) or reply
        return reply

    def _truth(self, path: str, query: dict[str, str]) -> Reply:
        if "/orgaos/" in path:
            return self._detail(path, query)
        if not path.endswith("/contratacoes/publicacao"):
            return 204, b""
        day = query["dataInicial"]
        listed = [
            record
            for record in self.published.get(int(query["codigoModalidadeContratacao"]), [])
            if record["dataPublicacaoPncp"][:10].replace("-", "") == day
        ]
        return page_of(listed, int(query["pagina"]), int(query["tamanhoPagina"]))

    def _detail(self, path: str, query: dict[str, str]) -> Reply:
        _, _, cnpj, _, year, sequence, *rest = path.removeprefix("/detail").strip("/").split("/")
        number = f"{cnpj}-1-{int(sequence):06}/{year}"
        items = self.items.get(number, [])
        if rest == ["itens", "quantidade"]:
            return 200, json.dumps(len(items)).encode()
        if rest == ["itens"]:
            page, size = int(query["pagina"]), int(query["tamanhoPagina"])
            return 200, json.dumps(items[(page - 1) * size : page * size]).encode()
        results = self.results.get((number, int(rest[1])), [])
        return (200, json.dumps(results).encode()) if results else (204, b"")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        pncp = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = pncp.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:  # type: ignore[override] - says nothing, whatever it is told
                pass

        return Handler


def page_of(records: list[dict[str, Any]], page: int, size: int, **changed: Any) -> Reply:
    """A page in PNCP's envelope; 204 for a list without records."""
    if not records:
        return 204, b""
    pages = -(-len(records) // size)
    body = {
        "data": records[(page - 1) * size : page * size],
        "totalRegistros": len(records),
        "totalPaginas": pages,
        "numeroPagina": page,
        "paginasRestantes": max(pages - page, 0),
        "empty": False,
    }
    return 200, json.dumps(body | changed).encode()
