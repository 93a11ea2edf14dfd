"""When digests are due, on days when the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from malha.procurement.rules.digests import Frequency, next_digest

ZONES = ["America/Sao_Paulo", "America/Manaus", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "UTC"]
instants = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(instants, st.integers(0, 23), st.sampled_from(ZONES))
def test_a_daily_digest_is_due_once_each_local_day(after: datetime, hour: int, zone: str) -> None:
    due = next_digest(after, Frequency.DAILY, hour=hour, weekday=0, zone=zone)
    following = next_digest(due, Frequency.DAILY, hour=hour, weekday=0, zone=zone)  # type: ignore[arg-type]
    assert due is not None
    assert following is not None
    assert after < due < following
    clock = ZoneInfo(zone)
    days = [instant.astimezone(clock).date() for instant in (due, following)]
    assert days[1] - days[0] == timedelta(days=1)
    assert due - after <= timedelta(hours=26)
    local = due.astimezone(clock)
    is_left_out = local.replace(hour=hour, minute=0).astimezone(UTC).astimezone(clock).hour != hour
    assert (local.hour, local.minute) == (hour, 0) or is_left_out


@given(instants, st.integers(0, 23), st.integers(0, 6), st.sampled_from(ZONES))
def test_a_weekly_digest_is_due_on_its_day(after: datetime, hour: int, weekday: int, zone: str) -> None:
    due = next_digest(after, Frequency.WEEKLY, hour=hour, weekday=weekday, zone=zone)
    assert due is not None
    assert due.astimezone(ZoneInfo(zone)).weekday() == weekday
    assert after < due <= after + timedelta(days=7, hours=2)


@pytest.mark.parametrize(
    ("after", "hour", "zone", "due"),
    [
        # The clocks go from 2 to 3: the hour that is left out comes as 3.
        ("2026-03-08T05:00+00:00", 2, "America/New_York", "2026-03-08T07:00+00:00"),
        # The clocks go from 2 to 1: the first of the two.
        ("2026-11-01T04:30+00:00", 1, "America/New_York", "2026-11-01T05:00+00:00"),
        ("2026-11-01T05:00+00:00", 1, "America/New_York", "2026-11-02T06:00+00:00"),
        # Midnight itself was left out in Brazil.
        ("2018-11-03T12:00+00:00", 0, "America/Sao_Paulo", "2018-11-04T03:00+00:00"),
    ],
)
def test_days_of_changing_clocks_have_one_digest(after: str, hour: int, zone: str, due: str) -> None:
    found = next_digest(datetime.fromisoformat(after), Frequency.DAILY, hour=hour, weekday=0, zone=zone)
    assert found == datetime.fromisoformat(due)


def test_a_search_that_tells_at_once_has_no_digest() -> None:
    assert next_digest(datetime.now(UTC), Frequency.AT_ONCE, hour=8, weekday=0, zone="UTC") is None
