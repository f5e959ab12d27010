"""What checkers of all sections share: a history sorted by case, and words for what happened in it.

A ``Casebook`` is made once by each checker, so that it passes over long histories (10,000 cases) once and not per case.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mock_truv.contract.operations import Called, Died, Happened, Hook, Message, Person, Sent, Shown
from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import Billed, History, OrderFacts, Part
    from mock_truv.contract.operations import Op

LOGIN_LOST = frozenset({"login_error", "mfa_error"})
"""Endings that only the person can mend."""
SOMEBODY_ACTS = frozenset({"account_locked", "unable_to_reset", "config_error", "not_supported"})
"""Endings after which no program may try again by itself."""
ASKS_PERSON = frozenset({"REAUTH_NEEDED", "REAUTH_SENT"})
REVIEW = frozenset({"MANUAL", "PARTIAL"})
"""States in which a caseworker sees that something is to be done; MANUAL may stand for PARTIAL."""
TO_PERSON = frozenset({"link", "reminder", "notice"})
"""Kinds of messages that a person gets."""


class Casebook:
    """A history by case and order."""

    @classmethod
    def of(cls, history: History) -> Casebook:
        """Return the one of a history; many checkers ask for it."""
        kept: Casebook | None = vars(history).get("_casebook")
        if kept is None:
            kept = vars(history)["_casebook"] = cls(history)
        return kept

    def __init__(self, history: History) -> None:
        self.history = history
        self.calm_us = history.calm_us(history.start_us)
        self.lag_us = int(history.plan.profile.get("order_read_lag_seconds", 0)) * SECOND_US
        """So much later than events a read of an order may show what they told."""
        self.orders = {order.order_id: order for order in history.orders}
        self.requests: dict[int, Sent] = {}
        self.hooks: list[Hook] = []
        self.deaths: list[Died] = []
        self.unmade: list[Sent] = []
        """Requests to make something that got no plain yes."""
        self.events_lost = history.events_lost or any(getattr(it.fault, "instead", False) for it in history.plan.fault)
        """Whether events did not come, came late, or came as something else."""
        self.clock_stepped = any(rule.do.startswith("clock-") for rule in history.plan.driver)
        """A stepped clock makes timers late or early: nothing is said about progress and spacing then."""
        self._views: defaultdict[str, list[Shown]] = defaultdict(list)
        self._asked: defaultdict[str, list[Called]] = defaultdict(list)
        self._runs: list[Called] = []
        self._closed: dict[str, int] = {}
        self._messages: defaultdict[str, list[Message]] = defaultdict(list)
        self._people: defaultdict[str, list[Person]] = defaultdict(list)
        self._read_us: defaultdict[str, list[int]] = defaultdict(list)
        self.deleted_us: dict[str, int] = {}
        """Link -> when it was deleted."""
        for op in history.ops:
            self._sort_in(op)
        self._of_case: defaultdict[str, list[OrderFacts]] = defaultdict(list)
        self._links_of_case: defaultdict[str, list[OrderFacts]] = defaultdict(list)
        self._of_user: defaultdict[str, list[OrderFacts]] = defaultdict(list)
        for order in history.orders:
            if order.is_refresh and not order.elsewhere and order.case_id is not None:
                self._of_case[order.case_id].append(order)
            if not order.is_refresh and not order.elsewhere:
                for case_id in {*order.case_ids, *([order.case_id] if order.case_id else [])}:
                    self._links_of_case[case_id].append(order)
            self._of_user[order.user_id].append(order)
        self._kin: defaultdict[str, set[str]] = defaultdict(set)
        for facts in history.cases.values():
            self._kin[facts.user_id].add(facts.case_id)
        self._bills: defaultdict[str, list[Billed]] = defaultdict(list)
        for line in history.ledger:
            self._bills[line.link_id].append(line)

    def _sort_in(self, op: Op) -> None:
        match op:
            case Sent():
                self.requests[op.seq] = op
                if op.is_write and not 200 <= (op.status or 0) < 300:
                    self.unmade.append(op)
            case Happened(name="task", status="done", link_id=str(link_id)):
                self._read_us[link_id].append(op.at_us)
            case Hook():
                self.hooks.append(op)
            case Died():
                self.deaths.append(op)
            case Shown():
                self._views[op.view.case_id].append(op)
            case Message():
                self._messages[op.case_id].append(op)
            case Person():
                self._people[op.case_id].append(op)
            case Happened(name="link", status="deleted"):
                self.deleted_us.setdefault(op.id, op.at_us)
            case Called(name="request_refresh", is_lost=False):
                self._asked[op.case_id or ""].append(op)
            case Called(name="run_due", is_lost=False):
                self._runs.append(op)
            case Called(name="close_case", is_lost=False):
                self._closed.setdefault(op.case_id or "", op.at_us)
            case _:
                pass

    # --- time

    def until(self, from_us: int, bound: str, *, extra_us: int = 0) -> int | None:
        """Return by when something is due, as ``History.until``; None: too early to say, or a clock was stepped."""
        due_us = max(from_us, self.calm_us) + self.history.allowed_us(bound) + extra_us
        return None if self.clock_stepped or due_us > self.history.end_us else due_us

    def closed_us(self, case_id: str) -> int | None:
        """Return when a case was closed."""
        return self._closed.get(case_id)

    def asked(self, case_id: str) -> list[Called]:
        """Return who asked for refreshes of a case: clicks on it and nightly runs, in order."""
        return sorted([*self._asked[case_id], *self._runs], key=lambda op: op.seq)

    def clicks(self, case_id: str, from_us: int, to_us: int) -> int:
        """Return how often somebody clicked *refresh* on a case in ``[from_us, to_us]``."""
        return sum(from_us <= op.at_us <= to_us for op in self._asked[case_id])

    def cycle_at(self, case_id: str, seq: int) -> str | None:
        """Return the cycle last asked for before an operation."""
        before = [op.cycle for op in self.asked(case_id) if op.seq < seq]
        return before[-1] if before else None

    def cycle_of(self, order: OrderFacts) -> str | None:
        """Return the cycle for which an own order was made."""
        if order.sent_seq is None or order.case_id is None:
            return order.cycle
        return self.cycle_at(order.case_id, order.sent_seq) or order.cycle

    def cycle_ends_us(self, case_id: str, cycle: str | None, after_us: int) -> int:
        """Return when a case's cycle is over: closed, another cycle asked for, or the story's end."""
        ends = [op.at_us for op in self.asked(case_id) if op.cycle != cycle and op.at_us > after_us]
        closed_us = self._closed.get(case_id)
        if closed_us is not None:
            ends.append(closed_us)
        return min([*ends, self.history.end_us])

    def waits_for_run(self, from_us: int, to_us: int) -> bool:
        """Return whether the integrator acts in nightly runs only, and none came, or none that it lived through."""
        manifest = self.history.manifest
        by_run = manifest.has("bulk") and (bool(manifest.policies.get("run_times")) or not manifest.has("clock"))
        return by_run and not any(from_us < op.at_us <= to_us and op.result is not None for op in self._runs)

    # --- orders

    def request_of(self, order: OrderFacts) -> Sent | None:
        """Return the request that made an order."""
        return self.requests.get(order.sent_seq or 0)

    def is_known(self, order: OrderFacts) -> bool:
        """Return whether the integrator surely knows that it made an order: the answer came whole and it lived on."""
        op = self.request_of(order)
        if op is None or op.error is not None or op.fault is not None or not 200 <= (op.status or 0) < 300:
            return False
        return not any(op.at_us <= death.at_us <= op.ended_us for death in self.deaths)

    def refreshes(self, case_id: str) -> list[OrderFacts]:
        """Return the integrator's own refresh orders of a case."""
        return self._of_case[case_id]

    def link_orders(self, case_id: str) -> list[OrderFacts]:
        """Return the link orders made for a case's person."""
        return self._links_of_case[case_id]

    def of_person(self, case_id: str) -> list[OrderFacts]:
        """Return every order of a case's person, those of others too; a link order may have made a user anew."""
        facts = self.history.cases.get(case_id)
        known = self._of_user[facts.user_id] if facts is not None else []
        return list(
            {it.order_id: it for it in (*known, *self._links_of_case[case_id], *self._of_case[case_id])}.values()
        )

    def was_read(self, case_id: str, from_us: int, to_us: int) -> bool:
        """Return whether data of a case's person were read by any task, one without an order too, in that time."""
        links = {link for kin in self.kin(case_id) for link in self.history.cases[kin].links.values()}
        links |= {part.link_id or "" for order in self.of_person(case_id) for part in order.parts}
        return any(from_us <= done_us <= to_us for link in links for done_us in self._read_us[link])

    def known_endings(self, *statuses: str) -> Iterator[tuple[OrderFacts, Part, str, int]]:
        """Yield (order, part, case, when it ended) of refreshes that the integrator knows and that ended so."""
        for order, part in self.history.endings(*statuses):
            if order.case_id is not None and part.ended_us is not None and self.is_known(order):
                yield order, part, order.case_id, part.ended_us

    def repeats(self, order: OrderFacts, part: Part) -> list[tuple[int, OrderFacts]]:
        """Return (when, order) of later refreshes of a part's connection in the same cycle of the case."""
        if order.case_id is None or part.ended_us is None:
            return []
        cycle = self.cycle_of(order)
        return [
            (later.at_us, later) for later in self.refreshes(order.case_id)
            if later.at_us >= part.ended_us and later.at_us > order.at_us and self.cycle_of(later) == cycle
            and any(each.link_id == part.link_id for each in later.parts)
        ]  # fmt: skip

    def bills(self, link_id: str | None) -> list[Billed]:
        """Return the ledger's lines of a connection."""
        return self._bills[link_id or ""]

    def evidence(self, *orders: OrderFacts) -> tuple[Op, ...]:
        """Return the requests that made orders."""
        return tuple(op for op in map(self.request_of, orders) if op is not None)

    # --- cases and people

    def kin(self, case_id: str) -> set[str]:
        """Return the cases of a case's person, itself included."""
        facts = self.history.cases.get(case_id)
        return self._kin[facts.user_id] if facts is not None else {case_id}

    def views(self, case_id: str) -> list[Shown]:
        """Return how a case was shown, change by change."""
        return self._views[case_id]

    def view_at(self, case_id: str, at_us: int) -> CaseView | None:
        """Return how a case was shown at an instant."""
        found = None
        for op in self._views[case_id]:
            if op.at_us > at_us:
                break
            found = op.view
        return found

    def standing(self, case_id: str, from_us: int, to_us: int) -> Iterator[Shown]:
        """Yield the showings of a case that stood at some instant of ``[from_us, to_us]``."""
        views = self._views[case_id]
        for number, op in enumerate(views):
            until_us = views[number + 1].at_us if number + 1 < len(views) else None
            if op.at_us <= to_us and (until_us is None or until_us > from_us):
                yield op

    def shown_in(self, case_id: str, states: Collection[str], from_us: int, to_us: int) -> Shown | None:
        """Return the first showing in one of the states that stood at some instant of ``[from_us, to_us]``."""
        return next((op for op in self.standing(case_id, from_us, to_us) if op.view.state in states), None)

    def came_back(self, case_id: str, from_us: int, to_us: int) -> bool:
        """Return whether a case's person logged in at a link in ``(from_us, to_us]``."""
        return any(
            op.status == "login" and from_us < op.at_us <= to_us
            for kin in self.kin(case_id) for op in self._people[kin]
        )  # fmt: skip

    def did(self, case_id: str) -> list[Person]:
        """Return what a case's person did at links."""
        return self._people[case_id]

    def messages(self, case_id: str) -> list[Message]:
        """Return the messages about a case."""
        return self._messages[case_id]

    def contacts(self, case_id: str, from_us: int, to_us: int) -> Iterator[tuple[int, str, Op | None]]:
        """Yield (when, what, the operation) of everything that reached for a case's person in ``(from_us, to_us]``."""
        for order in self.link_orders(case_id):
            if from_us < order.at_us <= to_us:
                yield order.at_us, f"made order {order.order_id} for a new login", self.request_of(order)
        for message in self._messages[case_id]:
            if message.kind in TO_PERSON and from_us < message.at_us <= to_us:
                yield message.at_us, f"sent a {message.kind} to {message.person_ref}", message

    def excuses_contact(self, case_id: str, before_us: int, harmless: Collection[str]) -> bool:
        """Return whether anything but ``harmless`` endings can have made the integrator ask a case's person.

        That is: another ending, a deleted connection, a strange or forged event that it took, or a declared policy of
        asking by age.
        """
        if self.history.manifest.policies.get("age_skip_days") is not None:
            return True
        for order in self.of_person(case_id):
            for part in order.parts:
                if part.status is not None and part.status not in harmless and (part.ended_us or 0) <= before_us:
                    return True
        links = {link for kin in self.kin(case_id) for link in self.history.cases[kin].links.values()}
        if any(self.deleted_us.get(link, before_us + 1) <= before_us for link in links):
            return True
        return any(
            hook.at_us <= before_us and (hook.status or 500) < 300 and (hook.forgery is not None or bool(hook.fault))
            for hook in self.hooks
        )  # fmt: skip


def at(history: History, at_us: int) -> str:
    """Return an instant as people say it: days and time since the story's start."""
    days, rest_us = divmod(max(at_us - history.start_us, 0), DAY_US)
    hours, rest_us = divmod(rest_us, HOUR_US)
    minutes, rest_us = divmod(rest_us, MINUTE_US)
    return f"day {days} {hours:02}:{minutes:02}:{rest_us // SECOND_US:02}"


def lasting(duration_us: int) -> str:
    """Return a length of time as people say it."""
    for unit_us, name in ((DAY_US, "d"), (HOUR_US, "h"), (MINUTE_US, "min")):
        if duration_us >= 2 * unit_us:
            return f"{duration_us / unit_us:.3g} {name}"
    return f"{duration_us / SECOND_US:.3g} s"


def first_done_us(order: OrderFacts) -> int | None:
    """Return when the first connection of an order was done."""
    return min((part.ended_us for part in order.parts if part.status == "done" and part.ended_us), default=None)


def prefill_orders(view: CaseView) -> tuple[str, ...]:
    """Return the ids of the orders that a prefill names."""
    if view.prefill is None:
        return ()
    named = [view.prefill.get("order_id"), *(view.prefill.get("orders") or ())]
    return tuple(dict.fromkeys(str(each) for each in named if each))


def is_fresh(prefill: Any) -> bool:
    """Return whether a prefill is there and is not marked as old."""
    return bool(prefill) and not prefill.get("stale")
