"""Instants and their texts: exact to the microsecond, there and back, and nothing that could not be shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mock_truv.core.instants import (
    DAY_US,
    HOUR_US,
    LAST_US,
    MINUTE_US,
    SECOND_US,
    START_US,
    add_business_hours,
    date_of,
    datetime_of,
    instant_of,
    parse_duration,
    parse_instant,
    text_blank,
    text_http,
    text_offset,
    text_z,
)

MANY = settings(max_examples=200, deadline=None)
instants = st.integers(0, LAST_US)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def test_the_fixed_start() -> None:
    """Manual clocks start on Monday 2026-01-05 at 15:00 UTC, and end before the year 2200 does."""
    assert text_z(START_US) == "2026-01-05T15:00:00.000000Z"
    assert datetime_of(START_US).weekday() == 0
    assert text_z(LAST_US) == "2200-01-01T00:00:00.000000Z"


@MANY
@given(instants)
@example(0)
@example(999_999)
@example(LAST_US)
def test_texts_give_back_their_instant(instant_us: int) -> None:
    """Every form of text that has microseconds reads back as the same instant; the others as its second."""
    assert parse_instant(text_z(instant_us)) == instant_us
    assert parse_instant(text_offset(instant_us)) == instant_us
    assert instant_of(datetime_of(instant_us)) == instant_us
    assert date_of(instant_us) == datetime_of(instant_us).date()
    second_us = instant_us - instant_us % SECOND_US
    assert parse_instant(text_blank(instant_us)) == second_us
    assert instant_of(parsedate_to_datetime(text_http(instant_us))) == second_us


@MANY
@given(instants, instants)
def test_texts_sort_as_instants(one_us: int, two_us: int) -> None:
    """Texts of the REST form sort as their instants do."""
    assert (text_z(one_us) < text_z(two_us)) == (one_us < two_us)


@MANY
@given(instants, offsets)
def test_offsets_are_taken_off(instant_us: int, minutes: int) -> None:
    """A time given with any offset is the same instant as in UTC."""
    shown = datetime_of(instant_us).astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert parse_instant(shown) == instant_us


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-03-02T15:00:43Z", 0),
        ("2026-03-02t15:00:43z", 0),
        ("2026-03-02 15:00:43Z", 0),
        ("2026-03-02T15:00:43.5Z", 500_000),
        ("2026-03-02T15:00:43.0012Z", 1_200),
        ("2026-03-02T15:00:43.0000019Z", 1),
        ("2026-03-02T15:00:43.123456789+00:00", 123_456),
        ("2026-03-02T17:00:43-00:00", 2 * HOUR_US),
        ("2026-03-02T10:00:43.25-05:00", 250_000),
    ],
)
def test_forms_that_are_read(text: str, microseconds: int) -> None:
    """RFC 3339 in all its forms is read; digits beyond microseconds are cut."""
    assert parse_instant(text) == instant_of(datetime(2026, 3, 2, 15, 0, 43, tzinfo=UTC)) + microseconds


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-02", "2026-03-02T15:00:43", "2026-02-30T00:00:00Z", "2026-03-02T25:00:00Z", "2026-03-02T15:00:43+5",
     "2026-3-2T1:2:3Z",
     "\uff12\uff10\uff12\uff16-03-02T15:00:43Z", "0000-01-01T00:00:00Z", "2026-03-02T15:00:43Z ", "now",
     "2026-03-02T15:00:43.Z", "2026-03-02T15:00:60Z", "1772463643"],
)  # fmt: skip
def test_forms_that_are_refused(text: str) -> None:
    """Anything else is refused, and the message repeats it."""
    with pytest.raises(ValueError, match="is not") as caught:
        parse_instant(text)
    assert repr(text) in str(caught.value)


@MANY
@given(st.from_regex(r"\A[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](Z|[+-][0-9]{2}:[0-9]{2})\Z"))
@example("9999-12-31T23:59:59-23:59")
@example("9999-12-31T23:59:59Z")
@example("0001-01-01T00:00:00+00:01")
@example("0001-01-01T00:00:00Z")
@example("2026-01-01T00:00:00+99:99")
def test_what_is_read_can_be_shown(text: str) -> None:
    """No text is read as an instant that is too early or too late to be shown."""
    try:
        instant_us = parse_instant(text)
    except ValueError:
        return
    assert text_z(instant_us)
    assert instant_of(datetime_of(instant_us)) == instant_us


@pytest.mark.parametrize(
    ("text", "expected_us"),
    [("30d", 30 * DAY_US), ("4h", 4 * HOUR_US), ("90s", 90 * SECOND_US), ("1d12h30m", 36 * HOUR_US + 30 * MINUTE_US),
     ("250ms", 250_000), ("7us", 7), ("0s", 0), ("1.5h", 90 * MINUTE_US), ("0.1s", 100_000)],
)  # fmt: skip
def test_durations(text: str, expected_us: int) -> None:
    """Durations add up their parts, each with its unit."""
    assert parse_duration(text) == expected_us


@pytest.mark.parametrize("text", ["", "30", "d", "30 d", "-1d", "1w", "1d 2h", "1D", "1e3s", ".5h", "1d2", "\u0661d"])
def test_durations_without_a_unit_are_refused(text: str) -> None:
    """A number without a unit, an unknown unit or anything between the parts is refused with the right form."""
    with pytest.raises(ValueError, match="such as 30d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-01-09T15:00:00Z", 48, "2026-01-13T15:00:00Z"),  # a Friday, for two days: Tuesday
        ("2026-01-05T15:00:00Z", 72, "2026-01-08T15:00:00Z"),
        ("2026-01-10T03:00:00Z", 24, "2026-01-13T00:00:00Z"),  # a Saturday: counting begins on Monday
        ("2026-01-09T00:00:00Z", 24, "2026-01-10T00:00:00Z"),
        ("2026-01-05T15:00:00Z", 0, "2026-01-05T15:00:00Z"),
    ],
)
def test_weekends_do_not_count(start: str, hours: int, end: str) -> None:
    """Business hours stop at midnight before Saturday and go on at midnight after Sunday (UTC)."""
    assert text_z(add_business_hours(parse_instant(start), hours)) == text_z(parse_instant(end))


@MANY
@given(instants, st.integers(1, 2016))
def test_business_hours_are_hours_on_weekdays(start_us: int, hours: int) -> None:
    """Between start and end lie exactly that many hours of weekdays, counted hour by hour; one hour more ends later."""
    start_us -= start_us % HOUR_US
    end_us = add_business_hours(start_us, hours)
    assert end_us > start_us
    counted = sum(datetime_of(at_us).weekday() < 5 for at_us in range(start_us, end_us, HOUR_US))
    assert counted == hours
    assert add_business_hours(start_us, hours + 1) > end_us
    assert add_business_hours(start_us + 1, hours) >= end_us
