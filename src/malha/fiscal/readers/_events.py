"""Events of NF-e and NFC-e, SEFAZ's answers and summaries, and unused numbers."""

from __future__ import annotations

from malha.fiscal.documents import (
    ABSENT,
    UNSUPPORTED,
    Document,
    Event,
    Inutilization,
    Protocol,
    ReadError,
    Source,
)
from malha.fiscal.keys import parse_key
from malha.fiscal.readers import _nfe
from malha.fiscal.readers._nfe import elements_called
from malha.fiscal.tree import Element, Group

_RECEIVED = frozenset({"103", "105"})
"""The batch has been received; it is being processed."""

_RECEIPT = (
    "um recibo: a SEFAZ recebeu o lote, sem dizer ainda se autorizou",
    "a receipt: SEFAZ has the batch, and has not said yet whether it authorises it",
)
_WITHOUT_PROTOCOL = (
    "uma resposta da SEFAZ sem o protocolo de nenhuma nota",
    "an answer of SEFAZ without any note's protocol",
)


def read_nfe_proc(root: Element, group: Group, source: Source) -> list[Document]:
    """`nfeProc`, with the events and answers that some systems keep inside it beside the note's protocol."""
    documents = _nfe.read_nfe_proc(root, group, source) + _processed_events(root, group, source)
    documents += _answered(group.groups("retEvento"), source)
    documents += _protocols(group.groups("protNFe")[1:], source)
    answers = [one for one in group.groups("retConsSitNFe") if one.text("chNFe") and one.text("cStat")]
    return documents + [Protocol(one, source) for one in answers]


def read_event(root: Element, group: Group, source: Source) -> list[Document]:
    """`evento` alone, as it was sent."""
    return [_event(root, group, source, ABSENT)]


def read_proc_event(root: Element, group: Group, source: Source) -> list[Document]:
    """`procEventoNFe`: the event and SEFAZ's answer."""
    elements = elements_called(root, "evento")
    if not elements:
        return read_ret_event(root, group.group("retEvento"), source)
    return [_event(elements[0], group.group("evento"), source, group.group("retEvento").group("infEvento"))]


def read_env_event(root: Element, group: Group, source: Source) -> list[Document]:
    """`envEvento`: a batch of events as sent."""
    pairs = zip(elements_called(root, "evento"), group.groups("evento"), strict=True)
    return [_event(element, one, source, ABSENT) for element, one in pairs]


def read_ret_event(_root: Element, group: Group, source: Source) -> list[Document]:
    """`retEvento`: the answer without the request."""
    return _answered([group], source)


def read_ret_env_event(_root: Element, group: Group, source: Source) -> list[Document]:
    """`retEnvEvento`: the answers to a batch of events."""
    return _answered(group.groups("retEvento"), source)


def read_res_event(_root: Element, group: Group, source: Source) -> list[Document]:
    """`resEvento`: a summary of a registered event, from the distribution service."""
    return [Event(ABSENT, source, answer=group)]


def read_prot_nfe(_root: Element, group: Group, source: Source) -> list[Document]:
    """`protNFe`: one protocol."""
    protocols = _protocols([group], source)
    if not protocols:
        raise ReadError(
            "incomplete",
            "O protocolo não diz de que nota é (chNFe) ou qual é a resposta (cStat).",
            "The protocol does not say which note it is of (chNFe) or what the answer is (cStat).",
        )
    return list(protocols)


def read_answer(root: Element, group: Group, source: Source) -> list[Document]:
    """`retEnviNFe`, `retConsReciNFe`, `retConsSitNFe`: protocols, and the events that a query brings along.

    A query's own status comes last: it says what became of the note since its protocol.
    """
    documents: list[Document] = [*_protocols(group.groups("protNFe"), source), *_processed_events(root, group, source)]
    cancelled = group.group("retCancNFe").group("infCanc")
    if cancelled:
        documents.append(Protocol(cancelled, source))
    if group.text("chNFe") and group.text("cStat"):
        documents.append(Protocol(group, source))
    if not documents:
        raise _no_protocol(group)
    return documents


def read_cancellation(_root: Element, group: Group, source: Source) -> list[Document]:
    """`procCancNFe`, `retCancNFe`: cancellations as they were before events (layouts 1.07 and 2.00)."""
    answer = group.group("infCanc") or group.group("retCancNFe").group("infCanc")
    return [Protocol(answer, source)] if answer else []


def read_res_nfe(_root: Element, group: Group, source: Source) -> list[Document]:
    """`resNFe`: a note's summary from the distribution service."""
    return [Protocol(group, source)]


def read_inutilization(_root: Element, group: Group, source: Source) -> list[Document]:
    """`inutNFe` and `retInutNFe` alone, `procInutNFe` with both."""
    asked = group.group("infInut") if group.tag == "inutNFe" else group.group("inutNFe").group("infInut")
    answer = group.group("infInut") if group.tag == "retInutNFe" else group.group("retInutNFe").group("infInut")
    return [Inutilization(asked, source, answer=answer)] if asked or answer else []


def _processed_events(root: Element, group: Group, source: Source) -> list[Document]:
    elements = [one for one in elements_called(root, "procEventoNFe") if len(one)]
    pairs = zip(elements, group.groups("procEventoNFe"), strict=True)
    return [document for element, one in pairs for document in read_proc_event(element, one, source)]


def _event(element: Element, group: Group, source: Source, answer: Group) -> Event:
    info = group.group("infEvento")
    if not info.text("chNFe") or not info.text("tpEvento"):
        raise ReadError(
            "incomplete",
            "O evento não diz a chave da NF-e (chNFe) ou o seu tipo (tpEvento).",
            "The event does not say the NF-e's key (chNFe) or its own kind (tpEvento).",
        )
    return Event(group, source, element=element, answer=answer)


def _answered(groups: list[Group], source: Source) -> list[Document]:
    answers = (one.group("infEvento") for one in groups)
    return [Event(ABSENT, source, answer=answer) for answer in answers if answer.text("chNFe")]


def _protocols(groups: list[Group], source: Source) -> list[Protocol]:
    """Those that say something of a note: programs leave empty ones where a protocol will be."""
    found = [Protocol(info, source) for one in groups if (info := one.group("infProt"))]
    return [protocol for protocol in found if parse_key(protocol.key) and protocol.status]


def _no_protocol(group: Group) -> ReadError:
    status, reason = group.text("cStat"), group.text("xMotivo") or "-"
    pt, en = _RECEIPT if status in _RECEIVED else _WITHOUT_PROTOCOL
    return ReadError(
        UNSUPPORTED,
        f"O arquivo é {pt} (<{group.tag}>, cStat {status or '-'}: {reason}).",
        f"The file is {en} (<{group.tag}>, cStat {status or '-'}: {reason}).",
    )
