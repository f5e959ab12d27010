"""Insurance: its reports, and policies that are the same at every reading and add up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from mock_truv.core.insurance import VIN_SIGNS, VIN_VALUES, VIN_WEIGHTS, policies, vin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

ADDRESS = {"id": "text", "address_nature": "text",
           **dict.fromkeys(("street", "city", "state", "zip", "country"), "text?")}  # fmt: skip
COVERAGE = {"id": "text", "premium_cents": "whole", "is_declined": "flag", "name": "text",
            "per_person_limit_cents": "whole?", "per_incident_limit_cents": "whole?",
            "deductible_cents": "whole?"}  # fmt: skip
DWELLING = {"id": "text", "address": ADDRESS, "replacement_cost_cents": "whole", "cash_value_cents": "whole",
            "coverages": [COVERAGE],
            "mortgagees": [{"id": "text", "name": "text", "loan_number": "text?"}]}  # fmt: skip
VEHICLE = {"id": "text", "vin": "text", "is_removed": "flag", "lien_holder": "text?", "year": "whole", "make": "text",
           "model": "text", "series": "text?", "series2": "text?", "type": "text", "annual_mileage": "whole",
           "coverages": [COVERAGE]}  # fmt: skip
CLAIM = {"id": "text", "dwelling_id": "text?", "vehicle_id": "text?", "driver_id": "text?",
         "carrier_claim_identifier": "text", "date_occurred": "date", "type": "text", "status": "text",
         "date_closed": "date?", "payout_cents": "whole?", "representative_name": "text?",
         "representative_email": "text?", "representative_phone": "text?", "address": ADDRESS}  # fmt: skip
POLICY: dict[str, Any] = {
    "carrier_name": "text", "id": "text", "policy_type": "text", "name": "text?", "description": "text?",
    "carrier_policy_number": "text", "effective_date": "date", "expiry_date": "date", "renewal_date": "date?",
    "canceled_date": "date?", "total_premium_cents": "whole", "deductible_cents": "whole", "status": "text",
    "paid_in_full": "flag", "dwellings": [DWELLING], "vehicles": [VEHICLE], "commercial_named_insureds": "list",
    "named_insureds": [{"id": "text", "first_name": "text", "middle_name": "text?", "last_name": "text",
                        "is_primary": "flag"}],
    "claims": [CLAIM],
}  # fmt: skip
REPORT: dict[str, Any] = {"id": "id", "status": "text", "access_token": "id?", "tracking_info": "text?",
                          "insurance": {"policies": [POLICY]}}  # fmt: skip


def test_the_reports_have_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """The report of all policies is that of homes and that of cars together; the insurer is the carrier."""
    order = api.connected(products=["insurance"], employers=None, insurance={"provider_id": "rooftree"})
    (insurer,) = order["employers"]
    assert (insurer["product_type"], insurer["data_source"], insurer["provider"]["id"]) == (
        "insurance", "insurance", "rooftree",
    )  # fmt: skip
    assert insurer["employments"] == []
    link_id = insurer["link_id"]
    whole, home, auto = (api.get(f"/links/{link_id}/insurance/report/{part}") for part in ("", "home/", "auto/"))
    for report in (whole, home, auto):
        check_shape(report, REPORT)
        assert (report["status"], report["tracking_info"]) == ("done", insurer["id"])
    found = whole["insurance"]["policies"]
    assert {each["policy_type"] for each in auto["insurance"]["policies"]} == {"AUTO"}
    assert {each["policy_type"] for each in home["insurance"]["policies"]} <= {"HOME", "CONDO"}
    assert sorted(each["id"] for each in found) == sorted(
        each["id"] for report in (home, auto) for each in report["insurance"]["policies"]
    )
    assert {each["carrier_name"] for each in found} == {insurer["provider"]["name"]}
    assert {each["named_insureds"][0]["last_name"] for each in found} == {"Quill"}


def test_a_link_without_insurance_has_no_report(api: Api) -> None:
    """A payroll link has none (404), a deleted one neither, and while the first login runs the list is empty."""
    payroll = api.connected()["employers"][0]["link_id"]
    assert api.get(f"/links/{payroll}/insurance/report/", 404) == {"detail": "Not Found."}
    order = api.order(products=["insurance"], employers=None)
    ending = api.sandbox.complete_bridge(order["bridge_token"])
    report = api.get(f"/links/{ending['link_id']}/insurance/report/")
    assert (report["status"], report["insurance"]) == ("new", {"policies": []})
    api.sandbox.settle()
    assert api.get(f"/links/{ending['link_id']}/insurance/report/home/")["insurance"]["policies"]
    api.delete(f"/links/{ending['link_id']}/")
    api.get(f"/links/{ending['link_id']}/insurance/report/", 404)


def test_a_refresh_reads_the_term_then_in_force(api: Api) -> None:
    """A year later the same policies are in their next terms, the claims are closed; nothing else has changed."""
    order = api.connected(products=["insurance"], employers=None)
    order = api.order(products=["insurance"], employers=None, external_user_id="one")
    ending = api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.settle()
    path = f"/links/{ending['link_id']}/insurance/report/"
    before = api.get(path)["insurance"]["policies"]
    api.sandbox.clock.advance(days=170)
    assert api.get(path)["insurance"]["policies"] == before
    again = api.post(f"/orders/{order['id']}/", {"products": ["insurance"]})
    assert [each["product_type"] for each in again["employers"]] == ["insurance"]
    api.sandbox.settle()
    after = api.get(path)["insurance"]["policies"]
    today = api.sandbox.clock.now.date().isoformat()
    changing = {"effective_date", "expiry_date", "renewal_date", "claims"}
    for old, new in zip(before, after, strict=True):
        assert {key: value for key, value in old.items() if key not in changing} == {
            key: value for key, value in new.items() if key not in changing
        }
        if new["status"] == "ACTIVE":
            assert new["effective_date"] <= today < new["expiry_date"]
            assert [(each["status"], each["payout_cents"] is None) for each in new["claims"]] == [("CLOSED", False)]


def test_policies_add_up_and_differ(api: Api) -> None:
    """Premiums are the sums of their coverages, terms and claims make sense; every nullable field has a value once."""
    seen: dict[str, set[bool]] = {}
    numbers = set()
    people = [person.usernames[0] for person in api.sandbox.server.hub.catalog.people.values()]
    for username in people:
        order = api.order(products=["insurance"], employers=None, external_user_id=username)
        ending = api.sandbox.complete_bridge(order["bridge_token"], username=username)
        api.sandbox.settle()
        world = api.sandbox.runtime.journal.world
        link = world.state.links[ending["link_id"]]
        assert link.read_us is not None
        found = policies(world, link, link.read_us)
        assert found == policies(world, link, link.read_us)
        for policy in found:
            check_policy(policy, api.sandbox.clock.now.date())
            numbers.add(policy["carrier_policy_number"])
            for thing in (policy, *policy["vehicles"], *policy["claims"], *policy["named_insureds"]):
                for key, value in thing.items():
                    seen.setdefault(key, set()).add(value is None)
    assert len(people) > 10
    assert len(numbers) >= 2 * len(people)
    assert not [key for key, nulls in seen.items() if nulls == {True}]


def check_policy(policy: dict[str, Any], today: date) -> None:
    """Assert that a policy makes sense on a day."""
    things = policy["dwellings"] + policy["vehicles"]
    coverages = [each for thing in things for each in thing["coverages"]]
    assert policy["total_premium_cents"] == sum(each["premium_cents"] for each in coverages)
    assert policy["deductible_cents"] == max(each["deductible_cents"] or 0 for each in coverages)
    assert all((each["premium_cents"] == 0) == each["is_declined"] for each in coverages)
    begin, end = date.fromisoformat(policy["effective_date"]), date.fromisoformat(policy["expiry_date"])
    months = (end.year - begin.year) * 12 + end.month - begin.month
    assert (months, begin.day) == (6 if policy["vehicles"] else 12, end.day)
    canceled = policy["canceled_date"]
    day = today if canceled is None else date.fromisoformat(canceled)
    assert begin <= day < end
    assert policy["status"] == ("ACTIVE" if canceled is None else "CANCELED")
    for vehicle in policy["vehicles"]:
        assert vehicle["is_removed"] == (canceled is not None)
        assert has_check_digit(vehicle["vin"])
    for claim in policy["claims"]:
        assert today - timedelta(days=200) < date.fromisoformat(claim["date_occurred"]) < today
        assert (claim["status"] == "OPEN") == (claim["date_closed"] is None) == (claim["payout_cents"] is None)
        assert {claim["dwelling_id"], claim["vehicle_id"]} - {None} == {each["id"] for each in things}


def has_check_digit(number: str) -> bool:
    """Return whether the ninth sign of a vehicle number is the one that the others demand."""
    values = [VIN_VALUES[sign] if sign in VIN_VALUES else int(sign) for sign in number]
    total = sum(weight * value for at, (weight, value) in enumerate(zip(VIN_WEIGHTS, values, strict=True)) if at != 8)
    return len(number) == 17 and number[8] == ("X" if total % 11 == 10 else str(total % 11))


def test_a_known_vehicle_number() -> None:
    """The check digit of a published example, 1M8GDM9A_KP042788, is X."""
    assert vin([VIN_SIGNS.index(sign) for sign in "1M8GDM9A0KP042788"]) == "1M8GDM9AXKP042788"
