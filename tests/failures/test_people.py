"""Cases that a scenario brings: several employers, households, equal names, and causes that lie in their past."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.figure import success_by_age
from mock_truv.runtime.hub import load_catalog
from mock_truv.scenarios import ScenarioError, parse_scenario, scaled

if TYPE_CHECKING:
    from tests.conftest import Api, Receiver

HEAD = 'title = "A title"\nwhy = "A reason"\nexpect = "A deed"\n'
INCOME = {"products": ["income"]}


def put(api: Api, text: str) -> list[Any]:
    """Put a scenario into force and return the orders it brought, oldest first."""
    answer = api.send("PUT", "/_mock/scenario", json={"toml": HEAD + text})
    assert answer.status_code == 200, answer.text
    listed = [api.get(f"/orders/{each['id']}/") for each in api.get("/orders/?page_size=100")["results"]]
    return listed[::-1]


def connections(api: Api) -> list[Any]:
    """Return all connections, oldest first."""
    found: list[Any] = api.get("/_mock/connections/")["results"]
    return found


def endings(api: Api, order: Any, *, seconds: float = 3600) -> list[str]:
    """Refresh an order and return how its tasks end, employer by employer."""
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(seconds=seconds)
    return [each["tasks"][0]["status"] for each in api.get(f"/orders/{made['id']}/")["employers"]]


# --- several employers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("logins", ['["goodlogin"]', '["multiple.employments", "goodlogin"]', "[]"])
@pytest.mark.parametrize("number", [2, 3, 20])
def test_each_employer_has_a_connection_and_data_of_its_own(api: Api, number: int, logins: str) -> None:
    """So many employers are so many completed suborders of one order, with as many links, names and incomes."""
    orders = put(api, f"[[person]]\ncount = 2\nemployers = {number}\nlogins = {logins}\n")
    assert len(orders) == 2
    for order in orders:
        employers = order["employers"]
        assert [each["status"] for each in employers] == ["completed"] * number
        assert order["status"] == "completed"
        for values in (
            [each["link_id"] for each in employers],
            [each["company_name"] for each in employers],
            [each["employments"][0]["statements"][0]["gross_pay"] for each in employers],
        ):
            assert len(set(values)) == number
    assert len(connections(api)) == 2 * number
    assert len({each["user_id"] for each in connections(api)}) == 2
    assert endings(api, orders[0]) == ["done"] * number


def test_jobs_that_the_person_has_come_first(api: Api) -> None:
    """With a login of two jobs the first two employers are these; a job that has not begun is none of them."""
    text = '[[person]]\nlogin = "multiple.employments"\nemployers = 3\nconnected_ago = "{}"\n'
    (order,) = put(api, text.format("30d"))
    names = [each["company_name"] for each in order["employers"]]
    assert names[:2] == ["Copper Ridge Clinic", "The Corner Kettle"]
    assert names[2] not in names[:2]
    (_, earlier) = sorted(put(api, text.format("1000d")), key=lambda each: str(each["created_at"]), reverse=True)
    assert "The Corner Kettle" not in [each["company_name"] for each in earlier["employers"]]


def test_providers_go_round(api: Api) -> None:
    """The first employer has the first provider, the second the second, the third the first again."""
    put(api, '[[person]]\nemployers = 3\nprovider = "old_mill"\nproviders = ["harborpay", "paycastle"]\n')
    assert [each["provider_id"] for each in connections(api)] == ["harborpay", "paycastle", "harborpay"]


def test_product_number_and_names(api: Api) -> None:
    """Cases may be of the product employment, share a number and a name, and are different people all the same."""
    orders = put(api, '[[person]]\ncount = 12\nproduct = "employment"\norder_number = "A-1"\nsame_name = true\n')
    assert {each["order_number"] for each in orders} == {"A-1"}
    assert {tuple(each["products"]) for each in orders} == {("employment",)}
    assert len({(each["first_name"], each["last_name"]) for each in orders}) == 1
    assert len({each["user_id"] for each in orders}) == 12
    made = api.post(f"/orders/{orders[0]['id']}/", {"products": ["employment"]}, 201)
    assert made["order_number"] == "A-1"
    others = put(api, "[[person]]\ncount = 12\n")
    assert len({(each["first_name"], each["last_name"]) for each in others}) > 10


def test_a_household_shares_its_connections(api: Api) -> None:
    """The cases of a household are completed orders of one user over the same links, which share the limit."""
    orders = put(api, "[[person]]\ncount = 3\nemployers = 2\nhousehold = true\npassword_changed = 0.5\n")
    assert len({each["user_id"] for each in orders}) == 1
    assert len({each["order_number"] for each in orders}) == len({each["id"] for each in orders}) == 3
    links = [tuple(each["link_id"] for each in order["employers"]) for order in orders]
    names = [tuple(each["company_name"] for each in order["employers"]) for order in orders]
    assert len(set(links)) == len(set(names)) == 1
    assert len(connections(api)) == 2
    assert [endings(api, order) for order in orders] == [["done", "login_error"]] * 3
    answer = api.send("POST", f"/orders/{orders[0]['id']}/", json=INCOME)
    assert answer.status_code == 400


# --- what befalls connections that exist ----------------------------------------------------------------------------

PAST: dict[str, tuple[str, dict[str, Any], str]] = {
    "password": ('password_changes_after = "20d"', {"credentials_changed": True}, "login_error"),
    "lock": ('locked_after = "20d"', {"locked": True}, "account_locked"),
    "lock that is over": ('locked_after = "20d"\nlocked_for = "5d"', {"locked": False}, "done"),
    "organisation": ('organisation_wrong_after = "30d"', {"organisation_ok": False}, "config_error"),
    "records": ('records_gone_after = "1d"', {"has_records": False}, "no_data"),
    "error": ('broken_after = "1d"', {"broken": True, "broken_as": "error"}, "error"),
    "reset": ('broken_after = "1d"\nbroken_as = "unable_to_reset"', {"broken": True, "broken_as": "unable_to_reset"},
              "unable_to_reset"),
    "unsupported": ('broken_after = "1d"\nbroken_as = "not_supported"', {"broken_as": "not_supported"},
                    "not_supported"),
    "session": ('session_ends_after = "20d"', {"session_ended": True}, "login_error"),
    "code": ('second_factor = "always"', {"second_factor": "always"}, "mfa_error"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAST)
def test_what_has_come_since_is_in_force_from_the_start(api: Api, receiver: Receiver, name: str) -> None:
    """A cause whose time lies in the past of a case holds at once, without a webhook, and ends a refresh."""
    rule, shown, status = PAST[name]
    api.subscribe(receiver.url)
    (order,) = put(api, f'[[person]]\nconnected_ago = "30d"\n[[connection]]\n{rule}\n')
    (connection,) = connections(api)
    assert {key: connection[key] for key in shown} == shown
    assert receiver.events == []
    assert endings(api, order) == [status]


def test_times_count_from_the_connections_login(api: Api) -> None:
    """What is still to come to a case comes so long after its login, not after the scenario's start."""
    began = api.sandbox.clock.now
    (order,) = put(
        api,
        '[[person]]\nconnected_ago = "30d"\n[[connection]]\nlocked_after = "31d"\nlocked_for = "2d"\n'
        'session_ends_after = "35d"\n',
    )
    seen = []
    for days in (0.9, 1.1, 2.9, 3.1, 4.9, 5.1):
        api.sandbox.clock.advance(to=began + timedelta(days=days))
        seen += endings(api, order, seconds=60)
    assert seen == ["done", "account_locked", "account_locked", "done", "done", "login_error"]


def test_ordinals_count_all_connections(api: Api) -> None:
    """The second and the fourth connection are counted over employers, cases and people who come later."""
    put(api, '[[person]]\nemployers = 2\n[[person]]\n[[connection]]\nnth = [2, 4]\nsecond_factor = "always"\n')
    api.connected()
    assert [each["second_factor"] for each in connections(api)] == ["never", "always", "never", "always"]


def test_a_household_counts_once(api: Api) -> None:
    """What befalls the one connection of a household befalls it once; the next rule's connection is the second."""
    put(api, '[[person]]\ncount = 3\nhousehold = true\n[[person]]\n[[connection]]\nnth = [2]\nlocked_after = "1d"\n')
    assert [each["locked"] for each in connections(api)] == [False, True]


@pytest.mark.parametrize(("rule", "later"), [('deleted_after = "40d"', 10), ('deleted_after = "12h"', None)])
def test_a_link_is_deleted(api: Api, receiver: Receiver, rule: str, later: int | None) -> None:
    """At its time the link is deleted as by DELETE, and told once; a time in the past is told to nobody."""
    api.subscribe(receiver.url)
    began = api.sandbox.clock.now
    (order,) = put(api, f'[[person]]\n[[connection]]\n{rule}\nlocked_after = "41d"\n')
    link_id = order["employers"][0]["link_id"] or connections(api)[0]["link_id"]
    if later is not None:
        assert api.get(f"/links/{link_id}/")["deleted_at"] is None
    api.sandbox.clock.advance(to=began + timedelta(days=20))
    deleted = datetime.fromisoformat(api.get(f"/links/{link_id}/")["deleted_at"])
    assert deleted - began == (timedelta(days=later) if later is not None else timedelta(days=-29.5))
    told = [each["event_type"] for each in receiver.events]
    assert told == (["link-deleted"] if later is not None else [])
    answer = api.send("POST", f"/orders/{order['id']}/", json=INCOME)
    assert answer.status_code == 400
    assert api.send("DELETE", f"/links/{link_id}/").status_code == 404


def test_a_link_that_is_gone_is_not_deleted_again(api: Api, receiver: Receiver) -> None:
    """Who deletes the link before its time is the only one to do so."""
    order = put(api, '[[person]]\n[[connection]]\ndeleted_after = "40d"\n')[0]
    api.subscribe(receiver.url)
    assert api.send("DELETE", f"/links/{order['employers'][0]['link_id']}/").status_code == 204
    api.sandbox.clock.advance(days=20)
    assert [each["event_type"] for each in receiver.events] == ["link-deleted"]


# --- broken as, outages, slow providers -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["error", "unable_to_reset", "not_supported"])
def test_a_broken_connection_says_how(api: Api, receiver: Receiver, status: str) -> None:
    """A broken connection ends refresh and login in the status it is broken as, and works again when it is mended."""
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    assert connections(api)[0]["broken_as"] == "error"
    api.patch(f"/_mock/connections/{link_id}", {"broken": True, "broken_as": status})
    api.subscribe(receiver.url)
    assert endings(api, order) == [status]
    assert [each["status"] for each in receiver.events if each["event_type"] == "task-status-updated"][-1] == status
    failed = [each for each in receiver.events if each["event_type"] == "order-refresh-failed"]
    assert len(failed) == 1
    body = {"product_type": "income", "access_token": order["employers"][0]["access_token"]}
    token = api.post(f"/users/{order['user_id']}/tokens/", body, 200)["bridge_token"]
    assert api.sandbox.complete_bridge(token)["status"] == status
    api.patch(f"/_mock/connections/{link_id}", {"broken": False})
    assert endings(api, order) == ["done"]
    assert set(api.refused("PATCH", f"/_mock/connections/{link_id}", {"broken_as": "done"})) == {"broken_as"}


def test_several_outages_of_one_provider(api: Api) -> None:
    """Each rule of a provider adds an outage; in between it is up."""
    windows = "".join(
        f'[[provider]]\nid = "truv_api"\ndown_from = "{hours}h"\ndown_for = "1h"\n' for hours in (1, 10, 20)
    )
    began = api.sandbox.clock.now
    (order,) = put(api, "[profile]\nrefresh_limit = 9\n[[person]]\n" + windows)
    seen = []
    for hours in (0.5, 1.5, 5, 10.5, 15, 20.5, 22):
        api.sandbox.clock.advance(to=began + timedelta(hours=hours))
        seen += endings(api, order, seconds=60)
    assert seen == ["done", "unavailable"] * 3 + ["done"]


def test_a_refresh_can_stay_for_hours_in_each_status(api: Api) -> None:
    """With a task of a day a refresh stays 3, 6, 9 and 6 hours in its statuses and is done, past the usual limit."""
    (order,) = put(api, '[[person]]\n[[provider]]\nid = "truv_api"\ntask_seconds = 86400\n')
    made = api.refresh(order["id"])
    began = api.sandbox.clock.now
    seen = []
    for hours in (0, 2.9, 3, 8.9, 9, 17.9, 18, 23.9, 24):
        api.sandbox.clock.advance(to=began + timedelta(hours=hours))
        seen.append(api.get(f"/orders/{made['id']}/")["employers"][0]["tasks"][0]["status"])
    assert seen == ["new", "new", "login", "login", "parse", "parse", "full_parse", "full_parse", "done"]


def test_the_limit_of_a_task_holds_for_usual_providers(api: Api) -> None:
    """The limit of twenty minutes ends a task that began slowly once the provider is a usual one again."""
    (order,) = put(api, '[[person]]\n[[provider]]\nid = "truv_api"\ntask_seconds = 86400\n')
    made = api.refresh(order["id"])
    api.patch("/_mock/providers/truv_api", {"task_seconds": 1200})
    api.sandbox.clock.advance(hours=4)
    assert api.get(f"/orders/{made['id']}/")["employers"][0]["tasks"][0]["status"] == "error"


# --- the figure -----------------------------------------------------------------------------------------------------


def test_figure_and_scaling_refuse_alike() -> None:
    """A scenario without cases is refused in the same words by the figure and by scaling, with cases or without."""
    scenario = parse_scenario(HEAD, "empty", "empty.toml")
    told = set()
    for cases in (None, 5):
        with pytest.raises(ScenarioError) as of_scaling:
            scaled(scenario, cases)
        with pytest.raises(ScenarioError) as of_figure:
            success_by_age(scenario, load_catalog(), cases=cases)
        told |= {str(of_scaling.value), str(of_figure.value)}
    assert told == {"the scenario 'empty' brings no cases of its own; use bulk-renewals"}


def test_figure_counts_every_connection() -> None:
    """The figure refreshes each case once and counts each of its connections, of either product."""
    text = (
        HEAD + '[[person]]\ncount = 4\nemployers = 3\nproduct = "employment"\n'
        '[[connection]]\nnth = [2]\nlocked_after = "1d"\n'
    )
    figure = success_by_age(parse_scenario(text, "some", "some.toml"), load_catalog())
    assert figure["cases"] == 4
    (row,) = figure["buckets"]
    assert (row["refreshes"], row["endings"]) == (12, {"account_locked": 1, "done": 11})
