"""Grants that end after 180 days and the three refreshes in 24 hours: exact instants, on every route to a refresh."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Api, Receiver

LIMIT = "Refresh limit for the access_token exceeded"
MICROSECOND = timedelta(microseconds=1)
JUDGED = timedelta(seconds=3)
"""From a refresh to the instant at which the provider is asked, with a task of 8 s."""
EMPLOYER = {"company_name": "Hearthside Home Supply"}
TWO = [EMPLOYER, {"company_name": "Brightcart Grocers"}]


def by_order(path: str) -> Callable[[Api, Any], str]:
    """Return a route that refreshes an order and returns the task's id."""

    def start(api: Api, order: Any) -> str:
        made = api.post(path.format(order["id"]), {"products": ["income"]})
        ident: str = made["employers"][0]["tasks"][0]["id"]
        return ident

    return start


def by_link(path: str) -> Callable[[Api, Any], str]:
    """Return a route that refreshes an order's first link and returns the task's id."""

    def start(api: Api, order: Any) -> str:
        ident: str = api.post(path, {"access_token": order["employers"][0]["access_token"]}, 200)["task_id"]
        return ident

    return start


ROUTES = {
    "order": by_order("/orders/{}/"), "order without slash": by_order("/orders/{}"),
    "alias": by_order("/orders/{}/refresh/"), "alias without slash": by_order("/orders/{}/refresh"),
    "link": by_link("/refresh/tasks/"), "link without slash": by_link("/refresh/tasks"),
}  # fmt: skip


def connected(api: Api, **fields: Any) -> Any:
    """Return an order that was connected on 2026-01-05 at 15:00."""
    return api.connected(external_user_id="case-1", **{"employers": [EMPLOYER], **fields})


def ended(api: Api, task_id: str) -> str:
    """Let a minute pass and return how a task has ended."""
    api.sandbox.clock.advance(seconds=60)
    status: str = api.get(f"/tasks/{task_id}/")["status"]
    return status


def at(api: Api, instant: datetime) -> None:
    """Set the clock."""
    api.sandbox.clock.advance(to=instant)
    assert api.sandbox.clock.now == instant


def login_of(api: Api, order: Any) -> datetime:
    """Return when the person last logged in for an order's first employer."""
    shown = api.get(f"/_mock/connections/{order['employers'][0]['link_id']}")
    return datetime.fromisoformat(shown["logged_in_at"])


def log_in_again(api: Api, order: Any, way: str) -> None:
    """Let the person log in for the same link, by a new order or by update mode."""
    if way == "new order":
        token = api.order(external_user_id="case-1", employers=[EMPLOYER])["employers"][0]["bridge_token"]
    else:
        body = {"product_type": "income", "access_token": order["employers"][0]["access_token"]}
        token = api.post(f"/users/{order['user_id']}/tokens/", body, 200)["bridge_token"]
    assert api.sandbox.complete_bridge(token)["link_id"] == order["employers"][0]["link_id"]


@pytest.mark.parametrize("route", ROUTES)
def test_day_179_works_and_day_181_fails(api: Api, route: str) -> None:
    """By this route a refresh on day 179 is done and one on day 181 ends in login_error; a refresh extends nothing."""
    order, start = connected(api), ROUTES[route]
    began = login_of(api, order)
    for days, status in ((1, "done"), (90, "done"), (179, "done"), (181, "login_error"), (365, "login_error")):
        at(api, began + timedelta(days=days))
        assert ended(api, start(api, order)) == status, days
    assert login_of(api, order) == began


@pytest.mark.parametrize("route", ROUTES)
def test_grant_holds_to_its_last_microsecond(api: Api, route: str) -> None:
    """By this route a refresh judged one microsecond before the end is done, at the end it is login_error."""
    order, start = connected(api), ROUTES[route]
    end = login_of(api, order) + timedelta(days=180)
    path = f"/_mock/connections/{order['employers'][0]['link_id']}"
    assert datetime.fromisoformat(api.get(path)["expires_at"]) == end
    at(api, end - JUDGED - MICROSECOND)
    tasks = [start(api, order)]
    at(api, end - JUDGED)
    tasks.append(start(api, order))
    at(api, end - MICROSECOND)
    assert api.get(path)["session_ended"] is False
    at(api, end)
    assert api.get(path)["session_ended"] is True
    tasks.append(start(api, order))
    assert [ended(api, each) for each in tasks] == ["done", "login_error", "login_error"]


@pytest.mark.parametrize("way", ["new order", "update mode"])
def test_180_days_start_anew_with_each_login(api: Api, way: str) -> None:
    """A login, early or after the end, gives 180 days from its own instant, to the microsecond."""
    order, start = connected(api), ROUTES["order"]
    for days in (100, 181):  # the first before the end of the grant, the second after it
        at(api, login_of(api, order) + timedelta(days=days))
        log_in_again(api, order, way)
        began = api.sandbox.clock.now
        assert login_of(api, order) == began
        at(api, began + timedelta(days=179))
        assert ended(api, start(api, order)) == "done"
        at(api, began + timedelta(days=180) - JUDGED - MICROSECOND)
        last = start(api, order)
        at(api, began + timedelta(days=180) - JUDGED)
        late = start(api, order)
        assert [ended(api, last), ended(api, late)] == ["done", "login_error"]


def test_failed_login_starts_nothing_anew(api: Api) -> None:
    """A login with a wrong password leaves the end of the grant where it was."""
    order = connected(api)
    end = api.get(f"/_mock/connections/{order['employers'][0]['link_id']}")["expires_at"]
    at(api, login_of(api, order) + timedelta(days=100))
    body = {"product_type": "income", "access_token": order["employers"][0]["access_token"]}
    token = api.post(f"/users/{order['user_id']}/tokens/", body, 200)["bridge_token"]
    assert api.sandbox.complete_bridge(token, password="wrong")["status"] == "login_error"
    api.sandbox.settle()
    assert api.get(f"/_mock/connections/{order['employers'][0]['link_id']}")["expires_at"] == end


@pytest.mark.parametrize(
    ("provider", "days", "status"),
    [("tallyworks", 365, "login_error"), ("civic_payroll", 90, "login_error"), ("paycastle", 14, "login_error"),
     ("granite_hr", 7, "mfa_error")],
)  # fmt: skip
def test_providers_have_lives_of_their_own(api: Api, provider: str, days: int, status: str) -> None:
    """A provider's grant or session ends after its own number of days, to the microsecond."""
    order = api.connected({"provider_id": provider, "mfa_code": "12345"})
    seconds = api.get(f"/_mock/providers/{provider}")["task_seconds"]
    end = login_of(api, order) + timedelta(days=days)
    judged = timedelta(seconds=seconds * 3 / 8)
    tasks = []
    for instant in (end - judged - MICROSECOND, end - judged):
        at(api, instant)
        tasks.append(ROUTES["order"](api, order))
    api.sandbox.clock.advance(seconds=seconds)
    assert [ended(api, each) for each in tasks] == ["done", status]


def refused(api: Api, order: Any, route: str = "order") -> bool:
    """Return whether a refresh by a route is refused now with the documented sentence; if not, it was made."""
    if route == "link":
        body = {"access_token": order["employers"][0]["access_token"]}
        answer = api.send("POST", "/refresh/tasks/", json=body)
    else:
        answer = api.send("POST", f"/orders/{order['id']}/", json={"products": ["income"]})
    if answer.status_code < 300:
        return False
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (400, "incorrect_parameters", LIMIT)
    return True


DAYS = [
    "2026-01-12T10:00:00+00:00",
    "2026-03-07T20:30:00+00:00",  # clocks go forward in the United States during these 24 hours
    "2026-03-28T14:00:00+00:00",  # … in Europe
    "2026-10-24T14:00:00+00:00",  # clocks go back in Europe
    "2026-10-31T20:30:00+00:00",  # … in the United States
    "2028-02-28T12:00:00+00:00",  # a leap day
    "2026-12-31T12:00:00+00:00",
]


@pytest.fixture(params=["UTC", "America/New_York", "Europe/Berlin"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The time zone of the machine."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.usefixtures("zone")
def test_fourth_refresh_waits_exactly_24_hours(api: Api, day: str) -> None:
    """The fourth refresh is refused until one microsecond before 24 hours after the oldest, on every calendar."""
    order = connected(api)
    began = datetime.fromisoformat(day)
    at(api, began)
    api.patch(f"/_mock/connections/{order['employers'][0]['link_id']}", {"expires_at": None})
    starts = [began + each for each in (timedelta(), timedelta(hours=7), timedelta(hours=7) + MICROSECOND)]
    for instant in starts:
        at(api, instant)
        assert not refused(api, order)
    assert refused(api, order)
    for opening in (starts[0] + timedelta(hours=24), starts[1] + timedelta(hours=24)):
        at(api, opening - MICROSECOND)
        assert refused(api, order)
        at(api, opening)
        assert not refused(api, order)
        assert refused(api, order)
    at(api, starts[2] + timedelta(hours=24))
    assert not refused(api, order)
    assert len(api.sandbox.billing) == 6


def test_limit_is_shared_on_one_connection(api: Api) -> None:
    """Two orders, two products and link refreshes of one connection have three refreshes together, to the instant."""
    first = connected(api)
    second = api.connected(external_user_id="case-1", employers=[EMPLOYER])
    assert second["employers"][0]["link_id"] == first["employers"][0]["link_id"]
    began = api.sandbox.clock.now
    api.post(f"/orders/{first['id']}/", {"products": ["employment"]})
    api.sandbox.clock.advance(hours=1)
    api.post(f"/orders/{second['id']}/refresh/", {"products": ["income"]})
    api.sandbox.clock.advance(hours=1)
    assert not refused(api, second, "link")

    def all_refused() -> bool:
        return {refused(api, first), refused(api, second), refused(api, first, "link")} == {True}

    assert all_refused()
    at(api, began + timedelta(hours=24) - MICROSECOND)
    assert all_refused()
    at(api, began + timedelta(hours=24))
    assert not refused(api, second, "link")
    assert all_refused()
    assert [line["product_type"] for line in api.sandbox.billing] == ["employment", "income", "income", "income"]


def test_connections_have_limits_of_their_own(api: Api) -> None:
    """Three refreshes of one connection leave another one of the same person and order its own three."""
    order = connected(api, employers=TWO)
    one, other = order["employers"]
    for employer in (one, one, one, other, other, other):
        api.refresh(order["id"], employers=[{"id": employer["id"]}])
    for employer in (one, other):
        answer = api.refused(
            "POST", f"/orders/{order['id']}/", {"products": ["income"], "employers": [{"id": employer["id"]}]}
        )
        assert employer["id"] in answer["employers[0].id"]


def test_logins_do_not_count(api: Api) -> None:
    """Neither the first login nor later ones use up the limit, and they do not give new refreshes either."""
    order = connected(api)
    for _ in range(4):
        log_in_again(api, order, "update mode")
        api.sandbox.settle()
    assert [refused(api, order) for _ in range(4)] == [False, False, False, True]
    log_in_again(api, order, "new order")
    api.sandbox.settle()
    assert refused(api, order)


def test_refused_refreshes_do_not_count(api: Api) -> None:
    """Refusals, for the limit or for a wrong body, neither prolong the wait nor use up the next window."""
    order = connected(api)
    began = api.sandbox.clock.now
    for _ in range(3):
        assert list(api.refused("POST", f"/orders/{order['id']}/", {"products": ["pll"]})) == ["products[0]"]
        assert not refused(api, order)
    for hours in range(1, 24):
        at(api, began + timedelta(hours=hours))
        assert refused(api, order, ("order", "link")[hours % 2])
    at(api, began + timedelta(hours=24))
    assert [refused(api, order) for _ in range(4)] == [False, False, False, True]
    assert len(api.sandbox.billing) == 6


@pytest.mark.parametrize("counts", [True, False])
def test_failed_refreshes_count_unless_the_knob_says_otherwise(api: Api, counts: bool) -> None:
    """Three failed refreshes use up the limit and are billed; with the knob they are billed and use up nothing."""
    api.patch("/_mock/profile", {"refresh_limit_counts_failed": counts})
    order = connected(api)
    api.sandbox.connection(order["employers"][0]["link_id"]).change_credentials()
    for _ in range(3):
        assert ended(api, ROUTES["order"](api, order)) == "login_error"
    assert refused(api, order) is counts
    assert len(api.sandbox.billing) == (3 if counts else 4)
    api.sandbox.settle()
    api.sandbox.connection(order["employers"][0]["link_id"]).change(credentials_changed=False)
    if not counts:
        assert [refused(api, order) for _ in range(4)] == [False, False, False, True]


def test_running_refreshes_count_until_they_fail(api: Api) -> None:
    """Where failed refreshes do not count, three that still run do; each that fails gives its place back."""
    api.patch("/_mock/profile", {"refresh_limit_counts_failed": False})
    order = connected(api)
    api.sandbox.connection(order["employers"][0]["link_id"]).change_credentials()
    for _ in range(3):
        api.refresh(order["id"])
        api.sandbox.clock.advance(seconds=0.5)
    assert refused(api, order)
    api.sandbox.clock.advance(seconds=1.5)
    assert not refused(api, order)
    assert refused(api, order)


def test_of_two_at_one_instant_the_one_that_fails_gives_its_own_place_back(api: Api) -> None:
    """Where failed refreshes do not count, the failure of one leaves the place of another one of the same instant."""
    api.patch("/_mock/profile", {"refresh_limit_counts_failed": False, "refresh_limit": 2})
    order = connected(api)
    link = api.sandbox.connection(order["employers"][0]["link_id"])
    tasks = [ROUTES["order"](api, order) for _ in range(2)]
    api.sandbox.clock.advance(seconds=2.9)
    link.change_credentials()
    api.sandbox.clock.advance(events=1)  # the first one is judged
    link.change(credentials_changed=False)
    api.sandbox.settle()
    assert [api.get(f"/tasks/{each}/")["status"] for each in tasks] == ["login_error", "done"]
    assert not refused(api, order)
    assert refused(api, order)


def test_task_that_failed_for_the_limit_gives_nothing_back(api: Api) -> None:
    """Where failed refreshes do not count, one that failed because of the limit leaves the places of the others."""
    api.patch("/_mock/profile", {"refresh_limit_counts_failed": False, "refresh_limit_effect": "fail_task"})
    order = connected(api)
    tasks = [ROUTES["order"](api, order) for _ in range(4)]
    api.sandbox.settle()
    tasks.append(ROUTES["order"](api, order))
    api.sandbox.settle()
    assert [api.get(f"/tasks/{each}/")["status"] for each in tasks] == ["done", "done", "done", "error", "error"]
    assert len(api.sandbox.billing) == 3


def test_at_the_limit_only_the_task_may_fail(api: Api, receiver: Receiver) -> None:
    """With ``fail_task`` the fourth refresh is accepted, not billed, not counted, and ends in error with the text."""
    api.patch("/_mock/profile", {"refresh_limit_effect": "fail_task"})
    order = connected(api, employers=TWO)
    tired, rested = order["employers"]
    began = api.sandbox.clock.now
    for _ in range(3):
        api.refresh(order["id"], employers=[{"id": tired["id"]}])
    api.sandbox.settle()
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    assert len(api.sandbox.billing) == 4
    api.sandbox.settle()
    after = api.get(f"/orders/{made['id']}/")
    endings = [(it["status"], it["tasks"][0]["status"], it["tasks"][0]["error_message"]) for it in after["employers"]]
    assert endings == [("error", "error", LIMIT), ("completed", "done", None)]
    assert after["status"] == "completed"
    failed = [each for each in receiver.events if each["event_type"] == "order-refresh-failed"]
    assert [(each["status"], each["employer_id"]) for each in failed] == [("error", after["employers"][0]["id"])]
    walk = [each["status"] for each in receiver.events if each.get("tracking_info") == after["employers"][0]["id"]
            and each["event_type"] == "task-status-updated"]  # fmt: skip
    assert walk == ["new", "login", "error"]
    for task in (tired, rested):
        assert api.get(f"/links/{task['link_id']}/income/report/")["employments"]
    at(api, began + timedelta(hours=24) - MICROSECOND)
    assert ended(api, ROUTES["link"](api, order)) == "error"
    assert ended(api, ROUTES["link"](api, order)) == "done"
    assert len(api.sandbox.billing) == 5


def test_status_beyond_the_limit_is_a_knob(api: Api) -> None:
    """With 429 the refusal is ``throttled`` with the same sentence and the same field on both routes."""
    api.patch("/_mock/profile", {"refresh_limit_status": 429, "refresh_limit": 0})
    order = connected(api)
    token = order["employers"][0]["access_token"]
    for path, body, field in (
        (f"/orders/{order['id']}/", {"products": ["income"]}, "employers"),
        ("/refresh/tasks/", {"access_token": token}, "access_token"),
    ):
        answer = api.send("POST", path, json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["message"]) == (429, "throttled", LIMIT)
        assert [each["field"] for each in error["extra"]["invalid-params"]] == [field]
    assert api.sandbox.billing == []


def test_width_of_the_window_is_a_knob(api: Api) -> None:
    """With a limit of one in 48 hours the second refresh is allowed exactly 48 hours after the first."""
    api.patch("/_mock/profile", {"refresh_limit": 1, "refresh_limit_hours": 48})
    order = connected(api)
    began = api.sandbox.clock.now
    assert not refused(api, order)
    at(api, began + timedelta(hours=48) - MICROSECOND)
    assert refused(api, order)
    at(api, began + timedelta(hours=48))
    assert not refused(api, order)


def test_free_lines_come_back_after_90_days(api: Api) -> None:
    """With two free re-verifications the first two within 90 days are free; 90 days after the first one is again."""
    api.patch("/_mock/profile", {"gse_refreshes": 2, "refresh_limit": 100})
    order = connected(api)
    began = api.sandbox.clock.now
    instants = [timedelta(), timedelta(days=1), timedelta(days=2), timedelta(days=90) - MICROSECOND, timedelta(days=90),
                timedelta(days=90) + MICROSECOND, timedelta(days=91), timedelta(days=92)]  # fmt: skip
    for each in instants:
        at(api, began + each)
        api.refresh(order["id"])
    lines = api.get("/_mock/billing/")["results"]
    assert [datetime.fromisoformat(line["at"]) - began for line in lines] == instants
    assert [line["free"] for line in lines] == [True, True, False, False, True, False, True, False]


def test_free_lines_are_each_connections_own(api: Api) -> None:
    """Each connection has its own free re-verifications."""
    api.patch("/_mock/profile", {"gse_refreshes": 1})
    order = connected(api, employers=TWO)
    for _ in range(2):
        api.refresh(order["id"])
    free = {(line["link_id"], line["free"]) for line in api.sandbox.billing}
    assert free == {(it["link_id"], flag) for it in order["employers"] for flag in (True, False)}


def test_refreshes_may_be_billed_when_done(api: Api) -> None:
    """With ``billing = done`` a refresh is billed at the instant it is done, a failed one never."""
    api.patch("/_mock/profile", {"billing": "done"})
    order = connected(api)
    made = api.refresh(order["id"])
    began = api.sandbox.clock.now
    api.sandbox.clock.advance(seconds=7.999999)
    assert api.sandbox.billing == []
    api.sandbox.clock.advance(seconds=60)
    (line,) = api.sandbox.billing
    assert (line["order_id"], datetime.fromisoformat(line["at"]) - began) == (made["id"], timedelta(seconds=8))
    api.sandbox.connection(order["employers"][0]["link_id"]).change_credentials()
    assert ended(api, ROUTES["order"](api, order)) == "login_error"
    assert len(api.sandbox.billing) == 1
    assert refused(api, order) is False
    assert refused(api, order)
