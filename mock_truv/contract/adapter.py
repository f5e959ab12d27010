"""What an integrator shows to a contract run: seven calls, seven more that each switch on clauses, and plain values.

The integrator itself stays as it is; an adapter translates. There is no base class: whatever has the calls is an
integrator, and a call may be a coroutine. ``adapter(**functions)`` makes one from functions alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

STATES = (
    "IDLE", "DUE", "REFRESHING", "UNKNOWN_OUTCOME", "RETRY_WAIT", "LIMIT_WAIT", "PARTIAL", "READY", "REAUTH_NEEDED",
    "REAUTH_SENT", "MANUAL", "BLOCKED", "CLOSED",
)  # fmt: skip
"""The states in which a case is shown. An integrator's own names are translated by the manifest's ``state_map``."""


class HarnessCrash(BaseException):
    """The process dies at this point. An adapter must not catch it."""


class Clock(Protocol):
    """The run's clock, for integrators that can be given one."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; what is due meanwhile happens."""

    def call_at(self, when: datetime, function: Callable[[], Any]) -> None:
        """Have a function called at an instant; forgotten when the program ends or crashes."""


@dataclass(frozen=True)
class Env:
    """The surroundings in which an integrator starts."""

    api_base: str
    """Address of Truv, without ``/v1``; loopback."""
    client_id: str
    access_secret: str
    """Key of the API and of the webhooks' signatures."""
    now: datetime
    """Aware, UTC."""
    zone: str
    """Zone of the host."""
    store: str
    """Directory that survives a crash and a restart; nothing else does."""
    seed: int
    send: Callable[..., Any] | None = None
    """``send(method, url, *, headers, body, timeout) -> (status, headers, body)``, without sockets. A lost answer
    raises ``TimeoutError``, a broken connection ``ConnectionError``."""
    clock: Clock | None = None

    def httpx_transport(self) -> Any:
        """Return a transport for ``httpx.Client``: the same as ``send``, for programs that use that library."""
        from mock_truv.contract.transport import Transport  # noqa: PLC0415 -- httpx is loaded by those who use it

        assert self.send is not None, "this run reaches the program over HTTP only"
        return Transport(self.send)


@dataclass(frozen=True)
class CaseIn:
    """A case as an agency knows it."""

    case_id: str
    person_ref: str
    """Opaque key of the recipient of messages."""
    source_order_id: str
    product: str
    employers: Sequence[str] | None = None
    """Wanted suborders of the source order; None: all."""
    order_number: str | None = None
    due_on: str | None = None
    """Civil date."""
    last_auth_at: datetime | None = None
    provider: str | None = None


@dataclass(frozen=True)
class HookReply:
    """How the integrator's webhook endpoint answered."""

    status: int
    body: bytes = b""
    elapsed_s: float = 0.0
    """On the virtual clock."""


@dataclass(frozen=True)
class Step:
    """What is left to do after ``advance``."""

    next_wakeup: datetime | None
    """Earliest timer of its own; None: nothing armed."""
    quiescent: bool = True
    """No work left that could run at this instant."""


@dataclass(frozen=True)
class CaseView:
    """What the caseworker's screen would show of a case."""

    case_id: str
    state: str
    cycle: str
    reason: str | None = None
    active_order_id: str | None = None
    source_order_id: str | None = None
    next_action_at: datetime | None = None
    employers: Mapping[str, str] = field(default_factory=dict)
    """Suborder id of the source order given by ``put_case`` -> state."""
    prefill: Mapping[str, Any] | None = None
    """``{"order_id", "report_id", "as_of", "stale", "items": […]}``, optionally ``orders``, ``reports``,
    ``announced``. An item is one employment: ``employer_id`` (in the source order given by ``put_case``) and Truv's own
    field names; money as decimal text."""
    engagements: Sequence[Mapping[str, Any]] = ()
    """``{"order_id", "sent_at", "person_ref", "url_sha256", "live"}``."""


class Integrator(Protocol):
    """The seven calls that every adapter has; each may be a coroutine function.

    Optional calls, each of which switches on a capability: ``webhook(headers, raw) -> HookReply``,
    ``run_due(now, cycle) -> counts``, ``outbox(since) -> entries``, ``logs(since) -> lines``,
    ``cases(cursor) -> (views, cursor)``, ``close_case(case_id)``, ``crash()``, ``open_page(url)``.
    """

    def describe(self) -> Mapping[str, Any]:
        """Return the manifest."""

    def start(self, env: Env) -> None:
        """Start, also after a crash, with the same store."""

    def put_case(self, case: CaseIn) -> None:
        """Learn of a case."""

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Do, or note, what a caseworker's click on *refresh* does."""

    def advance(self, now: datetime) -> Step:
        """Run everything due up to ``now``, without waiting in real time."""

    def case(self, case_id: str) -> CaseView:
        """Return what is shown of a case."""

    def stop(self) -> None:
        """Shut down in good order."""


REQUIRED = ("describe", "start", "put_case", "request_refresh", "advance", "case", "stop")
OPTIONAL = ("webhook", "run_due", "outbox", "logs", "cases", "close_case", "crash", "open_page")


def adapter(*, manifest: Mapping[str, Any] | None = None, **functions: Callable[..., Any]) -> SimpleNamespace:
    """Return an integrator made of functions; ``describe`` and ``stop`` need not be given.

    Raises:
        TypeError: A required call is missing, or a name is no call of an adapter.
    """
    calls: dict[str, Callable[..., Any]] = {"describe": lambda: manifest or {}, "stop": lambda: None, **functions}
    missing = [name for name in REQUIRED if name not in calls]
    unknown = [name for name in calls if name not in REQUIRED + OPTIONAL]
    if missing or unknown:
        problems = [f"it lacks {', '.join(missing)}"] if missing else []
        problems += [f"nothing calls {', '.join(unknown)}"] if unknown else []
        raise TypeError(
            f"an adapter is made of the calls {', '.join(REQUIRED)} and optionally {', '.join(OPTIONAL)}: "
            + "; ".join(problems)
        )
    return SimpleNamespace(**calls)
