"""The day from which a rule may judge, where that day was read, and whether it was read at all.

A rule taken from a technical note judges only what was issued from the day on that the authorisers applied the note in
production. Notes came in steps, state by state, and were put off: where several days are told, the latest stands. Where
no source at hand tells the day, `is_read` is False and the day is one by which the check was in force without doubt:
mostly that of layout 4.00 alone, so that nothing is refused by a later check.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from malha.fiscal.tables import ncm


@dataclass(frozen=True, slots=True)
class Since:
    """A first day with its source."""

    day: date
    source: str
    is_read: bool = True
    """Whether the day stands in a source that was at hand when the rule was written."""


def _read(year: int, month: int, day: int, source: str) -> Since:
    return Since(date(year, month, day), source)


def _by_then(year: int, month: int, day: int, source: str) -> Since:
    return Since(date(year, month, day), source, is_read=False)


MOC_4_01 = _read(2010, 10, 1, "Ato COTEPE/ICMS 49/09: manual 4.01 e leiaute 2.00 obrigatórios em produção")
"""CRT, CSOSN and the checks 201 to 628."""
LAYOUT_3_10 = _read(2015, 4, 1, "NT 2013.005: só o leiaute 3.10 é recebido")
"""idDest, indFinal, indPres, indIEDest, finNFe 4; NFC-e beyond its pilot (layout 3.00)."""
LAYOUT_4_00 = _read(2018, 8, 2, "NT 2016.002: só o leiaute 4.00 é recebido (rejeição 239)")
NT_2016_002 = _read(2017, 12, 4, "NT 2016.002 v1.42, produção")
"""Layout 4.00: payments, lots, FCP, invoice and instalments."""
NT_2017_001 = _read(2018, 8, 2, "NT 2017.001 v1.40, etapa 1: com o leiaute 4.00")
"""GTIN: prefixes."""
NT_2017_001_FILLED = _read(2019, 5, 6, "NT 2017.001 v1.40, etapa 3, produção")
"""GTIN: the field that is no longer empty."""
NT_2018_005 = _by_then(2019, 5, 7, "NT 2018.005: v1.00 previa 29/04/2019")
"""vBCEfet, vICMSSubstituto, numbering of instalments, infRespTec."""
NT_2019_001 = _read(2019, 9, 2, "NT 2019.001 v1.10, produção")
"""cBenef, exempted ICMS, margin of substitution, order of items, weak cNF, non-taxpayers as final consumers."""
NT_2020_006 = _by_then(2022, 4, 4, "NT 2020.006, adiada mais de uma vez")
"""Intermediaries, description of payment 99."""
NT_2023_001 = _read(2023, 10, 30, "NT 2023.001 v1.40, produção")
"""Single-phase ICMS on fuels."""
NT_2025_002 = _by_then(2025, 10, 6, "NT 2025.002, leiaute em produção")
"""IBS, CBS and IS: the groups may be there from this day on."""
NT_2025_002_DUTY = _read(2026, 1, 1, "LC 214/2025 art. 348")
NT_2025_002_V1_51 = _by_then(2026, 8, 3, "NT 2025.002 v1.51, produção")
NT_2025_002_BY_ITEM = _by_then(2026, 10, 5, "NT 2025.002 v1.51, produção")
NT_2025_002_SHOP = _by_then(2026, 2, 2, "NT 2025.002, NFC-e")

FULL_NCM = _read(2014, 8, 1, "NT 2014.004 v1.10, regras de validação em produção")
COMPLETE_NCM = Since(ncm.COMPLETE_SINCE, "tabela NCM: códigos revogados antes podem faltar")
TRADE_UNITS = Since(ncm.TRADE_UNITS_SINCE, "Resolução Gecex 272/21: nomenclatura do SH 2022")
EC_87_15 = _read(2016, 1, 1, "EC 87/15 art. 3º")
"""DIFAL; the tables of general rates begin here too."""
LC_157_16 = _by_then(2018, 1, 1, "LC 116/03 art. 8º-A, um ano depois da LC 157/16")
"""The lowest rate of ISS."""
CONVENIO_142_18 = _by_then(2019, 1, 1, "Convênio ICMS 142/18, cláusula trigésima sexta")
"""Tax substitution between states, and its CEST."""
SENATE_13_12 = _by_then(2013, 1, 1, "Resolução do Senado 13/2012 art. 3º")
FCI = _by_then(2013, 10, 1, "Convênio ICMS 38/13, prazo da FCI")
CEST = _by_then(2018, 8, 2, "Convênio ICMS 60/17: a última etapa é de abril de 2018")
THEME_69 = _by_then(2017, 3, 15, "STF, RE 574.706: modulação")
END_OF_SUMMER_TIME = _by_then(2019, 2, 17, "Decreto 9.772/19: fim do horário de verão")
CPF_SERIES = _by_then(2019, 9, 2, "NT 2018.001, séries 920 a 969")
AS_LONG_AS_NOTES = _by_then(2006, 9, 1, "lei anterior à primeira NF-e")
"""What the law said before there was a note to break it."""
BY_LAYOUT_4_00 = _by_then(2018, 8, 2, "regra de uma nota técnica anterior ao leiaute 4.00, cujo dia não foi lido")
"""NT 2013.005 after 2014, 2015.002, 2015.003 (but DIFAL itself), Ajuste SINIEF 19/16."""
