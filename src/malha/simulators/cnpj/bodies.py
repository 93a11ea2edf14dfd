"""The answers' bodies, each in the shape of its service."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from malha.simulators.cnpj.companies import STATUS_CODES, Company

_BRASILIA = timezone(timedelta(hours=-3))


def cnpj_ws(company: Company) -> dict[str, Any]:
    """CNPJ.ws: the company, and its establishment inside."""
    main, *others = (_cnpj_ws_activity(*each) for each in company.activities)
    return {
        "cnpj_raiz": company.cnpj[:8],
        "razao_social": company.legal_name,
        "capital_social": f"{Decimal(company.capital_cents) / 100:.2f}",
        "responsavel_federativo": "",
        "atualizado_em": "2026-11-14T03:00:00.000Z",
        "porte": {"id": "01", "descricao": "Micro Empresa"},
        "natureza_juridica": {"id": "2062", "descricao": "Sociedade Empresária Limitada"},
        "qualificacao_do_responsavel": {"id": 49, "descricao": "Sócio-Administrador"},
        "socios": [
            {
                "cpf_cnpj_socio": "***123456**",
                "nome": name,
                "tipo": "Pessoa Física",
                "data_entrada": company.opened_on.isoformat(),
                "qualificacao_socio": {"id": 49, "descricao": "Sócio-Administrador"},
                "pais_id": "1058",
            }
            for name in company.partners
        ],
        "simples": {"simples": "Sim", "mei": "Não", "data_opcao_simples": company.opened_on.isoformat()},
        "estabelecimento": {
            "cnpj": company.cnpj,
            "cnpj_raiz": company.cnpj[:8],
            "cnpj_ordem": company.cnpj[8:12],
            "cnpj_digito_verificador": company.cnpj[12:],
            "atividades_secundarias": others,
            "tipo": "Matriz",
            "nome_fantasia": company.trade_name,
            "situacao_cadastral": company.status.capitalize(),
            "data_situacao_cadastral": company.status_since.isoformat(),
            "data_inicio_atividade": company.opened_on.isoformat(),
            "tipo_logradouro": "RUA",
            "logradouro": "DAS FLORES",
            "numero": "100",
            "complemento": None,
            "bairro": "CENTRO",
            "cep": company.zip_code,
            "ddd1": "11",
            "telefone1": "40028922",
            "email": "contato@example.com",
            "atividade_principal": main,
            "pais": {"id": "1058", "iso2": "BR", "nome": "Brasil"},
            "estado": {"id": 1, "nome": company.uf, "sigla": company.uf, "ibge_id": int(company.city_code[:2])},
            "cidade": {"id": 1, "nome": company.city, "ibge_id": int(company.city_code), "siafi_id": "7107"},
            "motivo_situacao_cadastral": None,
            "inscricoes_estaduais": [],
        },
    }


def _cnpj_ws_activity(code: str, name: str) -> dict[str, Any]:
    return {
        "id": code,
        "secao": "N",
        "divisao": code[:2],
        "grupo": f"{code[:2]}.{code[2]}",
        "classe": f"{code[:2]}.{code[2:4]}-{code[4]}",
        "subclasse": f"{code[:4]}-{code[4]}/{code[5:]}",
        "descricao": name,
    }


def minha_receita(company: Company) -> dict[str, Any]:
    """Minha Receita, and BrasilAPI, which repeats it: flat, codes as numbers."""
    (main, main_name), *others = company.activities
    return {
        "cnpj": company.cnpj,
        "razao_social": company.legal_name,
        "nome_fantasia": company.trade_name,
        "situacao_cadastral": STATUS_CODES[company.status],
        "descricao_situacao_cadastral": company.status,
        "data_situacao_cadastral": company.status_since.isoformat(),
        "data_inicio_atividade": company.opened_on.isoformat(),
        "cnae_fiscal": int(main),
        "cnae_fiscal_descricao": main_name,
        "cnaes_secundarios": [{"codigo": int(code), "descricao": name} for code, name in others]
        or [{"codigo": 0, "descricao": ""}],
        "descricao_tipo_de_logradouro": "RUA",
        "logradouro": "DAS FLORES",
        "numero": "100",
        "complemento": "",
        "bairro": "CENTRO",
        "cep": company.zip_code,
        "uf": company.uf,
        "municipio": company.city.upper(),
        "codigo_municipio": 7107,
        "codigo_municipio_ibge": int(company.city_code),
        "ddd_telefone_1": "1140028922",
        "email": None,
        "qsa": [
            {
                "nome_socio": name,
                "cnpj_cpf_do_socio": "***123456**",
                "qualificacao_socio": "Sócio-Administrador",
                "data_entrada_sociedade": company.opened_on.isoformat(),
            }
            for name in company.partners
        ],
        "capital_social": company.capital_cents / 100,
        "codigo_porte": 1,
        "porte": "MICRO EMPRESA",
        "opcao_pelo_simples": True,
        "opcao_pelo_mei": None,
        "regime_tributario": [],
    }


def receitaws(company: Company) -> dict[str, Any]:
    """ReceitaWS: Brazilian dates, masked codes, everything a text."""
    main, *others = ({"code": _masked(code), "text": name} for code, name in company.activities)
    return {
        "status": "OK",
        "cnpj": company.masked,
        "tipo": "MATRIZ",
        "nome": company.legal_name,
        "fantasia": company.trade_name,
        "situacao": company.status,
        "data_situacao": f"{company.status_since:%d/%m/%Y}",
        "abertura": f"{company.opened_on:%d/%m/%Y}",
        "atividade_principal": [main],
        "atividades_secundarias": others or [{"code": "00.00-0-00", "text": "Não informada"}],
        "qsa": [{"nome": name, "qual": "49-Sócio-Administrador"} for name in company.partners],
        "logradouro": "RUA DAS FLORES",
        "numero": "100",
        "complemento": "",
        "bairro": "CENTRO",
        "cep": f"{company.zip_code[:2]}.{company.zip_code[2:5]}-{company.zip_code[5:]}",
        "municipio": company.city.upper(),
        "uf": company.uf,
        "email": "",
        "telefone": "(11) 4002-8922",
        "capital_social": f"{Decimal(company.capital_cents) / 100:.2f}",
        "simples": {"optante": True, "data_opcao": f"{company.opened_on:%d/%m/%Y}"},
        "simei": {"optante": False},
        "billing": {"free": True, "database": True},
    }


def _masked(code: str) -> str:
    return f"{code[:2]}.{code[2:4]}-{code[4]}-{code[5:]}"


def cnpj_ws_error(status: int, title: str, details: str) -> dict[str, Any]:
    """CNPJ.ws's shape of every error."""
    return {"status": status, "titulo": title, "detalhes": details, "validacao": []}


def release_sentence(count: int, moment: datetime) -> str:
    """How CNPJ.ws says when it will answer again: a JavaScript date in the middle of a sentence."""
    stamp = moment.astimezone(_BRASILIA).strftime("%a %b %d %Y %H:%M:%S")
    return (
        f"Excedido o limite máximo de {count} consultas por minuto. "
        f"Liberação ocorrerá em {stamp} GMT-0300 (Brasilia Standard Time)"
    )
