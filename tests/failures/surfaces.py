"""Every surface on which the ending of a refresh can be seen, each checked against what the ending should be.

Surfaces: reads of task, order, order list, event list, link, link report; webhooks; delivery history; ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Api, Receiver

MESSAGES = {
    "done": None,
    "login_error": "Invalid credentials provided",
    "mfa_error": "Multi-factor authentication was not completed",
    "config_error": "The account belongs to another organization or its setup is not complete",
    "account_locked": "The account is locked at the provider",
    "no_data": "The provider has no data for this account",
    "unavailable": "The provider is temporarily unavailable",
    "error": "Something went wrong while processing the task",
}
"""Final status of a task -> its ``error_message``."""
DATA_EVENTS = ("employment-", "profile-", "statements-", "bank-accounts-")


@dataclass(frozen=True)
class Ending:
    """How a refresh task ends, and the statuses it passes through before."""

    status: str
    walk: tuple[str, ...] = ("new", "login")
    message: str | None = None
    """Its ``error_message``, where that is not the usual one."""

    @property
    def suborder(self) -> str:
        """The status of a suborder whose refresh ends so."""
        return {"done": "completed", "no_data": "no_data"}.get(self.status, "error")

    @property
    def disconnects(self) -> bool:
        """Whether the connection has failed: a provider without records has not."""
        return self.status not in {"done", "no_data"}

    @property
    def error_message(self) -> str | None:
        """What the task says about it."""
        return self.message or MESSAGES[self.status]


DONE = Ending("done", ("new", "login", "parse", "full_parse"))
LOGIN_ERROR = Ending("login_error")
MFA_ERROR = Ending("mfa_error", ("new", "login", "mfa"))
UNAVAILABLE = Ending("unavailable")


def told(receiver: Receiver, event_type: str, **fields: Any) -> list[Any]:
    """Return the events of a type that carry these values, in the order of arrival."""
    return [
        each
        for each in receiver.events
        if each["event_type"] == event_type and all(each.get(key) == value for key, value in fields.items())
    ]


def check_task(api: Api, receiver: Receiver, task_id: str, ending: Ending, **known: Any) -> None:
    """Check one refresh task on every surface that shows it; ``known`` are further fields that it must have."""
    task = api.get(f"/tasks/{task_id}/")
    assert (task["status"], task["error_message"]) == (ending.status, ending.error_message)
    assert {key: task[key] for key in known} == known
    listed = api.get("/tasks/", user_id=task["user_id"], page_size=100)["results"]
    assert [each for each in listed if each["id"] == task_id] == [task]
    assert api.get(f"/refresh/tasks/{task_id}/")["status"] == ending.status
    events = told(receiver, "task-status-updated", task_id=task_id)
    assert [each["status"] for each in events] == [*ending.walk, ending.status]
    stamps = [each["updated_at"] for each in events]
    assert stamps == sorted(set(stamps))
    assert stamps[-1].replace("+00:00", "Z") == task["updated_at"]
    for each in events:
        for key in ("link_id", "user_id", "tracking_info", "data_source"):
            assert each[key] == task[key], key
        assert each["product"] == task["product_type"]
        assert "order_id" not in each
    data = [each for each in receiver.events if each.get("task_id") == task_id and each not in events]
    assert all(each["event_type"].startswith(DATA_EVENTS) for each in data)
    assert {each["event_type"].partition("-updated")[1] for each in data} <= {"-updated"}
    assert bool(data) == (ending.status == "done")


def check_link(api: Api, receiver: Receiver, link_id: str, ending: Ending, before: Any) -> None:
    """Check a link on every surface; ``before`` is its report before the refresh."""
    link = api.get(f"/links/{link_id}/")
    assert (link["status"], link["deleted_at"]) == (ending.status, None)
    (listed,) = [each for each in api.get("/links/", user_id=before["user_id"])["results"] if each["id"] == link_id]
    assert (listed["status"], listed["updated_at"]) == (link["status"], link["updated_at"])
    report = api.get(f"/links/{link_id}/income/report/")
    assert (report["status"], report["refresh_status"]) == (ending.status, ending.status)
    if ending.status == "done":
        assert report["employments"] != before["employments"]
    else:
        assert report["employments"] == before["employments"] != []
    assert len(told(receiver, "link-disconnected", link_id=link_id)) == ending.disconnects
    for each in told(receiver, "link-disconnected", link_id=link_id):
        assert not {"status", "order_id", "employer_id", "error_message", "reason"} & set(each)


def check_order(
    api: Api, receiver: Receiver, original: Any, refreshed_id: str, endings: Sequence[Ending], before: Any
) -> None:
    """Check a refresh order, its suborders and all that was told about them; one ending for each suborder.

    ``original`` is the order as it was before; ``before`` maps link ids to what ``reports_of`` said then.
    """
    path = f"/orders/{refreshed_id}/"
    order = api.get(path)
    statuses = [ending.suborder for ending in endings]
    whole = next(each for each in ("completed", "error", "no_data") if each in statuses)
    assert (order["id"], order["status"]) == (refreshed_id, whole)
    assert [each["status"] for each in order["employers"]] == statuses
    assert (order["initial_order"], order["order_number"]) == (original["id"], original["order_number"])
    for key in ("voie_report_id", "completed_at"):
        assert (order[key] is not None) == ("completed" in statuses), key
    (listed,) = [each for each in api.get("/orders/", page_size=100)["results"] if each["id"] == refreshed_id]
    bare = [{key: value for key, value in each.items() if key != "employments"} for each in order["employers"]]
    assert listed == {**order, "employers": bare}
    assert api.get(f"/orders/{original['id']}/") == {**original, "refresh_order": refreshed_id}
    assert len(told(receiver, "order-created", order_id=refreshed_id)) == 1
    for suborder, ending in zip(order["employers"], endings, strict=True):
        _check_suborder(api, receiver, order, suborder, ending)
        check_link(api, receiver, suborder["link_id"], ending, before[suborder["link_id"]])
    _check_events(api, original, order, endings)
    tasks = {each["tasks"][0]["id"]: each for each in order["employers"]}
    assert {each["task_id"] for each in told(receiver, "task-status-updated")} == set(tasks)
    lines = [line for line in api.get("/_mock/billing/")["results"] if line["order_id"] == refreshed_id]
    assert {line["task_id"]: line["link_id"] for line in lines} == {
        ident: each["link_id"] for ident, each in tasks.items()
    }
    assert len(lines) == len(tasks)
    assert {(line["at"], line["product_type"], line["free"]) for line in lines} == {
        (order["created_at"], order["products"][0], False)
    }
    _check_deliveries(api, receiver)


def _check_suborder(api: Api, receiver: Receiver, order: Any, suborder: Any, ending: Ending) -> None:
    (shown,) = suborder["tasks"]
    assert shown == api.get(f"/tasks/{shown['id']}/")
    check_task(
        api, receiver, shown["id"], ending, link_id=suborder["link_id"], order_id=order["id"],
        user_id=order["user_id"], product_type=order["products"][0],
    )  # fmt: skip
    assert (suborder["employments"] != []) == (ending.status == "done")
    assert (suborder["pdf_report"] is not None) == (ending.status == "done")
    mine = {"order_id": order["id"], "employer_id": suborder["id"], "link_id": suborder["link_id"]}
    failed = told(receiver, "order-refresh-failed", **mine)
    assert [each["status"] for each in failed] == ([] if ending.status == "done" else [ending.status])
    changed = told(receiver, "order-status-updated", **mine)
    assert [each["status"] for each in changed] == [ending.suborder]
    assert all(each["order_number"] == order["order_number"] for each in failed + changed)
    last = told(receiver, "task-status-updated", task_id=shown["id"])[-1]
    cut = told(receiver, "link-disconnected", link_id=suborder["link_id"])
    places = [receiver.events.index(each) for each in [last, *cut, *failed, *changed]]
    if ending.status == "done":
        return
    assert places == sorted(places), "task, link, order: in this order"
    assert {each["event_created_at"] for each in [last, *cut, *failed, *changed]} == {last["event_created_at"]}


def _check_events(api: Api, original: Any, order: Any, endings: Sequence[Ending]) -> None:
    """Check the event lists of both orders: a failed suborder has no event type of its own, the others have."""
    events = api.get(f"/orders/{order['id']}/events/")["results"]
    assert all(each["is_refresh"] and each["order_id"] == order["id"] for each in events)
    first, *later = events
    assert (first["type"], first["timestamp"], first["suborder_id"]) == ("order_created", order["created_at"], None)
    shown = {(each["type"], each["suborder_id"], each["task_id"], each["link_id"]) for each in later}
    assert len(shown) == len(later)
    assert shown == {
        (f"suborder_{ending.suborder}", it["id"], it["tasks"][0]["id"], it["link_id"])
        for it, ending in zip(order["employers"], endings, strict=True)
        if ending.suborder != "error"
    }
    both = api.get(f"/orders/{original['id']}/events/", include_refresh="true")["results"]
    assert [each for each in both if each["order_id"] == order["id"]] == events


def _check_deliveries(api: Api, receiver: Receiver) -> None:
    """Check that what arrived is what was sent: in the control API's list and in the delivery history."""
    arrived = {each["webhook_id"]: each for each in receiver.events}
    assert len(arrived) == len(receiver.events)
    sent = [each for each in api.get("/_mock/deliveries/")["results"] if each["webhook_id"] in arrived]
    assert [each["state"] for each in sent] == ["delivered"] * len(arrived)
    history = api.get("/webhook-requests/", page_size=100)["results"]
    known = {each["webhook_id"]: each["webhook_payload"] for each in history if each["status_code"] == 200}
    assert {ident: known[ident] for ident in arrived} == arrived


def reports_of(api: Api, order: Any) -> dict[str, Any]:
    """Return {link id: what its report shows now, and whose it is} for all connections of an order."""
    return {
        link_id: {"user_id": order["user_id"], **api.get(f"/links/{link_id}/income/report/")}
        for link_id in dict.fromkeys(each["link_id"] for each in order["employers"])
    }
