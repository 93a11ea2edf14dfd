"""The English of what rules write in Portuguese beside their messages: calculations and expected values.

A rule's message exists in both languages. `formula` and `expected` are mostly numbers and the layout's own names, which
are the same in every language; the few words between them are these phrases. What a document says is never one of them.
"""

from __future__ import annotations

import re

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?<!\w){phrase}(?!\w)"), english)
    for phrase, english in (
        # sums
        (r"soma de ([\w/]+) dos itens", r"sum of \1 over the items"),
        (r"soma de ([\w/]+) dos serviços", r"sum of \1 over the services"),
        (r"soma dos itens", "sum of the items"),
        (r"soma de ([\w/]+)", r"sum of \1"),
        (r"devolvido antes (-?[\d.]+) \+ esta devolução (-?[\d.]+) > (\w+) das notas devolvidas",
         r"returned before \1 + this return \2 > \3 of the notes returned"),
        (r"ICMS próprio", "own ICMS"),
        (r"do ([A-Z]+) ([\d.]+), da ([A-Z]+)", r"of \1 \2, of \3"),
        (r"operação (-?[\d.]+), IBS, CBS e IS", r"operation \1, IBS, CBS and IS"),
        (r"tributo (-?[\d.]+)", r"tax \1"),
        (r"do item", "of the item"),
        (r"alíquota interna", "internal rate"),
        (r"([A-Z]{2}): ([\d.]+%) em (\d{4}-\d\d-\d\d)", r"\1: \2 on \3"),
        # sources
        (r"([Rr])ejeições ([\d, ]+) e (\d+)", r"\1ejections \2 and \3"),
        (r"([Rr])ejeições", r"\1ejections"),
        (r"rejeição (\d+) ou (\d+)", r"rejection \1 or \2"),
        (r"([Rr])ejeição (\d+)", r"\1ejection \2"),
        (r"linha (\d+)", r"line \1"),
        # parties and places
        (r"emitente e destinatário em ([A-Z]{2})", r"issuer and recipient in \1"),
        (r"emitente em ([A-Z]{2})", r"issuer in \1"),
        (r"destinatário em ([A-Z]{2})", r"recipient in \1"),
        (r"emitente com", "issuer with"),
        (r"em operação interna", "in an internal operation"),
        (r"outro país", "another country"),
        (r"CEP de ([A-Z]{2})", r"CEP of \1"),
        (r"cMun (\d+); (.+) é (\d{7})", r"cMun \1; “\2” is \3"),
        (r"destinatário no exterior", "recipient abroad"),
        (r"destinatário (\w{11,14})", r"recipient \1"),
        (r"UF do destinatário", "the recipient's state"),
        (r"transportador (\w{11,14}) informado", r"carrier \1 given"),
        (r"transporte próprio", "own transport"),
        (r"([A-Z]{2}) para ([A-Z]{2}), origem (\d), nacional", r"\1 to \2, origin \3, national"),
        (r"([A-Z]{2}) para ([A-Z]{2}), origem (\d), importado", r"\1 to \2, origin \3, imported"),
        (r"\(contribuinte\)", "(taxpayer)"),
        (r"\(isento\)", "(exempt)"),
        (r"\(saída\)", "(exit)"),
        (r"\(entrada\)", "(entry)"),
        (r"\(sem pagamento\)", "(no payment)"),
        # dates
        (r"emissão em", "issued on"),
        (r"data de emissão", "day of issue"),
        (r"dever desde", "due since"),
        (r"até (\d+ h) depois de", r"up to \1 after"),
        (r"até (\d\S*)", r"up to \1"),
        (r"([\d-]{10}) ou depois", r"\1 or later"),
        (r"([\d.]+) ou mais", r"\1 or more"),
        (r"antes da duplicata anterior", "before the instalment before it"),
        (r"antes da emissão", "before the issue"),
        (r"duplicata sem vencimento", "instalment without a due date"),
        # codes and groups
        (r"código (\d+) exige (\w+)", r"code \1 demands \2"),
        (r"código (\d+) não permite (\w+)", r"code \1 does not allow \2"),
        (r"CST (\d+) não tem valor", r"CST \1 has no amount"),
        (r"capítulo", "chapter"),
        (r"dígito verificador", "check digit"),
        (r"venda ou compra", "sale or purchase"),
        (r"transferência", "transfer"),
        (r"devolução(?=:)", "return"),
        (r"CFOP de operação com ST", "CFOP of an operation with ST"),
        (r"nenhum CFOP de devolução ou retorno", "no CFOP of a return"),
        (r"CFOP de devolução", "CFOP of a return"),
        (r"CFOP de mercadoria", "CFOP of goods"),
        (r"CNPJ ou CPF", "CNPJ or CPF"),
        (r"anexo (\w+): ([^;]+);", r"annex \1: “\2”;"),
        (r"\(anexo (\w+)\)", r"(annex \1)"),
        (r"com ISSQN", "with ISSQN"),
        (r"([\d.]+) com ([\d.]+), ([\d.]+) com ([\d.]+) ou par monofásico",
         r"\1 with \2, \3 with \4 or a single-phase pair"),
        (r"com (CST|CSOSN|idDest|IE|vICMSDeson|motDesICMS)", r"with \1"),
        (r"com justificativa", "with a justification"),
        (r"sem justificativa", "without a justification"),
        (r"sem o grupo (\w+)", r"without the group \1"),
        (r"sem o número de autorização", "without the authorisation number"),
        (r"sem descrição", "without a description"),
        (r"sem CPF ou CNPJ", "without CPF or CNPJ"),
        (r"sem (\w+)", r"without \1"),
        (r"modelo (\d+)", r"model \1"),
        (r"no mínimo", "at least"),
        # limits of the layout
        (r"no máximo (\S+) caracteres", r"at most \1 characters"),
        (r"pelo menos (\S+) caracteres", r"at least \1 characters"),
        (r"(\d+) caracteres", r"\1 characters"),
        (r"no máximo (\S+) algarismos", r"at most \1 digits"),
        (r"no máximo (\S+) decimais", r"at most \1 decimals"),
        (r"no máximo (\S+)", r"at most \1"),
        (r"pelo menos (\S+)", r"at least \1"),
        (r"(\d+) (?:dígitos|algarismos)", r"\1 digits"),
        (r"um de(?= ')", "one of"),
        (r"padrão(?= \S)", "pattern"),
        (r"tipo(?= \w)", "type"),
        (r"GTIN ou SEM GTIN", "GTIN or SEM GTIN"),
        (r"(?<=[\dx] )ou(?= [\dCG])", "or"),
        (r"(\d+) a (\d+)", r"\1 to \2"),
        (r"DigestValue difere do resumo de infNFe", "DigestValue is not the digest of infNFe"),
    )
)  # fmt: skip


def to_english(text: str | None) -> str | None:
    """A formula or an expected value with its Portuguese phrases in English."""
    if text is None:
        return None
    for phrase, english in _PHRASES:
        text = phrase.sub(english, text)
    return text
