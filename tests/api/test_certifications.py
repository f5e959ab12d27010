"""Self-certification: submitted once, after everything; read by itself, with the order, and told by a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.commands import Change
from mock_truv.sandbox import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api, Receiver

EMPLOYMENT = {
    "id": "id",
    "start_date": "date?",
    "pay_rate": "money?",
    "pay_date": "date?",
    "company": {"name": "text?"},
}
ACCOUNT = {
    "id": "id", "type": "text?", "mask": "text?", "routing_number": "text?", "balance": "money?",
    "owners": [{"full_name": "text?"}],
}  # fmt: skip
CONFIRMED = {"decision": "text", "employment": EMPLOYMENT}
REJECTED = {**CONFIRMED, "rejection_reason": "text", "rejection_comment": "text"}
MARK = {"decision": "text", "rejection_reason": "text?", "rejection_comment": "text?", "certified_fields": EMPLOYMENT}
TWO: dict[str, Any] = {"employers": [{"company_name": "Copper Ridge Clinic"}, {"company_name": "The Corner Kettle"}]}


def certify(api: Api, order: Any, *decisions: dict[str, Any]) -> None:
    """Let the person submit decisions; none: they confirm everything."""
    fields = {"decisions": list(decisions)} if decisions else {}
    api.sandbox.do(Change("certification", order["id"], fields))


def employments(order: Any) -> list[Any]:
    """Return all employments of an order."""
    return [each for employer in order["employers"] for each in employer["employments"]]


def test_nothing_is_certified_by_itself(api: Api) -> None:
    """Before anybody submits, an order has no results and no marks; asked for, each record says so with null."""
    order = api.connected()
    assert api.get(f"/orders/{order['id']}/certifications/") == {"results": []}
    assert "additional_income_sources" not in order
    assert all("certification" not in each for each in employments(order))
    shown = api.get(f"/orders/{order['id']}/", certification="all")
    assert shown["additional_income_sources"] == []
    assert [each["certification"] for each in employments(shown)] == [None]
    assert employments(api.get(f"/orders/{order['id']}/", certification="certified")) == []
    assert list(api.refused("GET", f"/orders/{order['id']}/?certification=some", None)) == ["certification"]


def test_what_the_person_said_is_shown(api: Api, check_shape: Callable[..., None]) -> None:
    """Decisions are listed as they were made, with what the person saw; the order marks the same records."""
    order = api.connected(**TWO)
    one, other = employments(order)
    certify(
        api, order, {"id": one["id"], "decision": "representative"},
        {"id": other["id"], "decision": "not_representative", "rejection_reason": "other", "rejection_comment": "Sold"},
    )  # fmt: skip
    results = api.get(f"/orders/{order['id']}/certifications/")["results"]
    check_shape(results[0], CONFIRMED)
    check_shape(results[1], REJECTED)
    for result, employment in zip(results, (one, other), strict=True):
        assert result["employment"] == {
            "id": employment["id"], "start_date": employment["start_date"], "pay_rate": employment["pay_rate"],
            "pay_date": employment["statements"][0]["pay_date"], "company": {"name": employment["company"]["name"]},
        }  # fmt: skip
    shown = api.get(f"/orders/{order['id']}/", certification="all")
    for result, employment, plain in zip(results, employments(shown), (one, other), strict=True):
        mark = employment.pop("certification")
        check_shape(mark, MARK)
        assert (mark["decision"], mark["certified_fields"]) == (result["decision"], result["employment"])
        assert (mark["rejection_reason"], mark["rejection_comment"]) == (
            result.get("rejection_reason"), result.get("rejection_comment"),
        )  # fmt: skip
        assert employment == plain
    certified = api.get(f"/orders/{order['id']}/", certification="certified")
    assert [each["id"] for each in employments(certified)] == [one["id"]]
    plain_order = api.get(f"/orders/{order['id']}/")
    assert {**plain_order, "updated_at": None} == {**order, "updated_at": None}


def test_confirming_everything(api: Api, receiver: Receiver) -> None:
    """Without decisions the person confirms all that is shown; one webhook and one entry of the history tell it."""
    order = api.connected(template_id="0" * 32, **TWO)
    api.subscribe(receiver.url)
    certify(api, order)
    decisions = [each["decision"] for each in api.get(f"/orders/{order['id']}/certifications/")["results"]]
    assert decisions == ["representative"] * 2
    api.sandbox.settle()
    (event,) = receiver.events
    assert set(event) == {
        "webhook_id", "event_type", "event_created_at", "updated_at", "user_id", "order_id", "order_number",
        "template_id",
    }  # fmt: skip
    assert [event[key] for key in ("event_type", "user_id", "order_id", "order_number", "template_id")] == [
        "certification-completed", order["user_id"], order["id"], "CASE-1", "0" * 32,
    ]  # fmt: skip
    last = api.get(f"/orders/{order['id']}/events/")["results"][-1]
    assert (last["object"], last["type"]) == ("order", "certification_completed")


def test_certifying_comes_last_and_once(api: Api) -> None:
    """An order that is open, has nothing completed, or was certified cannot be; nothing changes."""
    waiting, canceled, done = api.order(), api.order(), api.connected()
    api.post(f"/orders/{canceled['id']}/cancel/", {}, 200)
    half = api.order(**TWO)
    api.sandbox.complete_bridge(half["employers"][0]["bridge_token"])
    api.sandbox.settle()
    certify(api, done)
    before = api.world_digest()
    for order, said in ((waiting, "still pending"), (canceled, "nothing to certify"), (half, "still pending"),
                        (done, "that happens once"), ({"id": "0" * 32}, "Not Found")):  # fmt: skip
        with pytest.raises(SandboxError, match=said):
            certify(api, order)
    assert api.world_digest() == before


def test_wrong_decisions_are_named(api: Api) -> None:
    """Unknown and repeated records, unknown words, a missing and a needless reason are each named; nothing changes."""
    order = api.connected()
    ident = employments(order)[0]["id"]
    before = api.world_digest()
    for decisions, said in (
        ([{"id": "0" * 32, "decision": "representative"}], f"it shows: {ident}"),
        ([{"id": ident, "decision": "representative"}] * 2, "decided twice"),
        ([{"id": ident, "decision": "not_representative"}], r"decisions\[0\]\.rejection_reason"),
        ([{"id": ident, "decision": "representative", "rejection_reason": "other"}], "leave reason and comment out"),
        ([{"id": ident, "decision": "not_representative", "rejection_reason": "mood"}], "Must be one of"),
        ([{"id": ident, "decision": "perhaps"}], "Must be one of"),
    ):
        with pytest.raises(SandboxError, match=said):
            certify(api, order, *decisions)
    assert api.world_digest() == before


def test_accounts_are_certified_as_employments_are(api: Api, check_shape: Callable[..., None]) -> None:
    """Of an order of assets the person certifies accounts; a source of income has what was said of its account."""
    order = api.order(products=["assets"], employers=None, financial_institutions=[{"name": "Example Bank"}])
    api.sandbox.complete_bridge(order["financial_accounts"][0]["bridge_token"])
    api.sandbox.settle()
    accounts = api.get(f"/orders/{order['id']}/")["financial_accounts"][0]["accounts"]
    rejected = accounts[0]["id"]
    certify(
        api, order, {"id": rejected, "decision": "not_representative", "rejection_reason": "duplicate_entry"},
        *({"id": each["id"], "decision": "representative"} for each in accounts[1:]),
    )  # fmt: skip
    results = api.get(f"/orders/{order['id']}/certifications/")["results"]
    assert results[0]["rejection_reason"] == "duplicate_entry"
    for result, account in zip(results, accounts, strict=True):
        check_shape(result["account"], ACCOUNT)
        assert {**account, **result["account"]} == {**account, "routing_number": result["account"]["routing_number"]}
    (bank,) = api.get(f"/orders/{order['id']}/", certification="all")["financial_accounts"]
    assert [each["certification"]["decision"] for each in bank["accounts"]] == [each["decision"] for each in results]
    decisions = {each["id"]: each["certification"]["decision"] for each in bank["accounts"]}
    assert bank["bank_income_sources"]
    for source in bank["bank_income_sources"]:
        assert source["certification"]["decision"] == decisions[source["account_id"]]
    (bank,) = api.get(f"/orders/{order['id']}/", certification="certified")["financial_accounts"]
    assert [each["id"] for each in bank["accounts"]] == [each["id"] for each in accounts[1:]]
    assert rejected not in {each["account_id"] for each in bank["bank_income_sources"]}


def test_deleted_data_are_not_shown(api: Api) -> None:
    """When the link's data are deleted, what was said of them is not shown any more."""
    order = api.connected()
    certify(api, order)
    api.delete(f"/links/{order['employers'][0]['link_id']}/")
    assert api.get(f"/orders/{order['id']}/certifications/") == {"results": []}


def test_a_refresh_is_certified_anew(api: Api) -> None:
    """A refresh order shows the same employment without a decision until the person makes one for it."""
    order = api.connected()
    certify(api, order)
    refreshed = api.refresh(order["id"])
    api.sandbox.settle()
    shown = api.get(f"/orders/{refreshed['id']}/", certification="all")
    assert [each["certification"] for each in employments(shown)] == [None]
    certify(api, refreshed)
    assert len(api.get(f"/orders/{refreshed['id']}/certifications/")["results"]) == 1
