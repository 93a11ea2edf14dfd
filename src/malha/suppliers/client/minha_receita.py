"""Minha Receita and BrasilAPI, which hands on what Minha Receita says: flat fields, codes as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from malha.outbound import Reply
from malha.suppliers.client import fields as read
from malha.suppliers.client.answers import Answer, ProviderBrokenError, ProviderUnableError
from malha.suppliers.rules.status import parse_status
from malha.suppliers.rules.supplier import Address, Partner, Profile

BRASILAPI_PATH = "/cnpj/v1"


class MinhaReceita:
    """Both take alphanumeric CNPJs. `path` is what stands between the base address and the CNPJ."""

    def __init__(self, name: str, base_url: str, *, path: str = "") -> None:
        self.name = name
        self.source = "minha_receita"
        self._base_url = base_url.rstrip("/") + path

    def url(self, cnpj: str) -> str:
        """The CNPJ without punctuation."""
        return f"{self._base_url}/{cnpj}"

    def headers(self) -> Mapping[str, str]:
        """Nothing: the client's own User-Agent is enough for an edge that refuses nameless ones."""
        return {}

    def read(self, cnpj: str, reply: Reply) -> Answer:
        """A 404 counts only with the service's own words: an outage of the edge is a 404 as well."""
        body = read.body_of(reply)
        read.refuse_trouble(reply, body)
        if reply.status == 404 and isinstance(body, dict) and body.get("message"):
            return Answer(None, body)
        if reply.status == 400:
            raise ProviderUnableError("it takes the CNPJ for an invalid one")
        if reply.status != 200:
            raise ProviderBrokenError(f"status {reply.status}")
        company = read.object_of(body, cnpj, body.get("cnpj") if isinstance(body, dict) else None)
        return Answer(_profile(cnpj, company), company)


def _profile(cnpj: str, company: dict[str, Any]) -> Profile:
    status = parse_status(company.get("situacao_cadastral"))
    return Profile(
        cnpj=cnpj,
        legal_name=read.text(company.get("razao_social")) or "",
        trade_name=read.text(company.get("nome_fantasia")),
        status=status if status != "UNKNOWN" else parse_status(company.get("descricao_situacao_cadastral")),
        status_since=read.day(company.get("data_situacao_cadastral")),
        opened_on=read.day(company.get("data_inicio_atividade")),
        main_cnae=read.activity(company.get("cnae_fiscal"), company.get("cnae_fiscal_descricao")),
        secondary_cnaes=read.activities(
            (each.get("codigo"), each.get("descricao")) for each in read.children(company, "cnaes_secundarios")
        ),
        address=Address(
            street=read.words(company.get("descricao_tipo_de_logradouro"), company.get("logradouro")),
            number=read.text(company.get("numero")),
            complement=read.text(company.get("complemento")),
            district=read.text(company.get("bairro")),
            zip_code=read.digits(company.get("cep"), 8),
            city=read.text(company.get("municipio")),
            city_code=read.digits(company.get("codigo_municipio_ibge"), 7),
            uf=read.text(company.get("uf")),
        ),
        partners=tuple(_partner(each) for each in read.children(company, "qsa")),
        capital=read.money(company.get("capital_social")),
        is_simples=read.yes(company.get("opcao_pelo_simples")),
        is_mei=read.yes(company.get("opcao_pelo_mei")),
        email=read.text(company.get("email")),
        phone=read.text(company.get("ddd_telefone_1")),
    )


def _partner(entry: dict[str, Any]) -> Partner:
    return Partner(
        name=read.text(entry.get("nome_socio")) or "",
        document=read.text(entry.get("cnpj_cpf_do_socio")),
        role=read.text(entry.get("qualificacao_socio")),
        since=read.day(entry.get("data_entrada_sociedade")),
    )
