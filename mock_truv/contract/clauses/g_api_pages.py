"""Faults of the API, last part: lists that come in pages, which move while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at
from mock_truv.contract.clauses.g_api_reads import is_list, is_whole, names_order
from mock_truv.contract.clauses.unknown_posts import asks_refresh, bought_twice, knob, unknown_posts
from mock_truv.contract.plan import ORDER_LIST, ORDER_POST, crash, plan, request
from mock_truv.core import faults
from mock_truv.core.scenario import DriverRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.clauses.unknown_posts import UnknownPost
    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Sent
    from mock_truv.core.scenario import Scenario

SECTION = "G. Faults of the API"


def pages_plans() -> tuple[Scenario, ...]:
    """Return: the order that is looked for stands on the third page or later, and pages move."""
    lost = faults.Timeout(**ORDER_POST, commit=True, times=1)
    small = {"page_size": 1, "page_size_max": 1}
    later = (request(), request(after="12s", case=2, cases=3))
    return (
        plan("the order that is looked for is on the third page", people=4, driver=later, profile=small, lasts="4d",
             fault=(lost, faults.Lose())),
        plan("pages of two", people=4, driver=later, profile={"page_size": 2, "page_size_max": 2}, lasts="4d",
             fault=(lost, faults.Lose())),
        plan("orders come in while pages are read", people=4, profile=small, lasts="4d", fault=(lost, faults.Lose()),
             driver=(*later, DriverRule(do="elsewhere", case=4, at="answered", nth=1, times=2, **ORDER_LIST))),
        plan("the second page fails once", people=4, driver=later, profile=small, lasts="4d",
             fault=(lost, faults.Lose(), faults.Status(**ORDER_LIST, status=503, nth=(2,)))),
        plan("after a crash", people=4, profile=small, lasts="4d", fault=faults.Lose(),
             driver=(crash("committed", lasting="5m", **ORDER_POST), request(),
                     DriverRule(do="elsewhere", after="1m", case=2, cases=3))),
    )  # fmt: skip


@clause("RF-80", "MUST", "All pages", section=SECTION, plans=pages_plans, needs=("core", "list"),
        source="conventions: lists come in pages with count, next, previous",
        advice="Follow next until it is null; tolerate entries seen twice; end at a known address.")  # fmt: skip
def lists_are_read_to_the_end(history: History) -> Iterator[Trigger | Breach]:
    """Whoever looks for an order in the list follows its pages to the end, also while entries move between them."""
    book = Casebook.of(history)
    if knob(book, "order_list") != "present":
        return
    pages = [op for op in book.requests.values() if is_list(op) and is_whole(op)]
    for crashes in (False, True):
        for post, later in unknown_posts(book, crashes=crashes):
            if post.made is not None and asks_refresh(post.op):
                yield from _looked_through(book, post, later, pages)


def _looked_through(
    book: Casebook, post: UnknownPost, later: list[Sent], pages: list[Sent]
) -> Iterator[Trigger | Breach]:
    made = post.made
    assert made is not None, "there is an order to be found"
    mine = [op for op in pages if op.seq > post.op.seq]
    ends = [op for op in mine if op.answer.get("next") and not _was_followed(book, op)]
    if any(op.answer.get("next") and not _lists(op, made) for op in mine):
        yield Trigger(mine[0].at_us, f"{post.story}; it is not on the first page")
    if not ends or any(_lists(op, made) for op in mine):
        return
    named = any(names_order(op, made) and made.order_id in op.path for op in book.requests.values())
    due_us = book.until(post.op.ended_us, "B-LOSS")
    given_up = due_us is not None and not named and book.closed_us(post.case_id) is None
    if given_up or next(bought_twice(book, post, later), None) is not None:
        page = ends[-1]
        yield Breach(
            page.at_us,
            f"{post.story}; at {at(book.history, page.at_us)} GET {page.path}?{page.query} gave"
            f" {len(page.answer.get('results') or ())} of {page.answer.get('count')} orders, the next page"
            f" was never read, and {made.order_id} was not found",
            "Follow next from page to page until it is null.",
            ops=(post.op, page),
        )


def _lists(op: Sent, order: OrderFacts) -> bool:
    results = op.answer.get("results") or ()
    return any(isinstance(it, dict) and it.get("id") == order.order_id for it in results)


def _was_followed(book: Casebook, page: Sent) -> bool:
    """Return whether the page after this one was asked for."""
    wanted = sorted(parse_qsl(urlsplit(str(page.answer["next"])).query))
    return any(op.seq > page.seq and is_list(op) and sorted(parse_qsl(op.query)) == wanted
               for op in book.requests.values())  # fmt: skip
