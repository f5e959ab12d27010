"""The facts of a finished story, read from its world: orders, endings, bills, secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.call import ORIGIN, Request
from mock_truv.contract.history import Billed, CaseFacts, OrderFacts, Part
from mock_truv.core.base import suborders
from mock_truv.core.model import SuborderStatus
from mock_truv.core.profile import Profile
from mock_truv.core.state import Edge
from mock_truv.core.tasks import FINAL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mock_truv.contract.operations import Sent
    from mock_truv.core.model import Order, Suborder
    from mock_truv.world import World

OPEN = (SuborderStatus.PENDING, SuborderStatus.SENT)


def cases_of(world: World) -> dict[str, CaseFacts]:
    """Return the cases of a population just furnished, one an order, numbered from 1."""
    state = world.state
    found = {}
    rules = state.scenario.person if state.scenario is not None else ()
    due_on = [rule.due_on for rule in rules for _ in range(rule.count)]
    for number, order in enumerate(state.orders.values(), 1):
        user = state.users[order.user_id]
        links = {each.id: each.link_id for each in suborders(order) if each.link_id}
        found[f"case-{number}"] = CaseFacts(
            case_id=f"case-{number}",
            person_ref=user.external_user_id or user.id,
            user_id=user.id,
            order_id=order.id,
            product=order.products[0],
            links=links,
            wanted=tuple(links),
            due_on=due_on[number - 1],
        )
    return found


def order_facts(
    world: World, cases: Mapping[str, CaseFacts], *, sent: Sequence[Sent], elsewhere: Collection[str],
    case_of_link_order: Mapping[str, str], cycles: Mapping[str, str | None],
) -> list[OrderFacts]:  # fmt: skip
    """Return the orders that were made in the story, in the order of their commits."""
    state = world.state
    given = {facts.order_id: facts.case_id for facts in cases.values()}
    roots = dict(given)
    makers = {op.made: op.seq for op in sent if op.made}
    found: list[OrderFacts] = []
    for order in state.orders.values():
        if order.id in given:
            continue
        people = cases_of_person(world, order, cases)
        if order.initial_order is not None:
            case_id = roots.get(order.initial_order)
            if case_id is not None:
                roots[order.id] = case_id
        else:
            case_id = case_of_link_order.get(order.id) or (people[0] if len(people) == 1 else None)
            if case_id is not None:
                roots[order.id] = case_id
        keys = _keys(world, cases.get(case_id or ""))
        found.append(
            OrderFacts(
                order_id=order.id,
                case_id=case_id,
                case_ids=people,
                user_id=order.user_id,
                at_us=order.created_us,
                source_id=order.initial_order,
                elsewhere=order.id in elsewhere,
                sent_seq=makers.get(order.id),
                cycle=cycles.get(order.id),
                expires_us=order.expires_us,
                canceled_us=order.canceled_us,
                closed_us=_closed_us(order),
                status=_status(order),
                parts=tuple(_part(world, each, keys) for each in suborders(order)),
                url=order.short_code,
                bridge_token=order.bridge_token,
            )
        )
    return found


def with_reports(world: World, orders: Sequence[OrderFacts]) -> list[OrderFacts]:
    """Return the orders with what a plain read shows of each. To be asked last: it ends faults and knobs."""
    world.state.profile, world.state.edge = Profile(), Edge()
    return [replace(order, report=rendered(world, order.order_id)) for order in orders]


def rendered(world: World, order_id: str) -> Any:
    """Return an order as ``GET /v1/orders/{id}/`` shows it."""
    answer = world.handle(Request("GET", f"/v1/orders/{order_id}/")).answer
    assert answer is not None, "a request has an answer"
    return msgspec.json.decode(answer.body.replace(ORIGIN, b"http://127.0.0.1"))


def billed(world: World, *, elsewhere: Collection[str]) -> list[Billed]:
    """Return every committed refresh of a connection, in the order of the commits."""
    ledger = {line.task_id: line.at_us for line in world.state.ledger}
    return [
        Billed(
            at_us=ledger.get(task.id, task.created_us),
            link_id=task.link_id or "",
            order_id=task.order_id,
            task_id=task.id,
            elsewhere=(task.order_id or task.id) in elsewhere,
            status=str(task.status) if task.status in FINAL else None,
            committed_us=task.created_us,
        )
        for task in world.state.tasks.values()
        if task.is_refresh
    ]


def secrets_of(world: World, secret: str) -> tuple[str, ...]:
    """Return the texts that may never leave the integrator: keys and tokens."""
    state = world.state
    return (secret, *state.access_tokens, *state.tokens, *state.public_tokens)


def cases_of_person(world: World, order: Order, cases: Mapping[str, CaseFacts]) -> tuple[str, ...]:
    """Return the cases of an order's person, who may have become another user since."""
    user = world.state.users[order.user_id]
    return tuple(
        facts.case_id for facts in cases.values() if order.user_id == facts.user_id
        or (user.external_user_id is not None and user.external_user_id == facts.person_ref)
    )  # fmt: skip


def _keys(world: World, facts: CaseFacts | None) -> dict[str, str]:
    """Return for each connection of a case's person which suborder of the first order it stands for."""
    if facts is None:
        return {}
    links = world.state.links
    accounts = {(links[link].username, links[link].provider_id): key for key, link in facts.links.items()}
    keys = {link: key for key, link in facts.links.items()}
    for link in links.values():
        key = accounts.get((link.username, link.provider_id))
        if key is not None and link.id not in keys:
            keys[link.id] = key
    return keys


def _part(world: World, suborder: Suborder, keys: Mapping[str, str]) -> Part:
    task = world.state.tasks[suborder.task_ids[-1]] if suborder.task_ids else None
    ended = task is not None and task.status in FINAL
    return Part(
        suborder_id=suborder.id,
        key=keys.get(suborder.link_id or ""),
        link_id=suborder.link_id,
        task_id=task.id if task else None,
        status=str(task.status) if task is not None and ended else None,
        ended_us=task.path_us[-1] if task is not None and ended else None,
        suborder_status=str(suborder.status),
        suborder_us=suborder.path_us[-1] if suborder.path_us else None,
    )


def _status(order: Order) -> str:
    """Return what the order came to: open while a suborder is, else completed if any is."""
    statuses = [each.status for each in suborders(order)]
    if order.canceled_us is not None:
        return "canceled"
    if not statuses or any(each in OPEN for each in statuses):
        return "pending"
    return "completed" if SuborderStatus.COMPLETED in statuses else str(statuses[0])


def _closed_us(order: Order) -> int | None:
    each = suborders(order)
    if not each or any(it.status in OPEN for it in each):
        return None
    return max((it.path_us[-1] for it in each if it.path_us), default=order.created_us)
