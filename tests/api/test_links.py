"""Links: read, listed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api, Receiver

NAMED = {"id": "text?", "name": "text", "logo_url": "url?"}
LINK: dict[str, Any] = {
    "id": "id", "access_token": "masked", "created_at": "time", "updated_at": "time", "deleted_at": "time?",
    "tracking_info": "text?", "status": "text", "user_external_id": "text?", "provider_id": "text", "provider": NAMED,
    "company_mapping": NAMED, "link_hash": "id", "allowed_products": "texts", "initial_product_type": "text",
    "data_source": "text", "is_suspicious": "flag", "is_dds_available": "flag?", "is_dds_supported": "flag?",
}  # fmt: skip


def test_link_has_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """A link has the documented keys, no ``is_active``, and a token of which only four characters show."""
    order = api.connected(external_user_id="case-20417", employers=[{"company_name": "Hearthside Home Supply"}])
    employer = order["employers"][0]
    link = api.get(f"/links/{employer['link_id']}/")
    check_shape(link, LINK)
    assert link["access_token"] == "*" * 28 + employer["access_token"][-4:]
    assert (link["status"], link["deleted_at"], link["user_external_id"]) == ("done", None, "case-20417")
    assert (link["provider_id"], link["provider"]["id"]) == ("truv_api", "truv_api")
    assert link["company_mapping"]["name"] == "Hearthside Home Supply"
    assert link["company_mapping"]["id"] == api.sandbox.server.hub.catalog.employers[0]["company_mapping_id"]
    assert (link["initial_product_type"], link["data_source"]) == ("income", "payroll")


def test_links_are_listed_in_pages(api: Api, check_shape: Callable[..., None]) -> None:
    """Links are listed newest first and masked; filtered by a user they show their whole tokens."""
    orders = [api.connected() for _ in range(3)]
    page = api.get("/links/", page_size=2)
    assert list(page) == ["count", "next", "previous", "results"]
    assert page["count"] == 3
    for each in page["results"]:
        check_shape(each, LINK)
    rest = api.client.get(page["next"], headers=api.sandbox.headers).json()
    found = [each["id"] for each in page["results"] + rest["results"]]
    assert found == [each["employers"][0]["link_id"] for each in reversed(orders)]
    mine = api.get("/links/", user_id=orders[1]["user_id"])["results"]
    assert [each["access_token"] for each in mine] == [orders[1]["employers"][0]["access_token"]]
    assert api.get("/links/", user_id="f" * 32)["results"] == []


def test_status_is_that_of_the_last_task(api: Api) -> None:
    """A link's status follows its last task: running, done, and the error of a failed refresh."""
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    api.sandbox.connection(link_id).end_session()
    seen = [api.get(f"/links/{link_id}/")["status"]]
    api.refresh(order["id"])
    seen.append(api.get(f"/links/{link_id}/")["status"])
    api.sandbox.settle()
    seen.append(api.get(f"/links/{link_id}/")["status"])
    assert seen == ["done", "new", "login_error"]


def test_deleted_link_still_reads(api: Api, receiver: Receiver) -> None:
    """Deleting a link is 204 and announced once; it still reads, with ``deleted_at``, but its reports are gone."""
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    api.subscribe(receiver.url)
    api.delete(f"/links/{link_id}/")
    assert api.get(f"/links/{link_id}/")["deleted_at"] is not None
    assert api.get(f"/links/{link_id}/income/report/", 404) == {"detail": "Not Found."}
    api.delete(f"/links/{link_id}/", 404)
    api.sandbox.settle()
    assert [(each["event_type"], each["link_id"]) for each in receiver.events] == [("link-deleted", link_id)]
    assert api.get(f"/orders/{order['id']}/")["status"] == "completed"


def test_link_hash_is_equal_for_equal_logins_only(api: Api) -> None:
    """Two links of one person by one login have the same hash; another login has another."""
    employers = [{"company_name": "One"}, {"company_name": "Two"}]
    order = api.order(employers=employers)
    for employer, login in zip(order["employers"], ("goodlogin", "fulltime"), strict=True):
        api.sandbox.complete_bridge(employer["bridge_token"], username=login)
    api.sandbox.settle()
    hashes = [each["link_hash"] for each in api.get("/links/", user_id=order["user_id"])["results"]]
    assert len(set(hashes)) == 2
