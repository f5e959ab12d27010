"""What an ending means: pure tables from Truv's statuses to what is done next, and every bound in one place.

Nothing here reads a clock, a store or the network.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

REFRESHES_PER_WINDOW = 3
WINDOW_US = DAY_US
WINDOW_MARGIN_US = 10 * MINUTE_US
"""Waited on top of the window, since our clock and Truv's may differ by some minutes."""
CLOCK_STEP_US = 4 * DAY_US
"""By so much our clock may step without the window being taken to be open before it is."""
REQUESTS_MAX = 16
"""Requests that may be open at once, as the manifest says; the others wait a second."""
TRIES_MAX = 5
"""Refreshes of one employer in a cycle whose provider is unavailable, the first one included."""
ERROR_RETRIES_MAX = 2
FIRST_RETRY_US = HOUR_US
LIMIT_WAITS_MAX = 5
REFUSALS_MAX = 2
"""Times that a permanent refusal is heard before somebody is asked."""
REPORT_REFUSALS_MAX = 8
"""A report may be missing for a while after its completion (409 and 404 included)."""
REPEAT_AFTER_US = 15 * MINUTE_US
SETTLE_US = 150 * SECOND_US
"""An unknown outcome is looked into for so long before the request is repeated; lists may lag by 60 s."""
UNKNOWNS_MAX = 3
STUCK_US = 48 * HOUR_US
LOOKS_MIN = 12
"""A deadline counts only after so many looks at an attempt."""
LINK_GRACE_US = 12 * HOUR_US
"""After its expiry a link order that shows no ending is taken to have expired."""
OFFERS_MAX = 3
"""Links for one cause: the first, and two more."""
OFFER_PAUSE_US = DAY_US
SIBLINGS_US = 4 * HOUR_US
"""A link waits so long for the other employers' endings, so that one link serves them all."""
CREATED_EARLIER_US = 5 * SECOND_US
"""An order that answers an attempt may seem so much older than it."""


class Verdict(StrEnum):
    """What an employer's status asks for."""

    DONE = "done"
    RUNNING = "running"
    LINK = "link"
    RETRY = "retry"
    BRIEF_RETRY = "brief retry"
    LIMIT = "limit"
    MANUAL = "manual"
    OFFER_AGAIN = "offer again"


TASKS = {
    "new": Verdict.RUNNING,
    "login": Verdict.RUNNING,
    "mfa": Verdict.RUNNING,
    "parse": Verdict.RUNNING,
    "full_parse": Verdict.RUNNING,
    "done": Verdict.DONE,
    "login_error": Verdict.LINK,
    "mfa_error": Verdict.LINK,
    "unavailable": Verdict.RETRY,
    "error": Verdict.BRIEF_RETRY,
    "no_data": Verdict.MANUAL,
    "account_locked": Verdict.MANUAL,
    "unable_to_reset": Verdict.MANUAL,
    "config_error": Verdict.MANUAL,
    "not_supported": Verdict.MANUAL,
}
"""Ending of a refresh task -> reaction. A status that is not here is neither success nor failure."""

LINK_ORDER = {
    "completed": Verdict.DONE,
    "no_data": Verdict.MANUAL,
    "canceled": Verdict.MANUAL,
    "expired": Verdict.OFFER_AGAIN,
    "skipped": Verdict.OFFER_AGAIN,
    "error": Verdict.OFFER_AGAIN,
}
"""Status of an employer of a link order -> reaction. Logins that fail while the link lives change nothing."""

FAILED = frozenset({"error", "no_data", "canceled", "expired", "skipped"})
"""Final statuses of a suborder of a refresh order that are no success."""
QUIET = frozenset({"pending", "sent", *(status for status, verdict in TASKS.items() if verdict is Verdict.RUNNING)})
"""Statuses in an event that are no reason to read the order."""
EXACT = frozenset(status for status in TASKS if status not in {"error", "done"}) - QUIET
"""Task statuses that name a cause; ``error`` may hide one that only another read shows."""

FINAL = frozenset({"IDLE", "READY", "MANUAL", "CLOSED"})
TIMED = frozenset({"DUE", "RETRY_WAIT", "LIMIT_WAIT"})
"""States of an employer in which a refresh is to be asked for at its instant."""
BLOCKABLE = frozenset({"DUE", "REFRESHING", "UNKNOWN_OUTCOME", "RETRY_WAIT", "LIMIT_WAIT", "REAUTH_NEEDED"})
URGENT = ("UNKNOWN_OUTCOME", "REFRESHING", "REAUTH_SENT", "REAUTH_NEEDED", "RETRY_WAIT", "LIMIT_WAIT", "DUE", "MANUAL")
"""Where employers' states differ and none is ready, the first of these is the case's."""
BUCKETS = {
    "READY": "ready", "PARTIAL": "partial", "RETRY_WAIT": "retry", "LIMIT_WAIT": "limit", "REAUTH_NEEDED": "link",
    "REAUTH_SENT": "link", "MANUAL": "manual", "BLOCKED": "blocked", "REFRESHING": "refreshing",
    "UNKNOWN_OUTCOME": "refreshing", "DUE": "not_started", "IDLE": "not_started", "CLOSED": "closed",
}  # fmt: skip


def case_state(employers: list[tuple[str, str | None]]) -> str:
    """Return a case's state from its employers' states and reasons (None: nothing went wrong)."""
    states = [state for state, _ in employers]
    if states and all(state == "READY" for state in states):
        return "READY"
    if "READY" in states and any(state != "READY" and reason for state, reason in employers):
        return "PARTIAL"
    return next((state for state in URGENT if state in states), "IDLE")


def may_refresh(ordered: list[str], product: str) -> bool:
    """Return whether an order of some products may be refreshed as ``product``."""
    return product in {"income", "employment"} and (
        product in ordered or (product == "employment" and "income" in ordered)
    )


def is_limit(text: str) -> bool:
    """Return whether an error's text is the one of too many refreshes of a connection."""
    return "refresh limit" in text.lower()


def instant_us(text: object) -> int | None:
    """Return an RFC 3339 time in any documented form as microseconds since 1970; None when it is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return us_of(moment)


def us_of(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970, exactly."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * SECOND_US + since.microseconds


def moment_of(at_us: int) -> datetime:
    """Return microseconds since 1970 as an aware time."""
    seconds, rest_us = divmod(at_us, SECOND_US)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest_us)


def text_of(at_us: int | None) -> str | None:
    """Return microseconds since 1970 as RFC 3339 with ``Z``."""
    return None if at_us is None else moment_of(at_us).isoformat().replace("+00:00", "Z")


def texts(value: Any) -> list[str]:
    """Return the texts of a list; of anything else nothing."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def entries(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; of anything else nothing."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
