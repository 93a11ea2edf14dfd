"""Legitimate, usual notes of every kind, signed and authorised: an audit has nothing to say of them."""

from __future__ import annotations

from tests.factories.legitimate.abroad import ABROAD
from tests.factories.legitimate.movements import MOVEMENTS
from tests.factories.legitimate.reform import REFORM
from tests.factories.legitimate.regimes import REGIMES
from tests.factories.legitimate.sales import SALES
from tests.factories.legitimate.usual import USUAL
from tests.factories.truth import TruthCase

CASES: tuple[TruthCase, ...] = (*SALES, *MOVEMENTS, *ABROAD, *REGIMES, *REFORM, *USUAL)
