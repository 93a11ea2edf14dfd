"""How often the reference classifier is right on real electronic components of series that it was not developed on.

Set: Debian's `kicad-symbols` (see `_kicad_parts`), codes by a written table of families with a legal reason a line.
Held out by leading letters: half of the letters were seen while recognisers and words were written, a quarter gave the
confidences of `confidences.txt` (`--calibrate` prints them), the last quarter judges. Right means: the first six
digits, or as many as the set decides (transistors and relays: five; liquid crystal modules: four). Beside it, trained
on the other three quarters: the majority, the nearest neighbour, and logistic regression on character n-grams (the
last two when scikit-learn is installed).
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from _kicad_parts import KnownPart, known_parts, side_of
from _partnumber_baselines import baselines
from _partnumber_calibration import print_confidences
from _report import Verdict, finish, parse_arguments

from malha.partnumbers.classifier import (
    Confirmation,
    ConfirmedParts,
    LearnedModel,
    Memory,
    PartNumberInput,
    classify,
)
from malha.partnumbers.rules.agreement import Observation
from malha.partnumbers.rules.training import train

_SEED = 20261127
_BINS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered for a part: codes, best first, and the confidence of the first (0 without answer)."""

    part: KnownPart
    codes: Sequence[str]
    confidence: float
    is_accepted: bool

    @property
    def is_right(self) -> bool:
        return bool(self.codes) and fits(self.codes[0], self.part.code)


def fits(code: str, truth: str) -> bool:
    """Whether an answer has the digits that the set decides, six at most."""
    return code.startswith(truth[:6])


def ask(
    parts: Sequence[KnownPart],
    *,
    described: bool,
    memory: Memory | None = None,
    model: LearnedModel | None = None,
) -> list[Answer]:
    """The classifier's answers."""
    answers: list[Answer] = []
    for part in parts:
        found = classify(PartNumberInput(part.number, part.description if described else ""), memory, model)
        codes = [candidate.code for candidate in found.candidates]
        answers.append(Answer(part, codes, found.best.confidence if found.best else 0.0, found.is_accepted))
    return answers


def share(answers: Sequence[Answer], is_good: Callable[[Answer], bool]) -> float:
    return sum(map(is_good, answers)) / len(answers) if answers else 0.0


def top(answers: Sequence[Answer], count: int) -> float:
    return share(answers, lambda answer: any(fits(code, answer.part.code) for code in answer.codes[:count]))


def balanced(answers: Sequence[Answer]) -> float:
    """The mean, over the codes of the set, of the share that is right."""
    of_code: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        of_code[answer.part.code].append(answer)
    return sum(top(group, 1) for group in of_code.values()) / len(of_code)


def calibration_error(answers: Sequence[Answer]) -> float:
    """Expected calibration error: the gap between confidence and rightness, over ten bins, weighted by their size."""
    bins: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        bins[min(int(answer.confidence * _BINS), _BINS - 1)].append(answer)
    gaps = (
        abs(share(group, lambda answer: answer.is_right) - sum(one.confidence for one in group) / len(group))
        * len(group)
        for group in bins.values()
    )
    return sum(gaps) / len(answers)


def describe(title: str, answers: Sequence[Answer]) -> None:
    accepted = [answer for answer in answers if answer.is_accepted]
    print(
        f"  {title:<46} top-1 {top(answers, 1):.3f}  top-3 {top(answers, 3):.3f}  balanced {balanced(answers):.3f}  "
        f"unknown {share(answers, lambda answer: not answer.codes):.3f}  ECE {calibration_error(answers):.3f}  "
        f"accepted {len(accepted) / len(answers):.2f} at {top(accepted, 1):.3f}"
    )


def leaves(answers: Sequence[Answer]) -> float:
    """Eight digits, where the set has them."""
    decided = [answer for answer in answers if answer.part.leaf]
    return share(decided, lambda answer: bool(answer.codes) and answer.codes[0] == answer.part.leaf)


def after_confirmations(parts: Sequence[KnownPart], count: int) -> list[Answer]:
    """Answers for what is left of each series of five or more once some of its parts were confirmed."""
    series: dict[str, list[KnownPart]] = defaultdict(list)
    for part in parts:
        series[part.letters].append(part)
    draw = random.Random(_SEED)
    memory, left = ConfirmedParts(), list[KnownPart]()
    for group in series.values():
        if len(group) >= 5:
            shuffled = draw.sample(group, len(group))
            left += shuffled[3:]
            for part in shuffled[:count]:
                memory.add(Confirmation(part.number, part.leaf or part.code))
    return ask(left, described=False, memory=memory)


def describe_learned(known: Sequence[KnownPart], judged: Sequence[KnownPart]) -> None:
    """What a model adds that has learned from the other letters' part numbers, as confirmations would teach it."""
    trained = train([Observation(part.number, "", part.code[:6], is_confirmed=True) for part in known])
    print(f"  learned: {trained.held_out_right:.3f} right on series held out of its training")
    describe("classifier and learned model, number alone", ask(judged, described=False, model=trained.model))


def main() -> None:
    """Judge on the last quarter of the letters, and say what was reached."""
    if "--calibrate" in sys.argv:
        print_confidences([part for part in known_parts() if side_of(part.letters) == "calibrate"])
        return
    arguments = parse_arguments(__doc__ or "", learned="train a model on the other letters, too (minutes)")
    parts = known_parts()
    sides = Counter(side_of(part.letters) for part in parts)
    judged = [part for part in parts if side_of(part.letters) == "judge"]
    print(f"electronic components: {len(parts)} ({dict(sides)}), {len({part.code for part in parts})} codes")
    alone, described = ask(judged, described=False), ask(judged, described=True)
    describe("classifier, number alone", alone)
    describe("classifier, with description", described)
    for title, codes in baselines([part for part in parts if side_of(part.letters) != "judge"], judged):
        describe(
            title, [Answer(part, ranked, sure, sure >= 0.9) for part, (ranked, sure) in zip(judged, codes, strict=True)]
        )
    if arguments.learned:
        describe_learned([part for part in parts if side_of(part.letters) != "judge"], judged)
    confirmed = {count: after_confirmations(judged, count) for count in (0, 1, 3)}
    for count, answers in confirmed.items():
        describe(f"classifier, {count} confirmations per series", answers)
    print(f"  eight digits: number alone {leaves(alone):.3f}, with description {leaves(described):.3f}")
    finish([], _verdicts(alone, described, confirmed))


def _verdicts(alone: list[Answer], described: list[Answer], confirmed: dict[int, list[Answer]]) -> list[Verdict]:
    accepted = [answer for answer in alone if answer.is_accepted]
    return [
        Verdict("number alone, top-1", top(alone, 1), 0.75, at_most=False),
        Verdict("number alone, top-3", top(alone, 3), 0.90, at_most=False),
        Verdict("number alone, accepted are right", top(accepted, 1), 0.97, at_most=False),
        Verdict("number alone, accepted share", len(accepted) / len(alone), 0.35, at_most=False),
        Verdict("with description, top-1", top(described, 1), 0.95, at_most=False),
        Verdict("with description, top-3", top(described, 3), 0.99, at_most=False),
        Verdict("eight digits where the package is stated", leaves(described), 0.85, at_most=False),
        Verdict("calibration error, number alone", calibration_error(alone), 0.05, at_most=True),
        Verdict("calibration error, with description", calibration_error(described), 0.03, at_most=True),
        Verdict("one confirmation per series", top(confirmed[1], 1), 0.85, at_most=False),
        Verdict("three confirmations per series", top(confirmed[3], 1), 0.93, at_most=False),
    ]


if __name__ == "__main__":
    main()
