"""The classifier's answers: how deep they close, what they rest on, and what they leave open."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.partnumbers.classifier import Classification, Field, Origin, PartNumberInput, classify


def ask(number: str, description: str = "", **more: object) -> Classification:
    return classify(PartNumberInput(number, description, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "description", "code"),
    [
        ("LM358DR", "Dual operational amplifier, SOIC-8", "85423390"),
        ("STM32F103C8T6", "ARM Cortex-M3 MCU, LQFP-48", "85423120"),
        ("ATMEGA328P-PU", "8-bit AVR microcontroller, DIP-28", "85423190"),
        ("W25Q64", "64-Mbit serial flash memory, SOIC-8", "85423221"),
        ("AS4C4M16", "64Mb SDRAM, TSOP-54", "85423229"),
        ("74HC00D", "Quad NAND gate, SOIC-14", "85423939"),
        ("74HC00N", "Quad NAND gate, DIP-14", "85423999"),
        ("BAT54", "30V 0.2A Schottky diode, SOT-23", "85411022"),
        ("1N5408", "", "85411032"),
        ("BZX84C5V1", "", "85411021"),
        ("BT139-600", "16A triac, TO-220", "85413029"),
        ("GRM188R71H104KA93D", "", "85322410"),
        ("TAJB106K016", "Capacitor de tântalo 10uF 16V SMD", "85322111"),
        ("PC817", "", "85414900"),
        ("NEO-M8N", "GNSS receiver module", "85269100"),
        ("G5LE-1", "Power relay, 10A 250VAC", "85364900"),
        ("6204-2RS", "Rolamento rígido de esferas", "84821010"),
        ("SKF 6204-2RS", "", "84821010"),
        ("1N4148W", "", "85411022"),
        ("M8X30", "Parafuso sextavado de aço", "73181500"),
        ("TEN-3-2411", "Isolated DC/DC converter module", "85044030"),
    ],
)
def test_closes_the_leaf_when_the_attributes_are_known(number: str, description: str, code: str) -> None:
    best = ask(number, description).best
    assert best
    assert best.code == code
    assert best.question is None


@pytest.mark.parametrize(
    ("number", "description", "code", "attribute"),
    [
        ("LM317", "voltage regulator", "854239", "mounting"),
        ("LM317", "voltage regulator, SOIC-8/DIP-8", "854239", "mounting"),
        ("SMAJ5.0A", "TVS diode, 43.5A peak pulse current", "8541102", "current_a"),
        ("BT139", "triac, 1A gate pulse, 16A RMS, TO-220", "8541302", "current_a"),
        ("2SC0000", "NPN transistor", "85412", "power_w"),
        ("G5LE-1", "Power relay, 5VDC coil", "85364", "relay_voltage_v"),
        ("IS61C256", "SRAM, SOIC-28", "8542322", "memory"),
        ("V14E", "varistor 1.000 V", "8533401", "voltage_v"),
    ],
)
def test_stops_where_an_attribute_is_missing_and_asks_for_it(
    number: str, description: str, code: str, attribute: str
) -> None:
    best = ask(number, description).best
    assert best
    assert best.code == code
    assert best.question
    assert best.question.attribute == attribute
    assert all(answer.startswith(code) for answer in best.question.answers.values())


def test_the_answer_to_the_question_closes_the_leaf() -> None:
    question = ask("LM317").candidates[0].question
    assert question
    assert question.answers["smd"] == "8542393"
    closed = ask("LM317", "SOT-223").best
    assert closed
    assert closed.code == "85423939"


@pytest.mark.parametrize("number", ["", "   ", "ZZQX-0001", "?????", "部品-12", "ßßß", "_"])
def test_what_nothing_speaks_of_is_unknown(number: str) -> None:
    answer = ask(number)
    assert answer.is_unknown
    assert not answer.is_accepted


def test_an_unknown_part_stays_unknown_and_gets_headings_to_look_at() -> None:
    answer = ask("ZZQX-0001", "Chapa de aço inoxidável laminada a frio")
    assert answer.is_unknown
    assert "7219" in {hint.code for hint in answer.hints}
    assert {hint.origin for hint in answer.hints} == {Origin.RETRIEVAL}
    assert ask("ZZQX-0001", "aço").hints == ()
    assert ask("LM358", "aço inoxidável").hints == ()


def test_evidence_is_the_very_characters_of_the_input() -> None:
    answer = ask("  lm358dr", "Amplificador operacional em SOIC-8")
    assert answer.best
    told = {(evidence.field, evidence.text) for evidence in answer.best.evidence}
    assert (Field.PARTNUMBER, "lm358") in told
    assert (Field.DESCRIPTION, "Amplificador operacional") in told
    assert (Field.DESCRIPTION, "SOIC-8") in told


def test_the_whole_path_and_each_branch_with_its_legal_reason_are_shown() -> None:
    best = ask("BAT54", "0.2A Schottky diode, SOT-23").best
    assert best
    assert [level.code for level in best.path] == ["85", "8541", "854110", "8541102", "85411022"]
    assert [branch.code for branch in best.decision] == ["854110", "8541102", "85411022"]
    assert all(branch.legal and branch.because.pt and branch.because.en for branch in best.decision)


def test_words_that_contradict_the_number_keep_the_answer_from_being_accepted() -> None:
    agreed, against = ask("LM358", "operational amplifier"), ask("LM358", "N-channel MOSFET")
    assert agreed.is_accepted
    assert not against.is_accepted
    assert {"854233", "85412"} <= {candidate.code for candidate in against.candidates}


@pytest.mark.parametrize(
    "description", ["Tubo de aço inox sem costura", "Rotulo adesivo para caixas", "Aspirador de pó", "Cabo HDMI"]
)
def test_a_description_that_names_no_known_component_keeps_the_number_from_being_accepted(description: str) -> None:
    assert ask("PC817").is_accepted
    assert not ask("PC817", description).is_accepted


@pytest.mark.parametrize(
    ("number", "description", "code"),
    [
        ("LTC2050", "Zero-drift operational amplifier", "854233"),
        ("LTC2050", "16-bit ADC", "854239"),
        ("MAX2679", "GPS low-noise amplifier", "854233"),
        ("NCS2250", "High speed comparator", "854239"),
    ],
)
def test_words_settle_between_several_series_that_fit_the_number(number: str, description: str, code: str) -> None:
    best = ask(number, description).best
    assert best
    assert best.code == code
    assert best.confidence > 0.9
    assert {evidence.field for evidence in best.evidence} == {Field.PARTNUMBER, Field.DESCRIPTION}


@pytest.mark.parametrize(
    ("description", "component"),
    [
        ("Precision JFET, Dual Operational Amplifier", "ic.amplifier"),
        ("Power MOSFET driver", "ic.driver"),
        ("Microcontroller voltage supervisor", "ic.power"),
        ("Audio codec amplifier", "ic.amplifier"),
        ("Audio codec with amplifier", "ic.converter"),
        ("Single Pole Relay SPST-NO", "relay"),
        ("32kB Flash, 2kB SRAM, 16MHz", "ic.processor"),
        ("2A Buck DC/DC Converter, SOT-563", "ic.regulator"),
        ("Buck DC/DC Converter module", "converter.dcdc"),
        ("MOSFET canal N 30V, SOT-23", "transistor.mosfet"),
        ("Diodo retificador 1A", "diode.rectifier"),
        ("4 digit 7 segment green LED", "display.led"),
    ],
)
def test_the_head_of_the_description_names_the_component(description: str, component: str) -> None:
    assert ask("QQZ-1", description).component == component


def test_what_was_not_measured_is_never_accepted_without_review() -> None:
    assert not ask("6204-2RS", "Rolamento rígido de esferas").is_accepted
    assert not ask("GRM188R71H104KA93D", "Capacitor cerâmico multicamada 0603").is_accepted


def test_before_the_nomenclature_of_the_tables_only_the_heading_is_answered() -> None:
    best = ask("PC817", on=date(2021, 5, 1)).best
    assert best
    assert best.code == "8541"


def test_the_leaf_comes_with_its_rates_and_exceptions() -> None:
    answer = ask("NEO-M8N", "GNSS receiver module")
    assert answer.duties[0].exception == ""
    assert ask("LM317").duties == ()


@given(st.text(max_size=40), st.text(max_size=80))
def test_any_text_gives_evidence_that_is_in_it_and_shares_of_at_most_one(number: str, description: str) -> None:
    answer = ask(number, description)
    texts = {Field.PARTNUMBER: number, Field.DESCRIPTION: description}
    for candidate in answer.candidates:
        for evidence in candidate.evidence:
            assert texts[evidence.field][evidence.start : evidence.end] == evidence.text
    assert sum(candidate.confidence for candidate in answer.candidates) <= 1.0001
    assert len({candidate.code for candidate in answer.candidates}) == len(answer.candidates)


def test_words_alone_are_never_accepted_because_other_trades_use_them() -> None:
    answer = ask("QQZ-1", "Mixer")
    assert answer.best
    assert not answer.is_accepted


def test_origin_says_what_an_answer_rests_on() -> None:
    assert [ask("LM358").candidates[0].origin, ask("QQZ-1", "op amp").candidates[0].origin] == [
        Origin.RECOGNISER,
        Origin.WORDS,
    ]


@pytest.mark.parametrize("package", ["SOIC-16", "LQFP-48", "DIP-14", "PDIP-8", "VQFN-32", "BGA-256"])
def test_a_package_of_circuits_makes_a_weak_proposal_with_its_evidence(package: str) -> None:
    found = classify(PartNumberInput("QQX9", f"Zorgler, {package}"))
    assert found.best is not None
    assert found.best.code[:6] == "854239"
    assert (found.best.confidence, found.is_accepted) == (0.6, False)
    [evidence, *_] = found.best.evidence
    assert (evidence.attribute, evidence.text) == ("package", package)


@pytest.mark.parametrize("package", ["SOT-23", "TO-220", "DIP-4", "0603", "AXIAL"])
def test_other_packages_alone_say_nothing(package: str) -> None:
    assert classify(PartNumberInput("QQX9", f"Zorgler, {package}")).is_unknown
