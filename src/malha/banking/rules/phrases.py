"""Words by which statements name balances, totals and limits: the whole text must be such a phrase.

`SALDO ANTERIOR` is one; `Saldo Comércio de Calçados LTDA`, `TOTAL EXPRESS` and `SALDO DEVEDOR JUROS` are not.
"""

from __future__ import annotations

import re
from enum import StrEnum

from malha.banking.rules.entries import text_key

LONGEST_PHRASE = 120


class Phrase(StrEnum):
    """What a line tells instead of a transaction."""

    OPENING = "opening"
    CLOSING = "closing"
    AVAILABLE = "available"
    """With what is invested or may be borrowed besides: a statement's balance where no other is told."""

    ASIDE = "aside"
    """Money that is blocked, invested or not there yet: never the statement's balance."""

    TOTAL = "total"
    LIMIT = "limit"

    @property
    def is_balance(self) -> bool:
        """Whether it tells money that is there."""
        return self not in {Phrase.TOTAL, Phrase.LIMIT}


_MONTHS = "JAN|FEV|MAR|ABR|MAI|JUN|JUL|AGO|SET|OUT|NOV|DEZ"
_PLAIN = (
    r"ANTERIOR|ANT|INICIAL|FINAL|ATUAL|PARCIAL|TOTAL|DIA|DIARIO|LIQUIDO|CONTABIL|BRUTO|DEVEDOR|CREDOR|ABERTURA"
    r"|FECHAMENTO|PERIODO|MES|CONTA|CORRENTE|CTA|C C|CC|DISPONIVEL|DISPON|DISP|PARA SAQUE|TRANSPORTADO|MOVIMENTACAO"
    r"|EXTRATO|BANCARIO|LANCAMENTO|LANCAMENTOS|PROXIMO|SEGUINTE|ULTIMO"
)
_OTHER = (
    r"BLOQUEADO|BLOQUEADOS|BLOQ|BLOQUEIO|VINCULADO|PROVISORIO|LIBERAR|POUPANCA|LIMITE|CHEQUE ESPECIAL"
    r"|ESPECIAL|JUDICIAL|JUDICIALMENTE|INVEST(?:IMENTOS?)?(?: FACIL)?|APL(?:IC|ICACAO|ICACOES)?"
    r"|AUT(?:OM(?:ATICAS?)?)?(?: MAIS)?"
)
_JOINTS = rf"DO|DA|DE|DOS|DAS|EM|NO|NA|E|A|COM|SEM|ATE|O|R|RS|BRL|[0-9]{{1,4}}|(?:{_MONTHS})[A-Z]*"
_BALANCE = re.compile(rf"(?:[0-9]+ )?(?:SALDOS?|SDO|SLD)(?: (?:{_PLAIN}|{_OTHER}|{_JOINTS}))*")
_ENGLISH = re.compile(
    r"(?:(?:OPENING|CLOSING|BEGINNING|ENDING|INITIAL|FINAL|LEDGER|CURRENT|AVAILABLE|PREVIOUS|DAILY) )?BALANCE"
    r"(?: (?:BROUGHT |CARRIED )?FORWARD)?"
)
_TOTAL = re.compile(
    r"(?:SUB)?TOTA(?:L|IS)(?: (?:GERAL|PARCIAL|DIA|PERIODO|MES|CREDITOS?|DEBITOS?|ENTRADAS?|SAIDAS?|LANCAMENTOS?"
    r"|MOVIMENTACOES|MOVIMENTOS?|TRANSACOES|FATURA|PAGAMENTOS?|RECEBIMENTOS?|EXTRATO|CONTA|DO|DA|DE|DOS|DAS|E|NO|NA|EM"
    rf"|R|RS|BRL|[0-9]{{1,4}}|(?:{_MONTHS})[A-Z]*))*"
)
_LIMIT = re.compile(
    r"LIMITES?(?: (?:DISPONIVEL|DISPONIVEIS|CREDITO|CHEQUE|ESPECIAL|CONTA|CORRENTE|GARANTIDA|CONTRATADO|TOTAL"
    r"|UTILIZADO|USADO|LIVRE|CARTAO|EMPRESARIAL|ATUAL|PIX|SAQUE|COMPRAS|DO|DA|DE|DOS|DAS|E|NO|NA|EM|PARA|R|RS))*"
)
_OPENING_WORDS = re.compile(
    r"\b(?:ANTERIOR|ANT|INICIAL|ABERTURA|TRANSPORTADO|OPENING|BEGINNING|INITIAL|PREVIOUS|FORWARD)\b"
)
_ASIDE_WORDS = re.compile(r"\b(?:BLOQ\w*|VINCULADO|PROVISORIO|LIBERAR|POUPANCA|JUDICIAL\w*|INVEST\w*)\b")
_AVAILABLE_WORDS = re.compile(r"\b(?:DISP\w*|LIMITE|ESPECIAL|APL\w*|AVAILABLE|SAQUE)\b")
_PERHAPS = re.compile(r"s\s*a\s*l\s*d\s*o|sdo|sld|tota|limit|balance", re.IGNORECASE)
_SPACED = re.compile(r"\b(?:[A-Z] ){3,}[A-Z]\b")


def read_phrase(text: str) -> Phrase | None:
    """What the text tells if it is such a phrase from beginning to end, None otherwise."""
    if len(text) > LONGEST_PHRASE or not _PERHAPS.search(text):
        return None
    key = _SPACED.sub(lambda match: match[0].replace(" ", ""), text_key(text))
    if _TOTAL.fullmatch(key):
        return Phrase.TOTAL
    if _LIMIT.fullmatch(key):
        return Phrase.LIMIT
    if not _BALANCE.fullmatch(key) and not _ENGLISH.fullmatch(key):
        return None
    if _ASIDE_WORDS.search(key) or (re.search(r"\bAPL", key) and not re.search(r"\b(?:CTA|CONTA)\b", key)):
        return Phrase.ASIDE
    if _OPENING_WORDS.search(key):
        return Phrase.OPENING
    return Phrase.AVAILABLE if _AVAILABLE_WORDS.search(key) else Phrase.CLOSING
