"""Files as Receita Federal publishes them: Latin-1, semicolons, quoted, without a header line."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

MEMBERS = {
    "Empresas0.zip": "K3241.K03200Y0.D61114.EMPRECSV",
    "Estabelecimentos0.zip": "K3241.K03200Y0.D61114.ESTABELE",
    "Socios0.zip": "K3241.K03200Y0.D61114.SOCIOCSV",
    "Simples.zip": "F.K03200$W.SIMPLES.CSV.D61114",
    "Cnaes.zip": "F.K03200$Z.D61114.CNAECSV",
    "Municipios.zip": "F.K03200$Z.D61114.MUNICCSV",
    "Qualificacoes.zip": "F.K03200$Z.D61114.QUALSCSV",
}


def encode(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as lines of the published notation."""
    return b"".join(";".join(f'"{cell}"' for cell in row).encode("latin-1") + b"\n" for row in rows)


def establishment(cnpj: str, **fields: str) -> list[str]:
    """A line of ESTABELECIMENTOS; fields by the names below."""
    cells = {
        "root": cnpj[:8], "branch": cnpj[8:12], "digits": cnpj[12:], "head": "1", "trade_name": "PADARIA DO ZÉ",
        "status": "02", "status_since": "20051103", "reason": "00", "city_abroad": "", "country": "",
        "opened_on": "19990228", "main_cnae": "8121400", "cnaes": "8130300,8111700", "street_kind": "RUA",
        "street": "DA CONSOLAÇÃO", "number": "S/N", "complement": "", "district": "CENTRO", "zip_code": "01301000",
        "uf": "SP", "city": "7107", "ddd1": "11", "phone1": "40028922", "ddd2": "", "phone2": "", "ddd_fax": "",
        "fax": "", "email": "ZE@EXAMPLE.COM", "special": "", "special_since": "",
    }  # fmt: skip
    return list((cells | fields).values())


def write_open_data(folder: Path, establishments: Sequence[Sequence[str]]) -> Path:
    """A folder of ZIPs with these establishments and one company for each."""
    roots = dict.fromkeys(row[0] for row in establishments)
    contents = {
        "Empresas0.zip": encode([root, f"EMPRESA {root} LTDA", "2062", "49", "1000,50", "01", ""] for root in roots),
        "Estabelecimentos0.zip": encode(establishments),
        "Socios0.zip": encode(
            [root, "2", "JOSÉ DA SILVA", "***123456**", "49", "20051103", "", "***000000**", "", "00", "5"]
            for root in roots
        ),
        "Simples.zip": encode([root, "S", "20070701", "00000000", "N", "00000000", "00000000"] for root in roots),
        "Cnaes.zip": encode([["8121400", "Limpeza em prédios"], ["8130300", "Atividades paisagísticas"]]),
        "Municipios.zip": encode([["7107", "SAO PAULO"]]),
        "Qualificacoes.zip": encode([["49", "Sócio-Administrador"]]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MEMBERS[name], content)
    return folder
