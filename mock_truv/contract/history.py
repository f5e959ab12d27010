"""What happened in one story: every operation seen from outside, and the facts that only the world knows.

Checkers read nothing else. A history is plain data; a few operations written by hand make one (all facts have
defaults), so every checker is tested on histories of a few lines.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mock_truv.contract.manifest import Manifest
from mock_truv.contract.operations import Called, Died, Hook, Logged, Message, Op, Person, Sent, Shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mock_truv.contract.adapter import CaseView
    from mock_truv.core.scenario import Scenario


CANARY_LENGTH = 6
"""Shorter texts are too common to give anybody away."""
_TEXTS = re.compile(r'[:,\[]"((?:[^"\\]|\\.)*)"(?=[,\]}])')
"""Every text in a JSON text without blanks, keys excepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """A case as the run put it in."""

    case_id: str
    person_ref: str
    user_id: str
    order_id: str
    """The source order given by ``put_case``."""
    product: str = "income"
    links: Mapping[str, str] = field(default_factory=dict)
    """Suborder id of that order -> link id."""
    wanted: tuple[str, ...] = ()
    """Suborder ids that the case wants refreshed."""
    due_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One connection's part in an order: its suborder and its last task."""

    suborder_id: str
    key: str | None
    """The suborder of the case's first source order that it stands for; None: an account not asked for."""
    link_id: str | None
    task_id: str | None = None
    status: str | None = None
    """The ending of its last task (``done``, ``login_error`` …); None: not ended."""
    ended_us: int | None = None
    suborder_status: str = "pending"
    suborder_us: int | None = None
    """When the suborder entered that status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """An order made in this story: a refresh (``source_id`` set) or a link order."""

    order_id: str
    case_id: str | None
    """None: it belongs to no case that the run knows, or to another system (``elsewhere``)."""
    case_ids: tuple[str, ...] = ()
    """All cases of its person."""
    user_id: str = ""
    at_us: int
    """When it was committed."""
    source_id: str | None = None
    elsewhere: bool = False
    """Another system made it."""
    sent_seq: int | None = None
    """``seq`` of the request that made it."""
    cycle: str | None = None
    """The cycle last requested for its case then."""
    expires_us: int = 0
    canceled_us: int | None = None
    closed_us: int | None = None
    """When the order itself became final."""
    status: str = "pending"
    parts: tuple[Part, ...] = ()
    url: str | None = None
    """Path of its share page."""
    bridge_token: str = ""
    report: Any = None
    """The order as a read would show it at the end, without lags and faults: what a prefill is compared with."""

    @property
    def is_refresh(self) -> bool:
        """Whether it refreshes another order."""
        return self.source_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A line of the ledger: one refresh of one connection."""

    at_us: int
    link_id: str
    order_id: str | None
    task_id: str = ""
    elsewhere: bool = False
    status: str | None = None
    """How its task ended."""
    committed_us: int | None = None
    """When the refresh was accepted; ``at_us`` may be later (knob ``billing``)."""


@dataclass(frozen=True, kw_only=True)
class History:
    """One story, whole."""

    plan: Scenario
    manifest: Manifest = field(default_factory=Manifest)
    ops: Sequence[Op] = ()
    cases: Mapping[str, CaseFacts] = field(default_factory=dict)
    orders: Sequence[OrderFacts] = ()
    """Orders made in this story, in the order of their commits."""
    ledger: Sequence[Billed] = ()
    """Every committed refresh of a connection, also where it is billed only when done."""
    start_us: int = 0
    end_us: int = 0
    look_every_us: int = 0
    """In a story of very many cases: so seldom was looked at what is shown of them; it may have been there before."""
    secrets: tuple[str, ...] = ()
    """Texts that may never be in logs, views, messages or URLs (keys, tokens, signatures)."""

    # --- operations by kind

    @cached_property
    def sent(self) -> list[Sent]:
        """Return all requests to Truv, in order."""
        return [op for op in self.ops if isinstance(op, Sent)]

    @cached_property
    def hooks(self) -> list[Hook]:
        """Return all attempts to deliver a webhook, in order."""
        return [op for op in self.ops if isinstance(op, Hook)]

    @cached_property
    def messages(self) -> list[Message]:
        """Return all messages, in order."""
        return [op for op in self.ops if isinstance(op, Message)]

    @cached_property
    def people(self) -> list[Person]:
        """Return what people did, in order."""
        return [op for op in self.ops if isinstance(op, Person)]

    @cached_property
    def deaths(self) -> list[Died]:
        """Return the crashes, in order."""
        return [op for op in self.ops if isinstance(op, Died)]

    @cached_property
    def lines(self) -> list[Logged]:
        """Return the lines of the log, in order."""
        return [op for op in self.ops if isinstance(op, Logged)]

    def calls(self, name: str, case_id: str | None = None) -> list[Called]:
        """Return the calls of one name, of one case if that is given."""
        return [op for op in self._calls_by_name.get(name, []) if case_id in {None, op.case_id}]

    # --- what was shown

    def shown(self, case_id: str) -> list[Shown]:
        """Return how a case was shown, change by change."""
        return self._shown_by_case.get(case_id, [])

    def view(self, case_id: str, at_us: int | None = None) -> CaseView | None:
        """Return how a case was shown last, or last until ``at_us`` (included)."""
        found = [op.view for op in self.shown(case_id) if at_us is None or op.at_us <= at_us]
        return found[-1] if found else None

    def first_shown(self, case_id: str, states: Sequence[str], since_us: int = 0) -> Shown | None:
        """Return the first showing of a case in one of the states that still stood at or came after ``since_us``."""
        showings = self.shown(case_id)
        for number, op in enumerate(showings):
            until_us = showings[number + 1].at_us if number + 1 < len(showings) else None
            if op.view.state in states and (until_us is None or until_us > since_us):
                return op
        return None

    def was_shown(self, case_id: str, states: Sequence[str], from_us: int, until_us: int) -> bool:
        """Return whether a case was shown in one of the states at some instant in ``[from_us, until_us]``."""
        found = self.first_shown(case_id, states, from_us)
        return found is not None and found.at_us <= until_us

    # --- orders

    def order(self, order_id: str | None) -> OrderFacts | None:
        """Return an order of this story by its id."""
        return self._orders_by_id.get(order_id or "")

    def refreshes(self, case_id: str | None = None, *, elsewhere: bool = False) -> list[OrderFacts]:
        """Return the refresh orders that the integrator made (with ``elsewhere`` those of others too)."""
        return [
            it for it in self.orders
            if it.is_refresh and (elsewhere or not it.elsewhere) and case_id in {None, it.case_id}
        ]  # fmt: skip

    def link_orders(self, case_id: str | None = None) -> list[OrderFacts]:
        """Return the link orders that the integrator made, of one case's person if that is given."""
        return [it for it in self.orders if not it.is_refresh and (case_id is None or case_id in it.case_ids)]

    def endings(self, *statuses: str) -> Iterator[tuple[OrderFacts, Part]]:
        """Yield every part of an own refresh order whose task ended in one of the statuses (none given: any)."""
        for order in self.refreshes():
            for part in order.parts:
                if part.status is not None and (not statuses or part.status in statuses):
                    yield order, part

    @cached_property
    def canaries(self) -> Mapping[str, tuple[str, ...]]:
        """Case id -> the texts (names, amounts, ids) of its person's reports that stand in nobody else's."""
        return canaries_of(self.cases, self.orders)

    def let_go(self) -> None:
        """Forget what was worked out from the fields, which refers back to them; it is worked out anew when wanted."""
        for name in vars(self).keys() - self.__dataclass_fields__.keys():
            del vars(self)[name]

    # --- indexes

    @cached_property
    def _shown_by_case(self) -> dict[str, list[Shown]]:
        found: dict[str, list[Shown]] = {}
        for op in self.ops:
            if isinstance(op, Shown):
                found.setdefault(op.view.case_id, []).append(op)
        return found

    @cached_property
    def _calls_by_name(self) -> dict[str, list[Called]]:
        found: dict[str, list[Called]] = {}
        for op in self.ops:
            if isinstance(op, Called) and not op.is_lost:
                found.setdefault(op.name, []).append(op)
        return found

    @cached_property
    def _orders_by_id(self) -> dict[str, OrderFacts]:
        return {it.order_id: it for it in self.orders}

    # --- what makes a judgement fair

    @cached_property
    def troubles(self) -> list[Sent]:
        """Return the requests that a fault met, or that were answered 401, 403, 429 or 5xx."""
        return [
            op for op in self.sent
            if op.fault is not None or op.error is not None or (op.status or 0) in {401, 403, 429}
            or (op.status or 0) >= 500
        ]  # fmt: skip

    def calm_us(self, from_us: int) -> int:
        """Return the earliest instant, not before ``from_us``, after which nothing outside goes wrong any more.

        Outside is: requests that faults met, crashes and the time until the restart, people at links, closing, changes
        of the clock. Bounds of progress count from it.
        """
        latest = from_us
        for op in self.ops:
            match op:
                case Sent() if op.fault is not None or op.error is not None or op.status in {401, 403, 429}:
                    latest = max(latest, op.ended_us or op.at_us)
                case Died():
                    latest = max(latest, op.back_us or self.end_us)
                case _:
                    pass
        return latest

    def allowed_us(self, bound: str) -> int:
        """Return how long something may take until it is seen: ``bound`` (B-…), and the time between two looks."""
        return self.manifest.bound_us(bound) + self.look_every_us

    def until(self, from_us: int, bound: str, *, extra_us: int = 0) -> int | None:
        """Return the instant by which something is due: ``bound`` (B-…) after ``from_us``, or after calm if later.

        None: the story ends before that instant, so nothing can be said.
        """
        due_us = self.calm_us(from_us) + self.allowed_us(bound) + extra_us
        return due_us if due_us <= self.end_us else None

    @cached_property
    def events_lost(self) -> bool:
        """Whether the plan loses, delays or holds back events, or the receiver was down or refused some."""
        kinds = {type(rule.fault).__name__ for rule in self.plan.fault}
        return bool(kinds & {"Lose", "Delay", "Reorder"}) or any(
            hook.forgery is None and (hook.status is None or hook.status >= 300) for hook in self.hooks
        )


def canaries_of(cases: Mapping[str, CaseFacts], orders: Sequence[OrderFacts]) -> dict[str, tuple[str, ...]]:
    """Return for each case the texts of its person's reports that stand in nobody else's."""
    texts: dict[str, set[str]] = {facts.person_ref: set() for facts in cases.values()}
    people = {facts.case_id: facts.person_ref for facts in cases.values()}
    for order in orders:
        if order.case_id in people:
            found = texts_of(order.report)
            texts[people[order.case_id]].update(text for text in found if len(text) >= CANARY_LENGTH)
    owners: dict[str, int] = {}
    for each in texts.values():
        for text in each:
            owners[text] = owners.get(text, 0) + 1
    return {
        case_id: tuple(sorted(text for text in texts[person] if owners[text] == 1))
        for case_id, person in people.items()
    }


def texts_of(value: Any) -> list[str]:
    """Return every text in a value, keys excepted: read off its JSON, because reports and prefills are large."""
    whole = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=lambda _: None)
    found: list[str] = _TEXTS.findall(whole)
    return [json.loads(f'"{text}"') for text in found] if "\\" in whole else found
