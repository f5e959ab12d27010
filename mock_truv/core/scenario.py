"""A scenario: a named failure story, as data. What connections are like and what befalls them, and the world around.

Times of a connection count from its login, all others from the instant the scenario was put into force. There are no
expressions and no conditions: what would need an ``if`` is a cause in the world, not a line in a file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mock_truv.core.faults import Fault

Duration = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d))+$",
        max_length=60,
        description="a duration such as 30d, 4h or 1d12h, at most 36525d (100 years)",
    ),
]
"""Text with units; checked again by ``core/bounds``."""
SecondFactor = Literal["never", "new_session", "always"]
BrokenAs = Literal["error", "unable_to_reset", "not_supported"]
Ordinal = Annotated[int, Meta(ge=1, le=1_000_000_000)]
ZoneName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9._+-]+(/[A-Za-z0-9._+-]+)*$",
        max_length=64,
        description="the IANA name of a time zone, such as Europe/Berlin",
    ),
]
CONNECTIONS_LIMIT = 100_000
"""Cases of a rule, and connections of its cases together, at most."""


class ConnectionRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[connection]]``: what connections are like, and what befalls them after their login."""

    nth: tuple[Ordinal, ...] = ()
    """Only the first, third … connection made in this scenario; empty: each."""
    provider: str | None = None
    kind: Literal["oauth", "credentials"] | None = None
    second_factor: SecondFactor | None = None
    session_ends_after: Duration | None = None
    """Length of grant or session, from each login."""
    password_changes_after: Duration | None = None
    locked_after: Duration | None = None
    locked_for: Duration | None = None
    organisation_wrong_after: Duration | None = None
    records_gone_after: Duration | None = None
    broken_after: Duration | None = None
    broken_for: Duration | None = None
    broken_as: BrokenAs = "error"
    """In which status a task ends while the connection is broken."""
    deleted_after: Duration | None = None
    """The link is deleted, as by ``DELETE /v1/links/{link_id}/``."""


class ProviderRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[provider]]``: habits and outages of a provider; several rules of one provider are several outages."""

    id: str = "truv_api"
    down_from: Duration | None = None
    down_for: Duration | None = None
    """Without it, the outage lasts until further notice."""
    task_seconds: Annotated[int, Meta(ge=1, le=86_400)] | None = None
    """With more than 1200 a task is not ended by the twenty minutes that the service allows it."""
    second_factor: SecondFactor | None = None


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[fault]]``: a fault between Truv and the integrator; in the file its fields stand beside ``after``."""

    fault: Fault
    after: Duration | None = None
    lasting: Duration | None = None


class PersonRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[person]]``: cases that exist from the start, connected some time ago."""

    count: Annotated[int, Meta(ge=1, le=CONNECTIONS_LIMIT)] = 1
    login: str = "goodlogin"
    logins: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    """The login of the first, second … employer, round and round, in place of ``login``."""
    provider: str = "truv_api"
    providers: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    """The provider of the first, second … employer, round and round, in place of ``provider``."""
    employers: Annotated[int, Meta(ge=1, le=20)] = 1
    """Employers of each case's order, each completed with a connection and data of its own."""
    product: Literal["income", "employment"] = "income"
    order_number: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    """The same for all cases; without it each has its own."""
    household: bool = False
    """All cases are orders of one user over the same connections."""
    same_name: bool = False
    """All persons have the same first and last name."""
    connected_ago: Duration = "30d"
    spread: Duration | None = None
    """The cases are spread evenly from ``connected_ago`` to this much earlier."""
    password_changed: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Share of the connections whose password has changed since."""
    locked: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Share of the connections whose account is locked."""
    due_on: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", max_length=10)] | None = None
    """Civil date on which the cases are due for renewal, told to the program of a contract run; without it they
    always are."""


Deed = Literal[
    "request", "run-due", "close", "crash", "person-completes", "person-mistypes", "person-leaves",
    "person-other-account", "redeliver", "unreadable", "elsewhere", "clock-back", "clock-forward", "end-faults",
]  # fmt: skip
Point = Literal["sending", "committed", "answered", "acknowledged", "announced"]


class DriverRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[driver]]``: what people and machines on the integrator's side do; performed by a contract run only."""

    do: Deed
    after: Duration = "0s"
    """From the scenario's start; for what a person does from the moment the link reached the person."""
    every: Duration | None = None
    """So long from one time to the next."""
    times: Annotated[int, Meta(ge=1, le=10_000)] = 1
    case: Ordinal = 1
    cases: Ordinal | None = None
    """Not one case but so many, from ``case`` on."""
    cycle: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+$", max_length=40)] = "cycle-1"
    """Name of the renewal that is asked for."""
    at: Point | None = None
    """Not at a time but at a point of the program's own doing: its request is open and not yet carried out
    (``sending``), carried out and not yet answered (``committed``), or just answered (``answered``); it has just
    acknowledged a webhook (``acknowledged``), or just put a message to a person out (``announced``)."""
    nth: Ordinal = 1
    """Which of these points."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    """Only requests of this method; for the three points of a request."""
    path: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """Only requests to paths of this pattern, as in a fault; for the three points of a request."""
    lasting: Duration | None = None
    """How long the program stays down after a crash; how far the host's clock steps."""
    together: Annotated[int, Meta(ge=1, le=16)] = 1
    """So many at once, side by side."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A whole scenario. The file's name is the scenario's."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    why: Annotated[str, Meta(min_length=1)]
    """What makes this happen in the real world."""
    expect: Annotated[str, Meta(min_length=1)]
    """What a sound integrator does."""
    clauses: tuple[Annotated[str, Meta(pattern=r"^RF-\d+$")], ...] = ()
    """Clauses of the refresh contract that it exercises."""
    seed: Annotated[int, Meta(ge=0, le=2**31)] = 0
    """Seed of the world in a contract run; a server has its own."""
    zone: ZoneName | None = None
    """Time zone of the host on which a contract run lets the program run."""
    lasts: Duration = "5d"
    """How long a contract run follows the story."""
    connection: tuple[ConnectionRule, ...] = ()
    provider: tuple[ProviderRule, ...] = ()
    fault: tuple[FaultRule, ...] = ()
    person: tuple[PersonRule, ...] = ()
    driver: tuple[DriverRule, ...] = ()
    profile: dict[str, Any] = {}
