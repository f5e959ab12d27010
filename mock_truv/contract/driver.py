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
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mock_truv.commands import Delivered, MoveClock, PutScenario, RemoveFault, Step, Subscribe
from mock_truv.contract import deeds, views
from mock_truv.contract.adapter import CaseIn, Env, HarnessCrash
from mock_truv.contract.facts import billed, cases_of, cases_of_person, order_facts, secrets_of, with_reports
from mock_truv.contract.history import Called, Died, Happened, History, Hook, Op, Sent
from mock_truv.contract.line import Line, release_all
from mock_truv.contract.manifest import Manifest, ManifestError, parse_manifest
from mock_truv.contract.program import AdapterError, Program
from mock_truv.core import ids
from mock_truv.core.instants import DAY_US, SECOND_US, START_US, datetime_of, instant_of, parse_duration
from mock_truv.delivery.forgery import signed
from mock_truv.delivery.signing import HEADER, USER_AGENT
from mock_truv.runtime.hub import DEFAULT_CLIENT_ID, DEFAULT_SECRET, load_catalog
from mock_truv.scenarios import ScenarioError
from mock_truv.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from mock_truv.contract.history import CaseFacts
    from mock_truv.contract.listener import Listener
    from mock_truv.core.base import Deliver
    from mock_truv.core.scenario import Scenario
    from mock_truv.world import Outcome

API_BASE = "http://127.0.0.1:8700"
HOOK_URL = "http://127.0.0.1:9/hooks"
ANSWER_WITHIN_US = 10 * SECOND_US
"""A receiver answers within 10 s (webhooks page)."""
BUSY_LIMIT = 10_000
"""Rounds of work at one instant, and instants without any progress: more is a loop."""
OPS_LIMIT = 400_000
NOISE = frozenset({"attempt", "webhook-made"})
"""Events of the world that stand in the history in another form."""


@dataclass(order=True)
class Planned:
    """A deed of the plan at an instant."""

    at_us: int
    number: int
    deed: Callable[[], None] = field(compare=False)


@dataclass(frozen=True)
class Waiting:
    """A call that was made within another and is blocked until that one ends."""

    name: str
    future: Future[Any]
    then: Callable[[Any], None]
    failed: Callable[[str], None] | None


class Run:
    """One story. ``factory`` gives a fresh integrator object; ``listener`` is where a separate program reaches Truv."""

    def __init__(
        self, plan: Scenario, factory: Callable[[], Any], *, listener: Listener | None = None, real_s: float = 60.0
    ) -> None:
        self.plan = plan
        self.world = World.new(ids.sandbox_seed(plan.seed, "contract"), load_catalog(), now_us=START_US)
        self.ops: list[Op] = []
        self.cases: dict[str, CaseFacts] = {}
        self.manifest = Manifest()
        self.start_number = 0
        self.skew_us = 0
        """The integrator's clock minus the world's."""
        self.down_until_us: int | None = None
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
        self._factory = factory
        self._base = API_BASE if listener is None else listener.register(self)
        self._plain = listener is not None and listener.plain
        self.origin = self._base.encode()
        """Our own address in answers."""
        self._real_s = real_s
        self._program: Program | None = None
        self._store = ""
        self._planned: list[Planned] = []
        self._number = 0
        self._calling = 0
        """Calls of the integrator that are open."""
        self._late: list[tuple[Deliver, int]] = []
        self._deferred: list[Callable[[], None]] = []
        self._wakeup_us: int | None = None
        self._within: list[Waiting] = []
        self._fault: AdapterError | None = None
        self.points = deeds.Points(self)
        self.people = deeds.People(self)
        self.line = Line(self)
        self.watch = views.Watch(self)

    @property
    def calls(self) -> frozenset[str]:
        """The optional calls that the adapter has."""
        return self._program.calls if self._program is not None else frozenset()

    @property
    def now_us(self) -> int:
        """The world's present."""
        return self.world.now_us

    def run(self) -> History:
        """Carry out the whole plan.

        Raises:
            AdapterError: The adapter raised, hung or gave nonsense.
        """
        self._store = tempfile.mkdtemp(prefix="mock-truv-", dir=store_folder())
        try:
            with self.lock, zone_of(self.plan.zone):
                self._begin()
                self._go(self.start_us + parse_duration(self.plan.lasts))
                return self._history()
        finally:
            if self._program is not None:
                self._program.close()
            shutil.rmtree(self._store, ignore_errors=True)

    # --- the story

    def _begin(self) -> None:
        program = self._program = self._new_program()
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
        self._start_program()
        for facts in self.cases.values():
            self.call("put_case", self._case_in(facts), case_id=facts.case_id)

    def _furnish(self) -> None:
        answer = self.give(PutScenario(self.plan)).answer
        if answer is not None and answer.status >= 400:
            raise ScenarioError(f"the plan {self.plan.title!r} cannot be put into force: {answer.body.decode()}")

    def _go(self, end_us: int) -> None:
        """Let time pass until the end."""
        idle = 0
        while True:
            due = [each for each in (self.world.next_due_us(), self._next_planned_us(), self._next_wakeup_us()) if each]
            next_us = max(min(due, default=end_us), self.now_us)
            next_us = min(next_us, end_us)
            idle = idle + 1 if next_us == self.now_us else 0
            if idle > BUSY_LIMIT:
                raise AdapterError("advance", f"it asks to be woken at {datetime_of(next_us)} again and again")
            self.step_until(next_us)
            self._do_planned()
            self._advance()
            if next_us >= end_us:
                break
        self.watch.look(everything=True)
        if self._program is not None and self.down_until_us is None:
            self.call("stop")

    def _advance(self) -> None:
        """Let the integrator work until it is quiescent."""
        for _ in range(BUSY_LIMIT):
            if self.down_until_us is not None:
                return
            step = self.call("advance", self.host_now(), quiet=True)
            if self.down_until_us is not None:
                return
            wakeup = getattr(step, "next_wakeup", None)
            self._wakeup_us = None if wakeup is None else instant_of(wakeup) - self.skew_us
            if getattr(step, "quiescent", True):
                self.watch.look()
                return
        raise AdapterError("advance", f"it was not quiescent after {BUSY_LIMIT} rounds at one instant")

    def _do_planned(self) -> None:
        while self._planned and self._planned[0].at_us <= self.now_us:
            heapq.heappop(self._planned).deed()

    def _next_planned_us(self) -> int | None:
        return self._planned[0].at_us if self._planned else None

    def _next_wakeup_us(self) -> int | None:
        if self._wakeup_us is None or self.down_until_us is not None:
            return None
        return max(self._wakeup_us, self.now_us + 1)

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
            self._deliver(effect)
        return outcome

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

    # --- webhooks

    def _deliver(self, effect: Deliver) -> None:
        if self._calling and self.manifest.reentrancy == "none":
            self._late.append((effect, self.now_us))
        else:
            self._hand_over(effect, self.now_us)

    def _deliver_late(self) -> None:
        """Hand over what came while a program that does one thing at a time was busy; who waited 10 s has gone."""
        while self._late and not self._calling:
            effect, since_us = self._late.pop(0)
            if self.now_us - since_us > ANSWER_WITHIN_US:
                self._answered(effect, None, None, b"", "timeout", self.now_us - since_us)
            else:
                self._hand_over(effect, since_us)

    def _hand_over(self, effect: Deliver, since_us: int) -> None:
        body, signature = signed(effect.body, DEFAULT_SECRET, effect.forgery)
        if self.down_until_us is not None or self._program is None:
            self._answered(effect, body, None, b"", "refused", 0)
            return
        headers = [("Content-Type", "application/json"), ("User-Agent", USER_AGENT)]
        if signature is not None:
            headers.append((HEADER, signature))
            self.signatures.add(signature.removeprefix("v1="))
        self.call_or_later(
            "webhook", (headers, body), lambda reply: self._replied(effect, body, since_us, reply),
            lambda error: self._answered(effect, body, 500, b"", error, self.now_us - since_us),
        )  # fmt: skip

    def _replied(self, effect: Deliver, body: bytes, since_us: int, reply: Any) -> None:
        status = reply if isinstance(reply, int) else getattr(reply, "status", None)
        if not isinstance(status, int):
            self._fault = AdapterError("webhook", f"it gave {reply!r}; a HookReply or a status is wanted")
            status = 500
        elapsed_us = max(self.now_us - since_us, round(getattr(reply, "elapsed_s", 0.0) * SECOND_US))
        late = elapsed_us > ANSWER_WITHIN_US
        answer = getattr(reply, "body", b"")
        self._answered(effect, body, None if late else status, answer, "timeout" if late else None, elapsed_us)

    def _answered(self, effect: Deliver, body: bytes | None, status: int | None, answer: bytes, error: str | None,
                  elapsed_us: int) -> None:  # fmt: skip
        event = views.decoded(body if body is not None else effect.body)
        self.record(
            Hook(
                at_us=self.now_us,
                webhook_id=effect.webhook_id,
                event=event if isinstance(event, dict) else {},
                raw=body or b"",
                forgery=effect.forgery,
                fault=views.strangeness(self.world, event),
                attempt=effect.attempt,
                status=status,
                answer=answer,
                error=error,
                elapsed_us=elapsed_us,
            )
        )
        self.give(Delivered(effect.webhook_id, effect.attempt, status, None if status is not None else error or "none"))
        if status is not None and status < 300 and effect.forgery is None:
            self.points.reached("acknowledged")

    # --- the integrator

    def host_now(self) -> Any:
        """Return what the integrator's host shows as the present."""
        return datetime_of(self.now_us + self.skew_us)

    def call(self, name: str, *arguments: Any, quiet: bool = False, case_id: str | None = None,
             cycle: str | None = None) -> Any:  # fmt: skip
        """Make a call from the outside, and see to what waited for its end; None where the program is down or died."""
        if self._program is None or self.down_until_us is not None:
            return None
        if not quiet:
            self.record(Called(at_us=self.now_us, name=name, case_id=case_id, cycle=cycle))
        try:
            return self._outermost(name, arguments)
        except HarnessCrash:
            return None
        finally:
            self._finish()

    def call_or_later(self, name: str, arguments: tuple[Any, ...], then: Callable[[Any], None],
                      failed: Callable[[str], None] | None = None) -> None:  # fmt: skip
        """Make a call now, within an open one if there is one; ``then`` is given what it returned.

        ``failed`` is told ``reset`` if the program died in it, and ``raised`` if it raised; without it that is a fault
        of the adapter.
        """
        program = self._program
        if program is None or self.down_until_us is not None:
            return
        if self._calling:
            future = program.call_within(name, *arguments)
            self.line.give_way(future)
            waiting = Waiting(name, future, then, failed)
            if future.done():
                self._end_within(waiting)
            else:
                self._within.append(waiting)
            return
        try:
            reply = self._outermost(name, arguments)
        except HarnessCrash:
            if failed is not None:
                failed("reset")
        except AdapterError:
            if failed is None:
                raise
            failed("raised")
        else:
            then(reply)
        self._finish()

    def _outermost(self, name: str, arguments: tuple[Any, ...]) -> Any:
        program = self._program
        assert program is not None, "a call needs a program"
        self._calling += 1
        depth = release_all(self.lock)
        try:
            return program.call(name, *arguments)
        except HarnessCrash:
            if self.down_until_us is None:
                raise AdapterError(name, "it raised HarnessCrash itself; only the run may") from None
            raise
        finally:
            for _ in range(depth):
                self.lock.acquire()
            self._calling -= 1
            if self.down_until_us is not None:
                self._bury()

    def _end_within(self, waiting: Waiting) -> None:
        error = waiting.future.exception()
        if error is None:
            waiting.then(waiting.future.result())
        elif waiting.failed is not None:
            waiting.failed("reset" if isinstance(error, HarnessCrash) else "raised")
        elif not isinstance(error, HarnessCrash) and self._program is not None:
            try:
                self._program.finish(waiting.name, waiting.future)
            except AdapterError as fault:
                self._fault = self._fault or fault  # raised when no call of the integrator is open: it must not meet it

    def _finish(self) -> None:
        """See to what waited for the end of a call: blocked calls, late deliveries, deferred deeds."""
        if self._calling:
            return
        if self._fault is not None:
            raise self._fault
        while self._within:
            waiting = self._within.pop(0)
            depth = release_all(self.lock)
            done, _ = wait([waiting.future], timeout=self._real_s)
            for _ in range(depth):
                self.lock.acquire()
            if not done:
                raise AdapterError(waiting.name, "made while another call was open, it did not return after that one")
            self._end_within(waiting)
        if self._fault is not None:
            raise self._fault
        self._deliver_late()
        while self._deferred and not self._calling:
            self._deferred.pop(0)()

    def perform_alone(self, deed: Callable[[], None]) -> None:
        """Do something now, or when no call of the integrator is open any more."""
        if self._calling:
            self._deferred.append(deed)
        else:
            deed()

    def perform(self, deed: Callable[[], None]) -> None:
        """Do something now, or after the open call where the program does one thing at a time."""
        if self._calling and self.manifest.reentrancy == "none":
            self._deferred.append(deed)
        else:
            deed()

    # --- death and restart

    def die(self, where: str, lasting_us: int) -> None:
        """Kill the integrator: its requests from now on are nobody's, and it starts again after ``lasting_us``."""
        if self.down_until_us is not None:
            return
        back_us = self.now_us + lasting_us
        self.record(Died(at_us=self.now_us, where=where, back_us=back_us))
        self.down_until_us = back_us
        self._wakeup_us = None
        self.plan_at(back_us, lambda: self.perform_alone(self._restart))
        if self._program is not None:
            self._program.kill()
        if not self._calling:
            self._bury()

    def _bury(self) -> None:
        program, self._program = self._program, None
        if program is not None and "crash" in program.calls:
            program.call("crash")
        if program is not None:
            program.close()

    def _restart(self) -> None:
        self.down_until_us = None
        self._program = self._new_program()
        self._start_program()

    def _new_program(self) -> Program:
        try:
            integrator = self._factory()
        except AdapterError:
            raise
        except Exception as error:
            raise AdapterError("factory", f"it raised {type(error).__name__}: {error}") from error
        return Program(integrator, guard_s=self._real_s)

    def _start_program(self) -> None:
        self.start_number += 1
        number = self.start_number
        env = Env(
            api_base=self.base_of(number),
            client_id=DEFAULT_CLIENT_ID,
            access_secret=DEFAULT_SECRET,
            now=self.host_now(),
            zone=self.plan.zone or "UTC",
            store=self._store,
            seed=self.plan.seed,
            send=self.line.sender(number),
            clock=self.line.clock(number),
        )
        self.call("start", env)

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

    def base_of(self, start: int) -> str:
        """Return the address of Truv for a start: each has its own, so that what a dead one still sends is known."""
        return self._base if self._plain else f"{self._base}/s{start}"

    # --- the record

    def record(self, op: Op) -> int:
        """Write an operation down and return its ``seq``."""
        if len(self.ops) >= OPS_LIMIT:
            raise AdapterError("advance", f"more than {OPS_LIMIT} operations in one story; something runs away")
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
