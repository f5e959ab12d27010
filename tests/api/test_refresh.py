"""Refreshing: a new order from a completed one, its products, employers and limit, and the refresh of a single link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api, Receiver

LIMIT = "Refresh limit for the access_token exceeded"
TWO = [{"company_name": "Hearthside Home Supply", "suborder_number": "A-1"},
       {"company_name": "Brightcart Grocers", "suborder_number": "A-2"}]  # fmt: skip
REFRESH_TASK = {"id": "id", "status": "text", "refresh_date": "date", "created_at": "time"}


def two_connected(api: Api) -> Any:
    return api.connected(employers=TWO)


def test_refresh_makes_a_new_order(api: Api) -> None:
    """A refresh is a new order with new ids, linked both ways, with the person, number and employers of the first."""
    original = api.connected(order_number="CASE-9", custom_field="x", email="m@example.org")
    refreshed = api.refresh(original["id"])
    assert refreshed["id"] != original["id"]
    assert (refreshed["initial_order"], refreshed["refresh_order"]) == (original["id"], None)
    for key in ("order_number", "first_name", "last_name", "user_id", "custom_field", "source", "products"):
        assert refreshed[key] == original[key], key
    old, new = original["employers"][0], refreshed["employers"][0]
    assert (new["id"] != old["id"], new["bridge_token"] != old["bridge_token"]) == (True, True)
    for key in ("company_name", "company_address", "company_domain", "suborder_number", "link_id", "access_token"):
        assert new[key] == old[key], key
    assert (new["status"], new["employments"], new["pdf_report"]) == ("pending", [], None)
    assert [each["status"] for each in new["tasks"]] == ["new"]
    assert new["tasks"][0]["tracking_info"] == new["id"]
    assert new["tasks"][0]["order_id"] == refreshed["id"]


def test_completed_refresh_has_a_report(api: Api) -> None:
    """A refresh that works ends completed, with employments, a new report id and a PDF address of this mock."""
    original = api.connected()
    refreshed = api.refresh(original["id"])
    api.sandbox.settle()
    after = api.get(f"/orders/{refreshed['id']}/")
    employer = after["employers"][0]
    assert (after["status"], employer["status"], employer["tasks"][0]["status"]) == ("completed", "completed", "done")
    assert after["voie_report_id"] not in {None, original["voie_report_id"]}
    assert employer["pdf_report"].startswith(f"{api.sandbox.base_url}/files/")
    assert employer["employments"][0]["id"] == original["employers"][0]["employments"][0]["id"]


def test_original_changes_only_its_pointer(api: Api) -> None:
    """Creating and finishing a refresh leaves every byte of the original but ``refresh_order``."""
    original = api.connected()
    path = f"/orders/{original['id']}/"
    before = api.send("GET", path).text
    for _ in range(2):
        refreshed = api.refresh(original["id"])
        expected = before.replace('"refresh_order":null', f'"refresh_order":"{refreshed["id"]}"')
        assert expected != before
        assert api.send("GET", path).text == expected
        api.sandbox.clock.advance(days=14)
        assert api.send("GET", path).text == expected


def test_two_weeks_bring_exactly_the_statements_that_fell_due(api: Api) -> None:
    """After two weeks the new order has the old pay statements and those paid since; the old one stays as it was."""
    original = api.connected()
    path = f"/orders/{original['id']}/"
    frozen = api.send("GET", path).content
    api.sandbox.clock.advance(days=14)
    assert api.send("GET", path).content == frozen
    refreshed = api.refresh(original["id"])
    api.sandbox.settle()
    old = original["employers"][0]["employments"][0]["statements"]
    new = api.get(f"/orders/{refreshed['id']}/")["employers"][0]["employments"][0]["statements"]
    fresh = [each for each in new if each["id"] not in {it["id"] for it in old}]
    assert new == [*fresh, *old]
    assert [each["pay_date"] for each in fresh] == ["2026-01-09"]  # every second Friday, the last on 2025-12-26
    assert fresh[0]["gross_pay_ytd"] == fresh[0]["gross_pay"]  # the year's first


def test_each_later_refresh_adds_its_own_weeks(api: Api) -> None:
    """Over three months every fortnightly refresh shows one more statement, and earlier refreshes never change."""
    original = api.connected()
    counts, seen = [], {}
    for _ in range(6):
        api.sandbox.clock.advance(days=14)
        refreshed = api.refresh(original["id"])
        api.sandbox.settle()
        path = f"/orders/{refreshed['id']}/"
        seen[path] = api.send("GET", path).content
        counts.append(len(api.get(path)["employers"][0]["employments"][0]["statements"]))
    first = len(original["employers"][0]["employments"][0]["statements"])
    assert counts == [first + number for number in range(1, 7)]
    assert all(api.send("GET", path).content == content for path, content in seen.items())


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, ["A-1", "A-2"]),
        (lambda order: [{"id": order["employers"][0]["id"]}], ["A-1"]),
        (lambda order: [{"id": order["employers"][1]["id"]}], ["A-2"]),
        (lambda _: [{"suborder_number": "A-2"}], ["A-2"]),
        (lambda order: [{"suborder_number": "A-2"}, {"id": order["employers"][0]["id"]}], ["A-1", "A-2"]),
        (lambda order: [{"id": order["employers"][1]["id"], "suborder_number": "A-2"}], ["A-2"]),
        (lambda order: [{"id": order["employers"][1]["id"]}, {"suborder_number": "A-2"}], ["A-2"]),
    ],
    ids=["omitted", "first id", "second id", "number", "both ways", "id and number agree", "named twice"],
)
def test_employers_narrow_the_refresh(api: Api, chosen: Callable[[Any], Any] | None, expected: list[str]) -> None:
    """Employers are chosen by suborder id, by the client's number, or both; omitted means all; each only once."""
    original = two_connected(api)
    refreshed = api.refresh(original["id"], **({} if chosen is None else {"employers": chosen(original)}))
    assert sorted(each["suborder_number"] for each in refreshed["employers"]) == expected
    api.sandbox.settle()
    assert {each["status"] for each in api.get(f"/orders/{refreshed['id']}/")["employers"]} == {"completed"}
    assert len(api.sandbox.billing) == len(expected)


def test_wrong_employers_are_refused_whole(api: Api) -> None:
    """Unknown, foreign, contradicting and empty choices are each named by path, and nothing is created or billed."""
    original, other = two_connected(api), api.connected()
    before = api.world_digest()
    first = original["employers"][0]["id"]
    wrong = api.refused("POST", f"/orders/{original['id']}/", {"products": ["income"], "employers": [
        {"id": first}, {"id": "f" * 32}, {"suborder_number": "nope"}, {"id": other["employers"][0]["id"]},
        {"id": first, "suborder_number": "A-2"}, {},
    ]})  # fmt: skip
    assert list(wrong) == [
        "employers[1].id", "employers[2].suborder_number", "employers[3].id", "employers[4].id",
        "employers[5].suborder_number",
    ]  # fmt: skip
    assert list(api.refused("POST", f"/orders/{original['id']}/", {"products": ["income"], "employers": []})) == [
        "employers"
    ]
    assert api.world_digest() == before
    assert api.sandbox.billing == []


def test_employer_without_connection_is_refused_by_name(api: Api) -> None:
    """Naming an employer that never connected is 400; omitting employers refreshes only the connected one."""
    original = api.order(employers=TWO)
    api.sandbox.complete_bridge(original["employers"][0]["bridge_token"])
    api.sandbox.settle()
    unconnected = original["employers"][1]["id"]
    body = {"products": ["income"], "employers": [{"id": unconnected}]}
    assert list(api.refused("POST", f"/orders/{original['id']}/", body)) == ["employers[0].id"]
    refreshed = api.refresh(original["id"])
    assert [each["suborder_number"] for each in refreshed["employers"]] == ["A-1"]


def test_order_without_any_connection_cannot_be_refreshed(api: Api) -> None:
    """Refreshing an order that nobody connected, or that was canceled or expired unconnected, is 400."""
    fresh, canceled, bare = api.order(), api.order(), api.order(employers=None)
    api.post(f"/orders/{canceled['id']}/cancel/", {}, 200)
    for order in (fresh, canceled, bare):
        assert list(api.refused("POST", f"/orders/{order['id']}/", {"products": ["income"]})) == ["employers"]
    api.sandbox.clock.advance(days=10)
    assert list(api.refused("POST", f"/orders/{fresh['id']}/", {"products": ["income"]})) == ["employers"]


@pytest.mark.parametrize(
    ("had", "asked", "works"),
    [
        ("income", "income", True), ("income", "employment", True), ("employment", "employment", True),
        ("employment", "income", False), ("income", "assets", False), ("income", "insurance", False),
        ("income", "transactions", False),
    ],
)  # fmt: skip
def test_product_rules(api: Api, had: str, asked: str, works: bool) -> None:
    """Income may be refreshed as income or employment, employment only as itself, nothing as something else."""
    original = api.connected(products=[had])
    body = {"products": [asked]}
    if not works:
        assert list(api.refused("POST", f"/orders/{original['id']}/", body)) == ["products[0]"]
        return
    refreshed = api.post(f"/orders/{original['id']}/", body)
    api.sandbox.settle()
    employer = api.get(f"/orders/{refreshed['id']}/")["employers"][0]
    assert (refreshed["products"], employer["product_type"], employer["status"]) == ([asked], asked, "completed")
    assert ("statements" in employer["employments"][0]) is (asked == "income")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "products"), ({"products": []}, "products"), ({"products": ["income", "employment"]}, "products"),
        ({"products": "income"}, "products"), ({"products": ["pll"]}, "products[0]"),
        ({"products": ["deposit_switch"]}, "products[0]"), ({"products": [None]}, "products[0]"),
        ({"products": None}, "products"), ({"products": ["income"], "employers": {}}, "employers"),
        ({"products": ["income"], "employers": [{"id": 5}]}, "employers[0].id"),
        ({"products": ["income"], "email": 5}, "email"), ({"products": ["income"], "manager": "x"}, "manager"),
    ],
)  # fmt: skip
def test_wrong_refresh_bodies(api: Api, body: dict[str, Any], field: str) -> None:
    """A refresh without exactly one known product, or with a field of the wrong kind, is 400 and names the field."""
    original = api.connected()
    before = api.world_digest()
    assert list(api.refused("POST", f"/orders/{original['id']}/", body)) == [field]
    assert api.world_digest() == before


def test_refresh_takes_its_own_manager_and_address(api: Api) -> None:
    """Manager, e-mail, phone and report parameters of a refresh belong to the new order only."""
    original = api.connected(manager={"name": "old"})
    refreshed = api.refresh(original["id"], manager={"name": "new"}, email="n@example.org", phone="4155554193",
                            include_recent_paystub=True, reports={"voa": {"days_requested": 60}})  # fmt: skip
    assert refreshed["manager"] == {"name": "new"}
    assert api.get(f"/orders/{original['id']}/")["manager"] == {"name": "old"}


@pytest.mark.parametrize("slash", ["", "/"])
def test_refresh_answers_with_and_without_the_slash(api: Api, slash: str) -> None:
    """The documented path and its alias answer 201 directly in both slash forms, never by a redirect."""
    original = api.connected()
    assert api.post(f"/orders/{original['id']}{slash}", {"products": ["income"]})["initial_order"] == original["id"]
    assert api.post(f"/orders/{original['id']}/refresh{slash}", {"products": ["employment"]})["products"] == [
        "employment"
    ]
    empty = api.send("POST", f"/orders/{original['id']}/refresh{slash}", headers={"Content-Type": "application/json"})
    assert (empty.status_code, empty.json()["products"]) == (201, ["income"])


def test_alias_without_body_takes_the_first_refreshable_product(api: Api) -> None:
    """The alias without a body, without content type and with an empty object takes the order's first product."""
    original = api.connected(products=["deposit_switch", "employment"])
    ways: tuple[dict[str, Any], ...] = (
        {}, {"json": {}}, {"content": b"", "headers": {"Content-Type": "application/json"}},
    )  # fmt: skip
    for options in ways:
        answer = api.send("POST", f"/orders/{original['id']}/refresh/", **options)
        assert (answer.status_code, answer.json()["products"]) == (201, ["employment"])
    unfit = api.connected(products=["deposit_switch"])
    assert list(api.refused("POST", f"/orders/{unfit['id']}/refresh/", {})) == ["products"]


def test_documented_path_without_body_names_the_missing_field(api: Api) -> None:
    """The documented refresh with zero bytes of body is not a JSON error: it says that products are required."""
    original = api.connected()
    answer = api.send("POST", f"/orders/{original['id']}/", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["error"]["extra"]["invalid-params"]] == ["products"]


def test_refresh_of_a_refresh_counts_on_the_same_connection(api: Api) -> None:
    """A refresh order may itself be refreshed; the connection's limit is shared by all."""
    original = api.connected()
    first = api.refresh(original["id"])
    api.sandbox.settle()
    second = api.refresh(first["id"])
    assert second["initial_order"] == first["id"]
    api.sandbox.settle()
    api.refresh(original["id"])
    assert api.refused("POST", f"/orders/{first['id']}/", {"products": ["income"]})


def test_fourth_refresh_in_a_day_is_refused(api: Api) -> None:
    """The first login does not count, three refreshes do, the fourth is refused with the documented sentence."""
    original = api.connected()
    for _ in range(3):
        api.refresh(original["id"])
    before, bills = api.world_digest(), len(api.sandbox.billing)
    answer = api.send("POST", f"/orders/{original['id']}/", json={"products": ["income"]})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("incorrect_parameters", LIMIT)
    (param,) = error["extra"]["invalid-params"]
    assert param["field"] == "employers"
    assert original["employers"][0]["id"] in param["message"]
    assert (api.world_digest(), len(api.sandbox.billing), bills) == (before, 3, 3)


def test_limit_ends_exactly_24_hours_later(api: Api) -> None:
    """A refresh at instant t counts until one microsecond before t + 24 h and no longer at t + 24 h."""
    original = api.connected()
    started = api.sandbox.clock.now
    for _ in range(3):
        api.refresh(original["id"])
        api.sandbox.clock.advance(hours=1)
    body = {"products": ["income"]}
    api.sandbox.clock.advance(to=started.replace(day=started.day + 1, microsecond=0).isoformat())
    api.sandbox.settle()
    due = f"2026-01-06T15:00:{started.second:02d}"
    assert api.sandbox.clock.now.isoformat() == f"{due}+00:00"
    assert api.post(f"/orders/{original['id']}/", body)["initial_order"] == original["id"]
    assert api.refused("POST", f"/orders/{original['id']}/", body)


def test_limit_holds_until_the_last_microsecond(api: Api) -> None:
    """One microsecond before the 24 hours are over the refresh is still refused."""
    original = api.connected()
    for _ in range(3):
        api.refresh(original["id"])
    api.sandbox.clock.advance(to="2026-01-06T15:00:07.999999Z")
    assert api.refused("POST", f"/orders/{original['id']}/", {"products": ["income"]})
    api.sandbox.clock.advance(to="2026-01-06T15:00:08Z")
    for _ in range(3):
        api.refresh(original["id"])
    assert api.refused("POST", f"/orders/{original['id']}/", {"products": ["income"]})


def test_one_employer_at_its_limit_refuses_the_whole_order(api: Api) -> None:
    """With one of two connections at its limit nothing is created or billed, and only that employer is named."""
    original = two_connected(api)
    tired, rested = original["employers"]
    for _ in range(3):
        api.refresh(original["id"], employers=[{"id": tired["id"]}])
    before = api.world_digest()
    both = [{"id": rested["id"]}, {"suborder_number": "A-1"}]
    answer = api.send("POST", f"/orders/{original['id']}/", json={"products": ["income"], "employers": both})
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (400, LIMIT)
    (param,) = error["extra"]["invalid-params"]
    assert param["field"] in {"employers[1].id", "employers[1].suborder_number"}
    assert tired["id"] in param["message"]
    (param,) = api.send("POST", f"/orders/{original['id']}/", json={"products": ["income"]}).json()["error"]["extra"][
        "invalid-params"
    ]
    assert (param["field"], tired["id"] in param["message"], rested["id"] in param["message"]) == (
        "employers", True, False,
    )  # fmt: skip
    assert api.world_digest() == before
    assert api.refresh(original["id"], employers=[{"id": rested["id"]}])


def test_failed_refreshes_count_and_refused_ones_do_not(api: Api) -> None:
    """A failed refresh uses up the limit and is billed; a refused one does neither."""
    original = api.connected()
    link = api.sandbox.connection(original["employers"][0]["link_id"])
    link.change_credentials()
    for _ in range(3):
        api.refused("POST", f"/orders/{original['id']}/", {"products": ["assets"]})
        api.refresh(original["id"])
        api.sandbox.settle()
    assert api.refused("POST", f"/orders/{original['id']}/", {"products": ["income"]})
    assert len(api.sandbox.billing) == 3


def test_limit_is_shared_by_orders_links_and_products(api: Api) -> None:
    """Order refreshes, link refreshes and other products of one connection count together."""
    original = api.connected()
    token = original["employers"][0]["access_token"]
    api.refresh(original["id"])
    api.post("/refresh/tasks/", {"access_token": token, "product_type": "employment"}, 200)
    api.post(f"/orders/{original['id']}/", {"products": ["employment"]})
    answer = api.send("POST", "/refresh/tasks/", json={"access_token": token, "product_type": "income"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (400, "incorrect_parameters", LIMIT)
    assert [each["field"] for each in error["extra"]["invalid-params"]] == ["access_token"]
    assert [line["order_id"] is None for line in api.sandbox.billing] == [False, True, False]


@pytest.mark.parametrize(
    ("change", "task", "suborder"),
    [
        ({"session_ended": True}, "login_error", "error"),
        ({"credentials_changed": True}, "login_error", "error"),
        ({"second_factor": "always"}, "mfa_error", "error"),
        ({"locked": True}, "account_locked", "error"),
        ({"organisation_ok": False}, "config_error", "error"),
        ({"broken": True}, "error", "error"),
        ({"has_records": False}, "no_data", "no_data"),
        ({"provider": "down"}, "unavailable", "error"),
    ],
    ids=str,
)
def test_each_cause_has_its_ending(
    api: Api, receiver: Receiver, change: dict[str, Any], task: str, suborder: str
) -> None:
    """What is wrong with the connection decides the task's status, the suborder's, and the events, in order."""
    original = api.connected()
    employer = original["employers"][0]
    if "provider" in change:
        api.sandbox.provider().go_down()
    else:
        api.sandbox.connection(employer["link_id"]).change(**change)
    api.subscribe(receiver.url)
    refreshed = api.refresh(original["id"])
    assert refreshed["employers"][0]["status"] == "pending"  # it fails later, not at the call
    api.sandbox.settle()
    after = api.get(f"/orders/{refreshed['id']}/")
    mine = after["employers"][0]
    assert (mine["status"], mine["tasks"][0]["status"], mine["employments"]) == (suborder, task, [])
    assert mine["tasks"][0]["error_message"]
    assert (after["status"], after["voie_report_id"], after["completed_at"]) == (suborder, None, None)
    assert api.get(f"/links/{employer['link_id']}/")["status"] == task
    told = [(each["event_type"], each.get("status")) for each in receiver.events]
    running = [pair for pair in told if pair[0] == "task-status-updated"]
    walk = {"mfa_error": ["new", "login", "mfa"], "no_data": ["new", "login", "parse"]}.get(task, ["new", "login"])
    assert running == [("task-status-updated", each) for each in [*walk, task]]
    assert told[0] == ("order-created", "pending")
    tail = told[len(running) + 1 :]
    if task == "no_data":
        assert ("order-status-updated", "no_data") in tail
    else:
        assert tail == [
            ("link-disconnected", None), ("order-refresh-failed", task), ("order-status-updated", suborder),
        ]  # fmt: skip
        failed = next(each for each in receiver.events if each["event_type"] == "order-refresh-failed")
        assert (failed["order_id"], failed["employer_id"]) == (refreshed["id"], mine["id"])
    original_now = api.get(f"/orders/{original['id']}/")
    assert original_now == {**original, "refresh_order": refreshed["id"]}


def test_grant_ends_after_180_days(api: Api) -> None:
    """A grant still works when it is asked one microsecond before its 180 days are over, and not at 180 days."""
    original = api.connected()
    assert original["employers"][0]["tasks"][0]["created_at"] == "2026-01-05T15:00:00.000000Z"
    endings = []
    for instant in ("2026-07-04T14:59:56.999999Z", "2026-07-04T14:59:57Z"):  # the provider is asked 3 s later
        api.sandbox.clock.advance(to=instant)
        endings.append(api.refresh(original["id"])["id"])
    api.sandbox.settle()
    tasks = [api.get(f"/orders/{each}/")["employers"][0]["tasks"][0]["status"] for each in endings]
    assert tasks == ["done", "login_error"]


def test_provider_comes_back(api: Api) -> None:
    """A refresh during an outage is unavailable; the same call after it is done."""
    original = api.connected()
    api.sandbox.provider().go_down(hours=4)
    endings = []
    for hours in (5, 1):
        refreshed = api.refresh(original["id"])
        api.sandbox.clock.advance(hours=hours)
        endings.append(api.get(f"/orders/{refreshed['id']}/")["employers"][0]["tasks"][0]["status"])
    assert endings == ["unavailable", "done"]


def test_employers_may_end_differently(api: Api, receiver: Receiver) -> None:
    """Of two employers one may fail while the other is completed; each has its own task, event and status."""
    original = two_connected(api)
    api.sandbox.connection(original["employers"][0]["link_id"]).change_credentials()
    api.subscribe(receiver.url)
    refreshed = api.refresh(original["id"])
    api.sandbox.settle()
    after = api.get(f"/orders/{refreshed['id']}/")
    broken, fine = after["employers"]
    assert (broken["status"], fine["status"], after["status"]) == ("error", "completed", "completed")
    assert [each["tasks"][0]["status"] for each in (broken, fine)] == ["login_error", "done"]
    assert (broken["employments"] == [], fine["employments"] == []) == (True, False)
    ended = {
        each["employer_id"]: each["status"] for each in receiver.events if each["event_type"] == "order-status-updated"
    }
    assert ended == {broken["id"]: "error", fine["id"]: "completed"}
    failed = [each["employer_id"] for each in receiver.events if each["event_type"] == "order-refresh-failed"]
    assert failed == [broken["id"]]
    by_task = {each["tracking_info"] for each in receiver.events if each["event_type"] == "task-status-updated"}
    assert by_task == {broken["id"], fine["id"]}


def test_link_refresh_makes_a_task(api: Api, check_shape: Callable[..., None]) -> None:
    """A link refresh answers a task id; the task runs from ``new`` to ``done`` and the report shows it."""
    link_id, token = api.link_of()
    answer = api.post("/refresh/tasks/", {"access_token": token, "product_type": "income"}, 200)
    assert list(answer) == ["task_id"]
    path = f"/refresh/tasks/{answer['task_id']}/"
    seen = []
    for _ in range(20):
        task = api.get(path)
        check_shape(task, REFRESH_TASK)
        seen.append(task["status"])
        if task["status"] == "done":
            break
        api.sandbox.clock.advance(seconds=1)
    assert list(dict.fromkeys(seen)) == ["new", "login", "parse", "full_parse", "done"]
    report = api.get(f"/links/{link_id}/income/report/")
    assert (report["status"], report["refresh_status"]) == ("done", "done")


def test_link_refresh_rules(api: Api) -> None:
    """A link refresh defaults to the link's product and names a wrong token, product or a missing field."""
    _, token = api.link_of()
    assert api.post("/refresh/tasks", {"access_token": token}, 200)["task_id"]
    path = "/refresh/tasks/"
    assert list(api.refused("POST", path, {})) == ["access_token"]
    assert list(api.refused("POST", path, {"access_token": "f" * 32})) == ["access_token"]
    assert list(api.refused("POST", path, {"access_token": token, "product_type": "assets"})) == ["product_type"]
    assert list(api.refused("POST", path, {"access_token": token, "product_type": "gold"})) == ["product_type"]
    assert set(api.refused("POST", path, {"access_token": 5, "product_type": 5})) == {"access_token", "product_type"}


def test_refresh_task_of_another_kind_is_unknown(api: Api) -> None:
    """A first login's task id and an unknown id are 404 among refresh tasks."""
    original = api.connected()
    task = original["employers"][0]["tasks"][0]["id"]
    for ident in (task, "f" * 32):
        assert api.get(f"/refresh/tasks/{ident}/", 404) == {"detail": "Not Found."}


def test_deleted_link_cannot_be_refreshed(api: Api) -> None:
    """After a link is deleted neither its token nor its order can be refreshed."""
    original = api.connected()
    employer = original["employers"][0]
    api.delete(f"/links/{employer['link_id']}/")
    assert list(api.refused("POST", "/refresh/tasks/", {"access_token": employer["access_token"]})) == ["access_token"]
    assert list(api.refused("POST", f"/orders/{original['id']}/", {"products": ["income"]})) == ["employers"]
