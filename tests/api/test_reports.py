"""Reports of users and links: every documented key, and that a report never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

HOME = {"street": "text", "city": "text", "state": "text", "zip": "text", "country": "text"}
PROFILE: dict[str, Any] = {
    "id": "id", "created_at": "time", "updated_at": "time", "first_name": "text", "last_name": "text",
    "full_name": "text", "middle_initials": "text?", "email": "text?", "ssn": "text", "date_of_birth": "date",
    "home_address": HOME,
}  # fmt: skip
COMPANY = {"name": "text", "address": HOME, "phone": "text", "ein": "text"}
EARNING = {"name": "text", "amount": "money", "category": "text", "rate": "text?", "units": "text?"}
DEDUCTION = {"name": "text", "amount": "money", "category": "text"}
STATEMENT: dict[str, Any] = {
    "id": "id", "check_number": "text?", "pay_date": "date", "period_start": "date", "period_end": "date",
    "hours": "text?", "basis_of_pay": "text", "md5sum": "text", "file": "url?", "derived_fields": "texts",
    "missing_data_fields": "texts", "gross_pay": "money", "gross_pay_ytd": "money", "net_pay": "money",
    "net_pay_ytd": "money", "earnings": [EARNING], "earnings_ytd": [EARNING], "deductions": [DEDUCTION],
    "deductions_ytd": [DEDUCTION],
    **{f"{kind}{tail}": "money?" for kind in ("regular", "overtime", "bonus", "commission", "other_pay")
       for tail in ("", "_ytd")},
}  # fmt: skip
SUMMARY = {"id": "id", "year": "whole", "gross_pay": "money", "net_pay": "money",
           **dict.fromkeys(("regular", "overtime", "bonus", "commission", "other_pay"), "money?")}  # fmt: skip
W2 = {"file": "url?", "md5sum": "text", "year": "whole",
      **dict.fromkeys(("wages", "federal_tax", "social_security_wages", "social_security_tax", "medicare_wages",
                       "medicare_tax"), "money")}  # fmt: skip
ACCOUNT = {"account_number": "text", "routing_number": "text", "account_name": "text?", "account_type": "text",
           "deposit_type": "text", "deposit_value": "text", "bank_name": "text"}  # fmt: skip
VOE: dict[str, Any] = {
    "id": "id", "job_title": "text?", "job_type": "text?", "start_date": "date?", "end_date": "date?",
    "original_hire_date": "date?", "external_last_updated": "date?", "is_active": "flag", "manager_name": "text?",
    "dates_from_statements": "flag", "derived_fields": "texts", "missing_data_fields": "texts", "income": "null",
    "income_unit": "null", "pay_rate": "null", "pay_frequency": "null", "profile": PROFILE, "company": COMPANY,
}  # fmt: skip
VOIE: dict[str, Any] = {
    **VOE, "income": "money", "income_unit": "text", "pay_rate": "money", "pay_frequency": "text",
    "statements": [STATEMENT], "annual_income_summary": [SUMMARY], "w2s": [W2], "bank_accounts": [ACCOUNT],
}  # fmt: skip
ENTRY: dict[str, Any] = {"id": "id", "link_id": "id", "tracking_info": "text?", "data_source": "text",
                         "provider": "text", "provider_name": "text"}  # fmt: skip
REPORT: dict[str, Any] = {"report_id": "id", "created_at": "time", "completed_at": "time?", "last_task_at": "time?"}
LINK_REPORT: dict[str, Any] = {
    "id": "id", "status": "text", "finished_at": "time?", "completed_at": "blank time?", "access_token": "id?",
    "tracking_info": "text?", "is_suspicious": "flag", "refresh_status": "text?", "pdf_report": "url?",
    "provider": "text", "data_source": "text",
}  # fmt: skip


def test_voie_report_has_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """Creating a VOIE report answers the whole report at once; reading it gives the same bytes."""
    order = api.connected()
    answer = api.send("POST", f"/users/{order['user_id']}/reports/", json={"is_voe": False})
    assert answer.status_code == 201
    report = answer.json()
    entry = {**ENTRY, "employments": [{**VOIE, "gse_accepted": "flag"}]}
    check_shape(report, {**REPORT, "links": [entry]})
    assert len(report["links"][0]["employments"][0]["statements"]) > 20
    assert "status" not in report
    assert report["links"][0]["link_id"] == order["employers"][0]["link_id"]
    assert report["links"][0]["tracking_info"] == order["employers"][0]["id"]
    assert api.send("GET", f"/users/{order['user_id']}/reports/{report['report_id']}/").content == answer.content
    assert api.get(f"/users/{order['user_id']}/")["voie_report_id"] == report["report_id"]


def test_voe_report_has_no_income(api: Api, check_shape: Callable[..., None]) -> None:
    """A VOE report has the same people and dates, null income fields, and no pay papers."""
    order = api.connected()
    report = api.post(f"/users/{order['user_id']}/reports/", {"is_voe": True})
    check_shape(report, {**REPORT, "links": [{**ENTRY, "employments": [{**VOE, "gse_accepted": "flag"}]}]})


def test_report_without_body_is_a_voie(api: Api) -> None:
    """Zero bytes of body mean the default report; a wrong kind of ``is_voe`` is named."""
    order = api.connected()
    path = f"/users/{order['user_id']}/reports/"
    answer = api.send("POST", path, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    assert answer.json()["links"][0]["employments"][0]["statements"]
    assert list(api.refused("POST", path, {"is_voe": "true"})) == ["is_voe"]


def test_orders_report_id_leads_to_the_report(api: Api) -> None:
    """The id that an order shows after completion can be read, and shows what the order shows."""
    order = api.connected()
    report = api.get(f"/users/{order['user_id']}/reports/{order['voie_report_id']}/")
    (entry,) = report["links"]
    shown = [{key: each[key] for key in each if key != "gse_accepted"} for each in entry["employments"]]
    assert shown == order["employers"][0]["employments"]


def test_each_completed_connection_brings_a_new_report_id(api: Api) -> None:
    """After each further connection order and user show a new report id, and the old report still reads the same."""
    order = api.order(employers=[{"company_name": "One"}, {"company_name": "Two"}])
    ids, contents = [], []
    for employer in order["employers"]:
        api.sandbox.complete_bridge(employer["bridge_token"])
        api.sandbox.settle()
        ids.append(api.get(f"/orders/{order['id']}/")["voie_report_id"])
        contents.append(api.send("GET", f"/users/{order['user_id']}/reports/{ids[-1]}/").content)
    assert len(set(ids)) == 2
    assert api.send("GET", f"/users/{order['user_id']}/reports/{ids[0]}/").content == contents[0]
    assert len(api.get(f"/users/{order['user_id']}/reports/{ids[1]}/")["links"]) == 2
    listed = api.get(f"/users/{order['user_id']}/reports/")
    assert [each["report_id"] for each in listed["results"]] == ids[::-1]


def test_report_never_changes(api: Api) -> None:
    """Neither time, nor refreshes, nor failures change one byte of a report that was made before."""
    order = api.connected()
    path = f"/users/{order['user_id']}/reports/{order['voie_report_id']}/"
    frozen = api.send("GET", path).content
    api.sandbox.clock.advance(days=30)
    api.refresh(order["id"])
    api.sandbox.settle()
    api.sandbox.connection(order["employers"][0]["link_id"]).end_session()
    api.refresh(order["id"])
    api.sandbox.clock.advance(days=400)
    assert api.send("GET", path).content == frozen


def test_report_survives_a_change_of_the_person(api: Api) -> None:
    """Changing the user's name or SSN afterwards leaves reports and orders that were completed before as they were."""
    order = api.connected()
    paths = (f"/users/{order['user_id']}/reports/{order['voie_report_id']}/", f"/orders/{order['id']}/")
    frozen = [api.send("GET", path).content for path in paths]
    api.patch(f"/users/{order['user_id']}/", {"first_name": "Renamed", "last_name": "Person", "email": "r@example.org"})
    assert [api.send("GET", path).content for path in paths] == frozen


def test_foreign_report_is_unknown(api: Api) -> None:
    """A report read under another user is 404, as is an unknown report or user."""
    first, second = api.connected(), api.connected()
    for user, report in (
        (first["user_id"], second["voie_report_id"]), (first["user_id"], "f" * 32), ("f" * 32, first["voie_report_id"]),
    ):  # fmt: skip
        assert api.get(f"/users/{user}/reports/{report}/", 404) == {"detail": "Not Found."}


def test_unknown_format_is_named(api: Api) -> None:
    """``fmt=json`` is the default, and a format that there is not is 400 and names ``fmt``."""
    order = api.connected()
    path = f"/users/{order['user_id']}/reports/{order['voie_report_id']}/"
    assert api.get(path, fmt="json") == api.get(path)
    assert list(api.refused("GET", f"{path}?fmt=xml", None)) == ["fmt"]


def test_link_reports_have_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """Both link reports have the documented keys, also those that clients of the service rely on when empty."""
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    for slash in ("", "/"):
        income = api.get(f"/links/{link_id}/income/report{slash}")
        check_shape(income, {**LINK_REPORT, "employments": [VOIE]})
        check_shape(api.get(f"/links/{link_id}/employment/report{slash}"), {**LINK_REPORT, "employments": [VOE]})
    assert (income["status"], income["refresh_status"]) == ("done", None)
    assert income["finished_at"] == "2026-01-05T15:00:08.000000Z"
    assert income["completed_at"] == "2026-01-05 15:00:08+00:00"
    assert income["employments"] == order["employers"][0]["employments"]


def test_link_report_follows_the_refresh(api: Api) -> None:
    """A link's report shows the refresh's status while it runs and the new statements when it is done."""
    link_id, token = api.link_of()
    path = f"/links/{link_id}/income/report/"
    before = api.get(path)
    api.sandbox.clock.advance(days=14)
    assert api.get(path) == before
    api.post("/refresh/tasks/", {"access_token": token}, 200)
    running = api.get(path)
    assert (running["status"], running["refresh_status"]) == ("new", "new")
    assert running["employments"] == before["employments"]
    api.sandbox.settle()
    after = api.get(path)
    assert after["refresh_status"] == "done"
    statements = [each["employments"][0]["statements"] for each in (before, after)]
    assert (len(statements[1]), statements[1][1:]) == (len(statements[0]) + 1, statements[0])


def test_w2_comes_in_january(api: Api) -> None:
    """The old year's W-2 is not there on its first working day of the new year, and is there in February."""
    order = api.connected()
    api.sandbox.clock.advance(days=45)
    refreshed = api.refresh(order["id"])
    api.sandbox.settle()
    old = order["employers"][0]["employments"][0]
    new = api.get(f"/orders/{refreshed['id']}/")["employers"][0]["employments"][0]
    assert (old["w2s"], [each["year"] for each in new["w2s"]]) == ([], [2025])


def test_files_have_addresses_where_the_profile_asks(api: Api) -> None:
    """With ``file_urls`` every statement and W-2 of an order and of each report names a file of this mock."""
    api.send("PATCH", "/_mock/profile", json={"file_urls": "own"})
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    report = api.post(f"/users/{order['user_id']}/reports/", {})
    shown = [
        order["employers"][0]["employments"],
        api.get(f"/links/{link_id}/income/report/")["employments"],
        report["links"][0]["employments"],
    ]
    for employments in shown:
        papers = [paper for each in employments for paper in (*each["statements"], *each["w2s"])]
        assert papers
        assert all(f"/files/{link_id}/" in paper["file"] for paper in papers)
    assert report["links"][0]["employments"][0]["gse_accepted"] is True
