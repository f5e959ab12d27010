"""A. Shape of the request: what the POST asks for, of whom, and how its order is told from its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, is_fresh, prefill_orders
from mock_truv.contract.clauses.endings import employers_asked
from mock_truv.contract.plan import ORDER_POST, crash, down, plan, request
from mock_truv.core.faults import Html, Lose, Reset, Slow, Timeout
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import CaseFacts, History, OrderFacts
    from mock_truv.contract.operations import Sent, Shown
    from mock_truv.core.scenario import Scenario

SECTION = "A. Happy path and shape of the request"
PERMITTED = {"income": frozenset({"income", "employment"}), "employment": frozenset({"employment"})}
"""Product of an order -> what its refresh may ask for (create refresh order)."""
CHANGED_AFTER = "1d"
"""When a password changes: long before the story begins."""


def _refresh_posts(history: History, book: Casebook) -> Iterator[tuple[Sent, CaseFacts]]:
    """Yield every request to refresh an order of a case, with the case."""
    sources = {facts.order_id: facts for facts in history.cases.values()}
    for op in book.requests.values():
        if op.is_refresh and op.order_id is not None:
            known = book.orders.get(op.order_id)
            facts = sources.get(op.order_id) or history.cases.get((known.case_id or "") if known else "")
            if facts is not None:
                yield op, facts


# --- RF-03 ------------------------------------------------------------------------------------------------------------


def _product_plans() -> tuple[Scenario, ...]:
    return (
        plan("An income case", lasts="1d"),
        plan("An employment case", people=PersonRule(product="employment"), lasts="1d"),
        plan("Both side by side", people=(PersonRule(count=2), PersonRule(product="employment", count=2)), lasts="1d"),
        plan("A retry and a second cycle of an employment case", people=PersonRule(product="employment"),
             provider=down("0s", "20m"), driver=(request(), request("2d", cycle="cycle-2")), lasts="4d"),
    )  # fmt: skip


@clause(
    "RF-03", "MUST", "valid products", section=SECTION, source="create refresh order", plans=_product_plans,
    advice="Send the one product that the case is configured for; an employment order has no income to refresh.",
)  # fmt: skip
def products_are_valid(history: History) -> Iterator[Trigger | Breach]:
    """A refresh asks for the product that its case is for, and for none that the original does not permit."""
    book = Casebook.of(history)
    for op, facts in _refresh_posts(history, book):
        yield Trigger(op.at_us, f"a refresh of {op.order_id} was asked for")
        products = op.body.get("products") if isinstance(op.body, dict) else None
        if products is None and op.path.strip("/").endswith("/refresh"):
            continue  # the alias takes the order's first product
        wrong = _wrong_products(products, facts.product, op)
        if wrong:
            yield Breach(
                op.at_us,
                f"{facts.case_id} ({facts.product}): the POST to {op.order_id} at {at(history, op.at_us)} "
                f"{wrong} (answer {op.status})",
                f'"products": ["{facts.product}"]',
                ops=(op,),
            )


def _wrong_products(products: Any, product: str, op: Sent) -> str | None:
    if not isinstance(products, list) or not products:
        return f"names no products: {products!r}"
    foreign = [each for each in products if each not in PERMITTED.get(product, {product})]
    if foreign:
        return f"asks for {', '.join(map(str, foreign))}, which the original does not permit"
    if product not in products:
        return f"asks for {', '.join(map(str, products))} only"
    if len(products) > 1 and op.fault is None and op.status == 400:
        return f"asks for {len(products)} products at once, and is refused"
    return None


# --- RF-04 ------------------------------------------------------------------------------------------------------------


def _employer_plans() -> tuple[Scenario, ...]:
    people = PersonRule(employers=3, providers=("truv_api", "harborpay", "northfield_hcm"))
    one_down = down("0s", "20m", "harborpay")
    return (
        plan("Three employers, one fails and is repeated", people=people, provider=one_down, lasts="3d"),
        plan("Three employers complete", people=people, lasts="2d"),
        plan("The same retry, employer ids equal", people=people, provider=one_down, lasts="3d",
             profile={"employer_ids": "equal"}),
        plan("The same retry where a refresh may not be refreshed", people=people, provider=one_down, lasts="3d",
             profile={"refresh_of_refresh": "refused"}),
        plan("One of two needs the person, the other a retry", lasts="4d", provider=one_down,
             people=PersonRule(employers=2, providers=people.providers),
             connection=ConnectionRule(nth=(1,), password_changes_after=CHANGED_AFTER)),
        plan("A second cycle of two employers", people=PersonRule(employers=2),
             driver=(request(), request("2d", cycle="cycle-2")), lasts="4d"),
    )  # fmt: skip


@clause(
    "RF-04", "MUST", "valid employers", section=SECTION, source="create refresh order; K-EMPID: inferred",
    plans=_employer_plans,
    advice="Name suborder ids of the very order that the POST goes to, and only of employers still wanted.",
)  # fmt: skip
def employers_are_valid(history: History) -> Iterator[Trigger | Breach]:
    """Employers named in a refresh belong to the order it is made from; none is already completed in the cycle."""
    book = Casebook.of(history)
    for op, facts in _refresh_posts(history, book):
        chosen = op.body.get("employers") if isinstance(op.body, dict) else None
        if chosen is None and len(facts.links) < 2:
            continue
        yield Trigger(op.at_us, f"a refresh of {op.order_id} was asked for")
        wrong = _foreign(book, facts, op, chosen) if chosen is not None else None
        if wrong:
            yield Breach(
                op.at_us,
                f"{facts.case_id}: the POST to {op.order_id} at {at(history, op.at_us)} {wrong} (answer {op.status})",
                f"in `employers`, ids that {op.order_id} itself has: "
                f"{', '.join(_employers_of(book, facts, op.order_id))}",
                ops=(op,),
            )
        elif op.made is not None and history.manifest.has("multi"):
            yield from _needless(book, facts, op)


def _employers_of(book: Casebook, facts: CaseFacts, order_id: str | None) -> list[str]:
    known = book.orders.get(order_id or "")
    return list(facts.links) if known is None else [part.suborder_id for part in known.parts]


def _foreign(book: Casebook, facts: CaseFacts, op: Sent, chosen: Any) -> str | None:
    """Return how named employers are not those of the order."""
    if not isinstance(chosen, list):
        return f"has {chosen!r} as `employers`, which is no list"
    mine = _employers_of(book, facts, op.order_id)
    named = [each.get("id") if isinstance(each, dict) else each for each in chosen]
    foreign = [str(each) for each in named if isinstance(each, str) and each not in mine]
    if foreign:
        return f"names {', '.join(foreign)} in `employers`, which that order does not have"
    refused = op.status == 400 and op.fault is None and '"field": "employers' in _text(op.answer)
    gone = any(link in book.deleted_us for link in facts.links.values())
    if refused and not gone and "limit" not in _text(op.answer).lower():
        return f"is refused because of its employers {named!r}"
    return None


def _text(answer: Any) -> str:
    return str(answer).replace("'", '"')


def _needless(book: Casebook, facts: CaseFacts, op: Sent) -> Iterator[Breach]:
    """Yield a refresh of an employer that the integrator had read as completed in this cycle."""
    history, made = book.history, book.orders.get(op.made or "")
    if made is None or made.case_id is None:
        return
    for earlier in book.refreshes(made.case_id):
        if earlier.at_us >= made.at_us or book.cycle_of(earlier) != book.cycle_of(made):
            continue
        for part in earlier.parts:
            if part.status != "done" or not any(part.link_id == each.link_id for each in made.parts):
                continue
            read = _read_completed(book, earlier, part.suborder_id, op.at_us)
            if read is not None:
                yield Breach(
                    op.at_us,
                    f"{facts.case_id}: employer {part.key} was read as completed in {earlier.order_id} at "
                    f"{at(history, read.at_us)}, yet the POST at {at(history, op.at_us)} (order {made.order_id}) "
                    f"refreshed it again: {employers_asked(op)}",
                    "a POST whose `employers` names only those that the case still needs",
                    ops=(read, op),
                )


def _read_completed(book: Casebook, order: OrderFacts, suborder_id: str, before_us: int) -> Sent | None:
    for op in book.requests.values():
        if op.method != "GET" or op.order_id != order.order_id or op.ended_us >= before_us or op.status != 200:
            continue
        entries = op.answer.get("employers") if isinstance(op.answer, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("id") == suborder_id and entry.get("status") == "completed":
                return op
    return None


# --- RF-07 ------------------------------------------------------------------------------------------------------------


def _key_plans() -> tuple[Scenario, ...]:
    cycles = (request(), request("1d", cycle="cycle-2"), request("3d", cycle="cycle-3"))
    third: dict[str, Any] = {**ORDER_POST, "nth": (3,)}
    fourth: dict[str, Any] = {**ORDER_POST, "nth": (4,)}  # the other system's request counts
    elsewhere = DriverRule(do="elsewhere", after="2d")
    people = PersonRule(order_number="COUNTY-7")
    return (
        plan("The third cycle's POST is lost after it happened", driver=cycles, lasts="6d",
             fault=Timeout(commit=True, **third)),
        plan("The same; another system refreshed the order before, and events are lost", driver=(*cycles, elsewhere),
             lasts="6d", fault=(Timeout(commit=True, **fourth), Lose())),
        plan("The same where the list is absent", driver=(*cycles, elsewhere), lasts="6d", people=people,
             fault=Reset(commit=True, **fourth), profile={"order_list": "absent"}),
        plan("Three cases share an order number, one POST is lost", people=PersonRule(count=3, order_number="COUNTY-7"),
             driver=request(cases=3), lasts="4d",
             fault=Html(commit=True, method="POST", path="/v1/orders/*/", nth=(2,))),
        plan("Every event of the third cycle comes before the answer", driver=cycles, lasts="6d", people=people,
             fault=Slow(seconds=9, **third)),
        plan("The answer is slow, and all events are lost", driver=cycles, lasts="6d",
             fault=(Slow(seconds=9, **third), Lose())),
        plan("The program dies before the answer comes", driver=(*cycles, elsewhere,
             crash("committed", method="POST", path="/v1/orders/*/", nth=3)), lasts="6d"),
    )  # fmt: skip


@clause(
    "RF-07", "SHOULD", "own correlation key", section=SECTION,
    source="data refresh: order_number and user are carried over", plans=_key_plans,
    advice="Tell orders apart by id, creation time and source; order_number and user_id are shared by all siblings.",
)  # fmt: skip
def siblings_are_told_apart(history: History) -> Iterator[Trigger | Breach]:
    """A refresh whose answer is late or lost is not taken for an older order of the same number."""
    book = Casebook.of(history)
    early = {hook.event.get("order_id"): hook.at_us for hook in reversed(book.hooks) if hook.forgery is None}
    for case_id in history.cases:
        for order in book.refreshes(case_id):
            op = book.request_of(order)
            if op is None or (book.is_known(order) and early.get(order.order_id, op.ended_us) >= op.ended_us):
                continue
            yield Trigger(order.at_us, f"the answer that made {order.order_id} was late or lost")
            cycle = book.cycle_of(order)
            until_us = book.cycle_ends_us(case_id, cycle, order.at_us)
            for shown in book.standing(case_id, op.ended_us, until_us - 1):
                wrong = _mistaken(book, case_id, op, shown) if shown.view.cycle == cycle else None
                if wrong and shown.seq > op.seq:
                    yield Breach(
                        shown.at_us,
                        f"{case_id}: the answer to the POST that made {order.order_id} at "
                        f"{at(history, order.at_us)} was late or lost; at {at(history, shown.at_us)} the case {wrong}",
                        f"{order.order_id} found and followed: the one that was made after the attempt began",
                        ops=(op, shown),
                    )
                    break


def _mistaken(book: Casebook, case_id: str, op: Sent, shown: Shown) -> str | None:
    """Return which other order a case was taken to have made."""
    view = shown.view
    active = book.orders.get(view.active_order_id or "")
    if active is not None and active.case_id not in {None, *book.kin(case_id)}:
        return f"follows {active.order_id}, an order of {active.case_id}"
    if view.state != "READY" or not is_fresh(view.prefill) or book.came_back(case_id, op.at_us, shown.at_us):
        return None
    used = [book.orders.get(named) for named in prefill_orders(view)]
    older = [each is None or max(each.at_us, each.closed_us or op.at_us) < op.at_us for each in used]
    if older and all(older):
        whose = ", ".join(
            f"{each.order_id} (made at {at(book.history, each.at_us)}{' by another system' if each.elsewhere else ''})"
            for each in used if each is not None
        ) or ", ".join(prefill_orders(view))  # fmt: skip
        return f"is READY with data of {whose}, which is older than the attempt"
    return None
