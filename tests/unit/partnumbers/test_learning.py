"""The learned model: weighed sources in, arrays and JSON out, never surer than held-out series allow."""

from __future__ import annotations

import json
from array import array
from importlib.util import find_spec
from pathlib import Path

import pytest

from malha.partnumbers.classifier import (
    LearnedModel,
    ModelInvalidError,
    Origin,
    PartNumberInput,
    classify,
    load_model,
)
from malha.partnumbers.learning import ExamplesTooFewError, Observation, train, weigh

needs_sklearn = pytest.mark.skipif(find_spec("sklearn") is None, reason="the extra `learned` is not installed")


def tiny_model(cap: float = 0.9) -> LearnedModel:
    """Two codes, told apart by one letter."""
    return LearnedModel(
        codes=["854129", "850440"],
        ngrams={"Q": 0, "W": 1},
        idf=[1.0, 1.0],
        weights=array("f", [9.0, -9.0, -9.0, 9.0]),
        intercepts=[0.0, 0.0],
        longest=2,
        temperature=1.0,
        cap=cap,
    )


def test_a_model_is_the_same_after_it_was_kept(tmp_path: Path) -> None:
    tiny_model().save(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"model.json", "model.bin"}
    assert load_model(tmp_path).rank("QQ") == tiny_model().rank("QQ")


@pytest.mark.parametrize(
    "change",
    [
        {"format": "pickle"},
        {"codes": []},
        {"codes": ["854129", "os.system"]},
        {"codes": ["854129"]},
        {"idf": [1.0]},
        {"idf": [1.0, float("nan")]},
        {"intercepts": ["x", 0]},
        {"temperature": 0},
        {"cap": 1.5},
        {"longest": 99},
        {"ngrams": None},
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    tiny_model().save(tmp_path)
    head = json.loads((tmp_path / "model.json").read_text(encoding="utf-8")) | change
    (tmp_path / "model.json").write_text(json.dumps(head), encoding="utf-8")
    with pytest.raises(ModelInvalidError):
        load_model(tmp_path)


@pytest.mark.parametrize("cut", [b"", b"\x00", b"\x00" * 400])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, cut: bytes) -> None:
    tiny_model().save(tmp_path)
    (tmp_path / "model.bin").write_bytes(cut)
    with pytest.raises(ModelInvalidError):
        load_model(tmp_path)
    with pytest.raises(ModelInvalidError):
        load_model(tmp_path / "absent")


def test_an_unknown_part_gets_the_models_answer_capped_and_never_accepted() -> None:
    assert classify(PartNumberInput("QQQ")).is_unknown
    found = classify(PartNumberInput("QQQ"), model=tiny_model())
    assert found.best is not None
    assert (found.best.code, found.best.origin, found.best.confidence) == ("854129", Origin.MODEL, 0.6)
    assert not found.is_accepted


def test_what_recognisers_know_goes_before_the_model() -> None:
    known = PartNumberInput("LM317T")
    found = classify(known, model=tiny_model())
    assert found.best == classify(known).best
    assert not classify(PartNumberInput("###"), model=tiny_model()).candidates


def seen(number: str, ncm: str, *, is_confirmed: bool = False) -> Observation:
    return Observation(number, "", ncm, is_confirmed)


def test_a_code_counts_as_much_as_others_agree_and_a_minority_not_at_all() -> None:
    said = [seen("AB1", "85412920"), seen("ab1 ", "85412999"), seen("AB1", "8504.4030"), seen("AB2", "85")]
    [kept] = weigh([observation for observation in said if "." not in observation.ncm] + [seen("AB1", "85044030")])
    assert (kept.ncm, round(kept.weight, 3)) == ("854129", round(0.5 * 2 / 3, 3))


def test_a_confirmation_silences_what_others_say() -> None:
    said = [seen("AB1", "85044030")] * 9 + [seen("AB1", "85412920", is_confirmed=True)]
    [kept] = weigh(said)
    assert (kept.ncm, kept.weight) == ("854129", 1.0)


@needs_sklearn
def test_training_learns_letters_and_says_what_held_out_series_reached(tmp_path: Path) -> None:
    letters = "ABCDEFGHKL"
    good = [seen(f"{a}Q{no}X", "854129") for a in letters for no in range(6)]
    good += [seen(f"{a}W{no}Z", "850440") for a in letters for no in range(6)]
    trained = train(good)
    assert trained.held_out_right > 0.8
    assert trained.model.cap <= 0.99
    trained.model.save(tmp_path)
    assert load_model(tmp_path).rank("MQ3X")[0][0] == "854129"


@needs_sklearn
def test_too_little_is_said() -> None:
    with pytest.raises(ExamplesTooFewError):
        train([seen("AB1", "854129")] * 9)
