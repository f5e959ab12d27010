"""Section I on histories written by hand: runs over some cases, kept and broken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.adapter import CaseView
from mock_truv.contract.history import CaseFacts, History, OrderFacts, Part
from mock_truv.contract.manifest import Manifest
from mock_truv.contract.operations import Called, Died, Op, Sent, Shown
from mock_truv.contract.plan import DUE, plan
from mock_truv.core.instants import START_US
from tests.contract.clauses.builders import ALL, CYCLE, at_us, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

BULK = ALL | {"bulk", "due"}
SECOND_H = 1 / 3600


@dataclass
class Crowd:
    """A story of many cases of one employer each, told from the top; cases are numbered from 1, times in hours."""

    size: int = 8
    days: float = 6
    due_on: Sequence[str | None] = ()
    concurrency: int = 4
    budget: int | None = None
    nightly: bool = False
    ops: list[Op] = field(default_factory=list)
    orders: list[OrderFacts] = field(default_factory=list)

    def add(self, op: Op) -> Crowd:
        """Add an operation as the next one."""
        self.ops.append(replace(op, seq=len(self.ops) + 1))
        return self

    def run(self, hours: float, **counts: Any) -> Crowd:
        """Make a run that returns at once, or at ``until``, in a ``cycle``; the other ``counts`` are its summary."""
        cycle, ended_us = counts.pop("cycle", CYCLE), at_us(counts.pop("until", hours))
        return self.add(Called(at_us=at_us(hours), name="run_due", cycle=cycle, result=counts, ended_us=ended_us))

    def broken_off(self, hours: float) -> Crowd:
        """Make a run that never returns, because the program dies in it."""
        self.add(Called(at_us=at_us(hours), name="run_due", cycle=CYCLE))
        return self.crash(hours, hours + 0.1)

    def refresh(self, hours: float, *numbers: int, ending: str | None = "done", over: float | None = None,
                apart: float = SECOND_H, opened: int = 1) -> Crowd:  # fmt: skip
        """Refresh some cases one after the other; each ends after five minutes, or at ``over``."""
        for place, number in enumerate(numbers):
            begun_us = at_us(hours + place * apart)
            name = f"order-{number}-{len(self.orders)}"
            ended_us = None if ending is None else begun_us + 300_000_000 if over is None else at_us(over)
            self.add(Sent(at_us=begun_us, ended_us=begun_us, method="POST", path=f"/v1/orders/source-{number}/",
                          status=201, committed=True, made=name, open_requests=opened))  # fmt: skip
            part = Part(suborder_id=f"{name}-sub", key=f"sub-{number}", link_id=f"link-{number}", status=ending,
                        task_id=f"task-{name}", ended_us=ended_us)  # fmt: skip
            self.orders.append(
                OrderFacts(order_id=name, case_id=f"case-{number}", case_ids=(f"case-{number}",), at_us=begun_us,
                           user_id=f"user-{number}", source_id=f"source-{number}", sent_seq=len(self.ops),
                           cycle=CYCLE, expires_us=begun_us, parts=(part,), closed_us=ended_us)
            )  # fmt: skip
        return self

    def link(self, hours: float, number: int, name: str) -> Crowd:
        """Make a link order for a case."""
        self.add(Sent(at_us=at_us(hours), ended_us=at_us(hours), method="POST", path="/v1/orders/", status=201,
                      committed=True, made=name))  # fmt: skip
        self.orders.append(
            OrderFacts(order_id=name, case_id=f"case-{number}", case_ids=(f"case-{number}",), at_us=at_us(hours),
                       user_id=f"user-{number}", sent_seq=len(self.ops), cycle=CYCLE, expires_us=at_us(hours + 72))
        )  # fmt: skip
        return self

    def refused(self, hours: float, number: int, status: int = 404) -> Crowd:
        """Read a source order in vain."""
        return self.add(Sent(at_us=at_us(hours), ended_us=at_us(hours), method="GET", status=status,
                             path=f"/v1/orders/source-{number}/"))  # fmt: skip

    def show(self, hours: float, state: str, *numbers: int) -> Crowd:
        """Show some cases in a state."""
        for number in numbers:
            self.add(Shown(at_us=at_us(hours), view=CaseView(f"case-{number}", state, CYCLE)))
        return self

    def crash(self, hours: float, back: float) -> Crowd:
        """Kill the integrator until ``back``."""
        return self.add(Died(at_us=at_us(hours), where="between calls", back_us=at_us(back)))

    def history(self) -> History:
        """Return the story so far."""
        cases = {}
        for number in range(1, self.size + 1):
            due_on = self.due_on[number - 1] if self.due_on else DUE
            cases[f"case-{number}"] = CaseFacts(
                case_id=f"case-{number}", person_ref=f"person-{number}", user_id=f"user-{number}", due_on=due_on,
                order_id=f"source-{number}", links={f"sub-{number}": f"link-{number}"}, wanted=(f"sub-{number}",),
            )  # fmt: skip
        return History(
            plan=plan("Written by hand"), ops=tuple(self.ops), cases=cases, orders=tuple(self.orders),
            start_us=START_US, end_us=at_us(24 * self.days),
            manifest=Manifest(
                capabilities=BULK, counts={"concurrency": self.concurrency, "budget_per_day": self.budget},
                policies={"run_times": ["02:00"]} if self.nightly else {},
            ),
        )  # fmt: skip


REST = tuple(range(2, 9))
MANY = tuple(range(1, 31))
DATES = ["2026-01-05"] * 15 + ["2026-01-02"] * 15


def poisoned() -> Crowd:
    """Return a run whose first case cannot be read."""
    return Crowd().run(1).refused(1, 1)


def counted(**counts: int) -> Crowd:
    """Return a run over eight settled cases, six of them ready, and its summary."""
    begun = Crowd().run(1, refreshing=8).refresh(1, 1, *REST)
    return begun.show(2, "READY", *range(1, 7)).show(2, "REAUTH_SENT", 7, 8).run(24, **counts)


def rerun(ending: str | None = "done") -> Crowd:
    """Return a run over all cases that is made again after an hour."""
    return Crowd().run(1).refresh(1, 1, *REST, ending=ending, over=1.5).run(2)


def killed() -> Crowd:
    """Return a run in which the program dies after half of the cases; the run is made again."""
    return Crowd().run(1).refresh(1, 1, 2, 3, 4).crash(1.1, 1.2).run(3)


def asked(second: str | None = None) -> Crowd:
    """Return a run made again while a link is out."""
    told = rerun("login_error").link(1.6, 1, "link-order").run(3)
    return told if second is None else told.link(3, 1, second)


KEPT: dict[str, tuple[str, str, Crowd]] = {
    "95: the others are refreshed and ready":
        ("RF-95", "i_bulk", poisoned().refresh(1.1, *REST).show(2, "READY", *REST)),
    "95: the account is refused":
        ("RF-95", "i_bulk", Crowd().run(1).refresh(1, 1, ending="error").refresh(1, *REST).show(2, "READY", *REST)),
    "95: within the budget":
        ("RF-95", "i_bulk", replace(poisoned(), budget=8).refresh(1.1, *REST).show(2, "READY", *REST)),
    "96: buckets agree": ("RF-96", "i_bulk", counted(ready=6, link=2)),
    "97: nothing happens": ("RF-97", "i_bulk", rerun()),
    "97: what was unavailable is repeated": ("RF-97", "i_bulk", rerun("unavailable").refresh(2, 1, 2)),
    "97: the link is left alone": ("RF-97", "i_bulk", asked()),
    "98: the rest follows": ("RF-98", "i_resume", killed().refresh(3, 5, 6, 7, 8)),
    "98: the rest follows by itself":
        ("RF-98", "i_resume", Crowd().run(1).refresh(1, 1).crash(1.1, 1.2).refresh(1.2, *REST)),
    "99: earliest due first":
        ("RF-99", "i_pace", Crowd(30, due_on=DATES).run(120).refresh(120, *range(16, 31), *range(1, 16))),
    "99: some fail":
        ("RF-99", "i_pace", Crowd(30).run(1).refresh(1, *MANY[:8], ending="unavailable").refresh(1.1, *MANY[8:])),
    "100: fast enough": ("RF-100", "i_pace", Crowd(30).run(1).refresh(1, *MANY)),
    "101: as declared": ("RF-101", "i_pace", Crowd().run(1).refresh(1, 1, *REST, opened=4)),
}  # fmt: skip
BROKEN: dict[str, tuple[str, str, Crowd]] = {
    "95: the run ends": ("RF-95", "i_bulk", poisoned()),
    "95: the run ends within the budget": ("RF-95", "i_bulk", replace(poisoned(), budget=8)),
    "95: refreshed and never read": ("RF-95", "i_bulk", poisoned().refresh(1.1, *REST).show(2, "REFRESHING", *REST)),
    "96: too few": ("RF-96", "i_bulk", counted(ready=6)),
    "96: nothing told": ("RF-96", "i_bulk", counted()),
    "96: too many": ("RF-96", "i_bulk", counted(ready=8, link=2)),
    "96: called ready": ("RF-96", "i_bulk", counted(ready=8)),
    "97: refreshed again": ("RF-97", "i_bulk", rerun().refresh(2, 3)),
    "97: refreshed while it runs": ("RF-97", "i_bulk", rerun(None).refresh(2, 3)),
    "97: refreshed with its login lost": ("RF-97", "i_bulk", rerun("login_error").refresh(2, 3)),
    "97: asked again": ("RF-97", "i_bulk", asked("another")),
    "98: skipped": ("RF-98", "i_resume", killed()),
    "98: begun over": ("RF-98", "i_resume", killed().refresh(3, 1, *REST)),
    "99: latest due first": ("RF-99", "i_pace", Crowd(30, due_on=DATES).run(120).refresh(120, *MANY)),
    "99: one after the other":
        ("RF-99", "i_pace", Crowd(30).run(1).refresh(1, 1, ending="unavailable").refresh(1.1, *MANY[1:], apart=0.1)),
    "100: one a minute": ("RF-100", "i_pace", Crowd(30).run(1).refresh(1, *MANY, apart=1 / 60)),
    "101: one more": ("RF-101", "i_pace", Crowd().run(1).refresh(1, 1, *REST, opened=5)),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_what_is_right_is_no_breach_and_is_noticed(name: str) -> None:
    """A sound run breaks nothing, and the clause says that it was put to the test."""
    clause_id, module, story = KEPT[name]
    found = judged(clause_id, module, story.history())
    assert not found.breaches
    assert found.triggers


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_found_and_proved(name: str) -> None:
    """What breaks a clause is found, said, and proved by operations."""
    clause_id, module, story = BROKEN[name]
    breaches = judged(clause_id, module, story.history()).breaches
    assert breaches
    assert all(breach.what and breach.expected and breach.ops for breach in breaches)


CALM: dict[str, tuple[str, str, Crowd]] = {
    "95: keys are refused": ("RF-95", "i_bulk", Crowd().run(1).refused(1, 1, status=401)),
    "95: most cases are bad":
        ("RF-95", "i_bulk", Crowd().run(1).refused(1, 1).refused(1, 2).refused(1, 3).refused(1, 4)),
    "96: changes in the same instant": ("RF-96", "i_bulk", counted(ready=5, not_started=3).refresh(24, 1)),
    "95: beyond the budget": ("RF-95", "i_bulk", replace(poisoned(), budget=7)),
    "96: a run that takes an hour":
        ("RF-96", "i_bulk", counted(ready=6, link=2).run(48, until=49, ready=8).refresh(48.5, 7, 8)),
    "96: the date came in an earlier cycle":
        ("RF-96", "i_bulk", counted(ready=6, link=2).run(48, cycle="cycle-2", link=1)),
    "98: no run comes that it lives through":
        ("RF-98", "i_resume", replace(Crowd().run(1).refresh(1, 1, 2).crash(1.1, 1.2), nightly=True).broken_off(3)),
    "97: another cycle": ("RF-97", "i_bulk", rerun().add(
        Called(at_us=at_us(2), name="request_refresh", case_id="case-3", cycle="cycle-2")).refresh(2, 3)),
    "98: the story is too short": ("RF-98", "i_resume", replace(killed(), days=2)),
    "100: something failed":
        ("RF-100", "i_pace", Crowd(30).run(1).refused(1, 3, status=500).refresh(1, *MANY, apart=1 / 60)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALM)
def test_what_is_excused_is_no_breach(name: str) -> None:
    """Where something else explains what was seen, nothing is held against the integrator."""
    clause_id, module, story = CALM[name]
    assert not judged(clause_id, module, story.history()).breaches
