"""How fast, and how long to wait: ``Retry-After``, growing pauses with spread, and the account's own rate. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from mock_truv.contract.reference.rules import HOUR_US, MINUTE_US, SECOND_US, us_of

PAUSE_MAX_US = HOUR_US
PAUSE_MIN_US = SECOND_US
PROBE_US = 5 * MINUTE_US
"""Between two probes while our own credentials are refused."""
OUTAGE_AFTER = 5
"""So many failures in a row, and the service counts as down: then one probe at a time."""
GAP_US = 266_667
"""Between two requests on average: 225 a minute."""
BURST = 60
"""Requests that may go out at once: at most 285 in any minute, below the 300 that are allowed."""


@dataclass(frozen=True)
class Gate:
    """Whether requests may go out, for the whole account. ``cause`` is None, throttled, credentials or outage."""

    until_us: int = 0
    cause: str | None = None
    failures: int = 0
    spent_us: int = 0
    """The bucket: the instant at which it will be full again."""
    closed_us: int = -1
    """When it was last closed by a 429: what was sent until then says nothing about it."""


def opening(gate: Gate, now_us: int) -> int:
    """Return the instant from which on a request may go out: not later than now when one may go out now."""
    full_us = min(gate.spent_us, now_us + BURST * GAP_US)  # a clock that was set back must not stop us for long
    room_us = now_us
    if full_us - now_us > (BURST - 1) * GAP_US:
        room_us = full_us - BURST // 2 * GAP_US
    return max(min(gate.until_us, now_us + PAUSE_MAX_US), room_us)


def admitted(gate: Gate, now_us: int) -> Gate:
    """Return the gate after a request was let through; where something is wrong, that request is a probe alone."""
    spent_us = max(min(gate.spent_us, now_us + BURST * GAP_US), now_us) + GAP_US
    until_us = now_us + MINUTE_US if gate.cause else gate.until_us
    return replace(gate, spent_us=spent_us, until_us=until_us)


def succeeded(gate: Gate, asked_us: int) -> Gate:
    """Return the gate after a request of ``asked_us`` was answered in a way that shows that the service knows us."""
    if gate.cause == "throttled" and asked_us <= gate.closed_us:
        return gate
    return replace(gate, until_us=0, cause=None, failures=0)


def throttled(gate: Gate, header: str | None, now_us: int) -> Gate:
    """Return the gate after a 429; without a usable ``Retry-After`` the pause grows."""
    asked_us = retry_after_us(header, now_us)
    failures = gate.failures + 1 if gate.cause == "throttled" else 1
    pause_us = grown(15 * SECOND_US, failures - 1, PAUSE_MAX_US) if asked_us is None else asked_us
    return replace(gate, until_us=now_us + pause_us, cause="throttled", failures=failures, closed_us=now_us)


def refused(gate: Gate, now_us: int) -> Gate:
    """Return the gate after our own credentials were refused."""
    return replace(gate, until_us=now_us + PROBE_US, cause="credentials", failures=0)


def failed(gate: Gate, now_us: int) -> Gate:
    """Return the gate after a request without a usable answer; many in a row are an outage."""
    failures = gate.failures + 1 if gate.cause in {None, "outage"} else 1
    if failures < OUTAGE_AFTER:
        return replace(gate, failures=failures, cause=None, until_us=0)
    pause_us = grown(20 * SECOND_US, failures - OUTAGE_AFTER, PROBE_US)
    return replace(gate, until_us=now_us + pause_us, cause="outage", failures=failures)


def retry_after_us(header: str | None, now_us: int) -> int | None:
    """Return a ``Retry-After`` in either form as a pause between 1 s and 1 h; None when there is none that is valid."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        pause_us = int(text[:12]) * SECOND_US
    else:
        try:
            pause_us = us_of(parsedate_to_datetime(text)) - now_us
        except (TypeError, ValueError):
            return None
    return min(max(pause_us, PAUSE_MIN_US), PAUSE_MAX_US)


def ahead_us(date: str | None, now_us: int, before_us: int) -> int:
    """Return how far the clock that wrote a ``Date`` is ahead of ours; within its precision of a second: not at all."""
    try:
        difference_us = us_of(parsedate_to_datetime(date or "")) - now_us
    except (TypeError, ValueError):
        return before_us
    return difference_us if abs(difference_us) > 2 * SECOND_US else 0


def grown(first_us: int, times: int, most_us: int) -> int:
    """Return a pause that doubles each time up to a cap."""
    return min(first_us << min(max(times, 0), 40), most_us)


def spread(pause_us: int, *seed: object) -> int:
    """Return a pause lengthened by up to a quarter, by chance that hangs on the seed alone."""
    drawn = int.from_bytes(hashlib.blake2b(repr(seed).encode(), digest_size=4).digest(), "big")
    return pause_us + pause_us * drawn // (4 << 32)
