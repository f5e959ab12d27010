"""Histories written by hand: a few operations of one case, with the facts behind them. Times are in hours."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import CaseView
from mock_truv.contract.clause import REGISTRY, Judgement, judge
from mock_truv.contract.history import Billed, CaseFacts, History, OrderFacts, Part
from mock_truv.contract.manifest import Manifest
from mock_truv.contract.operations import Called, Died, Happened, Hook, Message, Op, Person, Sent, Shown
from mock_truv.contract.plan import plan
from mock_truv.core.instants import HOUR_US, START_US

if TYPE_CHECKING:
    from mock_truv.core.scenario import Scenario

ALL = frozenset({"core", "webhook", "poll", "clock", "persist", "reauth", "outbox", "multi"})
CASE = "case-1"
SOURCE = "source"
CYCLE = "cycle-1"


def at_us(hours: float) -> int:
    """Return the instant so many hours after the start."""
    return START_US + round(hours * HOUR_US)


def judged(clause_id: str, module: str, history: History) -> Judgement:
    """Return what a clause says of a history; ``module`` is where the clause stands."""
    importlib.import_module(f"mock_truv.contract.clauses.{module}")
    return judge(REGISTRY[clause_id], history)


@dataclass
class Story:
    """One case's story, told from the top: every call adds an operation, and facts where it has any."""

    employers: tuple[str, ...] = ("sub-1",)
    capabilities: frozenset[str] = ALL
    product: str = "income"
    days: float = 12
    plan: Scenario = field(default_factory=lambda: plan("Written by hand"))
    policies: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int | None] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    orders: list[OrderFacts] = field(default_factory=list)
    ledger: list[Billed] = field(default_factory=list)

    def add(self, op: Op) -> Story:
        """Add an operation as the next one."""
        self.ops.append(replace(op, seq=len(self.ops) + 1))
        return self

    def click(self, hours: float, cycle: str = CYCLE) -> Story:
        """Somebody asks for a refresh."""
        return self.call(hours, "request_refresh", cycle)

    def call(self, hours: float, name: str, cycle: str | None = None) -> Story:
        """Make another call."""
        return self.add(Called(at_us=at_us(hours), name=name, case_id=CASE, cycle=cycle))

    def refresh(
        self, hours: float, order_id: str, *endings: tuple[str, float] | None, source: str = SOURCE,
        subs: tuple[str, ...] | None = None, body: dict[str, Any] | None = None, cycle: str = CYCLE, **sent: Any,
    ) -> Story:  # fmt: skip
        """Make a refresh; an ending is (status of the task, hours), one for each employer in order, None: it runs.

        ``sent`` are fields of the request that differ (``error``, ``fault``, ``ended_us`` …).
        """
        keys = subs or self.employers
        request: dict[str, Any] = {
            "method": "POST",
            "path": f"/v1/orders/{source}/",
            "status": 201,
            "committed": True,
        } | sent
        request |= {"made": order_id, "ended_us": sent.get("ended_us", at_us(hours))}
        self.add(Sent(at_us=at_us(hours), body=body or {"products": [self.product]}, **request))
        ends = [*endings, *[None] * (len(keys) - len(endings))]
        parts = tuple(_part(order_id, key, end) for key, end in zip(keys, ends, strict=True))
        over = None if None in ends or not ends else max(part.ended_us or 0 for part in parts)
        done = any(part.status == "done" for part in parts)
        self.orders.append(
            OrderFacts(
                order_id=order_id, case_id=CASE, case_ids=(CASE,), user_id="user", at_us=at_us(hours), cycle=cycle,
                source_id=source, sent_seq=len(self.ops), expires_us=at_us(hours + 72), parts=parts, closed_us=over,
                status="pending" if over is None else "completed" if done else "error",
            )
        )  # fmt: skip
        for part in parts:
            self.ledger.append(Billed(at_us=at_us(hours), link_id=part.link_id or "", order_id=order_id))
        return self

    def link(self, hours: float, order_id: str, status: str = "pending", over: float | None = None) -> Story:
        """Make a link order; it ends in ``status`` at ``over``."""
        self.add(Sent(at_us=at_us(hours), ended_us=at_us(hours), method="POST", path="/v1/orders/", status=201,
                      committed=True, made=order_id))  # fmt: skip
        over_us = None if over is None else at_us(over)
        part = Part(suborder_id=f"{order_id}-sub-1", key="sub-1", link_id="link-1" if status == "completed" else None,
                    status="done" if status == "completed" else None, ended_us=over_us,
                    suborder_status=status, suborder_us=over_us)  # fmt: skip
        self.orders.append(
            OrderFacts(order_id=order_id, case_id=CASE, case_ids=(CASE,), user_id="user", at_us=at_us(hours),
                       sent_seq=len(self.ops), expires_us=at_us(hours + 72), parts=(part,), closed_us=over_us,
                       status="completed" if status == "completed" else "pending", cycle=CYCLE)
        )  # fmt: skip
        return self

    def request(self, hours: float, method: str, path: str, **fields: Any) -> Story:
        """Send another request to Truv."""
        given = {"status": 200, "ended_us": at_us(hours)} | fields
        return self.add(Sent(at_us=at_us(hours), method=method, path=path, **given))

    def hook(self, hours: float, event_type: str, status: int = 200, **event: Any) -> Story:
        """Deliver an event; ``status`` is the answer, ``event_status`` the event's own."""
        if "event_status" in event:
            event["status"] = event.pop("event_status")
        return self.add(Hook(at_us=at_us(hours), webhook_id=f"hook-{len(self.ops)}", status=status,
                             event={"event_type": event_type, **event}))  # fmt: skip

    def show(self, hours: float, state: str, cycle: str = CYCLE, **view: Any) -> Story:
        """Show the case differently."""
        return self.add(Shown(at_us=at_us(hours), view=CaseView(CASE, state, cycle, **view)))

    def message(self, hours: float, kind: str, order_id: str | None = None) -> Story:
        """Put a message out."""
        return self.add(Message(at_us=at_us(hours), kind=kind, case_id=CASE, person_ref="person", order_id=order_id))

    def login(self, hours: float, order_id: str | None = None) -> Story:
        """Let the person log in at the link."""
        return self.add(
            Person(at_us=at_us(hours), did="completes", case_id=CASE, order_id=order_id, status="login")
        )  # fmt: skip

    def deleted(self, hours: float, link_id: str = "link-1") -> Story:
        """Delete a connection, and tell of it."""
        self.add(Happened(at_us=at_us(hours), name="link", id=link_id, status="deleted", link_id=link_id))
        return self.hook(hours, "link-deleted", link_id=link_id)

    def crash(self, hours: float, back: float) -> Story:
        """Kill the integrator until ``back``."""
        return self.add(Died(at_us=at_us(hours), where="between calls", back_us=at_us(back)))

    def history(self) -> History:
        """Return the story so far, followed for ``days``."""
        links = {key: f"link-{number}" for number, key in enumerate(self.employers, 1)}
        facts = CaseFacts(case_id=CASE, person_ref="person", user_id="user", order_id=SOURCE, product=self.product,
                          links=links, wanted=self.employers)  # fmt: skip
        return History(
            plan=self.plan, ops=tuple(self.ops), cases={CASE: facts}, orders=tuple(self.orders),
            ledger=tuple(self.ledger), start_us=START_US, end_us=at_us(24 * self.days),
            manifest=Manifest(capabilities=self.capabilities, policies=self.policies, counts=self.counts),
        )  # fmt: skip


def prefilled(*orders: str, stale: bool = False, **item: Any) -> dict[str, Any]:
    """Return a prefill from some orders; ``item`` are fields of its one employment."""
    given = {"employer_id": "sub-1", "income": "52000.00", "income_unit": "YEARLY"} | item
    return {"order_id": orders[-1], "orders": list(orders), "report_id": f"report-{orders[-1]}", "stale": stale,
            "as_of": "2026-01-05T15:00:08Z", "items": [given]}  # fmt: skip


def _part(order_id: str, key: str, end: tuple[str, float] | None) -> Part:
    status = end[0] if end else None
    shown = {None: "pending", "done": "completed", "no_data": "no_data"}.get(status, "error")
    ended_us = at_us(end[1]) if end else None
    return Part(suborder_id=f"{order_id}-{key}", key=key, link_id=key.replace("sub", "link"),
                task_id=f"task-{order_id}-{key}", status=status, ended_us=ended_us, suborder_status=shown,
                suborder_us=ended_us)  # fmt: skip
