"""Drawn stories of one world, and the small synchronous pump that carries them out. Several suites judge them.

A *plan* is plain data: a seed, *acts* (what people and clients do, one after the other) and *replies* (what the webhook
receiver answers, and what it does in the API before it answers). Objects are named by ordinal, so that a plan stays
meaningful while Hypothesis makes it smaller: ``at=3`` is the fourth order if there are that many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st

from mock_truv.api.call import Request
from mock_truv.api.dispatch import OPERATIONS, PREFIX
from mock_truv.commands import (
    AddFault,
    Change,
    CompleteBridge,
    Delivered,
    LeaveBridge,
    MoveClock,
    PutScenario,
    Redeliver,
    RemoveFault,
    Resume,
    Step,
    Subscribe,
)
from mock_truv.core.faults import (
    Bytes,
    Delay,
    Duplicate,
    Empty,
    Forge,
    Html,
    Lose,
    Reorder,
    Reset,
    Slow,
    Status,
    Strange,
    Timeout,
    Truncated,
    UnknownStatus,
)
from mock_truv.core.instants import DAY_US, HOUR_US, LAST_US, MINUTE_US, SECOND_US, START_US, text_z
from mock_truv.core.logins import typed
from mock_truv.core.profile import PRESETS
from mock_truv.core.tasks import ERRORS
from mock_truv.journal.journal import DEFAULT_LIMIT, Journal, open_journal
from mock_truv.runtime.hub import load_catalog
from mock_truv.scenarios import shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mock_truv.commands import Command
    from mock_truv.core.base import Deliver
    from mock_truv.core.scenario import Scenario
    from mock_truv.journal.entries import Entry, Opening
    from mock_truv.world import Outcome, World

NOBODY = "0" * 32
"""An identifier that no object has."""
READS = tuple(operation.path for operation in OPERATIONS if operation.method == "GET")
STEPS_LIMIT = 20_000
RECEIVER = "http://127.0.0.1:9/hooks"


@dataclass(frozen=True)
class Act:
    """One thing that somebody does. ``at`` picks the object by ordinal, ``value`` says what is done with it."""

    kind: str
    at: int = 0
    value: Any = None


@dataclass(frozen=True)
class Reply:
    """A receiver's answer: its status (None: it does not answer), and what it does first."""

    status: int | None = 200
    callback: Act | None = None


@dataclass(frozen=True)
class Plan:
    """A whole story."""

    seed: int
    acts: tuple[Act, ...]
    replies: tuple[Reply, ...] = ()
    """Given one by one, from the start again when they are used up (then without callbacks); none: always 200."""
    lag_us: int = 0
    """So much later than the one before it each act comes without anybody moving the clock, as in wall-clock mode."""


class Story:
    """A plan being carried out on a journaled world. ``watch`` is told of every command, before and after it."""

    def __init__(
        self,
        plan: Plan,
        *,
        limit: int = DEFAULT_LIMIT,
        write: Callable[[Opening | Entry], None] | None = None,
        watch: Watch | None = None,
    ) -> None:
        if currently_in_test_context():
            note(repr(plan))
        self.plan = plan
        self.journal: Journal = open_journal(
            "story", plan.seed, load_catalog(), now_us=START_US, limit=limit, write=write
        )
        self.sent: list[Deliver] = []
        self._watch = watch
        self._replied = 0
        self._called_back = False
        self._commands = 0

    @property
    def world(self) -> World:
        """The world as it is now."""
        return self.journal.world

    def run(self) -> Story:
        """Carry out every act, then let half a year pass, so that nothing is left half done."""
        self.give(Subscribe(RECEIVER))
        for act in self.plan.acts:
            self.perform(act)
        self.advance(182 * DAY_US)
        return self

    def perform(self, act: Act) -> None:
        """Carry out one act."""
        if act.kind == "clock":
            self.advance(act.value)
            return
        if act.kind == "edge":
            due_us = sorted(due for due, _, _ in self.world.state.agenda)
            if due_us:
                self.advance(max(due_us[act.at % len(due_us)] + act.value - self.world.now_us, 0))
            return
        at_us = None
        if self.plan.lag_us and not self._called_back:
            at_us = self.world.now_us + self.plan.lag_us
            self.catch_up(at_us)
        command = command_of(self.world, act)
        if command is not None:
            self.give(command, at_us)

    def advance(self, duration_us: int) -> None:
        """Let everything due happen, then set the clock."""
        to_us = min(self.world.now_us + duration_us, LAST_US)
        self.catch_up(to_us)
        if self.world.now_us < to_us:
            self.give(MoveClock(to_us))

    def catch_up(self, to_us: int) -> None:
        """Let everything due happen, one entry at a time, each delivery answered before the next."""
        while (due_us := self.world.next_due_us()) is not None and due_us <= to_us:
            for effect in self.give(Step()).effects:
                self.deliver(effect)

    def deliver(self, effect: Deliver) -> None:
        """Let the receiver act and answer."""
        self.sent.append(effect)
        replies = self.plan.replies
        reply = replies[self._replied % len(replies)] if replies else Reply()
        self._replied += 1
        if reply.callback is not None and self._replied <= len(replies):
            self._called_back = True
            self.perform(reply.callback)
            self._called_back = False
        error = "no answer" if reply.status is None else None
        self.give(Delivered(effect.webhook_id, effect.attempt, reply.status, error))

    def give(self, command: Command, at_us: int | None = None) -> Outcome:
        """Give the world one command, now or at a later instant before which nothing more is due."""
        self._commands += 1
        assert self._commands < STEPS_LIMIT, "the story does not end"
        if self._watch is not None:
            self._watch.before(self.world, command)
        outcome = self.journal.handle(command, at_us)
        assert at_us is None or self.world.now_us == at_us, "a command happens when it comes"
        if self._watch is not None:
            self._watch.after(self.world, command, outcome)
        return outcome


class Watch:
    """Sees the world before and after every command."""

    def before(self, world: World, command: Command) -> None:
        """Look at the world before a command."""

    def after(self, world: World, command: Command, outcome: Outcome) -> None:
        """Look at the world after it."""


def request(method: str, path: str, body: Any = None, *, query: str = "") -> Request:
    """Return a request below ``/v1``; a text is sent as it is, anything else as JSON."""
    if body is None:
        return Request(method, PREFIX + path, query)
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    return Request(method, PREFIX + path, query, text, "application/json")


def command_of(world: World, act: Act) -> Command | None:
    """Return the command that an act is in this world; None when it needs an object that is not there yet."""
    state, at, value = world.state, act.at, act.value
    match act.kind:
        case "create":
            path, body = value
            return request("POST", _filled(world, path, at), body)
        case "patch":
            path, body = value
            return request("PATCH", _filled(world, path, at), body)
        case "delete":
            return request("DELETE", _filled(world, value, at))
        case "read":
            path, query = value
            return request("GET", _filled(world, path, at), query=query)
        case "raw":
            return value if isinstance(value, Request) else None
        case "refresh":
            return _refresh(world, at, value)
        case "refresh_link":
            link = picked(state.links, at)
            token = link.access_token if link is not None else NOBODY
            return request("POST", "/refresh/tasks/", {"access_token": token, **value})
        case "update_mode":
            link = picked(state.links, at)
            user_id, token = (link.user_id, link.access_token) if link is not None else (NOBODY, NOBODY)
            return request("POST", f"/users/{user_id}/tokens/", {"product_type": value, "access_token": token})
        case "exchange":
            token = (list(state.public_tokens) or [NOBODY])[at % max(len(state.public_tokens), 1)]
            return request("POST", "/link-access-tokens/", {"public_token": token})
        case "bridge":
            (username, password, code), provider_id, mapping_id = value
            token = _from_last(list(state.tokens), at)
            where = {"provider_id": provider_id, "company_mapping_id": mapping_id}
            return CompleteBridge(token, typed(world, token, username, password, code, **where), **where)
        case "change":
            target, fields = value
            link = picked(state.links, at)
            ident = {"provider": "truv_api", "profile": "profile"}.get(target, link.id if link else NOBODY)
            return Change(target, ident, fields)
        case "planned_change":
            after_us, fields = value
            link = picked(state.links, at)
            when = text_z(min(world.now_us + after_us, LAST_US))
            return Change("connection", link.id if link else NOBODY, fields | {"at": when})
        case "scenario":
            return PutScenario(value)
        case "leave":
            return LeaveBridge(_from_last(list(state.tokens), at))
        case "redeliver":
            return Redeliver((list(state.deliveries) or [NOBODY])[at % max(len(state.deliveries), 1)])
        case "resume":
            return Resume()
        case "fault":
            return AddFault(value)
        case "end_fault":
            return RemoveFault((list(state.edge.faults) or [NOBODY])[at % max(len(state.edge.faults), 1)])
        case _:
            raise AssertionError(f"nobody knows how to {act.kind}")


def picked(objects: Mapping[str, Any], at: int) -> Any:
    """Return the object at an ordinal, counted round and round; None when there is none."""
    return list(objects.values())[at % len(objects)] if objects else None


def _from_last(keys: list[str], at: int) -> str:
    return keys[-1 - at % len(keys)] if keys else NOBODY


def _filled(world: World, path: str, at: int) -> str:
    """Return a path with its parameters replaced by objects of this world, or by nobody's id."""
    state = world.state
    kinds: dict[str, Mapping[str, Any]] = {
        "user": state.users, "order": state.orders, "link": state.links, "task": state.tasks,
        "webhook": state.subscriptions, "report": state.reports, "sandbox_scenario": state.sandbox_scenarios,
    }  # fmt: skip
    report = picked(state.reports, at)
    for kind, objects in kinds.items():
        found = picked(objects, at)
        ident = NOBODY if found is None else found.id
        if kind == "user" and "{report}" in path and report is not None and at % 3:
            ident = report.user_id
        path = path.replace(f"{{{kind}}}", ident)
    return path


def _refresh(world: World, at: int, value: Any) -> Request:
    """Return the refresh of an order; ``chosen`` names employers by ordinal, -1 one that the order does not have."""
    path, products, chosen, extra = value
    order = picked(world.state.orders, at)
    body: dict[str, Any] = dict(extra)
    if products is not None:
        body["products"] = products
    if chosen is not None:
        mine = (order.employers or order.financial_accounts) if order is not None else []
        known = [each.id for each in mine] or [NOBODY]
        body["employers"] = [{"id": NOBODY if number < 0 else known[number % len(known)]} for number in chosen]
    return request("POST", path.format(order=order.id if order is not None else NOBODY), body)


# --- strategies -----------------------------------------------------------------------------------------------------

ordinals = st.integers(0, 7)
PRODUCTS = ("income", "employment", "deposit_switch", "pll", "insurance", "transactions", "assets")
GOOD = ("goodlogin", "goodpassword", None)
MAPPINGS = tuple(employer["company_mapping_id"] for employer in load_catalog().employers)
LOGINS = (
    GOOD,
    ("goodlogin", "wrong", None),
    ("goodlogin", "mfa", None),
    ("goodlogin", "mfa", "12345"),
    ("goodlogin", "mfa", "99999"),
    ("goodlogin", "longcheck", None),
    *(("error.user", str(status), None) for status in sorted(ERRORS)),
)
REFUSED: tuple[tuple[str, Any], ...] = (
    ("create", ("/orders/", "{")), ("create", ("/orders/{order}/", {})),
    ("create", ("/orders/{order}/cancel/", None)), ("create", ("/orders/{order}/cancel/", None)),
    ("create", ("/orders/{order}/employers/", {"start_date": "x"})),
    ("create", ("/orders/{order}/employers/", {"company_mapping_id": NOBODY})),
    ("create", ("/users/", {"external_user_id": "case-1"})), ("create", ("/users/{user}/tokens/", {})),
    ("create", ("/users/{user}/reports/", {"is_voe": 1})), ("create", ("/webhooks/", {})),
    ("patch", ("/users/{user}/", {"external_user_id": "case-2", "ssn": "x"})), ("exchange", None),
    ("exchange", None),
    ("patch", ("/webhooks/{webhook}/", {"webhook_url": RECEIVER})), ("patch", ("/orders/{order}/", {"notes": ""})),
    ("patch", ("/orders/{order}/", {"first_name": "Eve"})), ("update_mode", "nonsense"),
    ("refresh", ("/orders/{order}/", ["income"], [0, -1], {})),
    ("refresh", ("/orders/{order}/", ["pll"], None, {})),
    *[("refresh_link", {})] * 4, ("refresh_link", {"product_type": "pll"}), ("delete", "/links/{link}/"),
    ("delete", "/links/{link}/"), ("refresh_link", {}), ("bridge", (GOOD, "nobody", None)),
    ("bridge", (GOOD, None, NOBODY)), ("redeliver", None), ("redeliver", None),
    ("change", ("connection", {"session_ended": False})), ("change", ("provider", {"outages": [{"from": "?"}]})),
    ("change", ("profile", {"page_size": 0})), ("change", ("connection", {"locked": True, "expires_at": "?"})),
)  # fmt: skip
AFTERMATH = tuple(Act(kind, at, value) for at in range(3) for kind, value in REFUSED)
"""Things to be refused, and things that are refused the second time: each is done to the first three objects."""
BROKEN = (
    "", "{", "[]", "null", '{"products":', '{"a":1e999}', '{"a":"\\ud800"}', '{"a":NaN}', "[" * 3000,
    '{"products":["income"],"first_name":"Ada","last_name":"Test","loan":{"amount":18446744073709551616}}',
    '{"products":["income"],"first_name":"Ada","last_name":"Test","loan":' + '{"a":' * 900 + "1" + "}" * 901,
)  # fmt: skip
DURATIONS_US = (
    SECOND_US, 5 * SECOND_US, 9 * SECOND_US, 40 * SECOND_US, 2 * MINUTE_US, 7 * HOUR_US, DAY_US - 1, DAY_US,
    3 * DAY_US, 14 * DAY_US, 31 * DAY_US, 181 * DAY_US,
)  # fmt: skip


def often(common: st.SearchStrategy[Any], rare: st.SearchStrategy[Any], times: int = 9) -> st.SearchStrategy[Any]:
    """``common`` most of the time, ``rare`` once in ``times + 1``."""
    return st.integers(0, times).flatmap(lambda number: rare if number == times else common)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


accounts = some(
    account_number=st.sampled_from(("16002600", "40018822")),
    routing_number=st.sampled_from(("12345678", "130210113")),
    deposit_type=st.sampled_from(("entire", "percent", "amount", "P", "?")),
    deposit_value=st.sampled_from(("40", 12.5, 100, "140", "x")),
)
employers = some(
    account=accounts,
    company_name=st.sampled_from(("Home Depot", "Example Bakery")),
    company_mapping_id=often(st.sampled_from((MAPPINGS[0], "self_employed")), st.just(NOBODY)),
    suborder_number=st.sampled_from(("n-1", "n-2")),
    company_address=st.just({"street": "1 Test St", "city": "Testville", "state": "GA", "zip": "30000"}),
)
people = {
    "external_user_id": st.sampled_from(("case-1", "case-2")),
    "email": st.just("person@example.com"),
    "phone": st.just("+14045550100"),
    "ssn": often(st.sampled_from(("222233333", "3333")), st.just("12")),
}
orders = st.builds(
    lambda products, mine, rest: {"products": products, "first_name": "Ada", "last_name": "Test", "employers": mine}
    | rest,
    often(st.just(["income"]), st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=2), 2),
    st.lists(employers, max_size=3),
    some(
        **people,
        order_number=st.just("o-1"),
        notification_settings=some(suppress_user_notifications=st.booleans(),
                                   first_notification_delay_hours=st.integers(0, 3)),
        financial_institutions=st.just([{"name": "Example Bank"}, {"id": "maplebank", "suborder_number": "n-1"}]),
        insurance=st.sampled_from(({"provider_id": "rooftree"}, {"provider_id": "nobody"}, {})),
        loan=st.just({"amount": 12.5, "parts": [1, None]}),
        first_name=often(st.just("Grace"), st.just("")),
    ),
)  # fmt: skip
connection_changes = some(
    session_ended=st.booleans(),
    expires_at=st.sampled_from((None, "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00")),
    credentials_changed=st.booleans(),
    second_factor=st.sampled_from(("never", "new_session", "always", "?")),
    locked=st.booleans(),
    organisation_ok=st.booleans(),
    has_records=st.booleans(),
    broken=st.booleans(),
)
provider_changes = some(
    down=st.booleans(),
    down_for_seconds=st.integers(0, 30),
    second_factor=st.sampled_from(("never", "new_session", "always")),
    lifetime_days=st.none() | st.integers(1, 200),
    task_seconds=st.integers(1, 60),
    outages=st.sampled_from(([], [{"from": "2026-01-06T00:00:00Z", "until": "2026-01-07T00:00:00Z"}], [{"from": "?"}])),
)
profile_changes = some(
    webhook_retries=st.integers(-1, 5),
    webhook_retry_seconds=st.integers(-1, 60),
    order_expiry_hours=st.integers(-1, 100),
    order_notify_seconds=st.integers(-1, 10),
    page_size=st.integers(-1, 3),
    history_years=st.sampled_from((-1, 0, 1, 3, 9999)),
    client_name=st.just("Another County"),
    unknown=st.just(1),
)
webhooks = st.builds(
    lambda number, rest: {"name": "x", "webhook_url": f"{RECEIVER}/{number}", "env_type": "sandbox"} | rest,
    st.integers(1, 3),
    some(events=st.sampled_from(([], ["task-status-updated"], ["order-created", "link-deleted"], ["?"])),
         enabled=st.booleans(), env_type=st.just("dev")),
)  # fmt: skip
ANY_QUERY = ("", "page=2", "page_size=1", "page=0", "page=x", "user_id=" + NOBODY, "list_links=true",
             "include_refresh=true", "status_code=500&page_size=2", "created_at__gte=2026-01-06", "cursor=b1-0-0",
             "fmt=pdf", "external_user_id=case-1")  # fmt: skip


def acts(kind: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    """Acts of one kind."""
    return st.builds(Act, st.just(kind), ordinals, value)


def posts(path: str, body: st.SearchStrategy[Any]) -> st.SearchStrategy[Act]:
    """Requests that make something; once in a while with a broken body."""
    return acts("create", st.tuples(st.just(path), often(body, st.sampled_from(BROKEN))))


logins = acts("bridge", st.tuples(
    often(st.just(GOOD), st.sampled_from(LOGINS), 1),
    often(st.none(), st.sampled_from(("truv_api", "nobody", "maplebank", "rooftree", "fieldhand", "docdrop")), 4),
    often(st.none(), st.sampled_from((MAPPINGS[1], NOBODY)), 4),
))  # fmt: skip
good_logins = st.builds(Act, st.just("bridge"), st.integers(0, 2), st.just((GOOD, None, None)))
refreshes = acts("refresh", st.tuples(
    st.sampled_from(("/orders/{order}/", "/orders/{order}/refresh/")),
    often(st.just(["income"]), st.none() | st.lists(st.sampled_from(PRODUCTS), max_size=2), 2),
    often(st.none() | st.lists(st.integers(0, 2), min_size=1, max_size=3), st.lists(st.integers(-1, 2), max_size=3), 4),
    some(email=st.just("new@example.com"), manager=st.just({"name": "Max"}), reports=often(st.just({}), st.just("?"))),
))  # fmt: skip
plain_refreshes = acts("refresh", st.just(("/orders/{order}/", ["income"], None, {})))
link_refreshes = acts("refresh_link", some(product_type=st.sampled_from(PRODUCTS), account=accounts))
matches: dict[str, st.SearchStrategy[Any]] = {
    "event_type": st.sampled_from((None, "task-status-updated", "order-status-updated")),
    "nth": st.sampled_from(((), (1,), (2, 3))),
    "times": st.sampled_from((None, 1, 2)),
    "probability": st.sampled_from((1.0, 0.5)),
}
faults = st.one_of(
    st.builds(Duplicate, copies=st.integers(1, 2), gap_seconds=st.sampled_from((0.0, 1.5)), new_id=st.booleans(),
              **matches),
    st.builds(Delay, seconds=st.sampled_from((0.0, 5.0, 3600.0)), **matches),
    st.builds(Lose, **matches),
    st.builds(Reorder, order=st.sampled_from(((2, 1), (3, 1, 2))), **matches),
    st.builds(Forge, forgery=st.sampled_from(("missing-header", "tampered-byte", "invalid-utf8")),
              instead=st.booleans(), **matches),
    st.builds(Bytes, form=st.sampled_from(("spaces", "key-order", "escapes")), **matches),
)  # fmt: skip
others = st.one_of(
    posts("/orders/{order}/cancel/", st.none()),
    posts("/orders/{order}/employers/", employers),
    posts("/orders/lookup/", st.just({"ssn": "3333"})),
    posts("/webhooks/", webhooks),
    posts("/users/", some(**people)),
    posts("/users/{user}/tokens/", st.builds(
        lambda product, rest: {"product_type": product} | rest, st.sampled_from(PRODUCTS),
        some(account=accounts, company_mapping_id=st.just(MAPPINGS[0]),
             allowed_products=st.lists(st.sampled_from(PRODUCTS), max_size=3),
             data_sources=st.lists(st.sampled_from(("payroll", "docs", "tax", "financial_accounts", "insurance")),
                                   max_size=2)))),
    posts("/users/{user}/reports/", some(is_voe=st.booleans())),
    acts("patch", st.tuples(st.just("/orders/{order}/"), some(first_name=st.just("Eve"), loan=st.just({"n": 1}),
                                                             notes=st.sampled_from(("", "kept"))))),
    acts("patch", st.tuples(st.just("/users/{user}/"), some(**people))),
    acts("patch", st.tuples(st.just("/webhooks/{webhook}/"), some(enabled=st.booleans(), name=st.just("y")))),
    acts("delete", st.sampled_from(("/links/{link}/", "/webhooks/{webhook}/", "/users/{user}/", "/orders/{order}/"))),
    acts("update_mode", st.sampled_from(("income", "employment", "deposit_switch", "assets"))),
    acts("exchange", st.none()),
    acts("redeliver", st.none()),
    acts("resume", st.none()),
    acts("fault", faults),
    acts("end_fault", st.none()),
)  # fmt: skip
changes = acts("change", st.one_of(
    st.tuples(st.just("connection"), connection_changes),
    st.tuples(st.just("provider"), provider_changes),
    st.tuples(st.just("profile"), profile_changes),
))  # fmt: skip
reads = acts("read", st.tuples(st.sampled_from(READS), st.sampled_from(ANY_QUERY)))
clocks = st.builds(Act, st.just("clock"), st.just(0), st.sampled_from(DURATIONS_US))
edges = acts("edge", st.sampled_from((-1, 0, 1, -SECOND_US, -5 * SECOND_US)))
"""Up to about the instant at which something is due."""
new_orders = posts("/orders/", orders)
requests = st.one_of(
    plain_refreshes, refreshes, link_refreshes, reads, good_logins, logins, others, new_orders, changes
)
KINDS = (
    plain_refreshes, refreshes, link_refreshes, clocks, clocks, good_logins, logins, requests, others, changes, reads,
    acts("fault", faults),
)  # fmt: skip
replies = st.builds(
    Reply,
    often(st.just(200), st.sampled_from((201, 302, 400, 500, None)), 2),
    often(st.none(), requests, 2),
)
ORDER = Act("create", 0, ("/orders/", {"products": ["income"], "first_name": "Ada", "last_name": "Test",
                                       "email": "ada@example.com", "external_user_id": "case-1",
                                       "employers": [{"company_name": "Home Depot"}]}))  # fmt: skip


def crowded_plans(*besides: st.SearchStrategy[Act]) -> st.SearchStrategy[Plan]:
    """Stories of one connection that is refreshed more often than it may be, around the edges of the 24 hours."""
    spans_us = (1, SECOND_US, 9 * SECOND_US, HOUR_US, DAY_US // 2, DAY_US - 1, DAY_US)
    waits = st.builds(Act, st.just("clock"), st.just(0), st.sampled_from(spans_us))
    one_more = st.builds(Act, st.just("refresh_link"), st.just(0), st.just({}))
    following = st.sampled_from((plain_refreshes, one_more, waits, *besides)).flatmap(lambda kind: kind)
    connected = (ORDER, Act("bridge", 0, (GOOD, None, None)), Act("clock", 0, 40 * SECOND_US))
    story = st.tuples(
        st.lists(one_more, max_size=3), st.lists(waits, max_size=2), st.lists(following, min_size=3, max_size=12)
    ).map(lambda parts: (*connected, *parts[0], *parts[1], *parts[2]))
    return st.builds(Plan, seed=st.just(0), acts=story)


def plans(
    most: int = 16,
    kinds: tuple[st.SearchStrategy[Act], ...] = KINDS,
    answers: st.SearchStrategy[Reply] = replies,
    *,
    least: int = 0,
) -> st.SearchStrategy[Plan]:
    """Stories of at least ``least`` and at most ``most`` acts of some kinds, after an order and a login."""
    opening = st.tuples(
        often(st.just(ORDER), new_orders, 2),
        often(good_logins, logins, 2),
        often(st.just(Act("clock", 0, 40 * SECOND_US)), clocks, 2),
    )
    following = st.sampled_from(kinds).flatmap(lambda kind: kind)
    some_acts = st.lists(following, min_size=least // 2, max_size=most // 2)
    # two lists: Hypothesis makes one of them about five long
    story = st.tuples(opening, some_acts, some_acts).map(lambda parts: (*parts[0], *parts[1], *parts[2]))
    return st.builds(
        Plan,
        seed=st.integers(0, 3),
        acts=story,
        replies=st.lists(answers, max_size=8).map(tuple),
        lag_us=st.sampled_from((0, 0, 1, 700_000)),
    )


# --- everything that can go wrong -----------------------------------------------------------------------------------

FEW = 3
"""So many people a rule of a shipped scenario brings into a story at most."""


def shipped_scenarios() -> tuple[Scenario, ...]:
    """Return the shipped scenarios, with few people each."""
    return tuple(
        msgspec.structs.replace(
            it, person=tuple(msgspec.structs.replace(rule, count=min(rule.count, FEW)) for rule in it.person)
        )
        for it in shipped().values()
    )


request_matches: dict[str, st.SearchStrategy[Any]] = {
    "method": st.sampled_from((None, "POST", "GET")),
    "path": st.sampled_from(("**", "/v1/orders/**", "/v1/refresh/tasks/", "/v1/links/*")),
    "nth": st.sampled_from(((), (1,), (2, 3))),
    "times": st.sampled_from((None, 1, 2)),
    "probability": st.sampled_from((1.0, 0.5)),
}
request_faults = st.one_of(
    st.builds(Status, status=st.sampled_from((400, 401, 403, 404, 410, 429, 500, 503)), commit=st.booleans(),
              body=st.sampled_from(("json", "html", "empty")),
              retry_after=st.sampled_from((None, "30", "soon", "{date+30}")), **request_matches),
    st.builds(Timeout, commit=st.booleans(), seconds=st.sampled_from((0.0, 120.0)), **request_matches),
    st.builds(Reset, commit=st.booleans(), **request_matches),
    st.builds(Truncated, share=st.sampled_from((0.0, 0.5, 0.99)), **request_matches),
    st.builds(Html, status=st.sampled_from((200, 502, 503)), commit=st.booleans(), **request_matches),
    st.builds(Empty, **request_matches),
    st.builds(UnknownStatus, **request_matches),
    st.builds(Slow, seconds=st.sampled_from((0.0, 2.5)), byte_seconds=st.sampled_from((0.0, 0.001)), **request_matches),
)  # fmt: skip
all_faults = faults | request_faults | st.builds(
    Strange, what=st.sampled_from(("event-type", "status", "field", "nulls", "stranger")), instead=st.booleans(),
    **matches,
)  # fmt: skip
knobs = st.one_of(
    st.sampled_from(tuple(PRESETS.values())),
    st.sampled_from((
        {"billing": "done"}, {"billing": "commit"}, {"refresh_limit": 1}, {"refresh_limit": 0}, {"refresh_limit": 2},
        {"refresh_limit_hours": 1}, {"refresh_limit_hours": 48}, {"refresh_limit_counts_failed": False},
        {"refresh_limit_effect": "fail_task"}, {"refresh_limit_status": 429}, {"gse_refreshes": 1},
        {"requests_per_minute": 2}, {"oauth_days": 1}, {"webhook_retry_id": "new"}, {"webhook_disable_after": 1},
        {"task_event_order_id": True}, {"order_events": "order"}, {"order_events": "success"},
        {"failure_events": ["order-refresh-failed"]}, {"time_format": "mixed"}, {"order_list": "absent"},
        {"order_read_lag_seconds": 5}, {"order_list_lag_seconds": 5}, {"report_place": "order"},
        {"report_place": "link"}, {"failure_reason_in": ["link"]}, {"idempotency_header": "honoured"},
        {"user_of_new_order": "replaced"}, {"employer_ids": "equal"}, {"refresh_of_refresh": "refused"},
        {"bridge_token_hours": 1}, {"public_token_hours": 1}, {"webhook_retries": 0}, {"order_expiry_hours": 24},
    )),
)  # fmt: skip
limit_knobs = st.sampled_from((
    {"refresh_limit": 1}, {"refresh_limit": 0}, {"refresh_limit_hours": 1}, {"refresh_limit_hours": 48},
    {"refresh_limit_counts_failed": False}, {"refresh_limit_effect": "fail_task"}, {"gse_refreshes": 1},
    {"billing": "done"},
))  # fmt: skip
sandbox_scenarios = some(
    label=st.sampled_from(("one", "two", "three")),
    username=often(st.just("jane"), st.sampled_from(("jo", "goodlogin"))),
    password=st.just("opensesame"),
    is_refresh=st.none() | st.booleans(),
    provider_id=st.sampled_from(("truv_api", "nobody")),
    products=st.sampled_from(([], ["income"])),
    data_source=often(st.just("payroll"), st.sampled_from(("financial_accounts", "insurance", "docs")), 2),
    behavior_status=st.sampled_from((None, "done", *sorted(ERRORS))),
    behavior_error_message=st.just("as ordered"),
    behavior_duration_seconds=st.sampled_from((0, 30)),
    behavior_mfa=st.sampled_from((None, {"challenges": [{"type": "TEXT", "answer": "12345", "label": "Code"}]})),
    payload=st.sampled_from((None, {"employments": []}, {"flags": {"is_suspicious": True}},
                             {"employments": [{"company": {"name": "Example Bakery"}, "income": "1000.00"}]},
                             {"employments": 7, "flags": "odd"})),
    enabled=st.booleans(),
).map(lambda fields: {"label": "one", "data_source": "payroll", "username": "jane"} | fields)  # fmt: skip
sandbox_logins = acts("bridge", st.tuples(
    st.sampled_from((("jane", "opensesame", None), ("jane", "opensesame", "12345"), ("jo", "x", None))),
    st.none(), st.none(),
))  # fmt: skip
planned_changes = acts("planned_change", st.tuples(st.sampled_from((0, *DURATIONS_US)), connection_changes))
outages = acts("change", st.tuples(st.just("provider"), st.sampled_from((
    {"down": True}, {"down": False}, {"down_for_seconds": 5}, {"down_for_seconds": 90_000},
))))  # fmt: skip
keyed = st.builds(
    lambda body, key: Act("raw", 0, msgspec.structs.replace(request("POST", "/orders/", body), idempotency_key=key)),
    orders, st.sampled_from(("k-1", "k-2")),
)  # fmt: skip
cancels = posts("/orders/{order}/cancel/", st.none())
WILD_KINDS = (
    *KINDS,
    acts("fault", all_faults), acts("fault", request_faults), acts("fault", all_faults),
    acts("scenario", st.sampled_from(shipped_scenarios())),
    acts("change", st.tuples(st.just("profile"), knobs)), acts("change", st.tuples(st.just("profile"), knobs)),
    posts("/sandbox/scenarios/", sandbox_scenarios),
    acts("patch", st.tuples(st.just("/sandbox/scenarios/{sandbox_scenario}/"), sandbox_scenarios)),
    sandbox_logins, planned_changes, outages, keyed, edges, edges, logins,
    acts("leave", st.none()), cancels,
    acts("delete", st.just("/sandbox/scenarios/{sandbox_scenario}/")),
    good_logins, plain_refreshes, link_refreshes, clocks,
)  # fmt: skip
wild_replies = st.builds(
    Reply,
    often(st.just(200), st.sampled_from((201, 302, 400, 500, None)), 2),
    often(
        st.none(),
        st.sampled_from(WILD_KINDS).flatmap(lambda kind: kind).filter(lambda act: act.kind not in {"clock", "edge"}),
        2,
    ),
)


def wild_plans(most: int = 30) -> st.SearchStrategy[Plan]:
    """Stories with commands, faults and times of every kind; two in five are crowded around the refresh limit."""
    short = plans(most, WILD_KINDS, wild_replies)
    long = plans(most, WILD_KINDS, wild_replies, least=most // 2)
    crowded = crowded_plans(acts("change", st.tuples(st.just("profile"), limit_knobs)), outages, others, cancels, edges)
    return st.sampled_from((short, long, long, crowded, crowded)).flatmap(lambda kind: kind)
