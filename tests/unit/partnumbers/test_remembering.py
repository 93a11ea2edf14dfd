"""The workspace's memory: what was confirmed answers the same number whole, and its series as far as the subheading."""

from __future__ import annotations

from datetime import date

from malha.partnumbers.classifier import (
    Classification,
    Confirmation,
    ConfirmedParts,
    Origin,
    PartNumberInput,
    classify,
    memory_keys,
)


def ask(number: str, *confirmations: Confirmation, **more: object) -> Classification:
    return classify(PartNumberInput(number, **more), ConfirmedParts(confirmations))  # type: ignore[arg-type]


def test_the_same_number_is_answered_whole_from_the_first_confirmation() -> None:
    answer = ask("zzq 123", Confirmation("ZZQ-123", "85322410", reference="7"))
    assert answer.best
    assert answer.best.code == "85322410"
    assert answer.best.origin is Origin.MEMORY
    assert answer.is_accepted
    assert [(precedent.partnumber, precedent.reference) for precedent in answer.best.precedents] == [("ZZQ-123", "7")]


def test_a_number_of_the_same_series_is_answered_to_the_subheading_and_reviewed() -> None:
    answer = ask("ZZQ987", Confirmation("ZZQ123", "85322410"))
    assert answer.best
    assert answer.best.code == "853224"
    assert not answer.is_accepted


def test_a_confirmation_goes_before_what_the_recognisers_say() -> None:
    best = ask("LM358", Confirmation("LM358", "85423939")).best
    assert best
    assert best.code == "85423939"


def test_a_series_known_only_by_its_letters_does_not_overrule_a_sure_recogniser() -> None:
    best = ask("LM358", Confirmation("LM9999", "85423120")).best
    assert best
    assert best.code.startswith("854233")


def test_a_code_that_is_not_in_force_on_the_day_is_not_recalled() -> None:
    ended = Confirmation("ZZQ123", "85414011")
    assert ask("ZZQ123", ended).is_unknown
    assert ask("ZZQ123", ended, on=date(2026, 5, 1)).is_unknown
    assert not ask("ZZQ123", ended, on=date(2021, 5, 1)).is_unknown


def test_another_makers_part_of_the_same_number_is_not_recalled() -> None:
    confirmed = Confirmation("ZZQ123", "85322410", manufacturer="Acme")
    assert ask("ZZQ123", confirmed, manufacturer="Outra").is_unknown
    assert not ask("ZZQ123", confirmed, manufacturer=" ACME").is_unknown


def test_sources_that_disagree_share_the_confidence_by_weight() -> None:
    answer = ask("ZZQ125", Confirmation("ZZQ123", "85322410", weight=3), Confirmation("ZZQ124", "85332120", weight=1))
    first, second = answer.candidates
    assert (first.code, second.code) == ("853224", "853321")
    assert first.confidence > second.confidence
    assert not answer.is_accepted


def test_a_later_confirmation_of_a_number_replaces_the_earlier() -> None:
    best = ask("ZZQ123", Confirmation("ZZQ123", "85322410"), Confirmation("zzq123", "85332120")).best
    assert best
    assert best.code == "85332120"


def test_keys_go_from_the_number_to_its_letters() -> None:
    assert memory_keys("lm358-DR") == ("=LM358DR", "LM358", "LM35", "LM")
