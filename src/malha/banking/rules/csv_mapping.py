"""What a caller may say about a CSV file, and the titles by which columns are known without that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from malha.banking.rules.entries import Direction

SYNONYMS: dict[str, tuple[str, ...]] = {
    "date": ("DATA", "DATA LANCAMENTO", "DATA DO LANCAMENTO", "DATA DE LANCAMENTO", "DATA LANC", "DATA MOVIMENTO",
             "DATA DO MOVIMENTO", "DATA MOVIMENTACAO", "DATA MOV", "DATA TRANSACAO", "DATA DA TRANSACAO",
             "DATA OPERACAO", "DATA DA OPERACAO", "DATA DE COMPRA", "DATA DA COMPRA", "DATA COMPRA", "DT LANCAMENTO",
             "DT MOVIMENTO", "DT MOV", "DATA HORA", "DATA E HORA", "DATA PAGAMENTO", "DATA DO PAGAMENTO",
             "DATA CONTABIL", "DATE", "RELEASE DATE", "TRANSACTION DATE", "POSTED DATE", "DT", "DIA"),
    "amount": ("VALOR", "VALOR R", "VALOR RS", "VALOR BRL", "VALOR EM R", "VALOR LANCAMENTO", "VALOR DO LANCAMENTO",
               "VALOR EM REAIS", "AMOUNT", "VALOR DA TRANSACAO", "VALOR TRANSACAO", "VALOR MOVIMENTACAO",
               "VALOR MOVIMENTADO", "VALOR DA OPERACAO", "VALOR OPERACAO", "MONTANTE", "QUANTIA", "VALUE",
               "TRANSACTION NET AMOUNT", "NET AMOUNT"),
    "credit": ("CREDITO", "CREDITO R", "CREDITO RS", "CREDITOS", "CREDITOS R", "VALOR CREDITO", "VALOR DO CREDITO",
               "ENTRADA", "ENTRADAS", "ENTRADA R", "ENTRADAS R", "VALOR ENTRADA", "RECEITA", "RECEITAS", "CREDIT",
               "CREDIT AMOUNT", "CREDITS"),
    "debit": ("DEBITO", "DEBITO R", "DEBITO RS", "DEBITOS", "DEBITOS R", "VALOR DEBITO", "VALOR DO DEBITO", "SAIDA",
              "SAIDAS", "SAIDA R", "SAIDAS R", "VALOR SAIDA", "DESPESA", "DESPESAS", "DEBIT", "DEBIT AMOUNT", "DEBITS"),
    "balance": ("SALDO", "SALDO R", "SALDO RS", "SALDO DO DIA", "SALDO DO DIA R", "SALDO DIA", "SALDO FINAL",
                "SALDO ATUAL", "SALDO APOS", "SALDO APOS LANCAMENTO", "SALDO DEPOIS", "SALDO EM CONTA",
                "PARTIAL BALANCE", "BALANCE"),
    "description": ("DESCRICAO", "HISTORICO", "DESCRICAO DO LANCAMENTO", "HISTORICO DO LANCAMENTO", "LANCAMENTO",
                    "LANCAMENTOS", "MEMO", "DETALHE", "DETALHES", "COMPLEMENTO", "TITULO", "DESCRIPTION", "TITLE",
                    "ESTABELECIMENTO", "TRANSACAO", "IDENTIFICACAO", "OBSERVACAO"),
    "direction": ("D C", "C D", "DC", "CD", "DEB CRED", "CRED DEB", "DEBITO CREDITO", "CREDITO DEBITO", "SINAL",
                  "NATUREZA", "ENTRADA SAIDA", "E S", "TIPO", "TIPO LANCAMENTO", "TIPO DE LANCAMENTO",
                  "TIPO DO LANCAMENTO", "TIPO TRANSACAO", "TIPO DE TRANSACAO", "TIPO DA TRANSACAO", "TIPO OPERACAO",
                  "TIPO DE OPERACAO", "TIPO MOVIMENTO", "TIPO DE MOVIMENTO", "OPERACAO", "MOVIMENTACAO", "MOVIMENTO",
                  "INDICADOR", "TYPE", "TRANSACTION TYPE"),
    "fitid": ("IDENTIFICADOR", "ID", "ID DA TRANSACAO", "ID TRANSACAO", "CODIGO DA TRANSACAO", "REFERENCE ID"),
    "nsu": ("DOCUMENTO", "NUMERO DO DOCUMENTO", "NUMERO DOCUMENTO", "N DOCUMENTO", "NO DOCUMENTO", "NR DOCUMENTO",
            "NR DOC", "NUM DOC", "DOC", "DOCTO", "DCTO", "DCTO N", "NSU", "NUMERO"),
    "counterpart_document": ("CPF CNPJ", "CNPJ CPF", "CNPJ", "CPF", "CPF CNPJ FAVORECIDO", "CPF CNPJ DO FAVORECIDO"),
    "counterpart_name": ("FAVORECIDO", "NOME", "CONTRAPARTE", "BENEFICIARIO", "PAGADOR", "NOME FAVORECIDO",
                         "RAZAO SOCIAL"),
}  # fmt: skip
"""The field of an entry, and the titles of its column as `text_key` spells them, the surest first."""

MONEY = ("amount", "credit", "debit")
_IN = frozenset({"C", "CR", "CRED", "CREDITO", "CREDIT", "ENTRADA", "E", "RECEITA", "RECEBIMENTO", "IN"})
_OUT = frozenset({"D", "DB", "DEB", "DEBITO", "DEBIT", "SAIDA", "S", "DESPESA", "PAGAMENTO", "OUT"})
_RECEIVED = re.compile(r"\bRECEBID[OA]S?\b")
_SENT = re.compile(r"\bENVIAD[OA]S?\b")
_TURNED = re.compile(r"\b(?:DEVOL|ESTORN|CANCEL|REEMB|REJEIT)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvMapping:
    """Where things are in a CSV file; what is not given is found out. Columns by their titles, or by number from 1.

    `date_format` is dmy, mdy or ymd. `positive_is` says what an amount without a minus is, and holds for OFX files,
    too. `directions` are the words in the column of directions.
    """

    delimiter: str | None = None
    decimal: str | None = None
    date_format: str | None = None
    has_header: bool = True
    columns: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])
    positive_is: Direction | None = None
    directions: Mapping[str, Direction] = field(default_factory=dict[str, Direction])

    @classmethod
    def load(cls, given: Mapping[str, Any] | None) -> CsvMapping | None:
        """From the JSON of one that was checked."""
        if not given:
            return None
        turned = given.get("positive_is")
        directions = {word: Direction(value) for word, value in given.get("directions", {}).items()}
        return cls(**{**given, "positive_is": turned and Direction(turned), "directions": directions})


def read_word(word: str) -> Direction | None:
    """The direction that a cell of a column of directions names, None for any other text."""
    if word in {"+", "-"}:
        return Direction.CREDIT if word == "+" else Direction.DEBIT
    if _TURNED.search(word):
        return None
    first = word.split(" ", maxsplit=1)[0]
    if first in _IN or _RECEIVED.search(word):
        return Direction.CREDIT
    return Direction.DEBIT if first in _OUT or _SENT.search(word) else None


def read_told(text: str) -> Direction | None:
    """The direction that a description names without doubt: `Pix recebido`, but no `Devolução de Pix recebido`."""
    is_received = bool(_RECEIVED.search(text))
    if _TURNED.search(text) or is_received == bool(_SENT.search(text)):
        return None
    return Direction.CREDIT if is_received else Direction.DEBIT
