"""Faults: named, listed, removable things that go wrong between Truv and the integrator.

A fault is a frozen value with units. It matches requests or webhooks, at most ``times`` times, each time with a
``probability`` drawn from the world's own edge stream; so a run with faults replays like any other.

Nothing of this is documented behaviour of the service: it is what networks and services do.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mock_truv.core.plain import Plain

Probability = Annotated[float, Meta(ge=0, le=1)]
Times = Annotated[int, Meta(ge=1, le=1_000_000)]
Ordinal = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
NEW_STATUS = "paused_by_provider"
"""A status that no page names, as a service might add it one day."""


class RequestFault(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What requests a fault meets."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    path: Annotated[str, Meta(min_length=1, max_length=200)] = "**"
    """A pattern: ``*`` stands for one part of a path, ``**`` for any; a trailing slash does not matter."""
    nth: tuple[Ordinal, ...] = ()
    """Only the first, third … request that matches, counted from the fault's beginning; empty: each."""
    times: Times | None = None
    probability: Probability = 1.0


class Status(RequestFault, frozen=True, kw_only=True, tag="status"):
    """Answer with an HTTP status; with ``commit`` the operation happens all the same."""

    status: Annotated[int, Meta(ge=400, le=599)]
    body: Literal["json", "html", "empty"] = "json"
    commit: bool = False
    retry_after: str | None = None
    """Value of ``Retry-After``: seconds, a date, or nonsense; ``{date+30}`` is the HTTP date 30 seconds from now."""


class Timeout(RequestFault, frozen=True, kw_only=True, tag="timeout"):
    """Never answer: the connection is held, then closed."""

    commit: bool = False
    seconds: Seconds = 120.0


class Reset(RequestFault, frozen=True, kw_only=True, tag="reset"):
    """Close the connection instead of answering."""

    commit: bool = False


class Truncated(RequestFault, frozen=True, kw_only=True, tag="truncated"):
    """Carry the request out, send the first part of the answer, then close the connection."""

    share: Annotated[float, Meta(ge=0, le=0.99)] = 0.5


class Html(RequestFault, frozen=True, kw_only=True, tag="html"):
    """Answer with a page of a proxy instead of JSON."""

    status: Literal[200, 502, 503] = 502
    commit: bool = False


class Empty(RequestFault, frozen=True, kw_only=True, tag="empty"):
    """Carry the request out and answer with the right status and no body."""


class UnknownStatus(RequestFault, frozen=True, kw_only=True, tag="unknown-status"):
    """Answer a read with every status in it replaced by one that no page names; meant for ``method`` GET.

    Only a 2xx answer in JSON is changed, and in it the text of every key ``status``, however deep.
    """


class Slow(RequestFault, frozen=True, kw_only=True, tag="slow"):
    """Answer after some seconds; what is due meanwhile happens first, so events may arrive before the answer."""

    seconds: Seconds = 0.0
    byte_seconds: Seconds = 0.0
    """So long for each byte of the body besides."""


class WebhookFault(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind"
):
    """What webhooks a fault meets."""

    event_type: str | None = None
    status: str | None = None
    """Only events that carry this status."""
    nth: tuple[Ordinal, ...] = ()
    """Only the first, third … event that matches; empty: each."""
    times: Times | None = None
    probability: Probability = 1.0


class Duplicate(WebhookFault, frozen=True, kw_only=True, tag="duplicate"):
    """Send the event more than once."""

    copies: Annotated[int, Meta(ge=1, le=100)] = 1
    gap_seconds: Seconds = 0.0
    new_id: bool = False
    """The copies have a ``webhook_id`` of their own."""


class Delay(WebhookFault, frozen=True, kw_only=True, tag="delay"):
    """Send the event late."""

    seconds: Seconds


class Lose(WebhookFault, frozen=True, kw_only=True, tag="lose"):
    """Never send the event."""


class Reorder(WebhookFault, frozen=True, kw_only=True, tag="reorder"):
    """Hold as many events as ``order`` is long, then send them in that order; ``[2, 1]`` swaps each pair."""

    order: Annotated[tuple[Ordinal, ...], Meta(min_length=2, max_length=20)] = (2, 1)
    patience_seconds: Seconds = 3600.0
    """What is held goes out after this time even if not enough events came."""


ForgeryKind = Literal[
    "missing-header", "empty", "wrong-prefix", "truncated", "upper-case", "wrong-secret", "production-secret",
    "tampered-byte", "appended-bytes", "invalid-utf8", "signature-of-another",
]  # fmt: skip


class Forge(WebhookFault, frozen=True, kw_only=True, tag="forge"):
    """Send a forged copy before the genuine event, or in its place."""

    forgery: ForgeryKind
    instead: bool = False


class Bytes(WebhookFault, frozen=True, kw_only=True, tag="bytes"):
    """Send the genuine event in odd but legal bytes, rightly signed."""

    form: Literal["spaces", "key-order", "escapes", "numbers", "slashes", "newline"] = "spaces"


class Strange(WebhookFault, frozen=True, kw_only=True, tag="strange"):
    """Send one more event: of an unknown type, with an unknown status or field, or of somebody never seen."""

    what: Literal["event-type", "status", "field", "nulls", "stranger"]
    instead: bool = False


RequestFaults = Status | Timeout | Reset | Truncated | Html | Empty | UnknownStatus | Slow
WebhookFaults = Duplicate | Delay | Lose | Reorder | Forge | Bytes | Strange
Fault = RequestFaults | WebhookFaults


class Active(Plain, kw_only=True):
    """A fault in force, with its counters."""

    id: str
    fault: Fault
    since_us: int
    seen: int = 0
    """Requests or webhooks that matched."""
    used: int = 0
    """Times it struck."""
    held: list[str] = []
    """Webhooks that a reordering fault holds back."""
