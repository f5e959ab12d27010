"""Section J in Bridge Update Mode: the person repairs the connection at a page of the program's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at
from mock_truv.contract.clauses.employers import due_us, links_of, news_bound, states_shown
from mock_truv.contract.operations import Happened

if TYPE_CHECKING:
    from collections.abc import Iterator


def repaired(book: Casebook) -> Iterator[Trigger | Breach]:
    """Judge logins at pages of the program's own (Update Mode): the failure is gone when the connection works again."""
    history = book.history
    endings = [op for op in history.ops if isinstance(op, Happened) and op.name == "task" and op.status == "done"]
    for login in history.people:
        facts = history.cases.get(login.case_id)
        if login.order_id is not None or login.status != "login" or facts is None or len(facts.wanted) > 1:
            continue
        links = set(facts.links.values())
        ended = next((op for op in endings if op.link_id in links and op.at_us >= login.at_us), None)
        if ended is None:
            continue
        yield Trigger(ended.at_us, f"{facts.case_id}'s person repaired the connection at the program's own page")
        asked = [op for op in book.asked(facts.case_id) if op.at_us <= login.at_us]
        due = due_us(book, facts.case_id, asked[-1].cycle if asked else None, ended.at_us, news_bound(book))
        views = [op.view for op in book.views(facts.case_id) if ended.at_us <= op.at_us <= (due or 0)]
        before = book.view_at(facts.case_id, ended.at_us)
        if due is None or any(view.state not in ASKS_PERSON for view in (*views, *([before] if before else []))):
            continue
        yield Breach(
            due,
            f"{facts.case_id}'s person repaired connection {ended.link_id} at {at(history, ended.at_us)}; until "
            f"{at(history, due)} the case was still shown as {states_shown(book.view_at(facts.case_id, due))}",
            "The failure is gone, and the data of the repaired connection are shown or asked for.",
            ops=(login, ended, *[op for op in book.views(facts.case_id) if op.at_us <= due][-1:]),
        )


def mended(book: Casebook) -> Iterator[Trigger | Breach]:
    """Judge cycles after a repair at the program's own page: the repaired connection is the one that is refreshed."""
    for facts in book.history.cases.values():
        logins = [op for op in book.did(facts.case_id) if op.order_id is None and op.status == "login"]
        if not logins or len(facts.wanted) > 1:
            continue
        asked = [op for op in book.asked(facts.case_id) if op.at_us > logins[0].at_us]
        for order in book.refreshes(facts.case_id):
            if not asked or order.at_us < asked[0].at_us:
                continue
            yield Trigger(order.at_us, f"{facts.case_id} is refreshed after its connection was repaired")
            for part in order.parts:
                if part.link_id is not None and part.link_id not in links_of(book, facts, facts.wanted[0]):
                    yield Breach(
                        order.at_us,
                        f"order {order.order_id} for {facts.case_id} at {at(book.history, order.at_us)} refreshed "
                        f"connection {part.link_id}, although another had been repaired",
                        "The source is an order with the repaired connection.",
                        ops=(logins[0], *book.evidence(order)),
                    )
