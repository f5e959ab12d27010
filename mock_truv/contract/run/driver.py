"""Carry out one plan: the world, the integrator, the person and the clock, on virtual time, to a history.

Order of things at an instant: what is due in the world, deliveries with it; what people and machines of the plan do;
then the integrator's own work until it is quiescent. The next instant is the earliest that any of them waits for.
While a request of the integrator is open, the plan may let other calls come (its control points), and a slow answer
lets time pass.
"""

from __future__ import annotations

import heapq
import os
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_truv.commands import MoveClock, PutScenario, RemoveFault, Step, Subscribe
from mock_truv.contract.adapter import CaseIn
from mock_truv.contract.history import History
from mock_truv.contract.manifest import Manifest, ManifestError, parse_manifest
from mock_truv.contract.operations import Happened, Op, Sent
from mock_truv.contract.run import deeds, views
from mock_truv.contract.run.courier import Courier
from mock_truv.contract.run.facts import billed, cases_of, cases_of_person, order_facts, secrets_of, with_reports
from mock_truv.contract.run.host import BUSY_LIMIT, Host
from mock_truv.contract.run.line import Line
from mock_truv.contract.run.program import AdapterError
from mock_truv.core import ids
from mock_truv.core.instants import DAY_US, SECOND_US, START_US, datetime_of, parse_duration
from mock_truv.runtime.hub import DEFAULT_SECRET, load_catalog
from mock_truv.scenarios import ScenarioError
from mock_truv.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.api.call import Request
    from mock_truv.contract.history import CaseFacts
    from mock_truv.contract.run.listener import Listener
    from mock_truv.core.scenario import Scenario
    from mock_truv.world import Outcome

API_BASE = "http://127.0.0.1:8700"
HOOK_URL = "http://127.0.0.1:9/hooks"
OPS_LIMIT = 400_000
OPS_EACH = 500
"""So many more operations may a story have for each case."""
NOISE = frozenset({"attempt", "webhook-made"})
"""Events of the world that stand in the history in another form."""


@dataclass(order=True)
class Planned:
    """A deed of the plan at an instant."""

    at_us: int
    number: int
    deed: Callable[[], None] = field(compare=False)


@dataclass(frozen=True)
class Asked:
    """What came of a request."""

    outcome: Outcome
    order_id: str | None
    """The order that it made."""
    task_ids: list[str]
    """The tasks that it made."""


class OutOfTime(Exception):  # noqa: N818 -- nothing went wrong
    """A story was broken off: the real time that it was given is over."""


class Run:
    """One story. ``factory`` gives a fresh integrator object; ``listener`` is where a separate program reaches Truv."""

    def __init__(
        self, plan: Scenario, factory: Callable[[], Any], *, listener: Listener | None = None, real_s: float = 60.0,
        until_s: float | None = None,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.world = World.new(ids.sandbox_seed(plan.seed, "contract"), load_catalog(), now_us=START_US)
        self.ops: list[Op] = []
        self.cases: dict[str, CaseFacts] = {}
        self.manifest = Manifest()
        self.lock = threading.RLock()
        self.signatures: set[str] = set()
        self.cycles: dict[str, str | None] = {}
        """Order made -> cycle last requested for its case."""
        self.elsewhere: set[str] = set()
        self.last_cycle: dict[str, str] = {}
        self.latest_cycle = "cycle-1"
        """The cycle last asked for, of whatever case."""
        self.start_us = START_US
        """Where the story begins: for a program that works in nightly runs a second before the first of them."""
        self._end_us: int | None = None
        self.store = ""
        """The directory that survives crashes."""
        self.is_separate = listener is not None
        """Whether the integrator is a program of its own."""
        base = API_BASE if listener is None else listener.register(self)
        self.origin = base.encode()
        """Our own address in answers."""
        self._planned: list[Planned] = []
        self._number = 0
        self._until_s = until_s
        self.host = Host(self, factory, base=base, plain=listener is not None and listener.plain, real_s=real_s)
        self.courier = Courier(self)
        self.points = deeds.Points(self)
        self.people = deeds.People(self)
        self.line = Line(self)
        self.watch = views.Watch(self)

    @property
    def now_us(self) -> int:
        """The world's present, or its last when the run is over."""
        return self.world.now_us if self._end_us is None else self._end_us

    @property
    def is_over(self) -> bool:
        """Whether nobody is served any more."""
        return self._end_us is not None

    def run(self) -> History:
        """Carry out the whole plan.

        Raises:
            AdapterError: The adapter raised, hung or gave nonsense.
            OutOfTime: It was not over at ``until_s`` of the monotonic clock.
        """
        self.store = tempfile.mkdtemp(prefix="mock-truv-", dir=store_folder())
        try:
            with self.lock, zone_of(self.plan.zone):
                self._begin()
                self._go(self.start_us + parse_duration(self.plan.lasts))
                return self._history()
        finally:
            self.host.close()
            shutil.rmtree(self.store, ignore_errors=True)

    def let_go(self) -> None:
        """Let go of the world of a run that is over, so that its memory is free at once; late requests find nobody."""
        self._end_us = self.now_us
        for part in (self.courier, self.points, self.people, self.watch):
            vars(part).clear()
        self.ops, self.cases, self._planned = [], {}, []
        del self.world

    # --- the story

    def _begin(self) -> None:
        program = self.host.new_program()
        try:
            self.manifest = parse_manifest(program.call("describe"), program.calls)
        except ManifestError as error:
            raise AdapterError("describe", str(error)) from None
        if self.manifest.run_times:
            self.start_us += (self.manifest.run_times[0] - SECOND_US - START_US) % DAY_US
            self.step_until(self.start_us)
        if self.manifest.has("webhook"):
            self.give(Subscribe(HOOK_URL))
        self._furnish()
        self.cases = cases_of(self.world)
        deeds.plan_all(self)
        self.host.start_program()
        for facts in self.cases.values():
            self.host.call("put_case", self._case_in(facts), case_id=facts.case_id)

    def _furnish(self) -> None:
        answer = self.give(PutScenario(self.plan)).answer
        if answer is not None and answer.status >= 400:
            raise ScenarioError(f"the plan {self.plan.title!r} cannot be put into force: {answer.body.decode()}")

    def _go(self, end_us: int) -> None:
        """Let time pass until the end."""
        idle = 0
        while True:
            waited = (self.world.next_due_us(), self._next_planned_us(), self.host.next_wakeup_us())
            next_us = max(min((each for each in waited if each), default=end_us), self.now_us)
            next_us = min(next_us, end_us)
            idle = idle + 1 if next_us == self.now_us else 0
            if idle > BUSY_LIMIT:
                raise AdapterError("advance", f"it asks to be woken at {datetime_of(next_us)} again and again")
            self.step_until(next_us)
            self._do_planned()
            self.host.work()
            if next_us >= end_us:
                break
            if self._until_s is not None and time.monotonic() > self._until_s:
                raise OutOfTime
        self.watch.look(everything=True)
        if not self.host.is_down:
            self.host.call("stop")

    def _do_planned(self) -> None:
        while self._planned and self._planned[0].at_us <= self.now_us:
            heapq.heappop(self._planned).deed()

    def _next_planned_us(self) -> int | None:
        return self._planned[0].at_us if self._planned else None

    def plan_at(self, at_us: int, deed: Callable[[], None]) -> None:
        """Have something done at an instant."""
        self._number += 1
        heapq.heappush(self._planned, Planned(max(at_us, self.now_us), self._number, deed))

    # --- the world

    def give(self, command: Any) -> Outcome:
        """Give the world a command and see to what it leads to."""
        outcome = self.world.handle(command)
        for event in outcome.events:
            if event.name not in NOISE:
                self.record(
                    Happened(at_us=self.now_us, name=event.name, id=event.id, status=event.status,
                             order_id=event.order_id, link_id=event.link_id)
                )  # fmt: skip
        for effect in outcome.effects:
            self.courier.deliver(effect)
        return outcome

    def ask(self, request: Request) -> Asked:
        """Give the world a request, and tell what it made."""
        state = self.world.state
        orders, tasks = len(state.orders), len(state.tasks)
        outcome = self.give(request)
        made = next(reversed(state.orders)) if len(state.orders) > orders else None
        return Asked(outcome, made, list(islice(reversed(state.tasks), len(state.tasks) - tasks)))

    def step_until(self, to_us: int) -> None:
        """Let everything due until ``to_us`` happen and be delivered, then set the clock."""
        while (due_us := self.world.next_due_us()) is not None and due_us <= to_us:
            self.give(Step())
        if self.now_us < to_us:
            self.world.handle(MoveClock(to_us))

    def pass_time(self, duration_us: int) -> None:
        """Let time pass within a call of the integrator: a slow answer, or its own sleep."""
        to_us = self.now_us + duration_us
        while self._planned and self._planned[0].at_us <= to_us:
            planned = heapq.heappop(self._planned)
            self.step_until(max(planned.at_us, self.now_us))
            planned.deed()
        self.step_until(max(to_us, self.now_us))

    def end_faults(self) -> None:
        """End every fault in force."""
        for ident in list(self.world.state.edge.faults):
            self.give(RemoveFault(ident))

    def _case_in(self, facts: CaseFacts) -> CaseIn:
        order = self.world.state.orders[facts.order_id]
        link = self.world.state.links[next(iter(facts.links.values()))]
        return CaseIn(
            case_id=facts.case_id,
            person_ref=facts.person_ref,
            source_order_id=facts.order_id,
            product=facts.product,
            employers=None,
            order_number=order.order_number,
            due_on=facts.due_on,
            last_auth_at=datetime_of(link.connection.logged_in_us),
            provider=link.provider_id,
        )

    # --- the record

    def record(self, op: Op) -> int:
        """Write an operation down and return its ``seq``."""
        limit = OPS_LIMIT + OPS_EACH * len(self.cases)
        if len(self.ops) >= limit:
            raise AdapterError("advance", f"more than {limit} operations in one story; something runs away")
        seq = len(self.ops) + 1
        self.ops.append(replace(op, seq=seq))
        return seq

    def note_order(self, order_id: str) -> None:
        """Note for which cycle an order was just made."""
        order = self.world.state.orders[order_id]
        root = order.initial_order or order_id
        known = {facts.order_id: facts.case_id for facts in self.cases.values()}
        while root not in known and (before := self.world.state.orders[root].initial_order) is not None:
            root = before
        person = cases_of_person(self.world, order, self.cases)
        case_id = known.get(root) or (person[0] if person else None)
        self.cycles[order_id] = self.last_cycle.get(case_id) if case_id is not None else None
        if order.initial_order is None and not self.manifest.has("outbox"):
            self.people.link_reached(case_id or "", order_id, None)

    def amend(self, seq: int, op: Op) -> None:
        """Write an operation down anew, when its end is known."""
        self.ops[seq - 1] = replace(op, seq=seq)

    def _history(self) -> History:
        sent = [op for op in self.ops if isinstance(op, Sent)]
        ledger = billed(self.world, elsewhere=self.elsewhere)
        orders = order_facts(
            self.world, self.cases, sent=sent, elsewhere=self.elsewhere,
            case_of_link_order=self.watch.case_of_order, cycles=self.cycles,
        )  # fmt: skip
        end_us = self.now_us
        secrets = (*secrets_of(self.world, DEFAULT_SECRET), *sorted(self.signatures))
        orders = with_reports(self.world, orders)
        return History(
            plan=self.plan,
            manifest=self.manifest,
            ops=tuple(self.ops),
            cases=self.cases,
            orders=orders,
            ledger=ledger,
            start_us=self.start_us,
            end_us=end_us,
            look_every_us=self.watch.look_every_us if self.watch.is_seldom else 0,
            secrets=secrets,
        )


def store_folder() -> str | None:
    """Return a folder in memory where the system has one; else the usual place for temporary files."""
    folder = "/dev/shm"  # noqa: S108 -- fresh directories of their own are made in it
    return folder if os.path.isdir(folder) and os.access(folder, os.W_OK) else None  # noqa: PTH112


@contextmanager
def zone_of(name: str | None) -> Iterator[None]:
    """Let the process be in a zone for a while, as a host there would be; where the system cannot, nothing happens."""
    if name is None or not hasattr(time, "tzset"):
        yield
        return
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
