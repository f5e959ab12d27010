"""What must hold of products in every world, whatever happened in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.core import deposits, products, records
from mock_truv.core.base import suborders
from mock_truv.core.model import TaskStatus as S

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Task

ABOUT_WORK = ("employment-", "profile-", "statements-", "bank-accounts-", "shifts-")
"""How the events begin that only links to employments have."""


def check_products(world: WorldBase) -> None:
    """Assert that tasks, links, suborders, deposits and events fit their products."""
    state = world.state
    for task in state.tasks.values():
        _check_task(world, task)
    for link in state.links.values():
        _check_deposits(world, link)
        assert all(state.tasks[ident].link_id == link.id for ident in link.product_tasks.values())
        assert all(state.tasks[ident].product == product for product, ident in link.product_tasks.items())
    for order in state.orders.values():
        assert all(each.product in products.ACCOUNT_PRODUCTS for each in order.financial_accounts)
        assert all(each.product not in products.ACCOUNT_PRODUCTS for each in order.employers)
        for each in suborders(order):
            kinds = {(state.tasks[ident].product, state.tasks[ident].link_id) for ident in each.task_ids}
            assert {product for product, _ in kinds} <= {each.product}, f"suborder {each.id} has tasks {kinds}"
    for delivery in state.deliveries.values():
        if delivery.event_type.startswith(ABOUT_WORK) and delivery.forgery is None:
            told = msgspec.json.decode(delivery.body)
            told_of = state.links.get(told["link_id"])  # a fault may have put a stranger's id into it
            assert told_of is None or told_of.data_source not in products.WITHOUT_WORK, f"{told} is not about work"


def _check_task(world: WorldBase, task: Task) -> None:
    assert products.may_come_from(task.product, task.data_source), f"{task.product} from {task.data_source}"
    if task.link_id is not None:
        link = world.state.links[task.link_id]
        assert (link.data_source, link.provider_id) == (task.data_source, task.provider_id)
    switches = task.product in products.SWITCHES
    assert not (switches and {S.PARSE, S.FULL_PARSE} & set(task.path)), f"{task.product} went {task.path}"
    assert not (S.SWITCH_DEPOSIT in task.path and not switches), f"{task.product} went {task.path}"


def _check_deposits(world: WorldBase, link: Link) -> None:
    """Every switch that was done stands in the link once; percentages never exceed the whole, and are never lost."""
    done = [
        task.id
        for task in world.state.tasks.values()
        if task.link_id == link.id and task.product in products.SWITCHES and task.status is S.DONE
    ]
    assert sorted(each.task_id for each in link.deposits) == sorted(done)
    shares = deposits.allocation(link, records.pay_accounts(world, link))
    accounts = [(each.account_number, each.routing_number) for each in shares]
    assert len(set(accounts)) == len(accounts), f"an account twice: {accounts}"
    percents = sum(each.deposit_value for each in shares if each.deposit_type == "percent")
    entire = [each for each in shares if each.deposit_type == "entire"]
    assert percents <= 100
    assert len(entire) <= 1
    assert all(each.deposit_value > 0 for each in shares)
    if link.deposits:
        first = shares[0]
        assert first.account_number == link.deposits[-1].account_number
        assert first.deposit_type == link.deposits[-1].deposit_type
