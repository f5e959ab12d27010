"""The client's own sandbox scenarios over HTTP: how they are kept, and what they do to logins and reports."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.journal.file import JournalFile
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.conftest import Api, Receiver

SCENARIO = {
    "id": "id", "data_source": "text", "label": "text", "description": "text?", "products": "texts", "enabled": "flag",
    "username": "text?", "password": "text?", "is_refresh": "flag?", "provider_id": "text?", "company_domain": "text?",
    "first_name": "text?", "last_name": "text?", "payload": "object?", "behavior_status": "text?",
    "behavior_error_message": "text?", "behavior_duration_seconds": "whole?", "behavior_mfa": "object?",
    "created_at": "time", "updated_at": "time",
}  # fmt: skip
PATH = "/sandbox/scenarios/"
LOGIN = {"username": "zed", "password": "never-in-a-journal"}
WORK: dict[str, Any] = {
    "job_title": "Welder", "income": "50000.00", "income_unit": "YEARLY", "start_date": "2020-02-03",
    "profile": {"first_name": "Zed", "last_name": "Ray", "ssn": "900112222"},
    "company": {"name": "Ashgrove Iron", "address": {"city": "Erie", "state": "PA"}},
    "statements": [{"pay_date": "2026-01-02", "gross_pay": "1923.08"}, {"pay_date": "2025-12-19"}],
    "bank_accounts": [{"account_number": "1"}],
}  # fmt: skip
TEXT = {"type": "TEXT", "label": "Code", "answer": "2468"}
OPTIONS = {
    "type": "OPTIONS", "label": "Pet", "answers": ["cat", "emu"],
    "options": [{"value": "cat", "label": "A cat"}, {"value": "dog"}, {"value": "emu"}],
}  # fmt: skip


def define(api: Api, label: str = "mine", **fields: Any) -> Any:
    """Create a payroll scenario of zed's, unless the fields say otherwise."""
    return api.post(PATH, {"label": label, "data_source": "payroll", "username": "zed", **fields})


def code_of(api: Api, body: Mapping[str, Any], method: str = "POST", path: str = PATH) -> tuple[str, list[str]]:
    """Return error code and wrong fields of a refusal that changed nothing."""
    before = api.world_digest()
    answer = api.send(method, path, json=body)
    assert answer.status_code == 400, answer.text
    assert api.world_digest() == before
    error = answer.json()["error"]
    return error["code"], [each["field"] for each in error["extra"]["invalid-params"]]


def log_in(api: Api, login: Mapping[str, Any] = LOGIN, **order: Any) -> Any:
    """Let a person log in for a new order, let everything happen, and return the task."""
    made = api.order(**order)
    ending = api.sandbox.complete_bridge(made["employers"][0]["bridge_token"], **login)
    api.sandbox.settle()
    return api.get(f"/tasks/{ending['task_id']}/")


def path_of(api: Api, task_id: str) -> list[str]:
    """Return every status that a task went through."""
    return [str(status) for status in api.sandbox.runtime.journal.world.state.tasks[task_id].path]


def refreshed(api: Api, order_id: str) -> Any:
    """Refresh an order and return the new order when everything has happened."""
    made = api.refresh(order_id)
    api.sandbox.settle()
    return api.get(f"/orders/{made['id']}/")


def test_a_scenario_is_given_back_as_it_was_sent(api: Api, check_shape: Callable[..., None]) -> None:
    """Create, read and list show every documented key with the values sent, passwords and payload included."""
    sent = {
        "label": "all", "data_source": "payroll", "description": "d", "products": ["income"], "enabled": False,
        **LOGIN, "is_refresh": True, "provider_id": "truv_api", "company_domain": "a.example",
        "payload": {"flags": {"is_suspicious": True}, "employments": [WORK], "more": [1, None]},
        "behavior_status": "no_data", "behavior_error_message": "Nothing", "behavior_duration_seconds": 7,
        "behavior_mfa": {"challenges": [TEXT, OPTIONS]},
    }  # fmt: skip
    made = api.post(PATH, sent)
    check_shape(made, SCENARIO)
    options = {**OPTIONS, "options": [{"label": None, **each} for each in OPTIONS["options"]]}  # type: ignore[dict-item]
    assert {key: made[key] for key in sent} == {**sent, "behavior_mfa": {"challenges": [TEXT, options]}}
    plain = define(api)
    check_shape(plain, SCENARIO)
    assert (plain["enabled"], plain["products"], plain["is_refresh"]) == (True, [], None)
    assert api.get(f"{PATH}{made['id']}/") == made
    listed = api.get(PATH)
    assert list(listed) == ["count", "next", "previous", "results"]
    assert listed["results"] == [plain, made]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_replaces_whole_keys_and_leaves_the_others(api: Api, method: str) -> None:
    """PATCH and PUT replace each key that is sent, unset what is null, keep what is absent, and touch the time."""
    made = define(api, payload={"employments": [WORK], "flags": {"is_suspicious": True}}, description="old")
    changed = api.send(method, f"{PATH}{made['id']}", json={"payload": {"employments": []}, "description": None})
    assert changed.status_code == 200
    after = changed.json()
    assert after["updated_at"] > made["updated_at"]
    assert after == made | {
        "payload": {"employments": []}, "description": None, "updated_at": after["updated_at"],
    }  # fmt: skip
    assert api.get(f"{PATH}{made['id']}/") == after


def test_a_deleted_scenario_is_gone(api: Api) -> None:
    """After DELETE the scenario is neither found nor hit, and its label and login are free."""
    made = define(api)
    api.delete(f"{PATH}{made['id']}/")
    assert api.send("GET", f"{PATH}{made['id']}/").status_code == 404
    assert api.get(PATH)["count"] == 0
    assert log_in(api)["status"] == "login_error"
    define(api)


@pytest.mark.parametrize("data_source", ["payroll", "insurance", None])
@pytest.mark.parametrize("username", ["goodlogin", "error.user"])
def test_built_in_logins_are_reserved(api: Api, username: str, data_source: str | None) -> None:
    """A scenario with a built-in user name is refused by a code of its own, created or changed to it."""
    body = {"label": "x", "username": username, "data_source": data_source}
    assert code_of(api, body) == ("reserved_credential", ["username"])
    made = define(api)
    change = {"username": username}
    assert code_of(api, change, "PATCH", f"{PATH}{made['id']}/") == ("reserved_credential", ["username"])


def test_asset_logins_are_reserved_at_banks(api: Api) -> None:
    """A pair of the asset table is refused for banks only; with another password the name is free."""
    body = {"label": "x", "username": "sit", "password": "goodpassword", "data_source": "financial_accounts"}
    assert code_of(api, body) == ("reserved_credential", ["username"])
    api.post(PATH, body | {"password": "own"})
    api.post(PATH, body | {"data_source": "payroll"})


def test_the_data_source_is_derived_or_required(api: Api) -> None:
    """A login alone needs the data source; provider, employer and name tell it; a contradiction is refused."""
    assert code_of(api, {"label": "x", **LOGIN}) == ("data_source_required", ["data_source"])
    for fields, source in (
        ({"provider_id": "truv_api"}, "payroll"), ({"company_domain": "a.example", **LOGIN}, "payroll"),
        ({"first_name": "Zed"}, "instant"),
    ):  # fmt: skip
        assert api.post(PATH, {"label": "x" + str(fields), **fields})["data_source"] == source
    contradiction = {"label": "y", "first_name": "Zed", "data_source": "payroll"}
    assert code_of(api, contradiction) == ("incorrect_parameters", ["data_source"])


def test_the_data_source_is_fixed(api: Api) -> None:
    """The data source can be sent again but not changed, not by another field either."""
    made = define(api)
    path = f"{PATH}{made['id']}/"
    api.patch(path, {"data_source": "payroll"})
    assert code_of(api, {"data_source": "insurance"}, "PATCH", path) == ("incorrect_parameters", ["data_source"])
    assert code_of(api, {"first_name": "Zed"}, "PATCH", path) == ("incorrect_parameters", ["data_source"])


def test_labels_are_unique_for_each_data_source(api: Api) -> None:
    """A label is refused twice in one data source, also by a change, and free in another."""
    define(api, "one")
    other = define(api, "two", username="other")
    assert code_of(api, {"label": "one", "username": "x", "data_source": "payroll"})[1] == ["label"]
    assert code_of(api, {"label": "one"}, "PATCH", f"{PATH}{other['id']}/")[1] == ["label"]
    define(api, "one", data_source="insurance")
    api.patch(f"{PATH}{other['id']}/", {"label": "two"})


def test_the_same_fields_twice_are_refused(api: Api) -> None:
    """Two scenarios that match the same are refused, ``enabled`` and ``products`` or not; ``is_refresh`` differs."""
    define(api, **LOGIN)
    twin = {"label": "twin", "data_source": "payroll", **LOGIN}
    assert code_of(api, twin | {"enabled": False, "products": ["pll"]}) == ("incorrect_parameters", ["username"])
    other = api.post(PATH, twin | {"is_refresh": True})
    assert code_of(api, {"is_refresh": None}, "PATCH", f"{PATH}{other['id']}/")[1] == ["username"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"username": None}, ["username"]),
        ({"username": None, "is_refresh": True}, ["username"]),
        ({"username": ""}, ["username"]),
        ({"label": ""}, ["label"]),
        ({"provider_id": "nobody"}, ["provider_id"]),
        ({"behavior_status": "parse"}, ["behavior_status"]),
        ({"behavior_duration_seconds": 1201}, ["behavior_duration_seconds"]),
        ({"behavior_duration_seconds": -1}, ["behavior_duration_seconds"]),
        ({"products": ["wages"]}, ["products[0]"]),
        ({"behavior_mfa": {}}, ["behavior_mfa.challenges"]),
        ({"behavior_mfa": {"challenges": [{"type": "TEXT"}]}}, ["behavior_mfa.challenges[0].answer"]),
        ({"behavior_mfa": {"challenges": [{"type": "VOICE"}]}}, ["behavior_mfa.challenges[0].type"]),
        ({"behavior_mfa": {"challenges": [TEXT, {**OPTIONS, "answers": ["cat", "cow"]}]}},
         ["behavior_mfa.challenges[1].answers[1]"]),
        ({"payload": {"employments": {}}}, ["payload.employments"]),
        ({"payload": {"employments": [{"statements": [{"pay_date": "soon"}]}], "flags": []}},
         ["payload.flags", "payload.employments[0].statements[0].pay_date"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_is_named(api: Api, fields: dict[str, Any], wrong: list[str]) -> None:
    """Every wrong field is named with its path, and nothing is kept."""
    body = {"label": "x", "data_source": "payroll", "username": "zed", **fields}
    assert code_of(api, body) == ("incorrect_parameters", wrong)


def test_resolve_tells_what_a_login_would_hit(api: Api) -> None:
    """Resolve shows the scenario of a first login, or null, and changes nothing."""
    wide = define(api, "wide")
    narrow = define(api, "narrow", password="p", products=["income"])
    define(api, "refresh", password="p", is_refresh=True)
    before = api.world_digest()

    def hit(**body: Any) -> Any:
        return api.post(f"{PATH}resolve/", {"data_source": "payroll", "username": "zed", **body}, 200)["scenario"]

    assert hit() == hit(password="other") == wide
    assert hit(password="p") == hit(password="p", product="income", provider_id="adp") == narrow
    assert hit(password="p", product="pll") == wide
    assert hit(username="nobody") is hit(data_source="insurance") is None
    assert hit(data_source=None, provider_id="truv_api") == wide
    assert code_of(api, {"username": "zed"}, "POST", f"{PATH}resolve/")[0] == "data_source_required"
    assert code_of(api, {"username": "zed", "password": 5, "data_source": "payroll"}, "POST", f"{PATH}resolve/") == (
        "incorrect_parameters", ["password"],
    )  # fmt: skip
    assert api.world_digest() == before


@pytest.mark.parametrize(
    ("status", "path"),
    [
        (None, ["new", "login", "parse", "full_parse", "done"]),
        ("done", ["new", "login", "parse", "full_parse", "done"]),
        ("login_error", ["new", "login", "login_error"]),
        ("account_locked", ["new", "login", "account_locked"]),
        ("config_error", ["new", "login", "config_error"]),
        ("unavailable", ["new", "login", "unavailable"]),
        ("unable_to_reset", ["new", "login", "unable_to_reset"]),
        ("not_supported", ["new", "login", "not_supported"]),
        ("mfa_error", ["new", "login", "mfa", "mfa_error"]),
        ("no_data", ["new", "login", "parse", "no_data"]),
        ("error", ["new", "login", "parse", "full_parse", "error"]),
    ],
)
def test_a_login_ends_as_defined(api: Api, status: str | None, path: list[str]) -> None:
    """A first login and a refresh go as far as the wanted ending allows, and carry the client's own message."""
    made = define(api, behavior_status=status, behavior_error_message="Own words")
    task = log_in(api)
    assert path_of(api, task["id"]) == path
    assert (task["status"], task["error_message"]) == (path[-1], "Own words")
    api.patch(f"{PATH}{made['id']}/", {"is_refresh": True})
    define(api, "first", is_refresh=False)
    order = api.connected(LOGIN, external_user_id="other")
    new = refreshed(api, order["id"])["employers"][0]["tasks"][0]
    assert path_of(api, new["id"]) == path
    assert (new["status"], new["error_message"]) == (path[-1], "Own words")


def test_the_documented_pair_connects_and_fails_to_refresh(api: Api, receiver: Receiver) -> None:
    """One login with two scenarios, the second for refreshes, works once and then fails with all its events."""
    define(api, "connects", **LOGIN, behavior_status="done")
    define(api, "fails", **LOGIN, is_refresh=True, behavior_status="mfa_error", behavior_error_message="Log in again")
    order = api.connected(LOGIN)
    assert order["employers"][0]["status"] == "completed"
    api.subscribe(receiver.url)
    new = refreshed(api, order["id"])["employers"][0]
    assert (new["status"], new["tasks"][0]["status"]) == ("error", "mfa_error")
    assert new["tasks"][0]["error_message"] == "Log in again"
    assert {"link-disconnected", "order-refresh-failed"} <= {each["event_type"] for each in receiver.events}
    _, token = api.link_of(LOGIN)
    task = api.post("/refresh/tasks/", {"access_token": token}, 200)["task_id"]
    api.sandbox.settle()
    assert api.get(f"/refresh/tasks/{task}/")["status"] == "mfa_error"


def test_a_refresh_is_matched_by_the_password_that_made_the_link(api: Api) -> None:
    """A refresh scenario with another password is not hit, until the person logs in with that one."""
    define(api, "connects")
    define(api, "fails", password="second", is_refresh=True, behavior_status="config_error")
    order = api.connected(LOGIN, external_user_id="same")
    assert refreshed(api, order["id"])["employers"][0]["status"] == "completed"
    again = api.order(external_user_id="same")
    api.sandbox.complete_bridge(again["employers"][0]["bridge_token"], username="zed", password="second")
    api.sandbox.settle()
    assert refreshed(api, order["id"])["employers"][0]["tasks"][0]["status"] == "config_error"


def test_built_in_logins_can_be_refreshed_otherwise(api: Api) -> None:
    """A scenario for one provider's refreshes, without a login, is hit by a connection of the built-in data, too."""
    define(api, username=None, provider_id="truv_api", is_refresh=True, behavior_status="account_locked")
    order = api.connected()
    assert refreshed(api, order["id"])["employers"][0]["tasks"][0]["status"] == "account_locked"


def test_a_task_keeps_the_scenario_it_started_with(api: Api) -> None:
    """A scenario changed or deleted while its task runs does not touch the task."""
    made = define(api, behavior_status="no_data")
    order = api.order()
    ending = api.sandbox.complete_bridge(order["employers"][0]["bridge_token"], **LOGIN)
    api.patch(f"{PATH}{made['id']}/", {"behavior_status": "done"})
    api.delete(f"{PATH}{made['id']}/")
    api.sandbox.settle()
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "no_data"


def test_causes_come_before_a_scenario(api: Api) -> None:
    """With the provider down a login and a refresh end unavailable, whatever the scenario says, in its usual words."""
    define(api, behavior_status="done", behavior_error_message="Own words")
    order = api.connected(LOGIN)
    api.sandbox.provider().go_down()
    task = log_in(api, external_user_id="other")
    assert (task["status"], task["error_message"]) == ("unavailable", "The provider is temporarily unavailable")
    assert refreshed(api, order["id"])["employers"][0]["tasks"][0]["status"] == "unavailable"
    api.sandbox.provider().come_back()
    api.sandbox.connection(order["employers"][0]["link_id"]).end_session()
    assert refreshed(api, order["id"])["employers"][0]["tasks"][0]["status"] == "login_error"


def test_a_delay_lengthens_the_login(api: Api) -> None:
    """The task stays in ``login`` for so many seconds longer, first login and refresh alike."""
    order = api.connected(LOGIN | {"username": "fulltime", "password": "goodpassword"}, external_user_id="x")
    plain = refreshed(api, order["id"])["employers"][0]["tasks"][0]["id"]
    define(api, behavior_duration_seconds=90)
    slow = api.connected(LOGIN, external_user_id="y")
    tasks = api.sandbox.runtime.journal.world.state.tasks

    def seconds(task_id: str) -> list[float]:
        times = tasks[task_id].path_us
        return [(later - earlier) / 1e6 for earlier, later in pairwise(times)]

    usual = seconds(plain)
    longer = [usual[0], usual[1] + 90, *usual[2:]]
    assert seconds(slow["employers"][0]["tasks"][0]["id"]) == longer
    assert seconds(refreshed(api, slow["id"])["employers"][0]["tasks"][0]["id"]) == longer


@pytest.mark.parametrize(
    ("challenges", "code", "ends"),
    [
        ([TEXT], "2468", "done"), ([TEXT], "12345", "mfa_error"), ([TEXT], None, "mfa_error"),
        ([OPTIONS], "emu", "done"), ([OPTIONS], "dog", "mfa_error"), ([TEXT, OPTIONS], "2468,cat", "done"),
        ([], None, "done"),
    ],
)  # fmt: skip
def test_questions_are_asked_of_the_person(api: Api, challenges: list[Any], code: str | None, ends: str) -> None:
    """A login with questions passes through ``mfa`` and holds with a right answer; its refresh asks nobody."""
    define(api, behavior_mfa={"challenges": challenges})
    order = api.order()
    body = {**LOGIN, "mfa_code": code}
    ending = api.post(f"/_mock/bridge/{order['employers'][0]['bridge_token']}/complete", body, 200)
    api.sandbox.settle()
    path = path_of(api, ending["task_id"])
    assert (path[-1], "mfa" in path) == (ends, bool(challenges))
    if ends == "done":
        assert refreshed(api, order["id"])["employers"][0]["status"] == "completed"


def test_a_payload_is_what_order_and_reports_show(api: Api, receiver: Receiver) -> None:
    """Order, link report and user report show the client's data under every documented key, with stable ids."""
    built_in = api.connected(external_user_id="built in")["employers"][0]["employments"][0]
    api.subscribe(receiver.url)
    define(api, payload={"employments": [WORK, {"id": "own-id", "income": 12}]})
    order = api.connected(LOGIN, employers=[{}])
    employer = order["employers"][0]
    first, second = employer["employments"]
    keys = set(built_in)
    for shown in (first, second):
        assert set(shown) == keys
        assert set(shown["profile"]) == set(built_in["profile"])
        assert set(shown["company"]) == set(built_in["company"])
    for name in ("job_title", "income", "income_unit", "start_date"):
        assert first[name] == WORK[name]
    assert (first["profile"]["full_name"], first["profile"]["ssn"]) == ("Zed Ray", "900112222")
    assert first["company"]["address"] == {"street": None, "city": "Erie", "state": "PA", "zip": None, "country": None}
    assert set(first["statements"][0]) == set(built_in["statements"][0])
    assert [each["gross_pay"] for each in first["statements"]] == ["1923.08", None]
    assert "gross_pay" in first["statements"][1]["missing_data_fields"]
    assert set(first["bank_accounts"][0]) == set(built_in["bank_accounts"][0])
    assert (first["w2s"], first["pay_rate"]) == ([], None)
    assert {"w2s", "pay_rate", "manager_name"} <= set(first["missing_data_fields"])
    assert not {"income", "statements", "profile"} & set(first["missing_data_fields"])
    assert (second["id"], second["income"], second["statements"]) == ("own-id", 12, [])
    assert (employer["company_name"], employer["start_date"]) == ("Ashgrove Iron", "2020-02-03")

    link = api.get(f"/links/{employer['link_id']}/")
    assert link["company_mapping"]["name"] == "Ashgrove Iron"
    assert api.get(f"/links/{link['id']}/income/report/")["employments"] == [first, second]
    report = api.get(f"/users/{order['user_id']}/reports/{order['voie_report_id']}/")
    assert report["links"][0]["employments"] == [{**each, "gse_accepted": True} for each in (first, second)]
    voe = api.get(f"/links/{link['id']}/employment/report/")["employments"][0]
    assert set(voe) == keys - {"statements", "annual_income_summary", "w2s", "bank_accounts"}
    assert (voe["income"], voe["job_title"]) == (None, "Welder")

    events = {each["event_type"]: each for each in reversed(receiver.events)}
    assert events["employment-created"]["object_id"] == first["id"]
    assert events["profile-created"]["object_id"] == first["profile"]["id"]
    counted = events["statements-created"]
    assert (counted["employment_id"], counted["objects_count"]) == (first["id"], 2)
    again = refreshed(api, order["id"])["employers"][0]["employments"]
    assert [each["id"] for each in again[0]["statements"]] == [each["id"] for each in first["statements"]]
    assert (again[0]["id"], again[1]["id"]) == (first["id"], "own-id")


def test_older_orders_keep_their_data(api: Api) -> None:
    """A refresh with another payload, or without, changes no report of an earlier reading."""
    made = define(api, payload={"employments": [WORK]})
    order = api.connected(LOGIN)
    api.patch(f"{PATH}{made['id']}/", {"payload": {"employments": [{**WORK, "job_title": "Foreman"}],
                                                   "flags": {"is_suspicious": True}}})  # fmt: skip
    promoted = refreshed(api, order["id"])
    api.sandbox.clock.advance(hours=1)
    api.delete(f"{PATH}{made['id']}/")
    plain = refreshed(api, order["id"])
    seen = [api.get(f"/orders/{each['id']}/")["employers"][0] for each in (order, promoted, plain)]
    titles = [each["employments"][0]["job_title"] for each in seen]
    assert titles == ["Welder", "Foreman", "Store operations supervisor"]
    assert [each["is_suspicious"] for each in seen] == [False, True, False]
    reports = [
        api.get(f"/users/{order['user_id']}/reports/{each['voie_report_id']}/") for each in (order, promoted, plain)
    ]
    assert [each["links"][0]["employments"][0]["job_title"] for each in reports] == titles


def test_a_built_in_connection_may_be_refreshed_into_a_payload(api: Api) -> None:
    """A connection made with the built-in data shows a refresh scenario's payload from that reading on."""
    order = api.connected({"username": "fulltime"})
    define(api, username="fulltime", is_refresh=True, payload={"employments": [WORK]})
    new = refreshed(api, order["id"])
    assert new["employers"][0]["employments"][0]["job_title"] == "Welder"
    assert api.get(f"/orders/{order['id']}/")["employers"][0]["employments"] == order["employers"][0]["employments"]


@pytest.mark.parametrize("employments", [[], None], ids=["none", "not given"])
def test_a_payload_may_hold_flags_alone(api: Api, employments: list[Any] | None) -> None:
    """Flags reach task, suborder and link; an empty list shows nobody's work, no list the built-in one."""
    payload: dict[str, Any] = {"flags": {"is_suspicious": True}}
    if employments is not None:
        payload["employments"] = employments
    define(api, payload=payload)
    order = api.connected(LOGIN)
    employer = order["employers"][0]
    assert employer["is_suspicious"] is True
    assert employer["tasks"][0]["is_suspicious"] is True
    assert api.get(f"/links/{employer['link_id']}/")["is_suspicious"] is True
    assert len(employer["employments"]) == (1 if employments is None else 0)


@pytest.mark.parametrize(("ssn", "suspicious"), [("900112222", False), ("2222", False), ("991919991", True)])
def test_the_ssn_is_compared_with_the_payload(api: Api, ssn: str, suspicious: bool) -> None:
    """An SSN on the order has to be the one in the client's own data."""
    define(api, payload={"employments": [WORK]})
    assert api.connected(LOGIN, ssn=ssn)["employers"][0]["is_suspicious"] is suspicious


def test_a_deleted_link_has_no_own_data_left(api: Api) -> None:
    """With a link its data and the memory of its login go; its employer's name still reads."""
    define(api, payload={"employments": [WORK]})
    link_id, _ = api.link_of(LOGIN)
    api.delete(f"/links/{link_id}/")
    link = api.sandbox.runtime.journal.world.state.links[link_id]
    assert (link.payloads, link.credentials) == ([], None)
    assert api.get(f"/links/{link_id}/")["company_mapping"]["name"] == "Ashgrove Iron"


def test_scenarios_of_other_data_sources_touch_no_payroll_login(api: Api) -> None:
    """A scenario of insurance or for another product is not hit by a payroll login of income."""
    define(api, "insurance", data_source="insurance")
    define(api, "pll", products=["pll"])
    define(api, "other employer", company_domain="elsewhere.example")
    assert log_in(api)["status"] == "login_error"
    assert log_in(api, employers=[{"company_domain": "Elsewhere.example"}])["status"] == "done"


def test_typed_passwords_reach_no_journal_and_a_replay_is_the_same(api: Api, tmp_path: Path) -> None:
    """The journal of logins, refreshes and questions holds no typed password or code, and replays to the same world."""
    define(api, payload={"employments": [WORK]}, behavior_mfa={"challenges": [{**TEXT, "answer": "right-one"}]})
    define(api, "refresh", is_refresh=True, behavior_status="mfa_error")
    order = api.connected({**LOGIN, "mfa_code": "right-one"})
    wrong = {"username": "zed", "password": "typed-hush-1", "mfa_code": "typed-hush-2"}
    assert log_in(api, wrong, external_user_id="b")["status"] == "mfa_error"
    log_in(api, {"username": "nobody", "password": "typed-hush-3"}, external_user_id="c")
    refreshed(api, order["id"])
    for slash in ("", "/"):
        path = f"{PATH}resolve{slash}"
        api.post(path, {"data_source": "payroll", "username": "zed", "password": "typed-hush-4"}, 200)
        for content in (b'{"password": "typed-hush-5", ', b'"typed-hush-6"', b'["typed-hush-7"]',
                        b'{"password": ["typed-hush-8"]}', b'{"password": "typed-hush-9", "n": 1' + b"0" * 30 + b"}",
                        b"[" * 5000 + b'"typed-hush-10"', b'{"password": "typed-hush-11", "password": 5}'):  # fmt: skip
            for method in ("POST", "PUT"):
                answer = api.send(method, path, content=content, headers={"Content-Type": "application/json"})
                assert answer.status_code in {400, 405}
                assert "hush" not in answer.text
    journal = api.sandbox.runtime.journal
    file = JournalFile(tmp_path / "journal")
    file.write(journal.opening)
    for record in journal.records:
        file.write(record.entry)
    file.close()
    written = (tmp_path / "journal").read_bytes()
    assert b"hush" not in written
    assert b"never-in-a-journal" not in written
    assert b"hush" not in journal.world.snapshot()
    assert b"never-in-a-journal" not in journal.world.snapshot()
    replayed = replay(written.splitlines(keepends=True), load_catalog())
    assert replayed.difference is None, str(replayed.difference)
    again = replayed.journals[journal.opening.sandbox]
    assert again.world.digest() == journal.world.digest()
    assert again.chain == journal.chain
