"""A public contracting of any size as lines for COPY: words, organs, states and values as skewed as the real ones.

A third of the objects begin with "aquisição", and a third of the items are of some "material"; the other words follow
Zipf's law over real ones and forty thousand made ones. Records are published on the business days of one year, and
lie in the table as they were written last: half of them were written again, some days or weeks after.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

SEED = 8
LAST_DAY = date(2026, 11, 26)
BUSINESS_DAYS = 250
ORGANS = 6_000
MADE_WORDS = 40_000
_SYLLABLES = [a + b for a in "bcdfgjlmnprstvz" for b in "aeiou"] + [
    "bra",
    "cre",
    "dri",
    "flo",
    "gru",
    "pla",
    "tre",
    "vro",
]
_OPENINGS = (
    ("Aquisição de", 33), ("Contratação de empresa especializada para", 27), ("Registro de preços para", 20),
    ("Prestação de serviços de", 8), ("Locação de", 4), ("Credenciamento de", 3), ("Execução de", 3), ("Inexigibilidade:", 2),
)  # fmt: skip
_THEMES = tuple(
    ["material de expediente", "gêneros alimentícios", "medicamentos", "merenda escolar", "combustíveis", "material de limpeza", "equipamentos de informática", "manutenção de veículos", "obras de pavimentação", "material hospitalar", "pneus", "serviços de engenharia", "limpeza e conservação", "vigilância armada", "passagens aéreas", "mobiliário escolar", "material de construção", "uniformes", "ar-condicionado", "material esportivo", "transporte escolar", "licença de software", "show artístico", "material odontológico", "kits de robótica", "iluminação pública", "água mineral", "câmaras frias", "tratores", "reagentes de laboratório", "próteses", "fraldas", "serviços funerários", "drones", "livros didáticos", "extintores"]
)
_PLACES = (
    "Secretaria Municipal de Saúde",
    "Secretaria de Educação",
    "Fundo Municipal",
    "Prefeitura",
    "Câmara",
    "Universidade",
)
_PRODUCTS = tuple(
    ["papel", "caneta", "lápis", "borracha", "caderno", "pasta", "grampeador", "toner", "cabo", "monitor", "teclado", "mesa", "cadeira", "armário", "arroz", "feijão", "açúcar", "leite", "carne", "frango", "tomate", "banana", "seringa", "agulha", "luva", "máscara", "gaze", "sonda", "dipirona", "amoxicilina", "insulina", "detergente", "sabão", "vassoura", "pneu", "óleo", "filtro", "parafuso", "cimento", "areia", "tubo", "tinta", "lâmpada", "fio", "disjuntor", "camisa", "calça", "sapato", "bola", "rede", "livro", "serviço", "diária", "hora", "consultoria", "projetor", "nobreak", "roteador", "bateria"]
)
_ATTRIBUTES = tuple(
    ["cor azul", "cor branca", "medida 10x20 cm", "embalagem com 10 unidades", "primeira qualidade", "validade mínima de 12 meses", "220 V", "tipo A4", "tamanho M", "estéril", "descartável", "100 mg", "500 ml", "plástico", "aço inoxidável", "com garantia", "conforme edital"]
)
_UFS = ["SP", "MG", "RS", "PR", "BA", "SC", "GO", "RJ", "PE", "CE", "MA", "PA", "MT", "MS", "ES", "PB", "RN", "PI", "AL", "TO", "SE", "RO", "AM", "DF", "AC", "AP", "RR"]
_MODALITIES = ((8, 42), (6, 26), (9, 21), (4, 6), (12, 3), (7, 2))
_NAMES = {8: "Dispensa", 6: "Pregão - Eletrônico", 9: "Inexigibilidade", 4: "Concorrência - Eletrônica",
          12: "Credenciamento", 7: "Pregão - Presencial"}  # fmt: skip
_ITEM_COUNTS = ((1, 34), (2, 18), (3, 12), (4, 8), (5, 6), (7, 7), (10, 7), (16, 4), (24, 2), (40, 1), (60, 1))


@dataclass(frozen=True, slots=True)
class Organ:
    """A buyer in its one city."""

    cnpj: str
    uf: str
    city: str


@dataclass(frozen=True, slots=True)
class Base:
    """What the items of a procurement share with it."""

    control: str
    organ: Organ
    modality: int
    published: str
    items: int


class World:
    """Everything is the same for the same seed and size."""

    def __init__(self, procurements: int) -> None:
        self.size = procurements
        self._dice = random.Random(SEED)
        self.words = self._make_words()
        self.organs = self._make_organs()
        self.bases: list[Base] = []

    def organ_lines(self) -> Iterator[str]:
        """Of `procurement_organs`."""
        return (f"{organ.cnpj}\tMUNICIPIO {no}\tE\tM\n" for no, organ in enumerate(self.organs))

    def unit_lines(self) -> Iterator[str]:
        """Of `procurement_units`."""
        return (f"{organ.cnpj}\tU1\tUNIDADE\t{organ.uf}\tCIDADE\t{organ.city}\n" for organ in self.organs)

    def procurement_lines(self) -> Iterator[str]:
        """Of `procurements`, as they were written; afterwards `bases` has what `item_lines` needs."""
        dice, sequences = self._dice, [0] * ORGANS
        organs = dice.choices(range(ORGANS), weights=[1 / (no + 30) for no in range(ORGANS)], k=self.size)
        openings = _pick(dice, _OPENINGS, self.size)
        modalities = _pick(dice, _MODALITIES, self.size)
        counts = _pick(dice, _ITEM_COUNTS, self.size)
        day = self.size / BUSINESS_DAYS
        written = [no + (dice.expovariate(1 / (5 * day)) if dice.random() < 0.5 else 0) for no in range(self.size)]
        for no in sorted(range(self.size), key=written.__getitem__):
            organ = self.organs[organs[no]]
            sequences[organs[no]] += 1
            sequence = sequences[organs[no]]
            control = f"{organ.cnpj}-1-{sequence:06d}/2026"
            published = self._moment(no)
            self.bases.append(Base(control, organ, modalities[no], published, counts[no]))
            theme = _THEMES[min(int(dice.expovariate(0.12)), len(_THEMES) - 1)]
            tail = " ".join(self._some_words(4 + dice.getrandbits(4)))
            text = f"{openings[no]} {theme} para atender a {dice.choice(_PLACES)}, conforme {tail}."
            value = 0 if dice.random() < 0.25 else round(10 ** dice.gauss(4.6, 0.9), 2)
            name = _NAMES[modalities[no]]
            yield (
                f"{control}\t{organ.cnpj}\tU1\t{organ.uf}\t{organ.city}\t2026\t{sequence}\t9{sequence:05d}\t"
                f"23{no:09d}2026\t{modalities[no]}\t{name}\t1\tDivulgada no PNCP\t{text}\t"
                f"Para esclarecimentos acesse https://compras.example/{no}\thttps://compras.example/{no}\t{value}\t"
                f"{published}\t{published}\t{no:064x}\tcomplete\n"
            )

    def item_lines(self, most: int) -> Iterator[str]:
        """Of `procurement_items`, in the order of their procurements."""
        return itertools.islice(self._all_items(), most)

    def _all_items(self) -> Iterator[str]:
        dice = self._dice
        for base in self.bases:
            organ = base.organ
            for number in range(1, base.items + 1):
                tail = " ".join(self._some_words(2 + dice.getrandbits(3)))
                product = _PRODUCTS[min(int(dice.expovariate(0.06)), len(_PRODUCTS) - 1)]
                material = " material" if dice.random() < 0.3 else ""
                text = f"{product}{material} {dice.choice(_ATTRIBUTES)}, {dice.choice(_ATTRIBUTES)}, {tail}"
                quantity, price = 1 + dice.getrandbits(7), round(10 ** dice.gauss(1.6, 0.7), 2)
                total = round(quantity * price, 2)
                raw = (
                    f'{{"numeroItem": {number}, "descricao": "{text}", "materialOuServico": "M", "valorTotal": {total}, '
                    f'"quantidade": {quantity}, "unidadeMedida": "UN", "orcamentoSigiloso": false, "temResultado": true}}'
                )
                yield (
                    f"{base.control}\t{number}\t{text}\t{quantity}\tUN\tM\t{price}\t{total}\t2\tHomologado\t"
                    f"{48020000 + dice.getrandbits(10)}\t{400000 + dice.getrandbits(13)}\t{raw}\t{base.published}\t"
                    f"{organ.cnpj}\t{organ.uf}\t{organ.city}\t{base.modality}\n"
                )

    def _moment(self, no: int) -> str:
        """Business day after business day, in office hours of Brasília."""
        place = no / self.size * BUSINESS_DAYS
        week, weekday = divmod(int(place), 5)
        first = LAST_DAY - timedelta(days=LAST_DAY.weekday(), weeks=BUSINESS_DAYS // 5 - 1)
        day = first + timedelta(days=week * 7 + weekday)
        seconds = int((place % 1) * 10 * 3600)
        return (datetime(day.year, day.month, day.day, 11, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()

    def _some_words(self, count: int) -> list[str]:
        return self._dice.choices(self.words, cum_weights=self._weights, k=count)

    def _make_words(self) -> list[str]:
        made: dict[str, None] = {}
        while len(made) < MADE_WORDS:
            made["".join(self._dice.choices(_SYLLABLES, k=self._dice.randint(3, 4)))] = None
        self._weights = list(itertools.accumulate(1 / (rank + 40) for rank in range(MADE_WORDS)))
        return list(made)

    def _make_organs(self) -> list[Organ]:
        ufs = self._dice.choices(_UFS, weights=[1 / (rank + 3) for rank in range(len(_UFS))], k=ORGANS)
        return [Organ(f"{no:08d}000199", uf, f"{3500000 + no}") for no, uf in enumerate(ufs)]


def _pick(dice: random.Random, weighted: tuple[tuple[object, int], ...], count: int) -> list:  # type: ignore[type-arg] - of any
    values, weights = zip(*weighted, strict=True)
    return dice.choices(values, weights=weights, k=count)
