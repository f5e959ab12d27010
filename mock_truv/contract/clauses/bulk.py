"""What the clauses about runs over many cases share: who is due in a run, and whom trouble befell."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mock_truv.contract.clauses.c_money import civil_dates
from mock_truv.contract.clauses.common import LOGIN_LOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.clauses.common import Casebook
    from mock_truv.contract.history import OrderFacts, Part
    from mock_truv.contract.operations import Called, Hook, Op, Sent

GENERAL = frozenset({401, 403, 429})
"""Answers that concern the whole account."""
GOES_ON = 3
"""A program that sent so many requests since, one by one, has dealt with an answer."""


def is_due(book: Casebook, case_id: str, run: Called) -> bool | None:
    """Return whether a case is due as a run comes; None: it depends on the zone, a stepped clock, or nobody said.

    A date that came in an earlier cycle says nothing of the next one: some take it as served, others as still due.
    """
    due_on = book.history.cases[case_id].due_on
    if due_on is None or not book.history.manifest.has("due"):
        view = book.view_at(case_id, run.at_us)
        wished = any(op.at_us <= run.at_us for op in book.history.calls("request_refresh", case_id))
        return None if (view is None or view.state == "IDLE") and not wished else True
    if book.clock_stepped:
        return None
    dates = civil_dates(book.history, run.at_us)
    if due_on <= min(dates):
        begun = (it for it in book.history.calls("run_due") if it.seq < run.seq and it.cycle != run.cycle)
        return None if any(due_on <= max(civil_dates(book.history, it.at_us)) for it in begun) else True
    return False if due_on > max(dates) else None


def is_closed(book: Casebook, case_id: str, at_us: int) -> bool:
    """Return whether a case was closed by then."""
    closed_us = book.closed_us(case_id)
    return closed_us is not None and closed_us <= at_us


def due_cases(book: Casebook, run: Called) -> list[str]:
    """Return the open cases that surely are due in a run."""
    return [
        case_id for case_id in book.history.cases
        if is_due(book, case_id, run) and not is_closed(book, case_id, run.at_us)
    ]  # fmt: skip


def has_budget(book: Casebook, *, refreshes_each: int = 3) -> bool:
    """Return whether a declared budget may leave cases for another day: all need more in a day than it allows."""
    cap = book.history.manifest.counts.get("budget_per_day")
    needed = sum(len(facts.wanted) for facts in book.history.cases.values())
    return cap is not None and refreshes_each * needed > cap


def of_cycle(book: Casebook, case_id: str, run: Called) -> list[OrderFacts]:
    """Return a case's own refreshes after a run came, in the run's cycle."""
    return [
        it for it in book.refreshes(case_id)
        if (it.sent_seq or 0) > run.seq and book.cycle_of(it) == run.cycle
    ]  # fmt: skip


def repeated(book: Casebook, case_id: str) -> Iterator[tuple[OrderFacts, OrderFacts]]:
    """Yield two refreshes of one connection in one cycle, the second of which nothing calls for.

    The first was surely known and, as the second was sent, it ran, or was done, or had lost its login, and nobody had
    logged in since.
    """
    orders = book.refreshes(case_id)
    for number, second in enumerate(orders):
        for first in orders[:number]:
            if not _surely_known(book, first) or book.cycle_of(first) != book.cycle_of(second):
                continue
            links = {part.link_id for part in second.parts}
            if any(part.link_id in links and _calls_for_nothing(book, case_id, part, second) for part in first.parts):
                yield first, second
                break


def _calls_for_nothing(book: Casebook, case_id: str, part: Part, second: OrderFacts) -> bool:
    status, ended_us = part.status, part.ended_us
    if ended_us is None or ended_us > second.at_us or status == "done":
        return True
    elsewhere = any(order.elsewhere for order in book.of_person(case_id))
    return status in LOGIN_LOST and not elsewhere and not book.came_back(case_id, ended_us, second.at_us)


def _surely_known(book: Casebook, order: OrderFacts) -> bool:
    """Return whether the integrator surely knows an order, as the casebook has it, or because it went on.

    A program that sends one request at a time and has sent others since had the answer, though it died that instant.
    """
    op = book.request_of(order)
    if book.is_known(order) or op is None or op.error is not None or op.fault is not None or op.made is None:
        return book.is_known(order)
    one_by_one = all(it.open_requests == 1 for it in book.history.sent)
    died = next((death.seq for death in book.deaths if death.seq > op.seq), 0)
    return one_by_one and sum(op.seq < it.seq < died for it in book.history.sent) >= GOES_ON


def state_of(order: OrderFacts) -> str:
    """Return how far an order has come, as people say it."""
    ends = [str(part.status) for part in order.parts if part.status is not None]
    return f"ended in {', '.join(ends)}" if ends else "still running"


@dataclass
class Troubles:
    """Whom something befell in a history, and what."""

    book: Casebook
    general: list[Op] = field(default_factory=list)
    """What befell everybody, or nobody in particular."""
    by_case: dict[str, tuple[str, Op | None]] = field(default_factory=dict)
    """Case -> what first befell it or another case of its person."""

    def __post_init__(self) -> None:
        for op in self.book.history.sent:
            self._look_at_request(op)
        for hook in self.book.hooks:
            if hook.fault is not None or hook.forgery is not None:
                self._look_at_hook(hook)
        for order in self.book.history.orders:
            if order.elsewhere and order.case_id is not None:
                self._note(order.case_id, "was refreshed by another system, too", None)
            for part in order.parts:
                if part.status != "done" and order.case_id is not None:
                    ending = "has not ended" if part.status is None else f"ended in {part.status}"
                    made = self.book.request_of(order)
                    self._note(order.case_id, f"has connection {part.link_id}, whose refresh {ending}", made)
        for link_id in self.book.deleted_us:
            for case_id in self.owners.get(link_id, ()):
                self._note(case_id, f"has connection {link_id}, which was deleted", None)

    @cached_property
    def owners(self) -> dict[str, set[str]]:
        """Return id of an order, link, task, suborder or user -> the cases that it belongs to."""
        found: dict[str, set[str]] = {}
        for facts in self.book.history.cases.values():
            for ident in (facts.order_id, facts.user_id, *facts.links, *facts.links.values()):
                found.setdefault(ident, set()).add(facts.case_id)
        for order in self.book.history.orders:
            named = [ident for part in order.parts for ident in (part.suborder_id, part.link_id, part.task_id)]
            for name in (order.order_id, *named):
                if name and order.case_id is not None:
                    found.setdefault(name, set()).add(order.case_id)
        return found

    def owners_of(self, op: Sent) -> set[str]:
        """Return the cases that a request is about."""
        return {case_id for name in op.path.split("/") for case_id in self.owners.get(name, ())}

    def _look_at_request(self, op: Sent) -> None:
        if (op.fault is None or op.fault == "slow") and op.error is None and (op.status or 0) < 400:
            return
        owners = self.owners_of(op)
        if not owners or op.status in GENERAL:
            self.general.append(op)
        what = op.error or f"{op.status}{f' ({op.fault})' if op.fault not in {None, 'status'} else ''}"
        for case_id in owners:
            self._note(case_id, f"had {op.method} {op.path} answered with {what}", op)

    def _look_at_hook(self, hook: Hook) -> None:
        named = [hook.event.get(name) for name in ("order_id", "link_id", "task_id", "tracking_info", "user_id")]
        for case_id in {each for name in named if isinstance(name, str) for each in self.owners.get(name, ())}:
            self._note(case_id, f"had a {hook.forgery or hook.fault} event", hook)

    def _note(self, case_id: str, what: str, op: Op | None) -> None:
        for kin in self.book.kin(case_id):
            self.by_case.setdefault(kin, (what, op))
