"""The invoice of an order: pending until everything is over, and its lines are the billing ledger's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings

from mock_truv.api import dispatch
from mock_truv.core import invoices
from tests.worlds import Plan, Story, crowded_plans, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

INVOICE = {"id": "text", "order_group_id": "text", "file": "url?", "status": "text", "created_at": "time",
           "updated_at": "time"}  # fmt: skip


def test_an_invoice_belongs_to_its_order(api: Api, check_shape: Callable[..., None]) -> None:
    """Every order has one invoice, named in dashed form, with the order's id in it; nobody else's order has one."""
    orders = [api.order(), api.connected()]
    found = [api.get(f"/orders/{order['id']}/invoice/") for order in orders]
    for order, invoice in zip(orders, found, strict=True):
        check_shape(invoice, INVOICE)
        assert [len(part) for part in invoice["id"].split("-")] == [8, 4, 4, 4, 12]
        assert invoice["order_group_id"].replace("-", "") == order["id"]
        assert invoice["created_at"] == order["created_at"]
        assert api.get(f"/orders/{order['id']}/invoice") == invoice
    assert found[0]["id"] != found[1]["id"]
    api.get(f"/orders/{'0' * 32}/invoice/", 404)


def test_an_invoice_is_pending_until_all_is_over(api: Api) -> None:
    """While a suborder is open or a task runs the invoice is pending, then success: completed, canceled or expired."""

    def status(order: Any) -> Any:
        return api.get(f"/orders/{order['id']}/invoice/")["status"]

    order, canceled, empty = api.order(), api.order(), api.order(employers=[])
    assert [status(each) for each in (order, canceled, empty)] == ["pending"] * 3
    api.post(f"/orders/{canceled['id']}/cancel/", {}, 200)
    api.sandbox.complete_bridge(order["bridge_token"])
    assert [status(each) for each in (order, canceled)] == ["pending", "success"]
    api.sandbox.settle()
    assert status(order) == "success"
    refreshed = api.refresh(order["id"])
    assert [status(each) for each in (order, refreshed)] == ["success", "pending"]
    late = api.order()
    api.sandbox.clock.advance(days=10)
    assert [status(each) for each in (refreshed, late, empty)] == ["success"] * 3


def test_a_running_task_may_still_be_billed(api: Api) -> None:
    """A refresh order that is canceled while its task runs has its line when the task is done, pending so far."""
    api.sandbox.change_profile(billing="done")
    refreshed = api.refresh(api.connected()["id"])
    api.post(f"/orders/{refreshed['id']}/cancel/", {}, 200)
    world = api.sandbox.runtime.journal.world
    order = world.state.orders[refreshed["id"]]
    assert api.get(f"/orders/{order.id}/invoice/")["status"] == "pending"
    assert invoices.lines(world, order) == []
    api.sandbox.settle()
    assert api.get(f"/orders/{order.id}/invoice/")["status"] == "success"
    assert [line.order_id for line in invoices.lines(world, order)] == [order.id]


@pytest.mark.parametrize("billing", ["commit", "done"])
def test_lines_are_those_of_the_ledger(api: Api, billing: str) -> None:
    """A refresh order has its line of the ledger, a first order has none: only refreshes are billed in a sandbox."""
    api.sandbox.change_profile(billing=billing)
    order = api.connected()
    refreshed = api.refresh(order["id"])
    api.sandbox.settle()
    world = api.sandbox.runtime.journal.world
    assert invoices.lines(world, world.state.orders[order["id"]]) == []
    (line,) = invoices.lines(world, world.state.orders[refreshed["id"]])
    assert [line] == world.state.ledger
    assert line.order_id == refreshed["id"]


def test_the_paper_has_the_lines(api: Api) -> None:
    """As PDF the invoice counts what the ledger says was billed and what was free; its address is shown on demand."""
    api.sandbox.change_profile(gse_refreshes=1, file_urls="own")
    order = api.connected()
    refreshed = [api.refresh(order["id"]) for _ in range(2)]
    assert api.get(f"/orders/{refreshed[0]['id']}/invoice/")["file"] is None
    api.sandbox.settle()
    world = api.sandbox.runtime.journal.world
    for each, free in zip(refreshed, (True, False), strict=True):
        assert api.get(f"/orders/{each['id']}/invoice/")["file"].endswith(f"/v1/orders/{each['id']}/invoice/?fmt=pdf")
        answer = dispatch.answer(world, request("GET", f"/orders/{each['id']}/invoice/", query="fmt=pdf"))
        document = msgspec.json.decode(answer.body)["document"]
        (line,) = document["lines"]
        assert (line["is_free"], document["free_verifications"], document["billed_verifications"]) == (
            free, int(free), int(not free),
        )  # fmt: skip
        assert line["task_id"] == api.get(f"/orders/{each['id']}/")["employers"][0]["tasks"][0]["id"]
    paper = api.client.get(api.get(f"/orders/{order['id']}/invoice/")["file"], headers=api.sandbox.headers)
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert list(api.refused("GET", f"/orders/{order['id']}/invoice/?fmt=doc", None)) == ["fmt"]


@settings(max_examples=60, deadline=None)
@given(crowded_plans())
def test_invoices_and_ledger_agree(plan: Plan) -> None:
    """All invoices together are the ledger's lines that belong to orders, each once and in its order."""
    world = Story(plan).run().world
    billed = [line for order in world.state.orders.values() for line in invoices.lines(world, order)]
    expected = [line for line in world.state.ledger if line.order_id is not None]
    assert sorted(line.task_id for line in billed) == sorted(line.task_id for line in expected)
    for order in world.state.orders.values():
        mine = invoices.lines(world, order)
        assert [line.order_id for line in mine] == [order.id] * len(mine)
        assert mine == sorted(mine, key=lambda line: line.at_us)
