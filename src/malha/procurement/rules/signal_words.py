"""What each signal is computed from, where the law says so, and how it is told. Every sentence says "indício"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from malha.procurement.rules.signals import SignalRule


@dataclass(frozen=True, slots=True)
class Wording:
    """A rule in both languages. `pt` and `en` are sentences with the names of the numbers as gaps."""

    title_pt: str
    title_en: str
    formula: str
    law: str
    pt: str
    en: str


WORDINGS: Mapping[SignalRule, Wording] = {
    SignalRule.SPLITTING: Wording(
        "Fracionamento de despesa", "Splitting below the limit of direct contracting",
        "value < limit; sum of the direct contracts of the same unit, calendar year, inciso and class of object >= "
        "limit. "
        "Class: first four digits of the NCM, the catalogue code, else the same text of the object.",
        "Lei 14.133/2021, art. 75, I e II e § 1º; limites por decreto (art. 182). Consórcios e agências executivas "
        "têm o "
        "dobro (§ 2º), o que o PNCP não diz",
        "Indício de fracionamento: {purchases} dispensas da mesma unidade, do mesmo ano e da mesma natureza somam "
        "{total}, "
        "e o limite é {limit} ({limit_source}).",
        "Indication (indício) of splitting: {purchases} direct contracts of one unit, year and class come to "
        "{total}, and "
        "the limit is {limit} ({limit_source}).",
    ),
    SignalRule.SHORT_TERM: Wording(
        "Prazo de divulgação menor que o legal", "Notice shorter than the law's term",
        "business days after the publication, up to the closing of proposals < the shortest term that the judging "
        "criteria allow (8, 10, 15 or 35). National holidays and weekends are no business days; local ones are not "
        "known.",
        "Lei 14.133/2021, art. 55 (o § 2º permite reduzir à metade no SUS, o que o PNCP não diz) e art. 183",
        "Indício de prazo curto: {business_days} dias úteis entre a divulgação ({published_on}) e o fim das propostas "
        "({proposals_close_on}); o mínimo é {least} (art. 55, {item}).",
        "Indication (indício) of a short term: {business_days} business days from the notice ({published_on}) to the "
        "closing of proposals ({proposals_close_on}); the least is {least} (art. 55, {item}).",
    ),
    SignalRule.CONCENTRATION: Wording(
        "Concentração em um fornecedor", "Concentration in one supplier",
        "share = awarded to the supplier / awarded by the unit in the twelve months up to the award; HHI = sum of "
        "squared "
        "shares in per cent; share >= 50 %, HHI > 2500, 10 awards and R$ 100,000 at least.",
        "Sem limite legal; HHI: Guia de Análise de Atos de Concentração Horizontal (CADE, 2016); Lei 14.133/2021, "
        "art. 11, II",
        "Indício de concentração: o fornecedor {supplier} tem {share} do valor homologado pela unidade em doze meses "
        "({value} de {total}, {suppliers} fornecedores; HHI {hhi}, limite {hhi_limit}).",
        "Indication (indício) of concentration: supplier {supplier} has {share} of what the unit awarded in twelve "
        "months "
        "({value} of {total}, {suppliers} suppliers; HHI {hhi}, limit {hhi_limit}).",
    ),
    SignalRule.YOUNG_SUPPLIER: Wording(
        "Fornecedor recém-aberto", "Young supplier",
        "days from the opening in the company registry to the award (or signature) < 180.",
        "Sem limite legal; qualificação técnica e econômica: Lei 14.133/2021, arts. 67 e 69",
        "Indício a verificar: o fornecedor {supplier} foi aberto em {opened_on}, {age_days} dias antes ({day}); o "
        "limite "
        "usado é {least_days}.",
        "Indication (indício) to look at: supplier {supplier} was opened on {opened_on}, {age_days} days before "
        "({day}); "
        "the limit used is {least_days}.",
    ),
    SignalRule.FAR_ACTIVITY: Wording(
        "Atividade distante do objeto", "Activity far from the object",
        "the object's words name a trade of the table, and no CNAE of the company, main or secondary, begins with "
        "one of "
        "its codes.",
        "Sem limite legal; habilitação jurídica e técnica: Lei 14.133/2021, arts. 66 e 67",
        "Indício a verificar: nenhuma atividade do fornecedor {supplier} ({activities}) é das esperadas para o objeto "
        "({expected}).",
        "Indication (indício) to look at: no activity of supplier {supplier} ({activities}) is one expected for the "
        "object "
        "({expected}).",
    ),
    SignalRule.SANCTIONED: Wording(
        "Fornecedor em lista de sanções", "Supplier on a list of sanctions",
        "a line of CEIS or CNEP with the supplier's CNPJ is in force on the day of the award (or signature). Its "
        "reach may "
        "be one organ only.",
        "Lei 14.133/2021, arts. 14, III, 91, § 4º, e 156, III e IV; Lei 12.846/2013, arts. 22 e 23",
        "Indício de impedimento: o fornecedor {supplier} consta em {list} ({kind}, de {starts_on} a {ends_on}, "
        "{authority}), "
        "na lista de {as_of}; a abrangência precisa ser verificada.",
        "Indication (indício) of a bar: supplier {supplier} is on {list} ({kind}, {starts_on} to {ends_on}, "
        "{authority}), by "
        "the list of {as_of}; how far it reaches must be checked.",
    ),
    SignalRule.EQUAL_VALUES: Wording(
        "Homologado igual ao estimado em todos os itens", "Awarded exactly as estimated on every item",
        "in a concorrência or pregão with three awarded items or more, every awarded unit value equals its estimate.",
        "Sem limite legal; competitividade: Lei 14.133/2021, arts. 5º e 11, I e II",
        "Indício de falta de disputa: os {items} itens homologados têm exatamente o valor estimado.",
        "Indication (indício) of no competition: all {items} awarded items have exactly the estimated value.",
    ),
    SignalRule.HIGH_PRICE: Wording(
        "Preço acima da cerca", "Price above the fence",
        "awarded unit value > exp(Q3 + 1.5 x IQR) of the logarithms of the prices of the same code and unit (8 or "
        "more).",
        "Lei 14.133/2021, arts. 11, III, e 23; IN SEGES/ME 65/2021, art. 6º",
        "Indício de preço elevado: o item {item} foi homologado por {value}, {ratio} vezes a mediana {median} de "
        "{peers} "
        "preços do mesmo código e unidade; a cerca superior é {fence}.",
        "Indication (indício) of a high price: item {item} was awarded for {value}, {ratio} times the median "
        "{median} of "
        "{peers} prices of the same code and unit; the upper fence is {fence}.",
    ),
    SignalRule.AMENDMENTS: Wording(
        "Aditivos acima do limite", "Amendments over the limit",
        "sum of what amendments add / initial value > 25 %, 50 % for the reform of a building or of equipment. "
        "Amendments "
        "that extend the term or adjust prices do not count.",
        "Lei 14.133/2021, arts. 125 e 126",
        "Indício de acréscimo acima do limite: {amendments} aditivos acrescem {added} ao contrato {contract} de "
        "{initial_value} ({share}); o limite é {limit}.",
        "Indication (indício) of additions over the limit: {amendments} amendments add {added} to contract "
        "{contract} of "
        "{initial_value} ({share}); the limit is {limit}.",
    ),
    SignalRule.EARLY_CONTRACT: Wording(
        "Contrato anterior à homologação", "Contract before the award",
        "day of the signature < day of the first result.",
        "Lei 14.133/2021, arts. 71, IV, e 90",
        "Indício de contratação antecipada: o contrato {contract} foi assinado em {signed_on}, {days} dias antes do "
        "resultado ({awarded_on}).",
        "Indication (indício) of an early contract: {contract} was signed on {signed_on}, {days} days before the "
        "result "
        "({awarded_on}).",
    ),
    SignalRule.LATE_PUBLICATION: Wording(
        "Publicação posterior à assinatura", "Published after the signing",
        "notice of a tender published after the contract's signature; or contract published more than 20 (tender) "
        "or 10 "
        "(direct) business days after its signature.",
        "Lei 14.133/2021, arts. 54 e 94, I e II",
        "Indício de publicação tardia: o contrato {contract} foi assinado em {signed_on} e a publicação é de "
        "{published_on}.",
        "Indication (indício) of late publication: contract {contract} was signed on {signed_on} and the "
        "publication is of "
        "{published_on}.",
    ),
}  # fmt: skip

_NO_BIDS_PT = "o PNCP publica os vencedores, não as propostas"
_NO_BIDS_EN = "PNCP publishes winners, not bids"
NOT_COMPUTABLE: tuple[Mapping[str, str], ...] = tuple(
    {"code": code, "title": title, "pt": _NO_BIDS_PT, "en": _NO_BIDS_EN}
    for code, title in (
        ("R018", "Single bid received"),
        ("R024", "Price close to winning bid"),
        ("R025", "Excessive unsuccessful bids"),
        ("R028", "Identical bid prices"),
        ("R030", "Late bid won"),
        ("R035", "All except winning bid disqualified"),
        ("R036", "Lowest bid disqualified"),
        ("R038", "Excessive disqualified bids"),
        ("R058", "Heavily discounted bid"),
    )
)
"""Red flags of Open Contracting's Cardinal that need bids or bidders."""


def explain_signal(rule: str, numbers: Mapping[str, Any], language: str) -> str:
    """The signal as a sentence: Portuguese for `pt`, English otherwise."""
    try:
        wording = WORDINGS[SignalRule(rule)]
    except ValueError:  # a rule that an older or newer version knew
        return rule
    told = {name: _shown(value) for name, value in numbers.items()}
    return (wording.pt if language == "pt" else wording.en).format_map(told)


def _shown(value: Any) -> Any:
    if value is None:
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
