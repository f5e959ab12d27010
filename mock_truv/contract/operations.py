"""Operations: everything that is seen from outside in a story, one after the other. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_truv.core.model import SuborderStatus, TaskStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_truv.contract.adapter import CaseView

STATUSES = frozenset([*map(str, TaskStatus), *map(str, SuborderStatus), "connected", "disconnected"])
"""Every status that a task, a suborder or a link may have in an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """Something seen at an instant. ``seq`` orders operations of one instant and is unique in a history."""

    at_us: int
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Op):
    """The run called the integrator: ``start put_case request_refresh run_due close_case crash webhook …``."""

    name: str
    case_id: str | None = None
    cycle: str | None = None
    result: Any = None
    """Counts of ``run_due``; None for the other calls."""
    ended_us: int = 0
    """When ``run_due`` returned."""
    is_lost: bool = False
    """The program died while this call was blocked behind another: whoever made it makes it again (another entry)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Op):
    """A request of the integrator to Truv, and how it ended."""

    method: str
    path: str
    """With ``/v1``, without the query."""
    query: str = ""
    body: Any = None
    """Decoded JSON; the text itself where it is none."""
    raw: str = ""
    """URL and body as they came, for the search for secrets. Headers are not in it."""
    status: int | None = None
    """None: no answer came (see ``error``)."""
    answer: Any = None
    """Decoded JSON of the answer; its text where it is none."""
    error: str | None = None
    """``timeout``, ``reset``, ``cut``, ``crash``, ``dead`` (a start that has ended sends no more) or ``refused``."""
    retry_after: str | None = None
    fault: str | None = None
    """Kind of the fault that struck it (``status``, ``timeout``, ``reset``, ``truncated``, ``html``, ``empty``,
    ``unknown-status``, ``slow``)."""
    committed: bool = False
    """The operation happened at Truv (whatever the integrator was told)."""
    made: str | None = None
    """Id of the order that it made."""
    ended_us: int = 0
    """When the answer, or its loss, reached the integrator."""
    start: int = 1
    """Number of the integrator's start that sent it."""
    open_requests: int = 1
    """Requests of the integrator that were open then, this one included."""

    @property
    def is_refresh(self) -> bool:
        """Whether it asks for the refresh of an order or of a link."""
        if self.method != "POST":
            return False
        parts = self.path.strip("/").split("/")
        return (parts[:2] == ["v1", "orders"] and (len(parts) == 3 or parts[3:] == ["refresh"])) or parts[:3] == [
            "v1", "refresh", "tasks"]  # fmt: skip

    @property
    def is_new_order(self) -> bool:
        """Whether it asks for a new order (a link for the person)."""
        return self.method == "POST" and self.path.strip("/") == "v1/orders"

    @property
    def is_write(self) -> bool:
        """Whether it is no read."""
        return self.method not in {"GET", "HEAD"}

    @property
    def order_id(self) -> str | None:
        """The order that its path names."""
        parts = self.path.strip("/").split("/")
        return parts[2] if parts[:2] == ["v1", "orders"] and len(parts) > 2 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook(Op):
    """One attempt to deliver a webhook."""

    webhook_id: str
    """Of the delivery, the same in all its attempts."""
    event: Mapping[str, Any]
    """Decoded body; empty where it is no JSON object."""
    raw: bytes = b""
    forgery: str | None = None
    """Kind of forgery; None: genuine."""
    fault: str | None = None
    """What a fault made of it: ``duplicate``, ``bytes``, ``strange`` …; None: as it was meant."""
    attempt: int = 1
    status: int | None = None
    """The integrator's answer; None: none within 10 s, or nobody listened."""
    answer: bytes = b""
    error: str | None = None
    """``refused`` (the program is down), ``timeout``, or ``raised`` (the handler died of an exception)."""
    elapsed_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Op):
    """A case is shown differently from before."""

    view: CaseView


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Op):
    """An entry of the outbox, when it was first seen. Its fields are the entry's (clauses: outbox)."""

    kind: str
    """``link``, ``reminder``, ``notice`` (to the person) or ``announcement`` (to staff)."""
    case_id: str = ""
    person_ref: str = ""
    order_id: str | None = None
    url: str | None = None
    sent_us: int = 0
    text: str = ""
    """The whole entry as JSON, for the search for secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged(Op):
    """A line of the integrator's log."""

    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Op):
    """What the person did at a link."""

    did: str
    """``completes``, ``mistypes``, ``leaves``, ``other-account`` or ``too-late`` (the link was dead)."""
    case_id: str
    order_id: str | None = None
    status: str | None = None
    """What Bridge said: ``login``, or the error it will end in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Op):
    """Something in the world: a task, order, suborder or link changed; a scenario's cause came into force."""

    name: str
    id: str
    status: str | None = None
    order_id: str | None = None
    link_id: str | None = None


KILLED = {
    "sending": "before {} reached Truv", "committed": "when Truv had carried out {}, before the answer",
    "answered": "when {} was answered", "announced": "when a message was just sent",
    "acknowledged": "when a webhook was just acknowledged",
}  # fmt: skip
"""Point at which a program is killed -> when that is, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Died(Op):
    """The integrator was killed; ``back_us`` is when it was started again."""

    where: str
    back_us: int | None = None

    @property
    def when(self) -> str:
        """When it was killed, in words."""
        point, _, request = self.where.partition(" ")
        if point in KILLED:
            return KILLED[point].format(request)
        return self.where.replace("between calls", "between two calls")
