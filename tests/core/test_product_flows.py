"""Every product, every ending: statuses, events, order and bill, one by one; then two products at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.commands import Change
from mock_truv.core import deposits, products, records
from mock_truv.core.base import suborders
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import TaskStatus as S
from mock_truv.core.tasks import ERRORS, MESSAGES
from mock_truv.runtime.hub import load_catalog
from tests.core.product_rules import check_products
from tests.core.test_random_world import Counts, examine
from tests.worlds import GOOD, PRODUCTS, Act, Plan, Story, request

DONE_US = 120 * SECOND_US
MAPPING = load_catalog().employers[0]["company_mapping_id"]
SOURCES = {"transactions": "financial_accounts", "assets": "financial_accounts", "insurance": "insurance"}
"""Product -> the source of its links; payroll otherwise."""
STAGES = {product: ["switch_deposit"] if product in {"deposit_switch", "pll"} else ["parse", "full_parse"]
          for product in PRODUCTS}  # fmt: skip
FOUND = ["employment-created", "profile-created", "statements-created", "bank-accounts-created"]
COMPANIONS: dict[str, list[str]] = {"income": FOUND, "employment": FOUND}
"""Product -> what a first login tells of, besides its own statuses."""
RENEWED = {product: ["employment-updated", "profile-updated"] for product in ("income", "employment")}
"""Product -> what a refresh minutes later tells of."""
REFRESHED_BY_ORDER = [product for product in PRODUCTS if product not in {"deposit_switch", "pll"}]
CAUSES: dict[str, tuple[str, dict[str, Any]]] = {
    "login_error": ("connection", {"session_ended": True}),
    "mfa_error": ("connection", {"second_factor": "always"}),
    "account_locked": ("connection", {"locked": True}),
    "config_error": ("connection", {"organisation_ok": False}),
    "no_data": ("connection", {"has_records": False}),
    "unavailable": ("provider", {"down": True}),
    "error": ("connection", {"broken": True}),
    "unable_to_reset": ("connection", {"broken": True, "broken_as": "unable_to_reset"}),
    "not_supported": ("connection", {"broken": True, "broken_as": "not_supported"}),
}
"""Ending of a refresh -> what is changed to bring it about."""


class Case:
    """One order of one product, made by its person's login; ``told`` has what was told since the last look."""

    def __init__(self, product: str, login: tuple[str, str, str | None] = GOOD) -> None:
        self.product = product
        self.story = Story(Plan(0, ()))
        self._read = 0
        self.story.perform(Act("create", 0, ("/webhooks/", {"name": "x", "webhook_url": "http://127.0.0.1:9/hooks",
                                                            "env_type": "sandbox"})))  # fmt: skip
        self.story.perform(Act("create", 0, ("/orders/", {
            "products": [product], "first_name": "Ada", "last_name": "Quill",
            **({} if product in {"assets", "transactions"} else {"employers": [{"company_mapping_id": MAPPING}]}),
        })))  # fmt: skip
        self.story.perform(Act("bridge", 0, (login, None, None)))
        self.story.advance(DONE_US)

    @property
    def state(self) -> Any:
        """The world's state."""
        return self.story.world.state

    @property
    def task(self) -> Any:
        """The latest task."""
        return list(self.state.tasks.values())[-1]

    def told(self) -> list[tuple[str, str | None]]:
        """Return (event, status) of the webhooks since the last look, in the order in which they were made."""
        bodies = [msgspec.json.decode(it.body) for it in list(self.state.deliveries.values())[self._read :]]
        self._read += len(bodies)
        assert {each["product"] for each in bodies} == {self.product}
        about = [each for each in bodies if each["link_id"] or each["event_type"] == "task-status-updated"]
        assert {each["data_source"] for each in about} == {SOURCES.get(self.product, "payroll")}
        assert all(each["data_source"] is None for each in bodies if each["event_type"] == "order-created")
        return [(each["event_type"], each.get("status")) for each in bodies]


def statuses(*words: str) -> list[tuple[str, str | None]]:
    """Return the events of a task that takes these statuses."""
    return [("task-status-updated", word) for word in words]


@pytest.mark.parametrize("product", PRODUCTS)
def test_first_login_done(product: str) -> None:
    """A login goes through the stages of its product, tells of what it found, completes its suborder, costs nothing."""
    case = Case(product)
    login, *rest = statuses("login", *STAGES[product], "done")
    companions: list[tuple[str, str | None]] = [(event, None) for event in COMPANIONS.get(product, [])]
    assert case.told() == [
        ("order-created", "pending"), *statuses("new"), login, ("link-connected", None), *rest[:-1], *companions,
        rest[-1], ("order-status-updated", "completed"),
    ]  # fmt: skip
    assert case.task.path == ["new", "login", *STAGES[product], "done"]
    (order,), (link,) = case.state.orders.values(), case.state.links.values()
    (each,) = order.financial_accounts if product in products.ACCOUNT_PRODUCTS else order.employers
    assert (each.status, each.product, order.completed_us) == ("completed", product, case.task.path_us[-1])
    source = SOURCES.get(product, "payroll")
    assert (link.data_source, case.task.data_source, link.product) == (source, source, product)
    assert (link.read_us is None) == (product in products.SWITCHES)
    assert bool(order.voie_report_id) == (product in {"income", "employment"})
    assert bool(order.voa_report_id) == (product == "assets")
    assert case.state.ledger == []
    check_products(case.story.world)


@pytest.mark.parametrize("ending", sorted(ERRORS))
@pytest.mark.parametrize("product", PRODUCTS)
def test_first_login_failing(product: str, ending: str) -> None:
    """A login that fails tells only of itself; its suborder stays open, or has no data; no link is left."""
    case = Case(product, ("error.user", str(ending), None))
    way = ["mfa"] if ending == "mfa_error" and S.MFA in case.task.path else []
    over = [("order-status-updated", "no_data")] if ending == "no_data" else []
    assert case.told() == [("order-created", "pending"), *statuses("new", "login", *way, ending), *over]
    assert case.task.error_message == MESSAGES[S(ending)]
    (order,) = case.state.orders.values()
    (each,) = suborders(order)
    assert each.status == ("no_data" if ending == "no_data" else "pending")
    assert (case.state.links, case.state.ledger) == ({}, [])


@pytest.mark.parametrize("product", PRODUCTS)
def test_refresh_done(product: str) -> None:
    """A refresh by order goes through the same stages and is billed once; a switch is refreshed by its link alone."""
    case = Case(product)
    case.told()
    refresh(case)
    renewed: list[tuple[str, str | None]] = [(event, None) for event in RENEWED.get(product, [])]
    walk = [*statuses("new", "login", *STAGES[product]), *renewed, *statuses("done")]
    by_order = product in REFRESHED_BY_ORDER
    assert case.told() == (
        [("order-created", "pending"), *walk, ("order-status-updated", "completed")] if by_order else walk
    )
    orders = list(case.state.orders.values())
    assert len(orders) == 1 + by_order
    assert [each.status for each in suborders(orders[-1])] == ["completed"]
    assert bool(orders[-1].voa_report_id) == (product == "assets")
    check_bill(case)
    check_products(case.story.world)


@pytest.mark.parametrize("ending", sorted(CAUSES))
@pytest.mark.parametrize("product", PRODUCTS)
def test_refresh_failing(product: str, ending: str) -> None:
    """A refresh that fails says so thrice at most: task, link and order; it is billed all the same."""
    case = Case(product)
    case.told()
    target, fields = CAUSES[ending]
    (link,) = case.state.links.values()
    shown = deposits.allocation(link, records.pay_accounts(case.story.world, link))
    ident = link.provider_id if target == "provider" else link.id
    case.story.give(change(target, ident, fields))
    refresh(case)
    late = {"no_data": STAGES[product][:1], "mfa_error": ["mfa"]}.get(ending, [])
    by_order = product in REFRESHED_BY_ORDER
    over = "no_data" if ending == "no_data" else "error"
    assert case.told() == [
        *([("order-created", "pending")] if by_order else []),
        *statuses("new", "login", *late, ending),
        *([] if ending == "no_data" else [("link-disconnected", None)]),
        *([("order-refresh-failed", ending), ("order-status-updated", over)] if by_order else []),
    ]
    assert case.task.status == ending
    order = list(case.state.orders.values())[-1]
    assert [each.status for each in suborders(order)] == [over if by_order else "completed"]
    assert order.voa_report_id is None or not by_order
    assert deposits.allocation(link, records.pay_accounts(case.story.world, link)) == shown
    check_bill(case)
    check_products(case.story.world)


def refresh(case: Case) -> None:
    """Refresh the one connection of a case, by its order where that is possible, and let it end."""
    if case.product in REFRESHED_BY_ORDER:
        case.story.perform(Act("refresh", 0, ("/orders/{order}/", [case.product], None, {})))
    else:
        order = next(iter(case.state.orders))
        refused = case.story.give(request("POST", f"/orders/{order}/", {"products": [case.product]})).answer
        assert refused is not None
        assert refused.status == 400
        case.story.perform(Act("refresh_link", 0, {}))
    case.story.advance(DONE_US)


def change(target: str, ident: str, fields: dict[str, Any]) -> Any:
    """Return the command that changes a connection or a provider."""
    return Change(target, ident, fields)


def check_bill(case: Case) -> None:
    """Assert that the one refresh of a case is in the ledger, once."""
    (line,) = case.state.ledger
    (link,) = case.state.links.values()
    assert (line.task_id, line.link_id, line.product, line.free) == (case.task.id, link.id, case.product, False)


@pytest.mark.parametrize("product", [product for product in PRODUCTS if product in products.SWITCHES])
@pytest.mark.parametrize("cause", ["down", "no records"])
def test_a_switch_asks_again_before_it_changes_anything(product: str, cause: str) -> None:
    """A provider that goes down, or loses its records, while a deposit is being switched ends it; nothing changed."""
    case = Case(product, ("goodlogin", "wrong", None))
    case.story.perform(Act("bridge", 0, (GOOD, None, None)))
    while case.task.status is not S.SWITCH_DEPOSIT:
        case.story.advance(SECOND_US)
    (link,) = case.state.links.values()
    ending = {"down": "unavailable", "no records": "no_data"}[cause]
    target, fields = CAUSES[ending]
    case.story.give(change(target, link.provider_id if target == "provider" else link.id, fields))
    case.story.advance(DONE_US)
    assert case.task.path == ["new", "login", "switch_deposit", ending]
    assert link.deposits == []


def test_a_refresh_tells_when_a_switch_has_changed_the_number_of_accounts() -> None:
    """After a switch that adds an account, the next refresh of income tells of three accounts, and only that one."""
    story = Story(Plan(0, ()))
    account = {"account_number": "1", "routing_number": "2", "deposit_type": "percent", "deposit_value": "5"}
    story.perform(Act("create", 0, ("/webhooks/", {"name": "x", "webhook_url": "http://127.0.0.1:9/hooks",
                                                   "env_type": "sandbox"})))  # fmt: skip
    story.perform(order_of(("income", "deposit_switch"), account, banks=False, named=True))
    counts = []
    for act in (Act("bridge", 1, (GOOD, None, None)), Act("bridge", 0, (GOOD, None, None)),
                Act("refresh", 0, ("/orders/{order}/", ["income"], None, {})),
                Act("refresh", 0, ("/orders/{order}/", ["income"], None, {}))):  # fmt: skip
        told = len(story.world.state.deliveries)
        story.perform(act)
        story.advance(DONE_US)
        bodies = [msgspec.json.decode(it.body) for it in list(story.world.state.deliveries.values())[told:]]
        counts.append([it["objects_count"] for it in bodies if it["event_type"].startswith("bank-accounts-")])
    assert counts == [[2], [], [3], []]
    (link,) = story.world.state.links.values()
    assert link.read_us is not None
    (job,) = records.employments(story.world, link, link.read_us, voe=False)
    assert len(job["bank_accounts"]) == 3


# --- two products at once -------------------------------------------------------------------------------------------

ACCOUNTS = st.sampled_from((
    None, {"account_number": "1", "routing_number": "2", "deposit_type": "percent", "deposit_value": "40"},
    {"account_number": "1", "routing_number": "2", "deposit_type": "entire"},
    {"account_number": "3", "routing_number": "2", "deposit_type": "amount", "deposit_value": 12.5},
    {"account_number": "40018822", "routing_number": "130210113", "deposit_type": "P", "deposit_value": "100"},
    {"account_number": "4", "routing_number": "2", "deposit_type": "percent", "deposit_value": "140"},
))  # fmt: skip
LOGINS = st.sampled_from((
    GOOD, GOOD, GOOD, ("goodlogin", "mfa", "12345"), ("error.user", "no_data", None), ("goodlogin", "wrong", None),
))  # fmt: skip
PROVIDERS = st.sampled_from((None, None, "truv_api", "maplebank", "rooftree", "tallyworks", "paycastle"))
WAITS = st.sampled_from((SECOND_US, 3 * SECOND_US, 9 * SECOND_US, 40 * SECOND_US, 86_400 * SECOND_US))
CHANGES = st.sampled_from([fields for target, fields in CAUSES.values() if target == "connection"])


def order_of(asked: tuple[str, ...], account: dict[str, Any] | None, *, banks: bool, named: bool) -> Act:
    """Return the creation of an order of several products for the one person of these stories."""
    employers = [{"company_mapping_id": MAPPING, "account": account}] if named else []
    institutions = [{"id": "maplebank", "name": "Maplebank"}] if banks else []
    body = {"products": list(asked), "first_name": "Ada", "last_name": "Quill", "external_user_id": "one",
            "employers": employers, "financial_institutions": institutions}  # fmt: skip
    return Act("create", 0, ("/orders/", body))


@st.composite
def stories(draw: st.DrawFn) -> Plan:
    """Two products for one person, in one order or in two, with logins, refreshes, changes and waits in between."""
    two = draw(st.lists(st.sampled_from(PRODUCTS), min_size=2, max_size=2, unique=True))
    orders = [tuple(two)] if draw(st.booleans()) else [(two[0],), (two[1],)]
    acts = [order_of(each, draw(ACCOUNTS), banks=draw(st.booleans()), named=draw(st.booleans())) for each in orders]
    at = st.integers(0, 5)
    following = st.one_of(
        st.builds(Act, st.just("bridge"), at, st.tuples(LOGINS, PROVIDERS, st.none())),
        st.builds(Act, st.just("bridge"), at, st.just((GOOD, None, None))),
        st.builds(Act, st.just("clock"), st.just(0), WAITS),
        st.builds(Act, st.just("refresh_link"), at, st.builds(
            lambda product, account: {"product_type": product} | ({"account": account} if account else {}),
            st.sampled_from(two), ACCOUNTS)),
        st.builds(Act, st.just("refresh"), at, st.builds(
            lambda product: ("/orders/{order}/", [product], None, {}), st.sampled_from(two))),
        st.builds(Act, st.just("change"), at, st.tuples(st.just("connection"), CHANGES)),
        st.builds(Act, st.just("update_mode"), at, st.sampled_from(two)),
        st.builds(Act, st.just("delete"), at, st.just("/links/{link}/")),
        st.builds(Act, st.just("create"), at, st.just(("/orders/{order}/employers/", {}))),
    )  # fmt: skip
    acts += draw(st.lists(following, min_size=4, max_size=20))
    return Plan(seed=draw(st.integers(0, 3)), acts=tuple(acts), lag_us=draw(st.sampled_from((0, 1, 700_000))))


@settings(max_examples=40, deadline=None)
@given(stories())
def test_two_products_of_one_person_keep_every_rule(plan: Plan) -> None:
    """However two products of one person interleave, the world keeps its rules and those of both products."""
    examine(plan, Counts())
