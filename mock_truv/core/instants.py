"""Instants: integer microseconds since 1970, UTC, and the texts in which the API shows them.

Nothing here reads a clock.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

MILLISECOND_US = 1_000
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

START_US = int((datetime(2026, 1, 5, 15, 0, tzinfo=UTC) - EPOCH).total_seconds()) * SECOND_US
"""Where every manual clock starts: Monday 2026-01-05 15:00 UTC. One fixed constant, so that two runs are alike."""

LAST_US = int((datetime(2200, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * SECOND_US
"""No clock may be moved beyond this instant."""

LONGEST_US = 36_525 * DAY_US
"""The longest duration: 100 years, which leave every instant of a scenario within the clock's range."""

_FIRST_US = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
_END_US = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) + DAY_US

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_UNITS_US = {"us": 1, "ms": MILLISECOND_US, "s": SECOND_US, "m": MINUTE_US, "h": HOUR_US, "d": DAY_US}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)", re.ASCII)


def datetime_of(instant_us: int) -> datetime:
    """Return the aware UTC ``datetime`` of an instant."""
    return EPOCH + timedelta(microseconds=instant_us)


def date_of(instant_us: int) -> date:
    """Return the UTC calendar date of an instant."""
    return datetime_of(instant_us).date()


def instant_of(moment: datetime) -> int:
    """Return the instant of an aware ``datetime``, in microseconds."""
    assert moment.tzinfo is not None, "an instant needs a time zone"
    return (moment - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def text_z(instant_us: int) -> str:
    """Return ``2026-03-02T15:00:43.001200Z``, the form of REST objects (conventions of the reference pages)."""
    return datetime_of(instant_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=4096)
def text_offset(instant_us: int) -> str:
    """Return ``2026-03-02T15:00:43.001200+00:00``, the form of a webhook's ``updated_at`` (webhook events page)."""
    return datetime_of(instant_us).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def text_seconds(instant_us: int) -> str:
    """Return ``2026-03-02T15:00:43Z``, the form of older samples."""
    return datetime_of(instant_us).strftime("%Y-%m-%dT%H:%M:%SZ")


def text_blank(instant_us: int) -> str:
    """Return ``2026-03-02 15:00:43+00:00``, the deprecated ``completed_at`` of link reports."""
    return datetime_of(instant_us).strftime("%Y-%m-%d %H:%M:%S+00:00")


@lru_cache(maxsize=64)
def text_http(instant_us: int) -> str:
    """Return the HTTP ``Date`` form, always in English."""
    moment = datetime_of(instant_us)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year:04d} {moment:%H:%M:%S} GMT"


def parse_instant(text: str) -> int:
    """Return the instant of an RFC 3339 text; digits beyond microseconds are cut.

    Raises:
        ValueError: The text is not RFC 3339 with an offset; the message shows the right form.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time with an offset, such as 2026-03-02T15:00:00Z")
    day, clock, fraction, _, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time: {error}") from None
    instant_us = instant_of(moment) + int((fraction or "0").ljust(6, "0"))
    if sign:
        offset_us = int(hours) * HOUR_US + int(minutes) * MINUTE_US
        instant_us += offset_us if sign == "-" else -offset_us
        if not _FIRST_US <= instant_us < _END_US:
            raise ValueError(f"{text!r} is not a time of the years 1 to 9999 in UTC")
    return instant_us


def parse_duration(text: str) -> int:
    """Return the microseconds of a duration such as ``30d``, ``4h`` or ``1d12h30m``.

    Raises:
        ValueError: The text has no or an unknown unit, or it is longer than 36525 days; the message says which.
    """
    parts = list(_DURATION.finditer(text))
    if not parts or "".join(part.group() for part in parts) != text:
        raise ValueError(f"{text!r} is not a duration, such as 30d, 4h, 90s or 1d12h (units: d h m s ms us)")
    lengths_us = [float(part.group(1)) * _UNITS_US[part.group(2)] for part in parts]
    total_us = sum(round(each) for each in lengths_us) if max(lengths_us) <= LONGEST_US else LONGEST_US + 1
    if total_us > LONGEST_US:
        shown = text if len(text) <= 60 else f"{text[:60]}…"
        raise ValueError(f"{shown!r} is longer than {LONGEST_US // DAY_US}d (100 years)")
    return total_us


@lru_cache(maxsize=256)
def add_business_hours(start_us: int, hours: int) -> int:
    """Return the instant ``hours`` after ``start_us`` when Saturdays and Sundays (UTC) do not count.

    Documented by its effect only: a link sent on Friday for two days ends on Tuesday.
    """
    now_us, left_us = start_us, hours * HOUR_US
    while left_us > 0:
        moment = datetime_of(now_us)
        midnight_us = (now_us // DAY_US + 1) * DAY_US
        span_us = midnight_us - now_us
        if moment.weekday() < 5:
            if left_us <= span_us:
                return now_us + left_us
            left_us -= span_us
        now_us = midnight_us
    return now_us
