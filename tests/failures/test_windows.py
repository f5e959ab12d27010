"""The window of an order and the life of a task: messages, reminders, leaving, expiry, and the twenty minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Api

MONDAY = "2026-01-05T15:00:00Z"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def sent(api: Api, order: Any) -> list[tuple[str, datetime]]:
    """Return kind and time of every message about an order."""
    events = api.get(f"/orders/{order['id']}/events/")["results"]
    return [(each["type"], moment(each["timestamp"])) for each in events if each["object"] == "notification"]


def test_three_reminders_are_spread_evenly_up_to_the_expiry(api: Api) -> None:
    """After the first message come three by e-mail, equally far apart, the last one that far before the expiry."""
    order = api.order(email="ada@example.com", employers=[{"company_name": "Larkspur"}])
    api.sandbox.clock.advance(days=7)
    messages = sent(api, order)
    assert [kind for kind, _ in messages] == ["email_first_sent"] + ["email_reminder_sent"] * 3
    times = [*(at for _, at in messages), moment(order["expired_at"])]
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert max(steps) - min(steps) < timedelta(seconds=1)
    assert api.get(f"/orders/{order['id']}/")["employers"][0]["status"] == "expired"


@pytest.mark.parametrize("ending", ["completed", "skipped", "canceled"])
def test_reminders_stop_when_nothing_is_open(api: Api, ending: str) -> None:
    """Once the person has connected or left, or the order was canceled, no reminder goes out."""
    order = api.order(email="ada@example.com", employers=[{"company_name": "Larkspur"}])
    api.sandbox.clock.advance(seconds=10)
    if ending == "completed":
        api.sandbox.complete_bridge(order["bridge_token"])
    elif ending == "skipped":
        api.sandbox.leave_bridge(order["bridge_token"])
    else:
        api.post(f"/orders/{order['id']}/cancel/", status=200)
    api.sandbox.clock.advance(days=7)
    assert [kind for kind, _ in sent(api, order)] == ["email_first_sent"]
    assert api.get(f"/orders/{order['id']}/")["employers"][0]["status"] == ending


def test_phone_alone_gets_the_first_message_only(api: Api) -> None:
    """Reminders by SMS have to be enabled at the service, so only the first message goes to a phone."""
    order = api.order(phone="4155554193", employers=[{"company_name": "Larkspur"}])
    api.sandbox.clock.advance(days=7)
    assert [kind for kind, _ in sent(api, order)] == ["sms_first_sent"]


def test_leaving_skips_what_is_open(api: Api, receiver: Any) -> None:
    """A person who leaves through one employer's link skips that one, through the order's link all that are open."""
    api.subscribe(receiver.url, events=["order-status-updated"])
    order = api.order(employers=[{"company_name": name} for name in ("Larkspur", "Juniper", "Alder")])
    first = order["employers"][0]
    api.sandbox.leave_bridge(first["bridge_token"])
    assert [each["status"] for each in api.get(f"/orders/{order['id']}/")["employers"]] == ["skipped"] + ["pending"] * 2
    api.sandbox.leave_bridge(order["bridge_token"])
    api.sandbox.settle()
    now = api.get(f"/orders/{order['id']}/")
    assert [each["status"] for each in now["employers"]] == ["skipped"] * 3
    assert now["status"] == "skipped"
    assert [event["status"] for event in receiver.events] == ["skipped"] * 3
    types = [each["type"] for each in api.get(f"/orders/{order['id']}/events/")["results"]]
    assert types.count("suborder_skipped") == 3
    answer = api.send("POST", f"/_mock/bridge/{order['bridge_token']}/leave", json={})
    assert answer.status_code == 400
    assert "Nothing of this order is open" in answer.text


@pytest.mark.parametrize(("hours", "expires"), [(24, "2026-01-06"), (72, "2026-01-08"), (120, "2026-01-12")])
def test_weekends_do_not_count(api: Api, hours: int, expires: str) -> None:
    """An order lives so many hours of working days, as the knob says, and is expired from that instant on."""
    api.sandbox.change_profile(order_expiry_hours=hours)
    assert api.sandbox.clock.now == moment(MONDAY)
    order = api.order(employers=[{"company_name": "Larkspur"}])
    assert order["expired_at"][:10] == expires
    api.sandbox.clock.advance(to=moment(order["expired_at"]) - timedelta(microseconds=1))
    before = api.get(f"/orders/{order['id']}/")
    assert (before["is_expired"], before["employers"][0]["status"]) == (False, "pending")
    api.sandbox.clock.advance(to=order["expired_at"])
    after = api.get(f"/orders/{order['id']}/")
    assert (after["is_expired"], after["employers"][0]["status"]) == (True, "expired")


def test_twenty_minutes_are_the_limit_of_a_task(api: Api) -> None:
    """A task that would take longer than twenty minutes ends in error; one just below it is done."""
    api.patch("/_mock/providers/truv_api", {"task_seconds": 1199})
    order = api.order(external_user_id="case-1")
    api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.clock.advance(minutes=30)
    assert api.get(f"/orders/{order['id']}/")["employers"][0]["tasks"][0]["status"] == "done"
    api.patch("/_mock/providers/truv_api", {"task_seconds": 1200})
    again = api.order(external_user_id="case-2")
    api.sandbox.complete_bridge(again["bridge_token"], password="longcheck")
    api.sandbox.clock.advance(minutes=30)
    assert api.get(f"/orders/{again['id']}/")["employers"][0]["tasks"][0]["status"] == "error"
