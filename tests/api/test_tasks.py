"""Tasks: read and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

TASK: dict[str, Any] = {
    "id": "id", "status": "text", "product_type": "text",
    "provider": {"id": "text", "name": "text", "logo_url": "url?"}, "created_at": "time", "updated_at": "time",
    "link_id": "id?", "user_id": "id", "error_message": "text?", "tracking_info": "text?", "bridge_token": "id?",
    "data_source": "text?", "is_suspicious": "flag", "order_id": "id?",
}  # fmt: skip


def test_task_has_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """An order's task has the documented keys and points to order, suborder, link, user and token."""
    order = api.connected()
    employer = order["employers"][0]
    task = api.get(f"/tasks/{employer['tasks'][0]['id']}/")
    check_shape(task, TASK)
    assert task == employer["tasks"][0]
    assert (task["status"], task["product_type"], task["provider"]["id"]) == ("done", "income", "truv_api")
    assert (task["order_id"], task["tracking_info"]) == (order["id"], employer["id"])
    assert (task["link_id"], task["user_id"]) == (employer["link_id"], order["user_id"])
    assert task["bridge_token"] in {employer["bridge_token"], order["bridge_token"]}


def test_failed_task_says_why(api: Api, check_shape: Callable[..., None]) -> None:
    """A failed login is a task without link that carries the documented message."""
    order = api.order()
    ending = api.sandbox.complete_bridge(order["bridge_token"], password="wrong")
    api.sandbox.settle()
    task = api.get(f"/tasks/{ending['task_id']}/")
    check_shape(task, TASK)
    assert (task["status"], task["error_message"]) == ("login_error", "Invalid credentials provided")


def test_tasks_are_listed_by_user(api: Api, check_shape: Callable[..., None]) -> None:
    """Tasks are listed newest first in pages, and one person's by ``user_id``."""
    order, other = api.connected(), api.connected()
    api.refresh(order["id"])
    api.sandbox.settle()
    mine = api.get("/tasks/", user_id=order["user_id"])
    assert list(mine) == ["count", "next", "previous", "results"]
    assert [each["bridge_token"] is None for each in mine["results"]] == [True, False]
    for each in mine["results"]:
        check_shape(each, TASK)
    page = api.get("/tasks/", page_size=2)
    rest = api.client.get(page["next"], headers=api.sandbox.headers).json()
    assert (page["count"], len(page["results"]), len(rest["results"])) == (3, 2, 1)
    assert api.get("/tasks/", user_id=other["user_id"])["count"] == 1
    assert api.get("/tasks/", user_id="nobody")["results"] == []


def test_updated_at_strictly_increases(api: Api) -> None:
    """At every change of status a task's ``updated_at`` is later than before, also where no time passes."""
    order = api.order()
    ending = api.sandbox.complete_bridge(order["bridge_token"])
    seen: list[tuple[str, str]] = []
    for _ in range(12):
        task = api.get(f"/tasks/{ending['task_id']}/")
        if not seen or seen[-1][0] != task["status"]:
            seen.append((task["status"], task["updated_at"]))
        api.sandbox.clock.advance(events=1)
    assert [status for status, _ in seen] == ["new", "login", "parse", "full_parse", "done"]
    times = [at for _, at in seen]
    assert times == sorted(set(times))
