"""Moments of cron expressions: in order, each once, none left out, also on the days when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from malha.schedules.rules.cron import (
    CronInvalidError,
    check_cron,
    count_moments,
    is_time_zone,
    moments,
    next_moment,
    shortest_gap,
)

ZONES = ["America/Sao_Paulo", "America/Manaus", "America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "UTC"]
zones = st.sampled_from(ZONES)
instants = st.datetimes(datetime(2015, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
# Days of changing clocks, a day before and behind them too.
changes = st.sampled_from(
    [
        datetime(2018, 11, 4, 3, tzinfo=UTC),
        datetime(2018, 2, 18, 2, tzinfo=UTC),
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ]
)
near_changes = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), changes, st.integers(-2 * 1440, 2 * 1440)
)
starts = instants | near_changes
fixed = st.builds(lambda minute, hour: f"{minute} {hour} * * *", st.integers(0, 59), st.integers(0, 23))
stepped = st.sampled_from(["*/15 * * * *", "*/7 * * * *", "0 * * * *", "30 */2 * * *", "5,35 * * * *"])
others = st.sampled_from(["0 8 * * 1-5", "15 2 1 * *", "0 0 29 2 *", "30 1 * * SUN", "0 3 1-7 * MON", "59 23 L * *"])
expressions = fixed | stepped | others


@given(expressions, zones, starts)
def test_moments_come_in_order_and_each_once(expression: str, zone: str, after: datetime) -> None:
    found = list(islice(moments(expression, zone, after), 30))
    assert found[0] > after
    assert all(later > earlier for earlier, later in pairwise(found))


@given(expressions, zones, starts, st.integers(0, 20))
def test_it_does_not_matter_from_where_one_looks(expression: str, zone: str, after: datetime, places: int) -> None:
    """Whoever stops behind any moment goes on with the very next: nothing is left out, nothing comes twice."""
    whole = list(islice(moments(expression, zone, after), places + 3))
    assert list(islice(moments(expression, zone, whole[places]), 2)) == whole[places + 1 : places + 3]
    between = whole[places] + (whole[places + 1] - whole[places]) / 2
    assert next_moment(expression, zone, between) == whole[places + 1]


@given(fixed, zones, starts)
def test_a_fixed_time_comes_once_each_day(expression: str, zone: str, after: datetime) -> None:
    clock = ZoneInfo(zone)
    days = [moment.astimezone(clock).date() for moment in islice(moments(expression, zone, after), 12)]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


@given(fixed, zones, starts)
def test_a_fixed_time_is_that_of_the_wall_unless_the_clocks_leave_it_out(
    expression: str, zone: str, after: datetime
) -> None:
    minute, hour = map(int, expression.split()[:2])
    local = next_moment(expression, zone, after).astimezone(ZoneInfo(zone))
    wanted = local.replace(hour=hour, minute=minute, fold=0)
    exists = wanted.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wanted.replace(tzinfo=None)
    if exists:
        assert (local.hour, local.minute) == (hour, minute)
    else:
        assert local - wanted <= timedelta(hours=1)


@given(zones, starts)
def test_every_quarter_of_an_hour_comes_by_the_real_hours(zone: str, after: datetime) -> None:
    found = list(islice(moments("*/15 * * * *", zone, after), 200))
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=15)}


@given(expressions, zones, starts, st.integers(0, 15))
def test_moments_that_passed_are_counted(expression: str, zone: str, after: datetime, passed: int) -> None:
    found = list(islice(moments(expression, zone, after), passed + 1))
    until = found[passed] - timedelta(seconds=1)
    assume(passed == 0 or until >= found[passed - 1])
    assert count_moments(expression, zone, after, until, most=1000) == passed
    assert count_moments(expression, zone, after, until, most=3) == min(passed, 3)


@pytest.mark.parametrize(
    ("expression", "zone", "after", "moment"),
    [
        ("30 2 * * *", "America/New_York", "2026-03-08T05:00+00:00", "2026-03-08T07:00+00:00"),
        ("30 1 * * *", "America/New_York", "2026-11-01T04:00+00:00", "2026-11-01T05:30+00:00"),
        ("30 1 * * *", "America/New_York", "2026-11-01T05:30+00:00", "2026-11-02T06:30+00:00"),
        ("30 1 * * *", "America/New_York", "2026-11-01T06:10+00:00", "2026-11-02T06:30+00:00"),
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00+00:00", "2018-11-04T03:00+00:00"),
        ("0 8 * * *", "America/Sao_Paulo", "2026-03-02T11:00+00:00", "2026-03-03T11:00+00:00"),
    ],
)
def test_known_days(expression: str, zone: str, after: str, moment: str) -> None:
    assert next_moment(expression, zone, datetime.fromisoformat(after)) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "expression",
    [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "0 0 30 2 *", "@daily", "a b c d e",
        "*/0 * * * *", "5-1 * * * *", "* * * * 8", "0 0 * * *; rm", "1" * 300 + " * * * *", "² * * * *",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(CronInvalidError):
        check_cron(expression)


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        plain = check_cron(text)
    except CronInvalidError:
        return
    assert check_cron(plain) == plain
    assert next_moment(plain, "UTC", datetime(2026, 1, 1, tzinfo=UTC))


def test_spaces_are_made_single() -> None:
    assert check_cron("  0   8 * *\t1-5 ") == "0 8 * * 1-5"


def test_the_shortest_gap_is_found_between_any_two() -> None:
    assert shortest_gap("0,1 * * * *", "UTC", datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(minutes=1)
    assert shortest_gap("0 8 * * *", "UTC", datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(days=1)


def test_time_zones_are_those_of_iana() -> None:
    assert is_time_zone("America/Sao_Paulo")
    assert not is_time_zone("BRT")
