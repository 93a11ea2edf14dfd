"""Documents for the demonstration and for load: clean ones beside ones with a typical defect."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from malha.simulators.nfe import tampering
from malha.simulators.nfe.builder import NoteBuilder
from malha.simulators.nfe.events import cancellation

Sample = tuple[str, bytes]


def samples() -> list[Sample]:
    """About fifteen (file name, bytes) pairs; names say in Portuguese what is in the file."""
    return [
        ("01-venda-interna.xml", NoteBuilder(11).with_freight("180.00").authorised()),
        ("02-venda-interestadual-difal.xml", NoteBuilder(12).interstate("BA").to_consumer().authorised()),
        ("03-simples-nacional.xml", NoteBuilder(13).simples().authorised()),
        ("04-nfce-cartao.xml", NoteBuilder(14, model="65").paid("03").authorised()),
        ("05-valor-do-item-errado.xml", _wrong_item()),
        ("06-total-da-nota-errado.xml", NoteBuilder(16).set("total/ICMSTot/vNF", "999.00").authorised()),
        ("07-cfop-interestadual-em-venda-interna.xml", NoteBuilder(17).set("det[1]/prod/CFOP", "6102").authorised()),
        ("08-ncm-inexistente.xml", NoteBuilder(18).set("det[2]/prod/NCM", "99999999").authorised()),
        ("09-alterada-apos-autorizacao.xml", _changed_after_authorisation()),
        *_cancelled(),
        ("12-homologacao.xml", NoteBuilder(21).homologation().authorised()),
        *_twice_the_same_key(),
        ("15-chave-com-digito-errado.xml", _wrong_check_digit()),
        ("16-arquivo-ilegivel.xml", NoteBuilder(24).authorised()[:2500]),
    ]


def _wrong_item() -> bytes:
    return NoteBuilder(15).set("det[1]/prod/vUnCom", "10.0000000000").authorised()


def _changed_after_authorisation() -> bytes:
    return tampering.changed(NoteBuilder(19).authorised(), "det[1]/prod/xProd", "Mercadoria trocada")


def _cancelled() -> list[Sample]:
    note = NoteBuilder(20)
    return [
        ("10-nota-cancelada.xml", note.authorised()),
        ("11-evento-de-cancelamento.xml", cancellation(note.plan()).processed()),
    ]


def _twice_the_same_key() -> list[Sample]:
    """One key with two contents: the second is signed anew, so only the key gives it away."""
    return [
        ("13-chave-repetida-a.xml", NoteBuilder(22).authorised()),
        ("14-chave-repetida-b.xml", NoteBuilder(22).set("infAdic/infCpl", "Segunda via com outro texto").authorised()),
    ]


def _wrong_check_digit() -> bytes:
    note = NoteBuilder(23)
    wrong = note.key[:-1] + str((int(note.key[-1]) + 1) % 10)
    note.set("@Id", f"NFe{wrong}").set("ide/cDV", wrong[-1])
    return note.set("protNFe/infProt/chNFe", wrong).authorised()


_SHAPES: tuple[Callable[[int], NoteBuilder], ...] = (
    NoteBuilder,
    lambda seed: NoteBuilder(seed).with_items(8, "00", "20", "60", "10").with_freight("75.50"),
    lambda seed: NoteBuilder(seed).interstate("PR").to_consumer(individual=True),
    lambda seed: NoteBuilder(seed).simples().with_items(3),
    lambda seed: NoteBuilder(seed, model="65").paid("17"),
    lambda seed: NoteBuilder(seed).manufactured("5.00").with_discount("40.00").in_instalments(3),
    lambda seed: NoteBuilder(seed).interstate("MG").with_items(12, "00", "40"),
    lambda seed: NoteBuilder(seed).paid("01", "03", "17", change="10.00"),
)


def mixed_notes(count: int, *, seed: int = 0, wrong_every: int = 0) -> Iterator[Sample]:
    """``count`` authorised notes of mixed shapes; each ``wrong_every``-th has a wrong vNF (0: all right)."""
    for position, shape in zip(range(count), itertools.cycle(_SHAPES), strict=False):
        note = shape(seed * 1_000_000 + position)
        if wrong_every and position % wrong_every == wrong_every - 1:
            note.set("total/ICMSTot/vNF", "1.23")
        yield f"{note.key}-procNFe.xml", note.authorised()
