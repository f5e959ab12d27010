"""Orders over HTTP: created, read, listed, looked up, changed, canceled, notified, expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api, Receiver

PROVIDER = {"id": "text", "name": "text", "logo_url": "url?"}
ADDRESS = {"street": "text?", "city": "text?", "state": "text?", "zip": "text?"}
TASK = {
    "id": "id", "status": "text", "product_type": "text", "provider": PROVIDER, "created_at": "time",
    "updated_at": "time", "link_id": "id?", "user_id": "id", "error_message": "text?", "tracking_info": "text?",
    "bridge_token": "id?", "data_source": "text?", "is_suspicious": "flag", "order_id": "id?",
}  # fmt: skip
LISTED_SUBORDER: dict[str, Any] = {
    "id": "id", "product_type": "text", "status": "text", "suborder_number": "text?", "created_at": "time",
    "bridge_token": "id", "link_id": "id?", "access_token": "id?", "pdf_report": "url?", "data_source": "text?",
    "provider": "object?", "is_suspicious": "flag", "start_date": "date?", "end_date": "date?",
    "company_name": "text?", "company_address": "object?", "company_domain": "text?", "company_logo": "text?",
    "tasks": [TASK],
}  # fmt: skip
SUBORDER = {**LISTED_SUBORDER, "employments": "list"}
ORDER: dict[str, Any] = {
    "id": "id", "status": "text", "products": "texts", "source": "text", "order_number": "text?",
    "custom_field": "text?", "client_name": "text", "first_name": "text", "last_name": "text", "user_id": "id",
    "bridge_token": "id", "share_url": "url", "short_share_url": "url", "created_at": "time", "updated_at": "time",
    "canceled_at": "time?", "completed_at": "time?", "expired_at": "time", "is_expired": "flag",
    "user_consent_at": "time?", "initial_order": "id?", "refresh_order": "id?", "voie_report_id": "id?",
    "voa_report_id": "id?", "manager": "object?", "loan": "object?", "employers": [SUBORDER],
    "financial_accounts": [SUBORDER],
}  # fmt: skip
LISTED_ORDER = {**ORDER, "employers": [LISTED_SUBORDER], "financial_accounts": [LISTED_SUBORDER]}
EVENT = {
    "object": "text", "type": "text", "is_refresh": "flag", "order_id": "id", "timestamp": "time",
    "suborder_id": "id?", "task_id": "id?", "link_id": "id?",
}  # fmt: skip
EVERYTHING: dict[str, Any] = {
    "products": ["income"], "first_name": "Marisol", "last_name": "Quill", "email": "m.quill@example.org",
    "phone": "4155554193", "ssn": "991919991", "order_number": "CASE-20417", "external_user_id": "applicant-20417",
    "template_id": "0" * 32, "custom_field": "unit 7", "date_of_birth": "1988-07-19", "source": "internal",
    "cc_emails": ["desk@example.org"], "insurance": {"provider_id": "geico"}, "notes": "call first",
    "loan": {"loan_number": "L-1", "is_closed": False}, "manager": {"email": "worker@example.org"},
    "notification_settings": {"suppress_user_notifications": True, "first_notification_delay_hours": 2},
    "reports": {"voa": {"days_requested": 60}}, "include_recent_paystub": True,
    "financial_institutions": [{"id": "ins_1", "name": "Example Bank", "suborder_number": "9"}],
    "employers": [{
        "company_name": "Juniper Hardware", "company_domain": "juniper.example", "company_logo": "https://x.example/l",
        "company_address": {"street": "9 Mill Ln", "city": "Dover", "state": "DE", "zip": "19901"},
        "start_date": "2021-06-14", "end_date": "2025-01-31", "suborder_number": "204170000001",
        "data_sources": ["payroll", "docs"],
        "account": {"account_number": "16002600", "routing_number": "12345678", "account_type": "checking",
                    "bank_name": "Truv Bank", "deposit_type": "amount", "deposit_value": 12.5},
    }],
}  # fmt: skip


def test_smallest_order_has_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """Three fields make an order: every documented key is there, nothing is connected, no employer is invented."""
    order = api.post("/orders/", {"products": ["income"], "first_name": "Ada", "last_name": "Quill"})
    check_shape(order, ORDER)
    assert (order["status"], order["source"], order["employers"]) == ("pending", "internal", [])
    for key in ("order_number", "canceled_at", "completed_at", "user_consent_at", "initial_order", "refresh_order",
                "voie_report_id", "voa_report_id"):  # fmt: skip
        assert order[key] is None, key


def test_every_create_field_is_taken_and_shown(api: Api, check_shape: Callable[..., None]) -> None:
    """An order with every documented field is accepted, shows what the reference shows and hides what it hides."""
    order = api.post("/orders/", EVERYTHING)
    check_shape(order, ORDER)
    for key in ("products", "first_name", "last_name", "order_number", "custom_field", "source", "manager", "loan"):
        assert order[key] == EVERYTHING[key]
    employer, given = order["employers"][0], EVERYTHING["employers"][0]
    for key in ("company_name", "company_domain", "company_logo", "company_address", "start_date", "end_date",
                "suborder_number"):  # fmt: skip
        assert employer[key] == given[key]
    assert employer["status"] == "pending"
    assert "company_mapping_id" not in employer
    assert order["financial_accounts"] == []  # income has no bank accounts
    assert api.get(f"/orders/{order['id']}/") == order


def test_connected_order_shows_link_and_employments(api: Api, check_shape: Callable[..., None]) -> None:
    """A connected order is completed and carries link, token, provider, tasks and report id; its PDF stays null."""
    order = api.connected()
    check_shape(order, ORDER)
    employer = order["employers"][0]
    check_shape(employer["company_address"], ADDRESS)
    check_shape(employer["provider"], PROVIDER)
    assert (order["status"], employer["status"], employer["data_source"]) == ("completed", "completed", "payroll")
    assert order["completed_at"] is not None
    assert order["user_consent_at"] is not None
    assert order["voie_report_id"] is not None
    assert [each["status"] for each in employer["tasks"]] == ["done"]
    assert employer["tasks"][0]["tracking_info"] == employer["id"]
    assert (employer["pdf_report"], employer["is_suspicious"]) == (None, False)
    assert len(employer["employments"]) == 1


def test_unknown_fields_and_top_level_data_sources_are_dropped(api: Api) -> None:
    """Fields that the reference does not know are tolerated and left out of the answer."""
    order = api.order(data_sources=["docs"], colour="green", employers=[{"company_name": "A", "colour": 1}])
    assert "colour" not in order
    assert "data_sources" not in order
    assert "colour" not in order["employers"][0]


def test_share_urls_use_the_requests_own_host(api: Api) -> None:
    """Links to the order begin with scheme and host of the request that asked, and name token and order."""
    order = api.order()
    assert order["share_url"] == (
        f"{api.sandbox.base_url}/employment.html?bridge_token={order['bridge_token']}&order_group_id={order['id']}"
    )
    seen = api.send("GET", f"/orders/{order['id']}/", headers={"Host": "truv.example.test:9000"}).json()
    assert seen["share_url"].startswith("http://truv.example.test:9000/employment.html?")
    assert seen["short_share_url"].startswith("http://truv.example.test:9000/s/")


def test_strange_host_is_not_repeated(api: Api) -> None:
    """A Host header that is no host name never gets into an answer."""
    order = api.order()
    seen = api.send("GET", f"/orders/{order['id']}/", headers={"Host": 'evil"/><b>'})
    assert "evil" not in seen.text
    assert seen.json()["share_url"].startswith("http://127.0.0.1:")


def test_reading_changes_nothing(api: Api) -> None:
    """Every way of reading orders leaves the world's digest as it was, and two readings have the same bytes."""
    order = api.connected()
    before = api.world_digest()
    for path in (f"/orders/{order['id']}/", "/orders/", f"/orders/{order['id']}/events/"):
        assert api.send("GET", path).content == api.send("GET", path).content
    assert api.world_digest() == before


def test_list_pages_follow_to_the_end(api: Api, check_shape: Callable[..., None]) -> None:
    """Following ``next`` gives every order once, newest first, without employments; ``previous`` leads back."""
    made = [api.order(order_number=str(number))["id"] for number in range(5)]
    first = api.get("/orders/", page_size=2)
    assert list(first) == ["count", "next", "previous", "results"]
    assert (first["count"], first["previous"]) == (5, None)
    found, page, urls = [], first, []
    while True:
        for each in page["results"]:
            check_shape(each, LISTED_ORDER)
        found += [each["id"] for each in page["results"]]
        if page["next"] is None:
            break
        urls.append(page["next"])
        page = api.client.get(page["next"], headers=api.sandbox.headers).json()
    assert found == made[::-1]
    assert [url.removeprefix(api.sandbox.base_url) for url in urls] == [
        "/v1/orders/?page_size=2&page=2", "/v1/orders/?page_size=2&page=3",
    ]  # fmt: skip
    assert api.client.get(page["previous"], headers=api.sandbox.headers).json()["results"][0]["id"] == made[2]


def test_page_urls_keep_host_and_query(api: Api) -> None:
    """Page URLs carry the request's Host and every query parameter, rightly escaped."""
    for _ in range(2):
        api.order()
    answer = api.send(
        "GET", "/orders/", params={"page_size": 1, "x": "a&b=ü"}, headers={"Host": "proxy.example.test"}
    ).json()
    assert answer["next"] == "http://proxy.example.test/v1/orders/?page_size=1&x=a%26b%3D%C3%BC&page=2"


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page_size=0", "page_size=1e3", "page=%00", "page=²"])
def test_wrong_page_numbers_are_named(api: Api, query: str) -> None:
    """A page or size that is no positive whole number is 400 and names the parameter."""
    field = query.partition("=")[0]
    assert list(api.refused("GET", f"/orders/?{query}", None)) == [field]


def test_page_beyond_the_end_is_404(api: Api) -> None:
    """A page that does not exist is 404; the first page of an empty list exists."""
    assert api.get("/orders/", page=1)["results"] == []
    assert api.get("/orders/", 404, page=2) == {"detail": "Invalid page."}


def test_page_size_has_a_limit(api: Api) -> None:
    """A page never has more than 100 entries, however many are asked for."""
    for number in range(101):
        api.order(order_number=str(number), employers=[])
    assert len(api.get("/orders/")["results"]) == 20
    assert len(api.get("/orders/", page_size=1000)["results"]) == 100


def test_lookup_finds_by_ssn(api: Api, check_shape: Callable[..., None]) -> None:
    """Lookup finds the orders of an SSN, by nine digits or the last four, as pages of the lookup's own URL."""
    mine = [api.order(ssn="900123456")["id"] for _ in range(3)] + [api.order(social_security_number="3456")["id"]]
    api.order(ssn="900129999")
    api.order()
    found = api.post("/orders/lookup/", {"ssn": "900123456"}, 200)
    assert [each["id"] for each in found["results"]] == mine[::-1]
    for each in found["results"]:
        check_shape(each, LISTED_ORDER)
    assert api.post("/orders/lookup/", {"ssn": "3456"}, 200)["count"] == 4
    assert api.post("/orders/lookup/", {"ssn": "111223333"}, 200) == {
        "count": 0, "next": None, "previous": None, "results": [],
    }  # fmt: skip
    page = api.post("/orders/lookup/?page_size=3", {"ssn": "900123456"}, 200)
    assert page["next"] == f"{api.sandbox.base_url}/v1/orders/lookup/?page_size=3&page=2"
    assert list(api.refused("POST", "/orders/lookup/", {"ssn": "12345"})) == ["ssn"]
    assert api.refused("POST", "/orders/lookup/", {}) == {"ssn": "This field is required"}


def test_patch_changes_an_open_order(api: Api) -> None:
    """PATCH changes what it names, answers with an empty body, and leaves the rest."""
    order = api.order(notification_settings={"suppress_user_notifications": True})
    answer = api.send("PATCH", f"/orders/{order['id']}/", json={
        "first_name": "Grace", "ssn": "900123456", "refresh_approved": True, "loan": {"loan_number": "L-2"},
        "notes": "new", "notification_settings": {"first_notification_delay_hours": 3},
    })  # fmt: skip
    assert answer.status_code in {200, 204}
    assert answer.content == b""
    after = api.get(f"/orders/{order['id']}/")
    assert (after["first_name"], after["last_name"], after["loan"]) == ("Grace", "Quill", {"loan_number": "L-2"})
    assert after["updated_at"] > order["updated_at"]
    assert api.post("/orders/lookup/", {"ssn": "900123456"}, 200)["count"] == 1
    changed = {"first_name", "loan", "updated_at"}
    assert {key: after[key] for key in after if key not in changed} == {
        key: order[key] for key in order if key not in changed
    }


def test_patch_is_refused_unless_all_employers_are_open(api: Api) -> None:
    """PATCH is 400 as soon as one employer is neither pending nor sent, and changes nothing."""
    order = api.order(employers=[{"company_name": "One"}, {"company_name": "Two"}])
    api.sandbox.complete_bridge(order["employers"][0]["bridge_token"])
    api.sandbox.settle()
    before = api.world_digest()
    assert list(api.refused("PATCH", f"/orders/{order['id']}/", {"first_name": "Grace"})) == ["employers"]
    assert api.world_digest() == before


def test_patch_of_wrong_values_names_each(api: Api) -> None:
    """PATCH names every wrong field; names have 1 to 50 characters, notes 1 to 2000."""
    order = api.order()
    body = {"first_name": "", "last_name": "x" * 51, "ssn": "9" * 129, "notes": "x" * 2001, "refresh_approved": "yes"}
    assert set(api.refused("PATCH", f"/orders/{order['id']}/", body)) == set(body)


def test_cancel_ends_what_is_open(api: Api, receiver: Receiver) -> None:
    """Cancelling needs no body, makes open employers canceled and says so once; a second time is refused."""
    api.subscribe(receiver.url)
    order = api.order(employers=[{"company_name": "One"}, {"company_name": "Two"}])
    answer = api.send("POST", f"/orders/{order['id']}/cancel/")
    assert answer.status_code in {200, 201}
    canceled = answer.json()
    assert [each["status"] for each in canceled["employers"]] == ["canceled", "canceled"]
    assert (canceled["status"], canceled["canceled_at"] is None) == ("canceled", False)
    api.sandbox.settle()
    told = [(each["event_type"], each["status"], each["employer_id"]) for each in receiver.events]
    assert told == [("order-created", "pending", None)] + [
        ("order-status-updated", "canceled", each["id"]) for each in order["employers"]
    ]
    assert list(api.refused("POST", f"/orders/{order['id']}/cancel/", {})) == ["id"]
    with pytest.raises(Exception, match="canceled"):
        api.sandbox.complete_bridge(order["bridge_token"])


def test_completed_order_cannot_be_canceled(api: Api) -> None:
    """Cancelling an order in which nothing is open is 400 and changes nothing."""
    order = api.connected()
    before = api.world_digest()
    assert list(api.refused("POST", f"/orders/{order['id']}/cancel/", {})) == ["id"]
    assert api.world_digest() == before


def test_adding_an_employer_answers_the_suborder(api: Api, check_shape: Callable[..., None]) -> None:
    """An added employer is answered as a pending suborder and stands last in its order."""
    order = api.order()
    added = api.post(f"/orders/{order['id']}/employers/", {
        "company_name": "Second Job", "suborder_number": "42", "start_date": "2024-02-01",
        "company_address": {"street": "1 A St", "city": "Dover", "state": "DE", "zip": "19901"},
    })  # fmt: skip
    check_shape(added, SUBORDER)
    assert (added["status"], added["suborder_number"], added["company_name"]) == ("pending", "42", "Second Job")
    after = api.get(f"/orders/{order['id']}/")
    assert after["employers"] == [*order["employers"], added]
    assert after["updated_at"] > order["updated_at"]


def test_adding_an_employer_knows_mapping_ids(api: Api) -> None:
    """A mapping id fills in name and domain, ``self_employed`` is accepted, an unknown id is refused by name."""
    order = api.order()
    path = f"/orders/{order['id']}/employers/"
    known = api.sandbox.server.hub.catalog.employers[0]
    added = api.post(path, {"company_mapping_id": known["company_mapping_id"]})
    assert (added["company_name"], added["company_domain"]) == (known["name"], known["domain"])
    assert api.post(path, {"company_mapping_id": "self_employed"})["status"] == "pending"
    assert api.post(path, {})["company_name"] is None
    assert list(api.refused("POST", path, {"company_mapping_id": "f" * 32})) == ["company_mapping_id"]
    body = {"products": ["income"], "first_name": "A", "last_name": "B", "employers": [{}, {"company_mapping_id": "x"}]}
    assert list(api.refused("POST", "/orders/", body)) == ["employers[1].company_mapping_id"]


def test_the_person_is_told_of_an_added_employer(api: Api, receiver: Receiver) -> None:
    """An employer added after the first message gets a message of its own and is sent; before, the first tells it."""
    api.subscribe(receiver.url, events=["order-status-updated"])
    order = api.order(email="m@example.org")
    early = api.post(f"/orders/{order['id']}/employers/", {"company_name": "Early"})
    api.sandbox.settle(horizon_seconds=10)
    late = api.post(f"/orders/{order['id']}/employers/", {"company_name": "Late"})
    assert late["status"] == "pending"
    api.sandbox.settle(horizon_seconds=10)
    assert [(each["employer_id"], each["status"]) for each in receiver.events] == [
        (each["id"], "sent") for each in (order["employers"][0], early, late)
    ]
    types = [each["type"] for each in api.get(f"/orders/{order['id']}/events/")["results"]]
    assert types == ["order_created", "email_first_sent", "email_first_sent"]
    api.sandbox.clock.advance(days=10)
    types = [each["type"] for each in api.get(f"/orders/{order['id']}/events/")["results"]]
    assert types.count("email_reminder_sent") == 3, "the reminders of the order, and none more"


def test_nobody_is_told_who_is_not_to_be(api: Api) -> None:
    """Without an address, or with notifications suppressed, an added employer stays pending."""
    quiet = api.order()
    suppressed = api.order(email="m@example.org", notification_settings={"suppress_user_notifications": True})
    told = api.order(email="m@example.org")
    api.sandbox.settle(horizon_seconds=10)
    added = [api.post(f"/orders/{each['id']}/employers/", {}) for each in (quiet, suppressed, told)]
    api.sandbox.complete_bridge(added[2]["bridge_token"])
    api.sandbox.clock.advance(hours=1)
    assert [api.get(f"/orders/{each['id']}/")["employers"][1]["status"] for each in (quiet, suppressed, told)] == [
        "pending", "pending", "completed",
    ]  # fmt: skip


def test_no_employer_is_added_to_an_order_that_is_over(api: Api) -> None:
    """Adding an employer to a canceled or expired order is 400."""
    canceled, late = api.order(), api.order()
    api.post(f"/orders/{canceled['id']}/cancel/", {}, 200)
    api.sandbox.clock.advance(days=8)
    for order in (canceled, late):
        assert list(api.refused("POST", f"/orders/{order['id']}/employers/", {"company_name": "X"})) == ["id"]


def test_order_without_employers_fills_as_the_person_connects(api: Api) -> None:
    """An order created without employers gets one for each account that the person connects."""
    order = api.order(employers=None)
    assert order["employers"] == []
    api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.settle()
    after = api.get(f"/orders/{order['id']}/")
    assert [each["status"] for each in after["employers"]] == ["completed"]
    assert after["employers"][0]["company_name"] is not None


def test_events_are_listed_in_order(api: Api, check_shape: Callable[..., None]) -> None:
    """The event list names creation, failed logins and completions, with the refresh's own only when asked for."""
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"], password="wrong")
    api.sandbox.settle()
    api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.settle()
    events = api.get(f"/orders/{order['id']}/events/")
    assert list(events) == ["results"]
    for each in events["results"]:
        check_shape(each, EVENT)
    assert [(each["object"], each["type"], each["is_refresh"]) for each in events["results"]] == [
        ("order", "order_created", False), ("link", "login_attempt", False), ("order", "suborder_completed", False),
    ]  # fmt: skip
    refreshed = api.refresh(order["id"])
    api.sandbox.settle()
    assert len(api.get(f"/orders/{order['id']}/events/")["results"]) == 3
    both = api.get(f"/orders/{order['id']}/events/", include_refresh="true")["results"]
    assert [each["type"] for each in both if each["is_refresh"]] == ["order_created", "suborder_completed"]
    assert {each["order_id"] for each in both if each["is_refresh"]} == {refreshed["id"]}


def test_order_with_an_address_is_sent(api: Api, receiver: Receiver) -> None:
    """With e-mail or phone the employers become ``sent``, the events name both channels, and a webhook says so."""
    api.subscribe(receiver.url)
    order = api.order(email="m@example.org", phone="4155554193")
    assert order["employers"][0]["status"] == "pending"
    api.sandbox.settle()
    assert api.get(f"/orders/{order['id']}/")["status"] == "sent"
    types = [each["type"] for each in api.get(f"/orders/{order['id']}/events/")["results"]]
    assert types == ["order_created", "email_first_sent", "sms_first_sent"]
    assert [(each["event_type"], each["status"]) for each in receiver.events] == [
        ("order-created", "pending"), ("order-status-updated", "sent"),
    ]  # fmt: skip


def test_order_without_an_address_stays_pending(api: Api) -> None:
    """Without e-mail and phone, or with notifications suppressed, nothing is sent."""
    quiet = api.order()
    suppressed = api.order(email="m@example.org", notification_settings={"suppress_user_notifications": True})
    api.sandbox.clock.advance(hours=1)
    assert [api.get(f"/orders/{each['id']}/")["status"] for each in (quiet, suppressed)] == ["pending", "pending"]


def test_first_message_can_be_delayed(api: Api) -> None:
    """``first_notification_delay_hours`` holds the first message back by that many hours."""
    order = api.order(email="m@example.org", notification_settings={"first_notification_delay_hours": 5})
    api.sandbox.clock.advance(hours=5)
    assert api.get(f"/orders/{order['id']}/")["status"] == "pending"
    api.sandbox.clock.advance(seconds=1)
    assert api.get(f"/orders/{order['id']}/")["status"] == "sent"


def test_order_expires_after_72_hours_without_weekends(api: Api, receiver: Receiver) -> None:
    """A window of 72 hours ends on Thursday for a Monday and on Wednesday for a Friday, and expiry is announced."""
    api.subscribe(receiver.url, events=["order-status-updated"])
    monday = api.order()
    assert (monday["created_at"][:10], monday["expired_at"]) == ("2026-01-05", "2026-01-08T15:00:00.000000Z")
    api.sandbox.clock.advance(to="2026-01-08T14:59:59.999999Z")
    assert api.get(f"/orders/{monday['id']}/")["is_expired"] is False
    api.sandbox.clock.advance(to="2026-01-08T15:00:00Z")
    over = api.get(f"/orders/{monday['id']}/")
    assert (over["is_expired"], over["status"], over["employers"][0]["status"]) == (True, "expired", "expired")
    assert [(each["status"], each["link_id"], each["data_source"]) for each in receiver.events] == [
        ("expired", None, None)
    ]
    api.sandbox.clock.advance(to="2026-01-09T10:00:00Z")
    assert api.order()["expired_at"] == "2026-01-14T10:00:00.000000Z"


def test_completed_order_never_expires(api: Api) -> None:
    """An order that was completed in time stays completed when its window ends."""
    order = api.connected()
    api.sandbox.clock.advance(days=30)
    assert api.get(f"/orders/{order['id']}/") == order


def test_same_external_user_is_the_same_person(api: Api) -> None:
    """Orders with one ``external_user_id`` share the user; without it each has its own; order numbers may repeat."""
    first, second = api.order(external_user_id="p-1"), api.order(external_user_id="p-1")
    assert first["user_id"] == second["user_id"]
    assert first["id"] != second["id"]
    assert first["order_number"] == second["order_number"]
    assert api.order()["user_id"] != api.order()["user_id"]


def test_assets_stand_in_financial_accounts(api: Api) -> None:
    """An order of assets keeps its banks under ``financial_accounts``, not under ``employers``."""
    order = api.order(products=["assets"], employers=None,
                      financial_institutions=[{"name": "Example Bank", "suborder_number": "7"}])  # fmt: skip
    assert order["employers"] == []
    (bank,) = order["financial_accounts"]
    assert (bank["product_type"], bank["suborder_number"], bank["status"]) == ("assets", "7", "pending")


def test_foreign_ssn_is_suspicious(api: Api) -> None:
    """An SSN on the order that differs from the one in the data marks employer and link; the right one does not."""
    for ssn, expected in (("991919991", False), ("9991", False), ("900000000", True)):
        employer = api.connected(ssn=ssn)["employers"][0]
        assert employer["is_suspicious"] is expected
        assert api.get(f"/links/{employer['link_id']}/")["is_suspicious"] is expected


def test_every_wrong_field_of_an_order_is_named(api: Api) -> None:
    """A bad order is 400 with one entry for each wrong field, by its path, and nothing is created."""
    before = api.world_digest()
    wrong = api.refused("POST", "/orders/", {
        "products": ["income", "gold"], "first_name": "", "ssn": "12345", "source": "elsewhere", "cc_emails": "x",
        "employers": [{"company_name": 7}, 5, {"start_date": "2020-13-01", "company_address": {"zip": 1}}],
        "notification_settings": {"first_notification_delay_hours": -1}, "notes": "", "include_recent_paystub": "yes",
    })  # fmt: skip
    assert set(wrong) == {
        "products[1]", "first_name", "last_name", "ssn", "source", "cc_emails", "employers[0].company_name",
        "employers[1]", "employers[2].start_date", "employers[2].company_address.zip",
        "notification_settings.first_notification_delay_hours", "notes", "include_recent_paystub",
    }  # fmt: skip
    assert all(wrong.values())
    assert api.world_digest() == before
    none = {"products": [], "first_name": "A", "last_name": "B"}
    assert list(api.refused("POST", "/orders/", none)) == ["products"]
