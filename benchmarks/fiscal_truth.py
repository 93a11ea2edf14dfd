"""What an audit says of notes whose truth is known: legitimate ones, on which it must be silent, and single mistakes.

Recall is the share of the notes with one mistake that a finding names. Precision is the share of the findings above
information that name a mistake, over both suites: one that neither names the mistake nor has it among its consequences
is false, and so is every one on a legitimate note. No time is measured, so nothing is compared with an anchor.
"""

from __future__ import annotations

from collections.abc import Sequence

from _report import Verdict, finish, parse_arguments
from tests.factories import legitimate_notes, mistaken_notes
from tests.factories.truth import TruthCase


def judge(cases: Sequence[TruthCase]) -> tuple[int, int, int]:
    """Cases named, findings that name their case's mistake, findings that do not; what is wrong is printed."""
    named = right = wrong = 0
    for case in cases:
        findings = case.findings()
        false = [finding for finding in findings if not case.named_by([finding])]
        right, wrong = right + len(findings) - len(false), wrong + len(false)
        named += case.named_by(findings)
        if case.rules and not case.named_by(findings):
            print(f"  missed: {case.name} ({', '.join(sorted(case.rules))})")
        for finding in false:
            print(f"  false: {finding.rule_id} at {finding.xpath} in {case.name}")
    return named, right, wrong


def main() -> None:
    """Audit both suites and judge."""
    parse_arguments(__doc__ or "")
    legitimate, mistaken = legitimate_notes.CASES, mistaken_notes.CASES
    _, _, on_legitimate = judge(legitimate)
    named, right, on_mistaken = judge(mistaken)
    false = on_legitimate + on_mistaken
    print(f"{len(legitimate)} legitimate cases, {on_legitimate} false findings")
    print(f"{len(mistaken)} cases of one mistake, {named} named, {right} findings right, {on_mistaken} false")
    finish(
        [],
        [
            Verdict("fiscal_truth recall", named / len(mistaken), 0.97, at_most=False),
            Verdict("fiscal_truth precision", right / (right + false), 1, at_most=False),
            Verdict("fiscal_truth false findings on legitimate notes", on_legitimate, 0, at_most=True),
        ],
    )


if __name__ == "__main__":
    main()
