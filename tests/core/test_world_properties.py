"""What holds in every story: drawn plans are carried out on a journaled world and judged after every command."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import given, settings

from mock_truv.api.call import Request
from mock_truv.commands import Delivered, MoveClock, Step
from mock_truv.core.base import suborders
from mock_truv.core.instants import DAY_US
from mock_truv.core.model import TaskStatus
from mock_truv.core.tasks import FINAL, NEXT
from tests.worlds import AFTERMATH, ANY_QUERY, READS, Act, Plan, Story, Watch, command_of, crowded_plans, plans

if TYPE_CHECKING:
    from mock_truv.commands import Command
    from mock_truv.core.state import State
    from mock_truv.world import Outcome, World

MANY = settings(max_examples=200, deadline=None)
FEWER = settings(max_examples=60, deadline=None)

UNSEEN: dict[str, dict[str, str]] = {
    "User": {
        "link_ids": "links are objects of their own, embedded only on request",
        "order_ids": "orders are objects of their own",
        "report_ids": "reports are objects of their own; a new latest one shows as voie_report_id",
    },
    "Order": {
        "refresh_order": "a refresh leaves the original's updated_at as it was: only the pointer is new (data refresh)",
        "events": "the event list is a resource of its own, with its own time stamps",
        "employers": "suborders are judged one by one",
        "financial_accounts": "suborders are judged one by one",
        "user_consent_us": "set by a login in Bridge, whose visible effects come with the task",
    },
    "Suborder": {
        "task_ids": "tasks are objects of their own, embedded",
        "link_id": "set by a login in Bridge; the status, which is what updated_at is about, follows on the clock",
        "company": "completed from the connection at login",
    },
    "Task": {},
    "Link": {
        "connection": "lies outside Truv; only the control API shows it",
        "refreshes_us": "bookkeeping of the limit",
        "free_us": "bookkeeping of the free re-verifications",
        "read_us": "shown by the link's reports, which are resources of their own; the status says that a task is done",
        "statement_counts": "bookkeeping of the statement webhooks",
        "username": "never shown",
        "person": "never shown",
    },
    "Subscription": {"failed_in_a_row": "never shown; switching the endpoint off is"},
}
"""Type -> field -> why ``updated_us`` need not grow when only this field changes."""


class Rules(Watch):
    """After every command: time, refusals and reads behave."""

    def __init__(self) -> None:
        self._now_us = 0
        self._digest = ""

    def before(self, world: World, command: Command) -> None:
        self._now_us = world.now_us
        answers = not isinstance(command, Step | MoveClock | Delivered)
        self._digest = timeless_digest(world) if answers else ""

    def after(self, world: World, command: Command, outcome: Outcome) -> None:
        assert world.now_us >= self._now_us, "time went back"
        if outcome.answer is None:
            return
        assert outcome.answer.status < 500
        msgspec.json.decode(outcome.answer.body.replace(b"\x01", b"") or b"null")
        if outcome.answer.status >= 400:
            assert timeless_digest(world) == self._digest, f"{outcome.answer.status} changed the world"
            assert not outcome.events
            assert not outcome.effects
        if isinstance(command, Request) and command.method == "GET":
            assert timeless_digest(world) == self._digest, "a GET changed the world"
            assert not outcome.events
            assert not outcome.effects


def timeless_digest(world: World) -> str:
    """Return the world's digest without its clock: a command may come later than the one before it."""
    now_us, world.state.now_us = world.state.now_us, 0
    try:
        return world.world_digest()
    finally:
        world.state.now_us = now_us


class Stamps(Watch):
    """After every command: what changed visibly has a later ``updated_us``."""

    def __init__(self) -> None:
        self._before: dict[str, bytes] = {}

    def before(self, world: World, command: Command) -> None:  # noqa: ARG002
        self._before = _encoded(world.state)

    def after(self, world: World, command: Command, outcome: Outcome) -> None:  # noqa: ARG002
        for ident, now in _encoded(world.state).items():
            before = self._before.get(ident, now)
            if before == now:
                continue
            kind = ident.partition(" ")[0]
            old, new = msgspec.msgpack.decode(before), msgspec.msgpack.decode(now)
            changed = {name for name in new if new[name] != old[name]}
            if changed - set(UNSEEN[kind]):
                assert new["updated_us"] > old["updated_us"], f"{ident}: {sorted(changed)} changed, updated_us did not"
            assert new["updated_us"] >= old["updated_us"]


def _encoded(state: State) -> dict[str, bytes]:
    groups: tuple[list[Any], ...] = (
        list(state.users.values()),
        list(state.orders.values()),
        [each for order in state.orders.values() for each in suborders(order)],
        list(state.tasks.values()),
        list(state.links.values()),
        list(state.subscriptions.values()),
    )
    return {f"{type(it).__name__} {it.id}": msgspec.msgpack.encode(it) for group in groups for it in group}


@MANY
@given(plans())
def test_commands_keep_the_rules(plan: Plan) -> None:
    """Time never goes back, no answer is 5xx, nothing refused and no GET changes the world, and nothing raises."""
    Story(plan, watch=Rules()).run()


@FEWER
@given(plans())
def test_no_read_changes_the_world(plan: Plan) -> None:
    """Every GET of the API, with every kind of query, changes the edge and nothing else."""
    story = Story(plan).run()
    world = story.world
    for at, path in enumerate(READS):
        for query in ANY_QUERY:
            before, edge = world.world_digest(), world.state.edge.requests
            command = command_of(world, Act("read", at, (path, query)))
            assert command is not None
            answer = story.give(command).answer
            assert answer is not None
            assert answer.status < 500, f"{path}?{query} answered {answer.status}"
            assert world.world_digest() == before, f"GET {path}?{query} changed the world"
            assert world.state.edge.requests == edge + 1


@settings(max_examples=25, deadline=None)
@given(plans())
def test_refusals_leave_the_world_as_it_was(plan: Plan) -> None:
    """After any story everything that is to be refused is refused with 4xx, and the world stays as it was."""
    story = Story(plan, watch=Rules()).run()
    for act in AFTERMATH:
        story.perform(act)
    refused = sum((record.status or 0) >= 400 for record in story.journal.records)
    assert refused > len(AFTERMATH) // 3


@MANY
@given(plans())
def test_updated_at_grows_with_every_change(plan: Plan) -> None:
    """An object that a command changed visibly has a strictly later ``updated_us``."""
    Story(plan, watch=Stamps()).run()


@MANY
@given(plans() | crowded_plans())
def test_refreshes_end_once_and_are_billed_once(plan: Plan) -> None:
    """Every task ends in exactly one final status, along the table; the ledger and the limit fit the tasks."""
    state = Story(plan).run().world.state
    for task in state.tasks.values():
        assert task.path[0] is TaskStatus.NEW
        assert task.path[-1] is task.status
        assert sum(status in FINAL for status in task.path) == 1, f"{task.id} went {task.path}"
        for current, following in pairwise(task.path):
            assert following in NEXT[current], f"{task.id} went {task.path}"
    refreshed = [task for task in state.tasks.values() if task.is_refresh]
    assert [(task.id, task.link_id, task.product, task.order_id, task.created_us) for task in refreshed] == [
        (line.task_id, line.link_id, line.product, line.order_id, line.at_us) for line in state.ledger
    ]
    for link in state.links.values():
        starts_us = [task.created_us for task in refreshed if task.link_id == link.id]
        for end_us in starts_us:
            assert sum(end_us - DAY_US < each <= end_us for each in starts_us) <= 3, f"{link.id}: {starts_us}"


@FEWER
@given(plans())
def test_no_two_objects_share_an_identifier(plan: Plan) -> None:
    """Identifiers and tokens of all kinds are different, and every index points at what it names."""
    state = Story(plan).run().world.state
    groups: list[list[str]] = [
        list(state.users), list(state.orders), list(state.tokens),
        [each.id for order in state.orders.values() for each in suborders(order)],
        list(state.public_tokens), list(state.links), list(state.tasks), list(state.subscriptions),
        list(state.deliveries), list(state.reports),
        [link.access_token for link in state.links.values()],
        [entry.id for report in state.reports.values() for entry in report.entries],
    ]  # fmt: skip
    shared = [ident for ident, times in Counter(ident for group in groups for ident in group).items() if times > 1]
    assert not shared
    codes = [order.short_code for order in state.orders.values()]
    assert len(set(codes)) == len(codes)
    for order in state.orders.values():
        assert order.id in state.users[order.user_id].order_ids
        if order.initial_order is not None:
            assert order.initial_order in state.orders
    for token, link_id in state.access_tokens.items():
        assert state.links[link_id].access_token == token
