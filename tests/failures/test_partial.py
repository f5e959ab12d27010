"""One person, several employers: each connection ends in its own way, and only what failed is refreshed again."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from tests.failures.surfaces import (
    DONE,
    LOGIN_ERROR,
    MFA_ERROR,
    UNAVAILABLE,
    Ending,
    check_order,
    check_task,
    reports_of,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Api, Receiver

NAMES = ("Hearthside Home Supply", "Brightcart Grocers", "Fixtura Test Logistics")
EMPLOYERS = [{"company_name": name, "suborder_number": f"S-{at}"} for at, name in enumerate(NAMES, 1)]
LOCKED = Ending("account_locked")
NO_DATA = Ending("no_data", ("new", "login", "parse"))
BROKEN = Ending("error")
CHANGES: dict[str, dict[str, Any]] = {
    "done": {}, "login_error": {"credentials_changed": True}, "mfa_error": {"second_factor": "always"},
    "account_locked": {"locked": True}, "no_data": {"has_records": False}, "error": {"broken": True},
}  # fmt: skip
"""Ending -> what is changed of the connection."""


def three(api: Api, providers: Sequence[str] = ("truv_api",) * 3) -> Any:
    """Return an order of three employers, each with a connection of its own."""
    order = api.order(external_user_id="case-1", employers=EMPLOYERS)
    for employer, provider in zip(order["employers"], providers, strict=True):
        ending = api.sandbox.complete_bridge(employer["bridge_token"], provider_id=provider, mfa_code="12345")
        assert ending["status"] == "login"
    api.sandbox.clock.advance(seconds=120)
    order = api.get(f"/orders/{order['id']}/")
    assert order["status"] == "completed"
    assert len({each["link_id"] for each in order["employers"]}) == 3
    return order


def spoil(api: Api, order: Any, endings: Sequence[Ending]) -> None:
    """Bring about one ending for each connection."""
    for employer, ending in zip(order["employers"], endings, strict=True):
        api.patch(f"/_mock/connections/{employer['link_id']}", CHANGES[ending.status])


def refresh(api: Api, order: Any, **fields: Any) -> Any:
    """Refresh an order and return the finished refresh order."""
    made = api.refresh(order["id"], **fields)
    api.sandbox.clock.advance(seconds=120)
    return api.get(f"/orders/{made['id']}/")


def tasks_of(order: Any) -> list[str]:
    """Return how the task of each suborder ended."""
    return [each["tasks"][-1]["status"] for each in order["employers"]]


@pytest.mark.parametrize(
    "endings",
    [*permutations((DONE, LOGIN_ERROR, MFA_ERROR)), (DONE, LOCKED, NO_DATA), (NO_DATA, BROKEN, LOCKED),
     (NO_DATA, NO_DATA, NO_DATA), (NO_DATA, DONE, DONE), (DONE, DONE, DONE), (LOGIN_ERROR, LOGIN_ERROR, LOGIN_ERROR)],
    ids=lambda endings: "-".join(each.status for each in endings),
)  # fmt: skip
def test_three_employers_three_endings(api: Api, receiver: Receiver, endings: tuple[Ending, ...]) -> None:
    """Each employer of one refresh order ends by its own cause, and every surface says so for each of them alone."""
    order = three(api)
    api.sandbox.clock.advance(days=1)
    spoil(api, order, endings)
    before = reports_of(api, order)
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=120)
    check_order(api, receiver, order, made["id"], endings, before)
    assert len(api.sandbox.billing) == 3


def test_scenario_of_three_endings(api: Api, receiver: Receiver) -> None:
    """In the shipped scenario the first connection is fine, the second has a new password, the third wants a code."""
    assert api.send("PUT", "/_mock/scenario", json={"scenario": "partial-multi-employer"}).status_code == 200
    order = three(api)
    api.sandbox.clock.advance(days=1.1)
    before = reports_of(api, order)
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=120)
    check_order(api, receiver, order, made["id"], (DONE, LOGIN_ERROR, MFA_ERROR), before)


def test_outage_of_one_provider_meets_its_connections_only(api: Api, receiver: Receiver) -> None:
    """With three providers, the outage of one fails the refresh of its connection and of no other."""
    order = three(api, ("truv_api", "harborpay", "tallyworks"))
    api.sandbox.clock.advance(days=1)
    api.patch("/_mock/providers/harborpay", {"down": True})
    before = reports_of(api, order)
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=120)
    check_order(api, receiver, order, made["id"], (DONE, UNAVAILABLE, DONE), before)


def test_order_is_pending_until_its_slowest_employer(api: Api) -> None:
    """A refresh order stays pending while one employer is; finished ones already show status and data."""
    order = three(api, ("truv_api", "tallyworks", "civic_payroll"))
    made = api.refresh(order["id"])
    seen = []
    for seconds in (8, 7, 25):
        api.sandbox.clock.advance(seconds=seconds)
        now = api.get(f"/orders/{made['id']}/")
        seen.append((now["status"], [each["status"] for each in now["employers"]]))
        assert [bool(each["employments"]) for each in now["employers"]] == [
            each["status"] == "completed" for each in now["employers"]
        ]
        assert (now["completed_at"] is None) == (now["status"] == "pending")
    assert seen == [
        ("pending", ["completed", "pending", "pending"]), ("pending", ["completed", "completed", "pending"]),
        ("completed", ["completed"] * 3),
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["id", "suborder_number", "both"])
def test_only_the_failed_employer_is_refreshed_again(api: Api, receiver: Receiver, by: str) -> None:
    """A refresh narrowed to the failed employer, by id or by number, makes one suborder, one task, one bill."""
    order = three(api)
    api.sandbox.clock.advance(days=1)
    spoil(api, order, (DONE, LOCKED, DONE))
    first = refresh(api, order)
    assert tasks_of(first) == ["done", "account_locked", "done"]
    link_id = order["employers"][1]["link_id"]
    api.patch(f"/_mock/connections/{link_id}", {"locked": False})
    api.sandbox.clock.advance(days=15)
    order = api.get(f"/orders/{order['id']}/")
    before, bills = reports_of(api, order), len(api.sandbox.billing)
    api.subscribe(receiver.url)
    failed = order["employers"][1]
    wanted = {"id": failed["id"], "suborder_number": failed["suborder_number"]}
    made = api.refresh(order["id"], employers=[wanted if by == "both" else {by: wanted[by]}])
    api.sandbox.clock.advance(seconds=120)
    assert [(each["link_id"], each["suborder_number"]) for each in made["employers"]] == [(link_id, "S-2")]
    check_order(api, receiver, order, made["id"], [DONE], before)
    assert len(api.sandbox.billing) == bills + 1
    assert {each["link_id"] for each in receiver.events if "link_id" in each} == {link_id, None}
    for other in (order["employers"][0], order["employers"][2]):
        report = {key: value for key, value in before[other["link_id"]].items() if key != "user_id"}
        assert api.get(f"/links/{other['link_id']}/income/report/") == report


def test_failed_employer_of_a_refresh_order_is_refreshed_by_its_new_id(api: Api) -> None:
    """The refresh order itself can be refreshed for its failed employer, by that order's own ids, not by the old."""
    order = three(api)
    spoil(api, order, (LOGIN_ERROR, DONE, DONE))
    first = refresh(api, order)
    api.sandbox.connection(order["employers"][0]["link_id"]).change(credentials_changed=False)
    second = refresh(api, first, employers=[{"id": first["employers"][0]["id"]}])
    assert (tasks_of(second), second["initial_order"]) == (["done"], first["id"])
    old = {"products": ["income"], "employers": [{"id": order["employers"][0]["id"]}]}
    assert list(api.refused("POST", f"/orders/{first['id']}/", old)) == ["employers[0].id"]


@pytest.mark.parametrize("way", ["new order", "update mode"])
def test_one_employer_logs_in_again(api: Api, receiver: Receiver, way: str) -> None:
    """After the person has logged in again for the one that failed, a refresh of all three is done for all three."""
    order = three(api)
    spoil(api, order, (DONE, LOGIN_ERROR, DONE))
    assert tasks_of(refresh(api, order)) == ["done", "login_error", "done"]
    failed = order["employers"][1]
    if way == "new order":
        fresh = api.order(external_user_id="case-1", employers=[EMPLOYERS[1]])
        token = fresh["employers"][0]["bridge_token"]
    else:
        body = {"product_type": "income", "access_token": failed["access_token"]}
        token = api.post(f"/users/{order['user_id']}/tokens/", body, 200)["bridge_token"]
    assert api.sandbox.complete_bridge(token)["link_id"] == failed["link_id"]
    api.sandbox.clock.advance(days=1)
    order = api.get(f"/orders/{order['id']}/")
    before = reports_of(api, order)
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=120)
    check_order(api, receiver, order, made["id"], (DONE, DONE, DONE), before)


def shared(api: Api) -> Any:
    """Return an order whose two suborders stand on one connection."""
    twice = [{"company_name": NAMES[0], "suborder_number": "A"}, {"company_name": NAMES[0], "suborder_number": "B"}]
    order = api.connected(external_user_id="case-1", employers=twice)
    assert len({each["link_id"] for each in order["employers"]}) == 1
    api.sandbox.clock.advance(days=1)
    return api.get(f"/orders/{order['id']}/")


@pytest.mark.parametrize("ending", [DONE, LOGIN_ERROR, NO_DATA], ids=lambda each: each.status)
def test_two_suborders_on_one_connection_share_a_task(api: Api, receiver: Receiver, ending: Ending) -> None:
    """Two suborders on one connection make one task, one bill, one link event, but an order event for each of them."""
    order = shared(api)
    link_id = order["employers"][0]["link_id"]
    api.patch(f"/_mock/connections/{link_id}", CHANGES[ending.status])
    before = reports_of(api, order)
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=120)
    after = api.get(f"/orders/{made['id']}/")
    (ident,) = {task["id"] for each in after["employers"] for task in each["tasks"]}
    check_task(api, receiver, ident, ending, link_id=link_id, tracking_info=after["employers"][0]["id"])
    check_order(api, receiver, order, made["id"], (ending, ending), before)
    assert len(api.sandbox.billing) == 1
    assert len(told(receiver, "link-disconnected")) == ending.disconnects
    ids = [each["id"] for each in after["employers"]]
    assert [each["employer_id"] for each in told(receiver, "order-status-updated")] == ids
    assert [each["employer_id"] for each in told(receiver, "order-refresh-failed")] == (
        [] if ending.status == "done" else ids
    )


def test_shared_connection_counts_once(api: Api) -> None:
    """A refresh of two suborders on one connection uses up one of its three refreshes."""
    order = shared(api)
    for _ in range(3):
        api.refresh(order["id"])
    answer = api.refused("POST", f"/orders/{order['id']}/", {"products": ["income"]})
    assert list(answer) == ["employers"]
    assert len(api.sandbox.billing) == 3


def test_one_of_two_suborders_on_a_connection(api: Api) -> None:
    """Narrowed to one of two suborders on a connection, a refresh has that one only."""
    order = shared(api)
    after = refresh(api, order, employers=[{"suborder_number": "B"}])
    assert [(each["suborder_number"], each["status"]) for each in after["employers"]] == [("B", "completed")]


def test_employers_that_never_connected_are_left_out(api: Api) -> None:
    """A refresh of all takes the connected ones; naming one that never connected is refused and makes nothing."""
    order = api.order(employers=EMPLOYERS)
    api.sandbox.complete_bridge(order["employers"][0]["bridge_token"])
    api.sandbox.complete_bridge(order["employers"][1]["bridge_token"], password="wrong")
    api.sandbox.settle()
    digest = api.world_digest()
    for at in (1, 2):
        body = {"products": ["income"], "employers": [{"id": order["employers"][at]["id"]}]}
        assert list(api.refused("POST", f"/orders/{order['id']}/", body)) == ["employers[0].id"]
    assert api.world_digest() == digest
    after = refresh(api, order)
    assert [each["suborder_number"] for each in after["employers"]] == ["S-1"]
    assert tasks_of(after) == ["done"]
