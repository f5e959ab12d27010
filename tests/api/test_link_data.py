"""The single objects of a payroll link: what its reports hold, taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.api import link_data
from mock_truv.api.shapes import payroll as shapes
from mock_truv.api.shapes.base import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

ADDRESS = {"street": "text", "city": "text", "state": "text", "zip": "text", "country": "text"}
COMPANY = {"name": "text", "address": ADDRESS, "phone": "text?", "ein": "text?"}
IDENTITY = {
    "id": "id", "created_at": "time", "updated_at": "time", "first_name": "text", "last_name": "text",
    "full_name": "text", "middle_initials": "text?", "email": "text?", "ssn": "text", "date_of_birth": "date",
    "home_address": ADDRESS,
}  # fmt: skip
EMPLOYMENT = {
    "id": "id", "is_active": "flag?", "job_title": "text?", "job_type": "text?", "start_date": "date?",
    "original_hire_date": "date?", "end_date": "date?", "income": "text?", "income_unit": "text?", "pay_rate": "text?",
    "pay_frequency": "text?", "external_last_updated": "date?", "dates_from_statements": "flag",
    "derived_fields": "texts", "missing_data_fields": "texts", "manager_name": "text?", "company": COMPANY,
}  # fmt: skip
EARNING = {"name": "text", "amount": "text", "category": "text", "rate": "text?", "units": "text?"}
DEDUCTION = {"name": "text", "amount": "text", "category": "text"}
STATEMENT: dict[str, Any] = {
    "id": "id", "check_number": "text?", "pay_date": "date", "period_start": "date", "period_end": "date",
    "hours": "text?", "basis_of_pay": "text", "gross_pay": "text", "gross_pay_ytd": "text", "net_pay": "text",
    "net_pay_ytd": "text", "earnings": [EARNING], "earnings_ytd": [EARNING], "deductions": [DEDUCTION],
    "deductions_ytd": [DEDUCTION], "md5sum": "id", "file": "url?", "derived_fields": "texts",
    "missing_data_fields": "texts",
    **{f"{sum_}{end}": "text?" for sum_ in ("regular", "overtime", "bonus", "commission", "other_pay")
       for end in ("", "_ytd")},
}  # fmt: skip
ACCOUNT = {
    "account_number": "text", "routing_number": "text", "account_name": "text?", "account_type": "text",
    "deposit_type": "text", "deposit_value": "text", "bank_name": "text",
}  # fmt: skip
SHIFT = {
    "id": "id", "external_id": "text?", "created_at": "time", "updated_at": "time", "start_date": "date",
    "end_date": "date", "earnings": [EARNING], "type": "text",
    "time_entries": [{
        "id": "id", "external_id": "text?", "created_at": "time", "updated_at": "time", "entry_date": "date",
        "start": "time", "end": "time",
    }],
}  # fmt: skip
TAX = {
    "id": "id", "document_type": "text", "document_subtype": "text?", "file": "url?", "md5sum": "id", "year": "whole",
    "fields": "object",
}  # fmt: skip
"""The tables of the reference pages, written down by hand."""
TYPES: dict[str, Any] = {
    "employments": list[shapes.BareEmployment], "employment": shapes.BareEmployment, "identity": shapes.Profile,
    "statements": list[shapes.Statement], "shifts": list[shapes.Shift], "tax": list[shapes.TaxDocument],
    "bank_accounts": list[shapes.BankAccount],
}  # fmt: skip
"""What the operations say that they answer."""

ALL = ("employments", "employment", "identity", "statements", "shifts", "tax", "bank_accounts")
W2_FIGURES = (
    "wages", "federal_tax", "social_security_wages", "social_security_tax", "medicare_wages", "medicare_tax",
)  # fmt: skip


def whole(api: Api, path: str) -> list[Any]:
    """Return all entries of a paged list, page by page."""
    page = api.get(path, page_size=100)
    found: list[Any] = page["results"]
    while page["next"] is not None:
        page = api.client.get(page["next"], headers=api.sandbox.headers).json()
        found += page["results"]
    assert len(found) == page["count"]
    return found


def read_all(api: Api, link_id: str) -> dict[str, Any]:
    """Return everything that a link shows, by its path."""
    paged = ("statements", "shifts")
    return {name: whole(api, f"/links/{link_id}/{name}/") if name in paged else api.get(f"/links/{link_id}/{name}/")
            for name in ALL}  # fmt: skip


def logins(api: Api) -> list[str]:
    """Return one login name of every person with work to show."""
    return [person.usernames[0] for person in api.sandbox.server.hub.catalog.people.values() if person.jobs]


def test_every_person_shows_the_documented_keys_and_what_the_report_shows(
    api: Api, check_shape: Callable[..., None]
) -> None:
    """Of every person each object is of its documented keys and its own type, and the same as in the link's report."""
    api.sandbox.clock.advance(days=150)  # past the days on which forms come out
    seen = set()
    for username in logins(api):
        link_id, _ = api.link_of({"username": username})
        found, report = read_all(api, link_id), api.get(f"/links/{link_id}/income/report/")
        for name, table in (("employments", EMPLOYMENT), ("statements", STATEMENT), ("bank_accounts", ACCOUNT),
                            ("shifts", SHIFT), ("tax", TAX)):  # fmt: skip
            for each in found[name]:
                check_shape(each, table)
            seen |= {name} if found[name] else set()
        check_shape(found["identity"], IDENTITY)
        for name, kind in TYPES.items():
            msgspec.convert(found[name], kind)
        reported = report["employments"]
        msgspec.convert(reported, list[shapes.Employment])
        voe = api.get(f"/links/{link_id}/employment/report/")["employments"]
        msgspec.convert(voe, list[shapes.VoeEmployment])
        assert found["employments"] == [{key: each[key] for key in EMPLOYMENT} for each in reported]
        assert found["employment"] in found["employments"]
        assert found["identity"] == reported[0]["profile"]
        paid = sorted((each for it in reported for each in it["statements"]), key=lambda it: it["pay_date"])
        assert sorted(found["statements"], key=lambda it: it["id"]) == sorted(paid, key=lambda it: it["id"])
        dates = [each["pay_date"] for each in found["statements"]]
        assert dates == sorted(dates, reverse=True)
        assert found["bank_accounts"] == [each for it in reported for each in it["bank_accounts"]]
        forms = [it["fields"] | {"year": it["year"]} for it in found["tax"] if it["document_type"] == "W2"]
        w2s = [{key: form[key] for key in (*W2_FIGURES, "year")} for it in reported for form in it["w2s"]]
        assert sorted(forms, key=repr) == sorted(w2s, key=repr)
    assert seen == {"employments", "statements", "bank_accounts", "shifts", "tax"}


def test_a_key_too_few_or_too_many_raises() -> None:
    """A shape is built by name: it refuses a line of pay without its category, and one with a key that none has."""
    line: dict[str, Any] = {"name": "Salary", "amount": "1.00", "category": "regular", "rate": None, "units": None}
    assert msgspec.to_builtins(shapes.Earning(**line)) == line
    with pytest.raises(TypeError):
        shapes.Earning(**{key: value for key, value in line.items() if key != "category"})
    with pytest.raises(TypeError):
        shapes.Earning(**(line | {"colour": "red"}))


def test_objects_are_read_one_by_one(api: Api) -> None:
    """Each statement and tax document of a list is read by its id; another link's and unknown ones are not there."""
    api.sandbox.clock.advance(days=150)
    link_id, _ = api.link_of()
    other_id, _ = api.link_of({"username": "fulltime"})
    for name in ("statements", "tax"):
        page = api.get(f"/links/{link_id}/{name}/")
        listed = page["results"] if name == "statements" else page
        assert listed
        for each in listed:
            assert api.get(f"/links/{link_id}/{name}/{each['id']}/") == each
            api.get(f"/links/{other_id}/{name}/{each['id']}/", 404)
        api.get(f"/links/{link_id}/{name}/{'0' * 32}/", 404)


def test_what_was_read_stays_until_it_is_read_again(api: Api) -> None:
    """Time alone changes nothing that a link shows; a refresh brings what was paid since, and keeps the rest."""
    link_id, token = api.link_of()
    digest = api.world_digest()
    before = read_all(api, link_id)
    assert api.world_digest() == digest
    api.sandbox.clock.advance(days=28)
    assert read_all(api, link_id) == before
    api.post("/refresh/tasks/", {"access_token": token}, 200)
    api.sandbox.settle()
    after = read_all(api, link_id)
    assert len(after["statements"]) == len(before["statements"]) + 2
    assert after["statements"][2:] == before["statements"]
    assert after["identity"]["created_at"] == before["identity"]["created_at"]
    assert after["identity"]["updated_at"] > before["identity"]["updated_at"]


def test_before_the_first_reading_there_is_nothing(api: Api) -> None:
    """While the first login runs, the lists are empty, and there is no employment and no person yet."""
    user = api.post("/users/", {})
    token = api.post(f"/users/{user['id']}/tokens/", {"product_type": "income"}, 200)["bridge_token"]
    link_id = api.sandbox.complete_bridge(token)["link_id"]
    for name in ("employments", "tax", "bank_accounts"):
        assert api.get(f"/links/{link_id}/{name}/") == []
    for name in ("statements", "shifts"):
        assert api.get(f"/links/{link_id}/{name}/") == {"count": 0, "next": None, "previous": None, "results": []}
    for name in ("employment", "identity"):
        api.get(f"/links/{link_id}/{name}/", 404)


def test_a_deleted_link_has_no_data(api: Api) -> None:
    """After a link was deleted each of its objects is 404, those that were listed before, too."""
    link_id, _ = api.link_of()
    statement = api.get(f"/links/{link_id}/statements/")["results"][0]["id"]
    api.delete(f"/links/{link_id}/")
    for name in (*ALL, f"statements/{statement}"):
        assert api.get(f"/links/{link_id}/{name}/", 404) == {"detail": "Not Found."}


def test_data_that_stand_in_orders_are_not_read_by_link(api: Api) -> None:
    """With the knob ``report_place = order`` no object is read by link."""
    link_id, _ = api.link_of()
    statement = api.get(f"/links/{link_id}/statements/")["results"][0]["id"]
    api.sandbox.change_profile(report_place="order")
    for name in (*ALL, f"statements/{statement}"):
        api.get(f"/links/{link_id}/{name}/", 404)


def test_a_link_of_employment_alone_shows_no_pay(api: Api) -> None:
    """Where only employment may be read there are no statements, shifts, forms or accounts, and income is null."""
    api.sandbox.clock.advance(days=150)
    for username in ("goodlogin", "hourly.part-time"):
        link_id, _ = api.link_of({"username": username}, product_type="employment")
        found = read_all(api, link_id)
        assert [found[name] for name in ("statements", "shifts", "tax", "bank_accounts")] == [[], [], [], []]
        pay = ("income", "income_unit", "pay_rate", "pay_frequency")
        assert [found["employment"][name] for name in pay] == [None] * 4
        assert found["identity"]["ssn"] is not None
    link_id, _ = api.link_of(product_type="employment", allowed_products=["employment", "income"])
    assert api.get(f"/links/{link_id}/statements/")["count"] > 0


def test_shifts_are_picked_by_day(api: Api) -> None:
    """``start_date_from`` and ``start_date_to`` keep exactly the shifts that begin from the one day to the other."""
    link_id, _ = api.link_of({"username": "hourly.part-time"})
    path = f"/links/{link_id}/shifts/"
    shifts = whole(api, path)
    days = sorted({each["start_date"] for each in shifts})
    assert [each["start_date"] for each in shifts] == sorted((each["start_date"] for each in shifts), reverse=True)
    for first, last in ((days[3], days[9]), (days[5], days[5]), (None, days[2]), (days[-2], None)):
        given = {"start_date_from": first, "start_date_to": last}
        query = "&".join(f"{name}={day}" for name, day in given.items() if day)
        expected = [it for it in shifts if (first or "") <= it["start_date"] <= (last or "9")]
        assert whole_of(api, f"{path}?{query}") == expected
    assert set(api.refused("GET", f"{path}?start_date_from=soon&start_date_to=2026-13-01", None)) == {
        "start_date_from", "start_date_to",
    }  # fmt: skip
    assert set(api.refused("GET", f"{path}?start_date_from={days[2]}&start_date_to={days[1]}", None)) == {
        "start_date_to"
    }


def whole_of(api: Api, path: str) -> list[Any]:
    """Return all entries of a list that is asked for with a query of its own."""
    page = api.get(f"{path}&page_size=100")
    found: list[Any] = page["results"]
    while page["next"] is not None:
        page = api.client.get(page["next"], headers=api.sandbox.headers).json()
        found += page["results"]
    return found


def test_a_clients_own_data_are_shown_as_they_are(api: Api) -> None:
    """What a sandbox scenario brings is shown under every documented key with the client's values, of any form."""
    api.post("/sandbox/scenarios/", {
        "label": "own", "data_source": "payroll", "username": "zed",
        "payload": {"employments": [{
            "job_title": 7, "manager_name": ["odd"], "company": {"name": "Odd"},
            "profile": {"first_name": "Zed", "ssn": "1234"},
            "statements": [{"pay_date": "2026-01-02", "gross_pay": 12, "earnings": [{"name": "x", "amount": None}]}],
            "w2s": [{"year": "2024", "wages": "10.00"}], "bank_accounts": [{"bank_name": None}],
        }]},
    })  # fmt: skip
    link_id, _ = api.link_of({"username": "zed", "password": "any"})
    found = read_all(api, link_id)
    assert {name: set(each) for name, each in found.items() if isinstance(each, dict)} == {
        "employment": set(EMPLOYMENT), "identity": set(IDENTITY),
    }  # fmt: skip
    assert (found["employment"]["job_title"], found["employment"]["manager_name"]) == (7, ["odd"])
    assert found["employment"]["company"]["address"] == dict.fromkeys(ADDRESS)
    assert [set(each) for each in found["statements"]] == [set(STATEMENT)]
    assert found["statements"][0]["earnings"] == [dict.fromkeys(EARNING) | {"name": "x"}]
    assert found["bank_accounts"] == [dict.fromkeys(ACCOUNT)]
    assert found["shifts"] == []
    shown = [(it["year"], it["fields"], it["document_type"]) for it in found["tax"]]
    assert shown == [("2024", {"wages": "10.00"}, "W2")]
    assert api.get(f"/links/{link_id}/tax/{found['tax'][0]['id']}/") == found["tax"][0]


def test_files_have_addresses_only_where_they_are_asked_for(api: Api) -> None:
    """``file`` is null, and with the knob ``file_urls = own`` an address here that names link, kind and object."""
    api.sandbox.clock.advance(days=150)
    link_id, _ = api.link_of()
    paths = ("statements", "tax")
    assert {each["file"] for name in paths for each in read_all(api, link_id)[name]} == {None}
    api.sandbox.change_profile(file_urls="own")
    found = read_all(api, link_id)
    base = f"{api.sandbox.base_url}/files/{link_id}"
    assert [each["file"] for each in found["statements"]] == [
        f"{base}/statement/{each['id']}.pdf" for each in found["statements"]
    ]
    assert [each["file"] for each in found["tax"]] == [f"{base}/tax-document/{each['id']}.pdf" for each in found["tax"]]
    assert found["tax"]
    one = found["statements"][3]
    assert api.get(f"/links/{link_id}/statements/{one['id']}/") == one


def test_lists_are_of_their_documented_form() -> None:
    """Statements and shifts come in pages; employments, tax documents and accounts as bare arrays."""
    answers = {it.path.split("/")[-2]: it.answer for it in link_data.OPERATIONS if it.path.count("{") == 1}
    assert {name for name, answer in answers.items() if getattr(answer, "__origin__", None) is Page} == {
        "statements", "shifts",
    }  # fmt: skip
    assert {name for name, answer in answers.items() if getattr(answer, "__origin__", None) is list} == {
        "employments", "tax", "bank_accounts",
    }  # fmt: skip
