"""Each cause of a failed refresh, reached by what happens in the world, seen on every surface, and healed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.failures.surfaces import (
    DONE,
    LOGIN_ERROR,
    MFA_ERROR,
    UNAVAILABLE,
    Ending,
    check_link,
    check_order,
    check_task,
    reports_of,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.conftest import Api, Receiver

EMPLOYER = {"company_name": "Hearthside Home Supply"}
CODE = {"mfa_code": "12345"}
HEAD = 'title = "t"\nwhy = "w"\nexpect = "e"\n'


@dataclass(frozen=True)
class Cause:
    """What happens before a refresh, or while it runs."""

    ending: Ending
    scenario: str = ""
    """Name of a shipped scenario, or TOML, in force before the person logs in."""
    outage: str = ""
    """The same, in force when the refresh begins."""
    login: Mapping[str, Any] = field(default_factory=dict)
    days: float = 1
    """From the login to the refresh."""
    connection: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are changed by hand before the refresh."""
    provider: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0
    """The changes by hand come so long after the refresh began."""
    heals: tuple[str, ...] = ()


RELOGIN = ("new order", "update mode")
CAUSES: dict[str, Cause] = {
    "credentials changed": Cause(
        LOGIN_ERROR, connection={"credentials_changed": True}, heals=("password repaired", *RELOGIN)
    ),
    "credentials changed by scenario": Cause(LOGIN_ERROR, scenario="credentials-changed", days=30.1, heals=RELOGIN),
    "credentials changed while it runs": Cause(
        LOGIN_ERROR, connection={"credentials_changed": True}, seconds=2, heals=("password repaired",)
    ),
    "session over": Cause(LOGIN_ERROR, login={"provider_id": "paycastle"}, days=14.1, heals=RELOGIN),
    "session ended": Cause(LOGIN_ERROR, connection={"session_ended": True}, heals=("session set", *RELOGIN)),
    "session over by scenario": Cause(LOGIN_ERROR, scenario="session-expired", days=1.1, heals=RELOGIN),
    "session over, code wanted": Cause(
        MFA_ERROR, login={"provider_id": "ledgerline", **CODE}, days=30.1, heals=RELOGIN
    ),
    "session over, code wanted by scenario": Cause(MFA_ERROR, scenario="mfa-required", days=1.1, heals=RELOGIN),
    "second factor always": Cause(
        MFA_ERROR, connection={"second_factor": "always"}, days=0.1, heals=("never asks",)
    ),
    "second factor always at the provider": Cause(
        MFA_ERROR, login={"provider_id": "sunrise_payroll", **CODE}, days=0.1, heals=("never asks",)
    ),
    "second factor always by scenario": Cause(
        MFA_ERROR, scenario='[[connection]]\nsecond_factor = "always"\n', days=0.1, heals=("never asks",)
    ),
    "grant past its end": Cause(LOGIN_ERROR, days=181, heals=RELOGIN),
    "grant past its end by scenario": Cause(LOGIN_ERROR, scenario="oauth-expiry-180d", days=180.1, heals=RELOGIN),
    "grant of 90 days past its end": Cause(LOGIN_ERROR, login={"provider_id": "civic_payroll"}, days=91, heals=RELOGIN),
    "provider down": Cause(UNAVAILABLE, provider={"down": True}, heals=("provider back",)),
    "provider down by scenario": Cause(UNAVAILABLE, scenario="provider-unavailable", days=60.01,
                                       heals=("outage over",)),
    "provider down by its calendar": Cause(
        UNAVAILABLE, login={"provider_id": "maritime_pay", **CODE}, days=12.82, heals=("outage over",)
    ),
    "provider goes down before parse": Cause(
        Ending("unavailable", ("new", "login", "parse")), provider={"down": True}, seconds=4, heals=("provider back",)
    ),
    "provider goes down before parse by scenario": Cause(
        Ending("unavailable", ("new", "login", "parse")), outage='[[provider]]\ndown_from = "4s"\ndown_for = "1h"\n',
        heals=("outage over",),
    ),
    "provider goes down before full_parse": Cause(
        Ending("unavailable", ("new", "login", "parse", "full_parse")), provider={"down": True}, seconds=7,
        heals=("provider back",),
    ),
    "provider goes down before full_parse by scenario": Cause(
        Ending("unavailable", ("new", "login", "parse", "full_parse")),
        outage='[[provider]]\ndown_from = "7s"\ndown_for = "1h"\n', heals=("outage over",),
    ),
    "account locked": Cause(Ending("account_locked"), connection={"locked": True}, heals=("unlocked",)),
    "account locked by scenario": Cause(
        Ending("account_locked"), scenario="account-locked", days=20.1, heals=("unlocked", "a week later")
    ),
    "wrong organisation": Cause(
        Ending("config_error"), connection={"organisation_ok": False}, heals=("organisation right",)
    ),
    "wrong organisation by scenario": Cause(
        Ending("config_error"), scenario="config-error", days=20.1, heals=("organisation right",)
    ),
    "no records": Cause(
        Ending("no_data", ("new", "login", "parse")), connection={"has_records": False}, heals=("records back",)
    ),
    "no records by scenario": Cause(
        Ending("no_data", ("new", "login", "parse")), scenario="no-data", days=20.1, heals=("records back",)
    ),
    "anything else": Cause(Ending("error"), connection={"broken": True}, heals=("mended",)),
    "anything else by scenario": Cause(
        Ending("error"), scenario="generic-error", days=10.1, heals=("mended", "two days later")
    ),
}  # fmt: skip
PATCHES: dict[str, dict[str, Any]] = {
    "password repaired": {"credentials_changed": False},
    "session set": {"expires_at": "2027-01-01T00:00:00Z"},
    "never asks": {"second_factor": "never"},
    "unlocked": {"locked": False},
    "organisation right": {"organisation_ok": True},
    "records back": {"has_records": True},
    "mended": {"broken": False},
}
"""Healing -> what is changed of the connection."""
WAITS_HOURS = {"outage over": 24, "a week later": 7 * 24, "two days later": 48}


def put(api: Api, scenario: str) -> None:
    """Put a shipped scenario or a TOML text into force."""
    body = {"toml": HEAD + scenario} if "[[" in scenario else {"scenario": scenario}
    assert api.send("PUT", "/_mock/scenario", json=body).status_code == 200


def connect(api: Api, cause: Cause) -> Any:
    """Let a person connect an account, and time pass until the refresh; return the completed order."""
    if cause.scenario:
        put(api, cause.scenario)
    order = api.connected(cause.login, external_user_id="case-1", employers=[EMPLOYER])
    assert order["status"] == "completed"
    api.sandbox.clock.advance(days=cause.days)
    return api.get(f"/orders/{order['id']}/")


def go_wrong(api: Api, cause: Cause, order: Any) -> None:
    """Change connection and provider by hand."""
    link_id = order["employers"][0]["link_id"]
    if cause.connection:
        api.patch(f"/_mock/connections/{link_id}", dict(cause.connection))
    if cause.provider:
        api.patch("/_mock/providers/truv_api", dict(cause.provider))


def fail(api: Api, cause: Cause, start: Callable[[], Any], order: Any) -> Any:
    """Start a refresh by ``start``, let the cause happen before or during it, and wait for its end."""
    if cause.outage:
        put(api, cause.outage)
    if not cause.seconds:
        go_wrong(api, cause, order)
    started = start()
    if cause.seconds:
        api.sandbox.clock.advance(seconds=cause.seconds)
        go_wrong(api, cause, order)
    api.sandbox.clock.advance(seconds=120)
    return started


def listen(api: Api, receiver: Receiver) -> None:
    """Be told everything from now on."""
    api.subscribe(receiver.url)
    receiver.forget()


@pytest.mark.parametrize("name", CAUSES)
def test_order_refresh_fails_on_every_surface(api: Api, receiver: Receiver, name: str) -> None:
    """A refresh order that fails by this cause says the same on every read, in every event and in the ledger."""
    cause = CAUSES[name]
    order = connect(api, cause)
    before = reports_of(api, order)
    listen(api, receiver)
    refreshed = fail(api, cause, lambda: api.refresh(order["id"]), order)
    assert refreshed["employers"][0]["status"] == "pending"
    check_order(api, receiver, order, refreshed["id"], [cause.ending], before)
    assert len(api.sandbox.billing) == 1


@pytest.mark.parametrize("name", CAUSES)
def test_link_refresh_fails_on_every_surface(api: Api, receiver: Receiver, name: str) -> None:
    """A link refresh that fails by this cause tells of task and link alone, and no order changes."""
    cause = CAUSES[name]
    order = connect(api, cause)
    (employer,) = order["employers"]
    link_id = employer["link_id"]
    before = reports_of(api, order)
    listen(api, receiver)
    body = {"access_token": employer["access_token"], "product_type": "income"}
    started = fail(api, cause, lambda: api.post("/refresh/tasks/", body, 200), order)
    known = {"link_id": link_id, "order_id": None, "user_id": order["user_id"], "product_type": "income"}
    check_task(api, receiver, started["task_id"], cause.ending, **known)
    check_link(api, receiver, link_id, cause.ending, before[link_id])
    assert {each["event_type"] for each in receiver.events} == {
        "task-status-updated", *(["link-disconnected"] if cause.ending.disconnects else []),
    }  # fmt: skip
    (line,) = api.get("/_mock/billing/")["results"]
    assert (line["task_id"], line["link_id"], line["order_id"]) == (started["task_id"], link_id, None)
    assert api.get(f"/orders/{order['id']}/") == order
    assert [each["type"] for each in api.get(f"/orders/{order['id']}/events/")["results"]] == [
        "order_created", "suborder_completed",
    ]  # fmt: skip


def refresh_again(api: Api, receiver: Receiver, order: Any) -> str:
    """Refresh an order once more and return how its task ends."""
    receiver.forget()
    refreshed = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=120)
    status: str = api.get(f"/orders/{refreshed['id']}/")["employers"][0]["tasks"][0]["status"]
    return status


def log_in(api: Api, order: Any, way: str) -> Any:
    """Let the person log in again, with the code in hand; return how Bridge ended."""
    (employer,) = order["employers"]
    if way == "new order":
        again = api.order(external_user_id="case-1", employers=[EMPLOYER])
        assert again["user_id"] == order["user_id"]
        token = again["employers"][0]["bridge_token"]
    else:
        body = {"product_type": "income", "access_token": employer["access_token"]}
        token = api.post(f"/users/{order['user_id']}/tokens/", body, 200)["bridge_token"]
    provider = employer["provider"]["id"]
    ending = api.sandbox.complete_bridge(token, provider_id=provider, mfa_code="12345")
    api.sandbox.clock.advance(seconds=120)
    return ending


def heal(api: Api, order: Any, way: str) -> None:
    """Let what was wrong become right."""
    link_id = order["employers"][0]["link_id"]
    if way in PATCHES:
        changed = api.patch(f"/_mock/connections/{link_id}", PATCHES[way])
        assert {key: changed[key] for key in PATCHES[way] if key != "expires_at"} == {
            key: value for key, value in PATCHES[way].items() if key != "expires_at"
        }
    elif way in WAITS_HOURS:
        api.sandbox.clock.advance(hours=WAITS_HOURS[way])
    elif way == "provider back":
        assert api.patch("/_mock/providers/truv_api", {"down": False})["down"] is False
    else:
        ending = log_in(api, order, way)
        assert (ending["status"], ending["link_id"]) == ("login", link_id)
        assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "done"


@pytest.mark.parametrize(("name", "way"), [(name, way) for name, cause in CAUSES.items() for way in cause.heals])
def test_healed_connection_refreshes_again(api: Api, receiver: Receiver, name: str, way: str) -> None:
    """Until the cause is gone a refresh fails again in the same way; then the same call is done on every surface."""
    cause = CAUSES[name]
    order = connect(api, cause)
    listen(api, receiver)
    fail(api, cause, lambda: api.refresh(order["id"]), order)
    again = refresh_again(api, receiver, order)
    assert again == ("login_error" if cause.seconds and cause.connection else cause.ending.status)
    heal(api, order, way)
    api.sandbox.clock.advance(hours=15)
    order = api.get(f"/orders/{order['id']}/")
    before = reports_of(api, order)
    receiver.forget()
    refreshed = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=240)
    check_order(api, receiver, order, refreshed["id"], [DONE], before)


@pytest.mark.parametrize("way", RELOGIN)
def test_refresh_status_is_of_the_last_refresh(api: Api, receiver: Receiver, way: str) -> None:
    """A login that repairs the link makes its status ``done``; its ``refresh_status`` is the failed refresh's still."""
    order = connect(api, CAUSES["credentials changed"])
    path = f"/links/{order['employers'][0]['link_id']}/income/report/"
    assert api.get(path)["refresh_status"] is None
    listen(api, receiver)
    fail(api, CAUSES["credentials changed"], lambda: api.refresh(order["id"]), order)
    log_in(api, order, way)
    report = api.get(path)
    assert (report["status"], report["refresh_status"]) == ("done", "login_error")
    assert refresh_again(api, receiver, order) == "done"
    assert api.get(path)["refresh_status"] == "done"


def test_a_login_does_not_help_where_a_code_is_always_wanted(api: Api, receiver: Receiver) -> None:
    """With a second factor at every login the person's login works and the next refresh still ends in mfa_error."""
    order = connect(api, CAUSES["second factor always"])
    listen(api, receiver)
    fail(api, CAUSES["second factor always"], lambda: api.refresh(order["id"]), order)
    ending = log_in(api, order, "new order")
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "done"
    assert refresh_again(api, receiver, order) == "mfa_error"


@pytest.mark.parametrize(
    ("name", "status"),
    [("account locked", "account_locked"), ("wrong organisation", "config_error"), ("provider down", "unavailable"),
     ("no records", "no_data")],
)  # fmt: skip
def test_person_meets_the_same_cause(api: Api, receiver: Receiver, name: str, status: str) -> None:
    """What is wrong at the provider meets the person's own login, too, and that login heals nothing."""
    cause = CAUSES[name]
    order = connect(api, cause)
    listen(api, receiver)
    fail(api, cause, lambda: api.refresh(order["id"]), order)
    ending = log_in(api, order, "update mode")
    task = api.get(f"/tasks/{ending['task_id']}/")
    assert (task["status"], task["link_id"]) == (status, order["employers"][0]["link_id"])
    assert refresh_again(api, receiver, order) == cause.ending.status


def test_a_login_does_not_mend_what_is_broken_at_the_provider(api: Api, receiver: Receiver) -> None:
    """A fault of the account at the provider stays after the person's login: the next refresh ends in error again."""
    order = connect(api, CAUSES["anything else"])
    listen(api, receiver)
    fail(api, CAUSES["anything else"], lambda: api.refresh(order["id"]), order)
    log_in(api, order, "update mode")
    assert refresh_again(api, receiver, order) == "error"


@pytest.mark.parametrize("name", ["credentials changed", "session over", "session over, code wanted"])
def test_new_order_of_another_user_leaves_the_old_connection(api: Api, receiver: Receiver, name: str) -> None:
    """A login under a new user makes a connection of its own: that one is refreshed, the old one still fails."""
    cause = CAUSES[name]
    order = connect(api, cause)
    go_wrong(api, cause, order)
    fresh = api.connected({**cause.login, **CODE}, external_user_id="case-2", employers=[EMPLOYER])
    assert fresh["employers"][0]["link_id"] != order["employers"][0]["link_id"]
    assert refresh_again(api, receiver, fresh) == "done"
    assert refresh_again(api, receiver, order) == cause.ending.status


@pytest.mark.parametrize(
    ("seconds", "walk"),
    [(0.5, ("new",)), (2, ("new", "login")), (4, ("new", "login", "parse")),
     (7, ("new", "login", "parse", "full_parse"))],
)  # fmt: skip
def test_link_deleted_while_its_refresh_runs(
    api: Api, receiver: Receiver, seconds: float, walk: tuple[str, ...]
) -> None:
    """A link deleted at any stage of a refresh ends the task in ``error`` on every surface, with no data left."""
    order = connect(api, Cause(DONE))
    (employer,) = order["employers"]
    listen(api, receiver)
    refreshed = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=seconds)
    api.delete(f"/links/{employer['link_id']}/")
    api.sandbox.clock.advance(seconds=120)
    after = api.get(f"/orders/{refreshed['id']}/")
    (mine,) = after["employers"]
    check_task(api, receiver, mine["tasks"][0]["id"], Ending("error", walk), link_id=employer["link_id"],
               order_id=refreshed["id"])  # fmt: skip
    assert (after["status"], mine["status"], mine["employments"], mine["pdf_report"]) == ("error", "error", [], None)
    assert (after["voie_report_id"], after["completed_at"]) == (None, None)
    link = api.get(f"/links/{employer['link_id']}/")
    assert (link["status"], link["deleted_at"] is None) == ("error", False)
    api.get(f"/links/{employer['link_id']}/income/report/", 404)
    kinds = [each["event_type"] for each in receiver.events if each["event_type"] != "task-status-updated"]
    assert kinds == ["order-created", "link-deleted", "link-disconnected", "order-refresh-failed",
                     "order-status-updated"]  # fmt: skip
    (failed,) = told(receiver, "order-refresh-failed")
    assert (failed["status"], failed["order_id"], failed["employer_id"]) == ("error", refreshed["id"], mine["id"])
    assert [line["order_id"] for line in api.sandbox.billing] == [refreshed["id"]]
    assert [each["type"] for each in api.get(f"/orders/{refreshed['id']}/events/")["results"]] == ["order_created"]


def test_deleted_link_is_replaced_by_a_new_login(api: Api, receiver: Receiver) -> None:
    """After its link is deleted an order cannot be refreshed; a new login makes a new link, whose order can be."""
    order = connect(api, Cause(DONE))
    link_id = order["employers"][0]["link_id"]
    api.refresh(order["id"])
    api.delete(f"/links/{link_id}/")
    api.sandbox.clock.advance(seconds=120)
    assert list(api.refused("POST", f"/orders/{order['id']}/", {"products": ["income"]})) == ["employers"]
    fresh = api.connected(external_user_id="case-1", employers=[EMPLOYER])
    assert fresh["user_id"] == order["user_id"]
    assert fresh["employers"][0]["link_id"] != link_id
    assert refresh_again(api, receiver, fresh) == "done"
    assert list(api.refused("POST", f"/orders/{order['id']}/", {"products": ["income"]})) == ["employers"]


def test_causes_meet_in_the_order_of_a_provider(api: Api, receiver: Receiver) -> None:
    """Where causes meet, the one nearest to the outside wins: outage, lock, organisation, fault, password, code."""
    order = connect(api, Cause(DONE))
    api.patch("/_mock/profile", {"refresh_limit": 100})
    path = f"/_mock/connections/{order['employers'][0]['link_id']}"
    api.patch(path, {"locked": True, "organisation_ok": False, "broken": True, "credentials_changed": True,
                     "second_factor": "always", "session_ended": True, "has_records": False})  # fmt: skip
    api.patch("/_mock/providers/truv_api", {"down": True})
    seen = [refresh_again(api, receiver, order)]
    api.patch("/_mock/providers/truv_api", {"down": False})
    for healing in ({}, {"locked": False}, {"organisation_ok": True}, {"broken": False}, {"credentials_changed": False},
                    {"second_factor": "never"}, {"expires_at": None}, {"has_records": True}):  # fmt: skip
        api.patch(path, healing)
        seen.append(refresh_again(api, receiver, order))
    assert seen == [
        "unavailable", "account_locked", "config_error", "error", "login_error", "mfa_error", "login_error", "no_data",
        "done",
    ]  # fmt: skip


def test_planned_change_comes_at_its_instant(api: Api, receiver: Receiver) -> None:
    """A change planned for an instant lets a refresh judged a microsecond earlier pass, and one at the instant fail."""
    order = connect(api, Cause(DONE))
    link_id = order["employers"][0]["link_id"]
    receiver.forget()
    api.patch(f"/_mock/connections/{link_id}", {"locked": True, "at": "2026-01-20T15:00:03Z"})
    assert api.get(f"/_mock/connections/{link_id}")["locked"] is False
    endings = []
    for instant in ("2026-01-20T14:59:59.999999Z", "2026-01-20T15:00:00Z"):  # judged 3 s later
        api.sandbox.clock.advance(to=instant)
        endings.append(api.refresh(order["id"])["id"])
    api.sandbox.clock.advance(seconds=60)
    assert [api.get(f"/orders/{each}/")["employers"][0]["tasks"][0]["status"] for each in endings] == [
        "done", "account_locked",
    ]  # fmt: skip
