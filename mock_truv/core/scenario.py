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
    str, Meta(pattern=r"^(\d+(\.\d+)?(us|ms|s|m|h|d))+$", description="a duration such as 30d, 4h or 1d12h")
]
"""Text with units; checked again by ``parse_duration``."""
SecondFactor = Literal["never", "new_session", "always"]
Ordinal = Annotated[int, Meta(ge=1, le=1_000_000_000)]


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


class ProviderRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[provider]]``: habits and outages of a provider."""

    id: str = "truv_api"
    down_from: Duration | None = None
    down_for: Duration | None = None
    """Without it, the outage lasts until further notice."""
    task_seconds: Annotated[int, Meta(ge=1, le=1200)] | None = None
    second_factor: SecondFactor | None = None


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[fault]]``: a fault between Truv and the integrator; in the file its fields stand beside ``after``."""

    fault: Fault
    after: Duration | None = None
    lasting: Duration | None = None


class PersonRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[person]]``: cases that exist from the start, connected some time ago."""

    count: Annotated[int, Meta(ge=1, le=100_000)] = 1
    login: str = "goodlogin"
    provider: str = "truv_api"
    connected_ago: Duration = "30d"
    spread: Duration | None = None
    """The cases are spread evenly from ``connected_ago`` to this much earlier."""
    password_changed: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Share whose password has changed since."""
    locked: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Share whose account is locked."""


class DriverRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``[[driver]]``: what people and machines on the integrator's side do; performed by a contract run only."""

    do: Literal["request", "close", "crash", "person-completes", "person-mistypes", "person-leaves", "restart"]
    after: Duration = "0s"
    case: Ordinal = 1
    times: Annotated[int, Meta(ge=1, le=1000)] = 1


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
    connection: tuple[ConnectionRule, ...] = ()
    provider: tuple[ProviderRule, ...] = ()
    fault: tuple[FaultRule, ...] = ()
    person: tuple[PersonRule, ...] = ()
    driver: tuple[DriverRule, ...] = ()
    profile: dict[str, Any] = {}
