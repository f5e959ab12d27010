"""Older forms: the token in the body, the singular path, and the employer's side."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.api.dispatch import OPERATIONS, ROUTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

WORKER = {
    "id": "id", "first_name": "text?", "last_name": "text?", "email": "text?", "job_title": "text?",
    "job_type": "text?", "start_date": "date?", "end_date": "date?", "is_active": "flag", "manager_name": "text?",
    "company_name": "text?",
}  # fmt: skip
ADMIN_REPORT = {
    "id": "id", "status": "text", "finished_at": "time?", "access_token": "id", "tracking_info": "text?",
    "employees": [WORKER], "provider": "text", "data_source": "text",
}  # fmt: skip
ENTRY = {"employee_id": "id", "statement_id": "id", "first_name": "text?", "last_name": "text?", "hours": "money?",
         "gross_pay": "money?", "net_pay": "money?"}  # fmt: skip
PAYROLL = {"pay_date": "date", "gross_pay": "money", "net_pay": "money", "employees": [ENTRY]}
PAYROLL_REPORT = {
    "id": "id", "status": "text", "created_at": "time", "completed_at": "time?", "start_date": "date",
    "end_date": "date", "gross_pay": "money", "net_pay": "money", "payrolls": [PAYROLL],
}  # fmt: skip
REPORTS = [each.path for each in OPERATIONS if each.method == "GET" and each.path.startswith("/links/{link}/")
           and each.path.endswith("/report/") and each.path.count("/") == 5]  # fmt: skip
YEAR = {"start_date": "2025-01-01", "end_date": "2025-12-31"}


def paid(api: Api, token: str, **days: str) -> Any:
    """Return the payroll report of some days."""
    made = api.post("/administrators/payrolls/", {"access_token": token, **YEAR, **days})
    assert list(made) == ["payroll_report_id"]
    return api.get(f"/administrators/payrolls/{made['payroll_report_id']}")


@pytest.mark.parametrize("path", REPORTS)
def test_every_report_of_a_link_has_its_old_form(api: Api, path: str) -> None:
    """The token in the body gets what the link's id in the path gets, under ``link`` and ``links``, slash or none."""
    link_id, token = api.link_of()
    product = path.split("/")[3]
    today = api.send("GET", path.format(link=link_id))
    for form in (f"/link/reports/{product}/", f"/links/reports/{product}/", f"/links/reports/{product}"):
        old = api.send("POST", form, json={"access_token": token})
        assert (old.status_code, old.content) == (today.status_code, today.content)
    for body, said in (({}, "This field is required"), ({"access_token": "0" * 32}, "No link has this access_token")):
        assert said in api.refused("POST", f"/links/reports/{product}/", body)["access_token"]


def test_the_reports_that_samples_ask_for_are_there() -> None:
    """Income, employment and the directory of an administrator can be asked for in the old form."""
    assert {path.split("/")[3] for path in REPORTS} >= {"income", "employment", "admin"}


def test_the_singular_is_the_plural(api: Api) -> None:
    """Whatever is served below ``links`` is served below ``link`` as well, and nothing else is."""
    for operation in OPERATIONS:
        path = operation.path.replace("{", "").replace("}", "")
        assert ROUTER.match(path) is not None
        if path.startswith("/links/"):
            assert ROUTER.match(path.replace("/links/", "/link/", 1)) == ROUTER.match(path)
    link_id, _ = api.link_of()
    assert api.get(f"/link/{link_id}/") == api.get(f"/links/{link_id}/")
    assert api.get(f"/link/{link_id}/income/report") == api.get(f"/links/{link_id}/income/report/")
    assert api.get("/link/")["count"] == 1
    for path in ("/linked/", "/order/", "/users/link/", "//link/"):
        api.get(path, 404)


def test_the_directory_names_who_works_there(api: Api, check_shape: Callable[..., None]) -> None:
    """The directory has the link's own employments, as its employment report shows them."""
    link_id, token = api.link_of()
    report = api.post("/link/reports/admin/", {"access_token": token}, 200)
    check_shape(report, ADMIN_REPORT)
    assert (report["status"], report["access_token"]) == ("done", token)
    shown = api.get(f"/links/{link_id}/employment/report/")["employments"]
    assert [each["id"] for each in report["employees"]] == [each["id"] for each in shown]
    for worker, employment in zip(report["employees"], shown, strict=True):
        for key in ("job_title", "job_type", "start_date", "end_date", "is_active", "manager_name"):
            assert worker[key] == employment[key]
        assert (worker["first_name"], worker["company_name"]) == (
            employment["profile"]["first_name"], employment["company"]["name"],
        )  # fmt: skip


def test_payrolls_are_the_statements(api: Api, check_shape: Callable[..., None]) -> None:
    """Each statement of the year stands in the payroll of its day once, and every sum is that of its parts."""
    link_id, token = api.link_of()
    report = paid(api, token)
    check_shape(report, PAYROLL_REPORT)
    assert report["status"] == "done"
    statements = [
        each
        for employment in api.get(f"/links/{link_id}/income/report/")["employments"]
        for each in employment["statements"]
        if each["pay_date"].startswith("2025")
    ]
    entries = [(each["pay_date"], entry) for each in report["payrolls"] for entry in each["employees"]]
    assert len(entries) > 20
    assert [(day, entry["statement_id"], entry["gross_pay"], entry["net_pay"]) for day, entry in entries] == [
        (each["pay_date"], each["id"], each["gross_pay"], each["net_pay"]) for each in statements
    ]
    for key in ("gross_pay", "net_pay"):
        for each in report["payrolls"]:
            assert Decimal(each[key]) == sum(Decimal(entry[key]) for entry in each["employees"])
        assert Decimal(report[key]) == sum(Decimal(each[key]) for each in report["payrolls"])
    days = [each["pay_date"] for each in report["payrolls"]]
    assert days == sorted(set(days), reverse=True)


def test_colleagues_are_listed_and_paid(api: Api) -> None:
    """Others who work at a company that the link shows stand in its directory and its payrolls, with figures."""
    employer = api.connected(employers=[{"company_name": "Copper Ridge Clinic"}])["employers"][0]
    workers = api.get(f"/links/{employer['link_id']}/admin/report/")["employees"]
    assert len({each["id"] for each in workers}) == len(workers) > 1
    assert {each["company_name"] for each in workers} == {"Copper Ridge Clinic"}
    report = paid(api, employer["access_token"])
    entries = [entry for each in report["payrolls"] for entry in each["employees"]]
    assert 1 < len({entry["employee_id"] for entry in entries}) <= len(workers)
    assert {entry["employee_id"] for entry in entries} <= {each["id"] for each in workers}
    assert len({entry["statement_id"] for entry in entries}) == len(entries)


def test_a_payroll_report_is_fixed(api: Api) -> None:
    """A report keeps to its days, knows nothing of later pay, and is the same for good; its link's deletion ends it."""
    link_id, token = api.link_of()
    open_end = paid(api, token, start_date="2025-12-01", end_date="2026-12-31")
    assert {each["pay_date"][:7] for each in open_end["payrolls"]} == {"2025-12"}
    assert paid(api, token, end_date="2025-01-01", start_date="2025-01-01")["gross_pay"] == "0.00"
    api.sandbox.clock.advance(days=60)
    path = f"/administrators/payrolls/{open_end['id']}/"
    assert api.get(path) == open_end
    assert len(paid(api, token, start_date="2025-12-01", end_date="2026-12-31")["payrolls"]) > len(open_end["payrolls"])
    api.delete(f"/links/{link_id}/")
    api.get(path, 404)


def test_wrong_payroll_requests_are_named(api: Api) -> None:
    """A wrong day, days in the wrong order and an unknown token are 400 by name, an unknown report is 404."""
    _, token = api.link_of()
    before = api.world_digest()
    wrong = api.refused("POST", "/administrators/payrolls/", {"start_date": "2025-13-01", "end_date": 5})
    assert set(wrong) == {"access_token", "start_date", "end_date"}
    turned = {"access_token": token, "start_date": "2025-02-01", "end_date": "2025-01-31"}
    assert list(api.refused("POST", "/administrators/payrolls/", turned)) == ["end_date"]
    never = {**turned, "start_date": "2025-02-30", "end_date": "2025-11-31"}
    assert list(api.refused("POST", "/administrators/payrolls/", never)) == ["start_date", "end_date"]
    unknown = {**turned, "access_token": "0" * 32, "end_date": "2025-03-01"}
    assert list(api.refused("POST", "/administrators/payrolls/", unknown)) == ["access_token"]
    api.get(f"/administrators/payrolls/{'0' * 32}/", 404)
    assert api.world_digest() == before


def test_nothing_is_known_before_it_was_read(api: Api) -> None:
    """While the first task runs the directory is empty and says how far it is; no payroll can be asked for."""
    user = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})
    token = api.post(f"/users/{user['id']}/tokens/", {"product_type": "income"}, 200)["bridge_token"]
    public = api.sandbox.complete_bridge(token)["public_token"]
    access = api.post("/link-access-tokens/", {"public_token": public}, 200)["access_token"]
    report = api.post("/links/reports/admin/", {"access_token": access}, 200)
    assert (report["status"], report["employees"], report["finished_at"]) == ("new", [], None)
    body = {"access_token": access, **YEAR}
    assert list(api.refused("POST", "/administrators/payrolls/", body)) == ["access_token"]
