"""One drawn story with everything in it, and everything that must hold of it.

``MOCK_TRUV_SEARCH_SECONDS`` sets how long to search; without it, a few stories are drawn.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings

from mock_truv.api.call import ORIGIN, Request
from mock_truv.api.dispatch import JSON
from mock_truv.api.edge import PAGE
from mock_truv.commands import Delivered, MoveClock, Redeliver, Resume, Step
from mock_truv.core import faults
from mock_truv.core.base import suborders
from mock_truv.core.billing import GSE_DAYS
from mock_truv.core.instants import DAY_US, HOUR_US, SECOND_US
from mock_truv.core.model import OPEN_SUBORDER, SuborderStatus, TaskStatus
from mock_truv.core.progress import LIMIT_REACHED
from mock_truv.core.staging import PREFIX
from mock_truv.core.tasks import ERRORS, FINAL, NEXT
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog
from mock_truv.world import World
from tests.core.product_rules import check_products
from tests.core.test_world_properties import UNSEEN, timeless_digest
from tests.worlds import GOOD, ORDER, READS, Act, Plan, Story, Watch, shipped_scenarios, wild_plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from mock_truv.api.call import Answer
    from mock_truv.commands import Command
    from mock_truv.core.model import Link, Order, Task
    from mock_truv.core.profile import Profile
    from mock_truv.core.state import State
    from mock_truv.journal.entries import Entry, Opening
    from mock_truv.world import Outcome

SECONDS = "MOCK_TRUV_SEARCH_SECONDS"
FEW = 200
"""Stories that are drawn where nobody asks for a search."""
SEARCHED = settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
SETUP = 60
"""About so many commands into a story it is saved, to be gone on with from there."""

SCENARIOS = {scenario.name: Act("scenario", 0, scenario) for scenario in shipped_scenarios()}
CONNECTED = (ORDER, Act("bridge", 0, (GOOD, None, None)), Act("clock", 0, 40 * SECOND_US))
REFRESH = Act("refresh_link", 0, {})
FOUND = {
    "billed when accepted, and again when done": (
        *CONNECTED, REFRESH, Act("change", 0, ("profile", {"billing": "done"})),
    ),
    "a planned fault of an earlier scenario began": (SCENARIOS["api-5xx"], SCENARIOS["happy-path"]),
    "an earlier scenario kept the webhooks that it held": (
        SCENARIOS["webhook-out-of-order"], ORDER, CONNECTED[1], SCENARIOS["happy-path"],
    ),
    "an employer added to a completed order stayed open": (
        *CONNECTED, Act("create", 0, ("/orders/{order}/employers/", {})),
    ),
    "a wider window did not know the refreshes before": (
        *CONNECTED, REFRESH, REFRESH, REFRESH, Act("clock", 0, 25 * HOUR_US), REFRESH,
        Act("change", 0, ("profile", {"refresh_limit_hours": 48})), REFRESH,
    ),
    "a login that failed after the window left its suborder open": (
        ORDER, Act("clock", 0, 3 * DAY_US - SECOND_US), Act("bridge", 0, (("goodlogin", "wrong", None), None, None)),
    ),
}  # fmt: skip
"""Stories that broke a rule once: they are carried out every time."""


@dataclass
class Counts:
    """How much was searched."""

    examples: int = 0
    commands: int = 0
    steps: int = 0

    def __str__(self) -> str:
        return f"{self.examples} examples, {self.commands} commands, {self.steps} steps"


class Judge(Watch):
    """Sees every command and keeps books of its own: money, limits, attempts, faults, identifiers."""

    def __init__(self) -> None:
        self.ledger: list[tuple[str, str, str, str | None, int, bool]] = []
        self.saved: tuple[int, bytes] | None = None
        self._counted: dict[str, list[int]] = {}
        """Link -> commit instants of the refreshes that count."""
        self._free: dict[str, list[int]] = {}
        self._billed: set[str] = set()
        self._again: Counter[str] = Counter()
        """Webhook -> times it was sent anew on demand."""
        self._retries: int = 0
        self._commands = 0
        self._seen = _Seen({}, {}, {}, {}, set())
        self._now_us = 0
        self._profile: Profile | None = None
        self._digest = ""
        self._used: dict[str, int] = {}
        self._attempts = 0

    def before(self, world: World, command: Command) -> None:
        """Remember the world as it is before a command."""
        state = world.state
        answers = not isinstance(command, Step | MoveClock | Delivered)
        self._digest = timeless_digest(world) if answers else ""
        self._now_us, self._profile = state.now_us, state.profile
        self._used = {ident: active.used for ident, active in state.edge.faults.items()}
        self._attempts = len(state.deliveries[command.webhook_id].attempts) if isinstance(command, Delivered) else 0
        self._retries = max(self._retries, state.profile.webhook_retries)
        if isinstance(command, Resume):
            self._again.update(each.webhook_id for each in state.deliveries.values() if each.state == "in_flight")

    def after(self, world: World, command: Command, outcome: Outcome) -> None:
        """Judge what a command did."""
        state, now = world.state, _seen(world.state)
        assert state.now_us >= self._now_us, "time went back"
        if outcome.answer is not None:
            self._judge_answer(world, command, outcome, outcome.answer)
        self._judge_stamps(now)
        self._judge_money(state, now)
        self._judge_orders(state, now)
        if isinstance(command, Delivered):
            self._judge_attempt(state, command)
        if isinstance(command, Redeliver) and outcome.answer is not None and outcome.answer.status == 200:
            self._again[command.webhook_id] += 1
        for ident in state.edge.faults:
            if ident.startswith(PREFIX):
                assert ident.startswith(f"{PREFIX}{state.ordinals['scenario']}-"), f"{ident} is of an earlier scenario"
        self._seen = now
        self._commands += 1
        if self._commands == SETUP:
            self.saved = (self._commands, world.snapshot())

    def judge_end(self, state: State) -> None:
        """Judge the attempts of all webhooks, and that none is left behind."""
        for it in state.deliveries.values():
            assert it.state in {"delivered", "failed", "dropped", "lost"}, f"webhook {it.webhook_id} is {it.state}"
            allowed = 1 + (self._retries if it.forgery is None else 0) + self._again[it.webhook_id]
            assert len(it.attempts) <= allowed, f"webhook {it.webhook_id} was sent {len(it.attempts)} times"

    def _judge_answer(self, world: World, command: Command, outcome: Outcome, answer: Answer) -> None:
        in_force = world.state.edge.faults
        struck = None
        if isinstance(command, Request):
            struck = next((it.fault for ident, it in in_force.items() if self._is_request_fault(ident, it)), None)
        kept = not isinstance(command, Request) or getattr(struck, "commit", True) is False
        if struck is not None:
            assert isinstance(struck, faults.RequestFault)
            _judge_faulty(struck, answer)
        else:
            assert answer.status < 500, f"{command} answered {answer.status}"
            assert (answer.ending, answer.hold_us) == ("whole", 0), "nothing but a fault delays or cuts an answer"
            msgspec.json.decode(answer.body.replace(b"\x01", b"") or b"null")
            kept = answer.status >= 400
            if kept and LIMIT_REACHED.encode() in answer.body:
                assert isinstance(command, Request)
                self._judge_limit_refusal(world.state, command)
        if kept or (isinstance(command, Request) and command.method == "GET"):
            assert timeless_digest(world) == self._digest, f"{command}, answered {answer.status}, changed the world"
            assert not outcome.effects
            assert {event.name for event in outcome.events} <= ({"fault"} if struck else set())

    def _is_request_fault(self, ident: str, active: faults.Active) -> bool:
        return isinstance(active.fault, faults.RequestFault) and active.used > self._used.get(ident, 0)

    def _judge_limit_refusal(self, state: State, command: Request) -> None:
        """Only a connection at its limit is a reason to say so."""
        parts = command.path.split("/")
        if parts[2] == "orders":
            links = {each.link_id for each in suborders(state.orders[parts[3]])}
        else:
            links = {state.access_tokens[msgspec.json.decode(command.body)["access_token"]]}
        assert self._profile is not None
        assert self._profile.refresh_limit_effect == "refuse"
        assert any(self._at_limit(link_id, state.now_us) for link_id in links if link_id), "nothing is at its limit"

    def _at_limit(self, link_id: str, now_us: int) -> bool:
        assert self._profile is not None
        since_us = now_us - self._profile.refresh_limit_hours * HOUR_US
        return sum(each > since_us for each in self._counted.get(link_id, ())) >= self._profile.refresh_limit

    def _judge_stamps(self, now: _Seen) -> None:
        """What changed visibly has a later ``updated_us``."""
        for ident, fields in now.encoded.items():
            before = self._seen.encoded.get(ident, fields)
            if before == fields:
                continue
            kind = ident.partition(" ")[0]
            old, new = msgspec.msgpack.decode(before), msgspec.msgpack.decode(fields)
            changed = {name for name in new if new[name] != old[name]} - set(UNSEEN.get(kind, ()))
            assert new["updated_us"] >= old["updated_us"]
            if changed:
                assert new["updated_us"] > old["updated_us"], f"{ident}: {sorted(changed)} changed, updated_us did not"

    def _judge_money(self, state: State, now: _Seen) -> None:
        """The ledger and the limit are what the tasks say, under the knobs in force."""
        profile = self._profile
        assert profile is not None
        for ident, status in now.tasks.items():
            task = state.tasks[ident]
            if not task.is_refresh or status == self._seen.tasks.get(ident):
                continue
            assert task.link_id is not None
            if ident not in self._seen.tasks:
                self._accept(state, profile, task, task.link_id)
            if status is TaskStatus.DONE and profile.billing == "done" and ident not in self._billed:
                self._bill(state, profile, task, task.link_id)
            if status in ERRORS and task.verdict is None and not profile.refresh_limit_counts_failed:
                counted = self._counted[task.link_id]
                counted.remove(task.created_us)
        shown = [(it.task_id, it.link_id, it.product, it.order_id, it.at_us, it.free) for it in state.ledger]
        assert shown == self.ledger, "the ledger is not what the tasks say"

    def _accept(self, state: State, profile: Profile, task: Task, link_id: str) -> None:
        assert task.created_us == state.now_us
        if self._at_limit(link_id, state.now_us):
            assert profile.refresh_limit_effect == "fail_task", f"{link_id} was refreshed beyond its limit"
            assert task.verdict is TaskStatus.ERROR
            return
        assert task.verdict is None, f"{link_id} is not at its limit"
        self._counted.setdefault(link_id, []).append(state.now_us)
        if profile.billing == "commit":
            self._bill(state, profile, task, link_id)

    def _bill(self, state: State, profile: Profile, task: Task, link_id: str) -> None:
        since_us = state.now_us - GSE_DAYS * DAY_US
        free = self._free.setdefault(link_id, [])
        is_free = sum(each > since_us for each in free) < profile.gse_refreshes
        if is_free:
            free.append(state.now_us)
        self._billed.add(task.id)
        self.ledger.append((task.id, link_id, task.product, task.order_id, state.now_us, is_free))

    def _judge_orders(self, state: State, now: _Seen) -> None:
        """Statuses go one way, an order completes with its last suborder, identifiers are shared only on demand."""
        known = set(self._seen.names)
        for (order_id, suborder_id), status in now.suborders.items():
            before = self._seen.suborders.get((order_id, suborder_id))
            if before is None and suborder_id in known:
                order = state.orders[order_id]
                assert self._profile is not None
                assert self._profile.employer_ids == "equal", f"suborder id {suborder_id} is used twice"
                assert order.initial_order is not None
                assert (order.initial_order, suborder_id) in now.suborders
            assert before in {None, status, *OPEN_SUBORDER}, f"suborder {suborder_id} went from {before} to {status}"
        for order_id, completed_us in now.orders.items():
            if order_id not in self._seen.orders:
                continue
            mine = suborders(state.orders[order_id])
            ended = any(
                each.status is SuborderStatus.COMPLETED
                and self._seen.suborders.get((order_id, each.id)) not in {None, SuborderStatus.COMPLETED}
                for each in mine
            )
            completes = ended and all(each.status not in OPEN_SUBORDER for each in mine)
            expected = state.now_us if completes else self._seen.orders[order_id]
            assert completed_us == expected, f"order {order_id} has completed_us {completed_us}, not {expected}"

    def _judge_attempt(self, state: State, command: Delivered) -> None:
        """A failed attempt is followed by another one while retries are left; every other one is the last."""
        it = state.deliveries[command.webhook_id]
        assert self._profile is not None
        assert len(it.attempts) == self._attempts + 1
        well = command.error is None and command.status_code is not None and 200 <= command.status_code < 300
        retried = len(it.attempts) <= self._profile.webhook_retries and it.forgery is None
        expected = "delivered" if well else "waiting" if retried else "failed"
        assert it.state == expected, f"after {len(it.attempts)} attempts webhook {it.webhook_id} is {it.state}"


@dataclass(frozen=True)
class _Seen:
    """What a judge remembers from one command to the next."""

    encoded: dict[str, bytes]
    tasks: dict[str, TaskStatus]
    suborders: dict[tuple[str, str], SuborderStatus]
    orders: dict[str, int | None]
    names: set[str]


def _seen(state: State) -> _Seen:
    groups: tuple[list[tuple[str, Any]], ...] = (
        list(state.users.items()), list(state.orders.items()), list(state.tasks.items()), list(state.links.items()),
        list(state.subscriptions.items()), list(state.sandbox_scenarios.items()),
        [(f"{order.id} {each.id}", each) for order in state.orders.values() for each in suborders(order)],
    )  # fmt: skip
    return _Seen(
        {f"{type(it).__name__} {ident}": msgspec.msgpack.encode(it) for group in groups for ident, it in group},
        {task.id: task.status for task in state.tasks.values()},
        {(order.id, each.id): each.status for order in state.orders.values() for each in suborders(order)},
        {order.id: order.completed_us for order in state.orders.values()},
        {each.id for order in state.orders.values() for each in suborders(order)},
    )


def _statuses(value: Any) -> Iterator[str]:
    """Yield the text of every key ``status`` of a JSON value, however deep."""
    for name, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if name == "status" and isinstance(each, str):
            yield each
        yield from _statuses(each)


def _judge_faulty(fault: faults.RequestFault, answer: Answer) -> None:
    """An answer is what the fault that struck makes of it."""
    match fault:
        case faults.Status(status=status, body=body):
            assert answer.status == status
            assert (answer.body == PAGE) == (body == "html")
            assert (answer.body == b"") == (body == "empty")
            if body == "json":
                msgspec.json.decode(answer.body)
        case faults.Html(status=status):
            assert (answer.status, answer.body) == (status, PAGE)
        case faults.Empty():
            assert answer.body == b""
        case faults.Truncated():
            assert answer.ending == "cut"
            assert answer.cut_bytes <= len(answer.body)
        case faults.UnknownStatus():
            assert answer.ending == "whole"
            if 200 <= answer.status < 300 and answer.headers.get("content-type") == JSON["content-type"]:
                assert set(_statuses(msgspec.json.decode(answer.body.replace(ORIGIN, b"")))) <= {faults.NEW_STATUS}
        case faults.Timeout() | faults.Reset():
            assert answer.ending == "none"
        case _:
            assert isinstance(fault, faults.Slow)
            assert answer.ending == "whole"
    if not isinstance(fault, faults.Status | faults.Html) and getattr(fault, "commit", True):
        assert answer.status < 500


def examine(plan: Plan, counts: Counts) -> None:
    """Carry out a plan, let everything settle, and check all that must hold."""
    judge, lines = Judge(), list[bytes]()

    def write(item: Opening | Entry) -> None:
        lines.append(msgspec.json.encode(item) + b"\n")

    story = Story(plan, write=write, watch=judge).run()
    for at, path in enumerate(READS):
        story.perform(Act("read", at + plan.seed, (path, "")))
    state = story.world.state
    judge.judge_end(state)
    for task in state.tasks.values():
        _check_task(task)
    for order in state.orders.values():
        _check_order(state, order)
    _check_identifiers(state)
    check_products(story.world)
    _check_replay(story, lines)
    _check_restore(story, judge)
    counts.examples += 1
    counts.commands += story.journal.seq
    counts.steps += state.steps


def _check_task(task: Task) -> None:
    """Every task ends once, along the table; one that was there before a scenario began is done from the start."""
    assert task.path[-1] is task.status
    assert len(task.path) == len(task.path_us)
    assert task.path_us == sorted(task.path_us)
    assert sum(status in FINAL for status in task.path) == 1, f"{task.id} went {task.path}"
    assert task.path[0] is TaskStatus.NEW or (task.path == [TaskStatus.DONE] and not task.is_refresh)
    for current, following in pairwise(task.path):
        assert following in NEXT[current], f"{task.id} went {task.path}"


def _check_order(state: State, order: Order) -> None:
    """An order, its suborders and their tasks agree."""
    mine = suborders(order)
    for it in mine:
        assert it.status is (it.path[-1] if it.path else SuborderStatus.PENDING)
        assert len(it.path) == len(it.path_us)
        assert it.path_us == sorted(it.path_us)
        assert all(status in OPEN_SUBORDER for status in it.path[:-1])
        assert (it.completed_us is not None) == (it.status is SuborderStatus.COMPLETED)
        for task_id in it.task_ids:
            assert state.tasks[task_id].order_id == order.id
        if it.completed_us is not None:
            ends = {task.path_us[-1] for task in _tasks(state, it.task_ids) if task.status is TaskStatus.DONE}
            assert it.completed_us in ends, f"suborder {it.id} is completed without a task that is done"
            assert it.completed_us == it.path_us[-1]
    if order.completed_us is not None:
        assert order.completed_us in {it.completed_us for it in mine}
    if order.canceled_us is not None:
        assert all(it.status not in OPEN_SUBORDER for it in mine), "a canceled order has something open"
    if state.now_us >= order.expires_us:
        assert all(it.status not in OPEN_SUBORDER for it in mine), "something is open after the order's window"
    if order.initial_order is not None:
        assert state.orders[order.initial_order].user_id == order.user_id
        assert all(it.status not in OPEN_SUBORDER for it in mine if it.task_ids), "a refresh never ended"


def _tasks(state: State, ids: list[str]) -> list[Task]:
    return [state.tasks[ident] for ident in ids]


def _check_identifiers(state: State) -> None:
    """No two objects share an identifier, and every index points at what it names."""
    links: list[Link] = list(state.links.values())
    groups: list[list[str]] = [
        list(state.users), list(state.orders), list(state.tokens), list(state.public_tokens), list(state.links),
        list(state.tasks), list(state.subscriptions), list(state.deliveries), list(state.reports),
        list(state.sandbox_scenarios), [link.access_token for link in links],
        list({each.id for order in state.orders.values() for each in suborders(order)}),
        [entry.id for report in state.reports.values() for entry in report.entries],
    ]  # fmt: skip
    shared = [ident for ident, times in Counter(ident for group in groups for ident in group).items() if times > 1]
    assert not shared
    codes = [order.short_code for order in state.orders.values()]
    assert len(set(codes)) == len(codes)
    named = Counter(each.id for order in state.orders.values() for each in order.employers + order.financial_accounts)
    assert set(state.access_tokens) == {link.access_token for link in links if link.deleted_us is None}
    for order in state.orders.values():
        assert order.id in state.users[order.user_id].order_ids
        for each in suborders(order):
            token = state.tokens[each.bridge_token]
            assert (token.order_id, token.suborder_id) == (order.id, each.id)
            assert named[each.id] == 1 or order.initial_order or order.refresh_order
    assert (state.ordinals.get("order", 0), state.ordinals.get("link", 0)) == (len(state.orders), len(links))


def _check_replay(story: Story, lines: list[bytes]) -> None:
    """The journal, carried out again, gives the same world and the same webhooks, byte for byte."""
    replayed = replay(lines, load_catalog())
    assert replayed.difference is None, str(replayed.difference)
    again = replayed.journals["story"]
    assert again.world.digest() == story.world.digest()
    assert again.chain == story.journal.chain
    assert replayed.sent == story.sent


def _check_restore(story: Story, judge: Judge) -> None:
    """A saved world is the same world, at the end and on its way there."""
    assert World.restore(story.world.snapshot(), load_catalog()).digest() == story.world.digest()
    if judge.saved is None:
        return
    done, snapshot = judge.saved
    world = World.restore(snapshot, load_catalog())
    for record in story.journal.records[done:]:
        command = record.entry.command
        if not isinstance(command, Step | MoveClock) and record.entry.at_us > world.now_us:
            world.move_clock(record.entry.at_us)
        assert world.handle(command).digest() == record.entry.digest, "a restored world went another way"
    assert world.digest() == story.world.digest()


def search(seconds: float, counts: Counts) -> None:
    """Examine stories for so long, of one seed after the other; the first that breaks a rule is raised."""
    until = time.monotonic() + seconds
    broken = False

    def body(plan: Plan) -> None:
        nonlocal broken
        if time.monotonic() >= until and not broken:
            return
        try:
            examine(plan, counts)
        except BaseException:
            broken = True  # from now on the time does not matter: what failed once must fail again
            raise

    for number in count():
        if time.monotonic() >= until:
            return
        seed(number)(SEARCHED(given(wild_plans())(body)))()


def test_a_random_world_keeps_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    """No plan of commands, faults and times leads to an exception or breaks a rule."""
    counts = Counts()
    for acts in FOUND.values():
        examine(Plan(seed=0, acts=acts), counts)
    seconds = os.environ.get(SECONDS)
    if seconds is None:
        settings(max_examples=FEW, deadline=None)(given(wild_plans())(lambda plan: examine(plan, counts)))()
        return
    try:
        search(float(seconds), counts)
    finally:
        with capsys.disabled():
            print(f"\nsearched {counts}")  # noqa: T201 -- the figure that a search is run for
