"""How many part numbers a second one core classifies; the anchor is the parsing of the same lines as JSON.

Both are measured in the processor time of this one thread, so that other work on the machine does not count. Then, by
the clock, how many a second go through the whole chain: API, queue, worker, AI server, Redis, database, socket.
"""

from __future__ import annotations

import json
import time

from _partnumber_chain_rate import chain_rates
from _report import Series, Verdict, alternate, finish, parse_arguments

from malha.partnumbers.classifier import PartNumberInput, classify

_PARTS = (
    ("LM358DR", "Dual operational amplifier, SOIC-8"),
    ("STM32F103C8T6", "ARM Cortex-M3 MCU, 64KB Flash, 20KB RAM, LQFP-48"),
    ("BAT54S", "30V 0.2A dual Schottky diode, SOT-23"),
    ("GRM188R71H104KA93D", "Capacitor cerâmico multicamada 100nF 50V X7R 0603"),
    ("G5LE-1 DC12", "Relé de potência SPDT 10A 250VAC"),
    ("TPS5430DDA", "3A step-down DC-DC converter, HSOP-8"),
    ("6204-2RS", "Rolamento rígido de esferas"),
    ("ZZZ-0000", ""),
)
_TARGET = 5_000
_CHAIN_TARGET = 500


def main() -> None:
    """Alternate both sides on one core."""
    quick = parse_arguments(__doc__ or "").quick
    parts = [
        PartNumberInput(f"{number}{count % 7}", description)
        for count in range(500 if quick else 2_500)
        for number, description in _PARTS
    ]
    lines = [json.dumps({"partnumber": part.partnumber, "description": part.description}) for part in parts]
    classify(parts[0])  # the tables are read once a process

    def ours() -> float:
        started = time.process_time()
        for part in parts:
            classify(part)
        return len(parts) / (time.process_time() - started)

    def anchor() -> float:
        started = time.process_time()
        for line in lines:
            json.loads(line)
        return len(lines) / (time.process_time() - started)

    rates, parsed = alternate(3 if quick else 5, ours, anchor)
    series = [Series("classified", rates, "parts/s"), Series("parsed as JSON only", parsed, "parts/s")]
    print(f"classified / parsed: {series[0].median / series[1].median:.4f}")
    series.append(
        Series("through the whole chain", chain_rates(1 if quick else 3, 1_000 if quick else 5_000), "parts/s")
    )
    finish(
        series,
        [
            Verdict("part numbers a second over 5,000", series[0].median / _TARGET, 1, at_most=False),
            Verdict("through the chain over 500", series[2].median / _CHAIN_TARGET, 1, at_most=False),
        ],
    )


if __name__ == "__main__":
    main()
