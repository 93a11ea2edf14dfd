"""Units of measure as buyers write them, brought to one name each; what is inside a package is never guessed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Each line: the name that we use, then how buyers write it, folded (no accents, upper case, no dots). What means two
# things (LT, PT, BL, CT, CP, TB) is left out: it is compared with itself only.
_NAMES = """
unidade: UN UND UNI UNID UNIDADE UNIDADES UNIDADE(S) UNIT PC PCA PECA PECAS PCS
par: PAR PARES PR
conjunto: CJ CONJ CONJUNTO CONJUNTOS KIT KITS JG JOGO JOGOS
duzia: DZ DUZ DUZIA DUZIAS
cento: CENTO CENTOS
milheiro: MIL MILHEIRO MILHEIROS MHR
caixa: CX CXA CAIXA CAIXAS
pacote: PCT PACOTE PACOTES PCTE PACT
fardo: FD FARDO FARDOS
frasco: FR FRS FRC FRASCO FRASCOS FRASCO-AMPOLA
ampola: AMP AMPOLA AMPOLAS
comprimido: COMP CPR CMP COMPRIMIDO COMPRIMIDOS
capsula: CAP CAPS CAPSULA CAPSULAS
bisnaga: BIS BISN BISNAGA BISNAGAS TUBO TUBOS
bolsa: BOLSA BOLSAS
lata: LATA LATAS
galao: GL GALAO GALOES
balde: BD BALDE BALDES
saco: SC SACO SACOS SACA SACAS
rolo: RL ROLO ROLOS
resma: RM RESMA RESMAS
bloco: BLOCO BLOCOS BLC
folha: FL FOLHA FOLHAS FLS
envelope: ENV ENVELOPE ENVELOPES SACHE SACHES
pote: POTE POTES PTE
garrafa: GF GARRAFA GARRAFAS GAR
botijao: BOTIJAO BOTIJOES BUJAO
cartela: CARTELA CARTELAS CRT
barra: BR BARRA BARRAS
cartucho: CARTUCHO CARTUCHOS
tonelada: TN TON TONELADA TONELADAS
quilograma: KG KGS KILO KILOS QUILO QUILOS QUILOGRAMA QUILOGRAMAS KILOGRAMA
grama: G GR GRAMA GRAMAS
miligrama: MG MILIGRAMA MILIGRAMAS
litro: L LTS LITRO LITROS
mililitro: ML MLS MILILITRO MILILITROS
metro: M MT MTS METRO METROS ML-LINEAR METRO-LINEAR
centimetro: CM CENTIMETRO CENTIMETROS
quilometro: KM KMS QUILOMETRO QUILOMETROS
metro-quadrado: M2 MT2 METRO-QUADRADO METROS-QUADRADOS METRO2
metro-cubico: M3 MT3 METRO-CUBICO METROS-CUBICOS METRO3
hectare: HA HECTARE HECTARES
hora: H HR HRS HORA HORAS
diaria: DIA DIAS DIARIA DIARIAS
mes: MES MESES MENSAL MENSALIDADE
ano: ANO ANOS ANUAL
servico: SV SVC SERV SERVICO SERVICOS
refeicao: REFEICAO REFEICOES MARMITA MARMITAS MARMITEX
pessoa: PESSOA PESSOAS
posto: POSTO POSTOS
exame: EXAME EXAMES
teste: TESTE TESTES TST
dose: DOSE DOSES
quilowatt-hora: KWH QUILOWATT-HORA
licenca: LIC LICENCA LICENCAS
percentual: % PERC PERCENTUAL
global: GLOBAL VB VERBA
"""
NAMES = {
    spelling: name
    for line in _NAMES.strip().splitlines()
    for name, spellings in [line.split(": ")]
    for spelling in (*spellings.split(), name.upper())
}
_PACKAGES = """
conjunto caixa pacote fardo frasco bisnaga bolsa lata galao balde saco rolo resma bloco envelope pote garrafa botijao
cartela cartucho
"""
PACKAGES = frozenset(_PACKAGES.split())
"""Units that hold a number of something: two of them are the same only with the same content."""

_NUMBER = r"([0-9]+(?:[.,][0-9]+)?)"
_CONTENT = re.compile(rf"^([^\W\d]+(?:-[^\W\d]+)*)\s*(?:\(|C/|COM|DE|/|-)*\s*{_NUMBER}\s*([^\W\d]+[23]?)?\)?$")
_LEADING_COUNT = re.compile(r"^1(?:[.,]0+)?\s+(?=[^\W\d])")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class UnitName:
    """A unit brought to one name. `key` compares: equal keys may be compared, others never.

    Of a package, `key` holds its content (`caixa:100 unidade`); one that does not say what is inside is only like
    others that do not say it either, and `is_vague`.
    """

    key: str
    is_known: bool
    is_vague: bool = False


UNKNOWN = UnitName("", is_known=False)


def normalize_unit(text: str | None) -> UnitName:
    """The unit of a text; what is in no table keeps its own folded text as a key, so that it is mixed with nothing."""
    folded = _fold(text or "")
    if not folded:
        return UNKNOWN
    name = NAMES.get(folded) or NAMES.get(folded.replace(" ", "-"))
    if name is not None:
        return UnitName(name, is_known=True, is_vague=name in PACKAGES)
    packed = _CONTENT.match(folded)
    package = NAMES.get(packed[1]) if packed else None
    if packed is None or package is None:
        return UnitName(f"?{folded}", is_known=False)
    number = packed[2].replace(",", ".")
    amount = number.rstrip("0").rstrip(".") if "." in number else number
    inside = NAMES.get(packed[3], f"?{packed[3]}") if packed[3] else ""
    if amount == "1" and not inside and package not in PACKAGES:
        return UnitName(package, is_known=True)
    return UnitName(f"{package}:{amount} {inside}".rstrip(), is_known=not inside.startswith("?"))


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character)).upper()
    spaced = _SPACES.sub(" ", re.sub(r"\.(?![0-9])", " ", plain)).strip(" -/")
    return _LEADING_COUNT.sub("", spaced)
