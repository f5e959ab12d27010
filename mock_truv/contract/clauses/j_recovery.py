"""Section J, after the person has logged in: the case recovers, the next cycle starts from the right connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import j_plans
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at, prefill_orders
from mock_truv.contract.clauses.employers import (
    due_us,
    employer_state,
    got_data_us,
    links_of,
    news_bound,
    states_shown,
)
from mock_truv.contract.clauses.j_reauth import SECTION
from mock_truv.contract.clauses.j_repairs import mended, repaired

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import CaseFacts, History, OrderFacts, Part
    from mock_truv.contract.operations import Shown


def completed(book: Casebook) -> Iterator[tuple[CaseFacts, OrderFacts, Part, int]]:
    """Yield (case, link order, part, when) of every wanted employer whose data came by a login at a link."""
    for order in book.history.link_orders():
        facts = book.history.cases.get(order.case_id or "")
        if facts is None or order.elsewhere:
            continue
        for part in order.parts:
            if part.key in facts.wanted and part.status == "done" and part.ended_us is not None:
                yield facts, order, part, part.ended_us


@clause(
    "RF-107", "MUST", "recovery closes the loop", section=SECTION, source="renewals page; orders reference",
    needs=("core", "reauth"), plans=j_plans.comes_back,
    advice="When the link's order is completed, take its data; they are as fresh as a refresh's. In Update Mode there "
           "is no such order: an event of the connection tells that it works again; clear the failure then.",
)  # fmt: skip
def recovery_closes(history: History) -> Iterator[Trigger | Breach]:
    """When the person has logged in at the link, the data of the link's own order are prefilled.

    Nothing shows the failure any more, and no refresh is bought in addition.
    """
    book = Casebook.of(history)
    yield from repaired(book)
    for facts, order, part, ended_us in completed(book):
        yield Trigger(ended_us, f"{facts.case_id}'s person completed the link of order {order.order_id}")
        cycle = book.cycle_of(order)
        links = links_of(book, facts, part.key or "")
        over_us = book.cycle_ends_us(facts.case_id, cycle, ended_us)
        for bought in book.refreshes(facts.case_id):
            names = any(each.key == part.key or each.link_id in links for each in bought.parts)
            if names and ended_us <= bought.at_us < over_us and book.cycle_of(bought) == cycle:
                yield Breach(
                    bought.at_us,
                    f"order {bought.order_id} bought a refresh for {facts.case_id} at {at(history, bought.at_us)}, "
                    f"although the login at the link of order {order.order_id} had brought the data in the same cycle "
                    f"at {at(history, ended_us)}",
                    "The data of the link's order are used; nothing more is bought.",
                    ops=book.evidence(order, bought),
                )
        due = due_us(book, facts.case_id, cycle, ended_us, news_bound(book))
        if due is None or not book.is_known(order):
            continue
        views = [op.view for op in book.views(facts.case_id) if ended_us <= op.at_us <= due]
        if not any(_has_recovered(history, view, facts, order, part) for view in views):
            shown = views[-1] if views else book.view_at(facts.case_id, due)
            yield Breach(
                due,
                f"{facts.case_id}'s person completed the link of order {order.order_id} at {at(history, ended_us)}; "
                f"until {at(history, due)} the case was still shown as {states_shown(shown)}, {_told_prefill(shown)}",
                f"{facts.case_id} is prefilled from order {order.order_id}, and the failure is gone.",
                ops=(*book.evidence(order), *_last_view(book, facts.case_id, due)),
            )


def _last_view(book: Casebook, case_id: str, until_us: int) -> list[Shown]:
    return [op for op in book.views(case_id) if op.at_us <= until_us][-1:]


def _told_prefill(view: CaseView | None) -> str:
    orders = prefill_orders(view) if view is not None else ()
    return f"prefilled from {', '.join(orders)}" if orders else "without a prefill"


def _has_recovered(history: History, view: CaseView, facts: CaseFacts, order: OrderFacts, part: Part) -> bool:
    """Return whether a view has the data of a link's order; with several employers they may be held."""
    state = employer_state(history, view, part.key)
    if len(facts.wanted) == 1:
        return view.state == "READY" and order.order_id in prefill_orders(view)
    if state is None:
        return view.state not in ASKS_PERSON
    return state not in ASKS_PERSON | {"MANUAL"}


@clause(
    "RF-111", "MUST", "the next cycle starts from the live connection", section=SECTION,
    source="data refresh; create refresh order", needs=("core", "reauth"), plans=j_plans.next_cycle,
    advice="After a login, keep the link's order as the employer's source order.",
)  # fmt: skip
def starts_from_live_connection(history: History) -> Iterator[Trigger | Breach]:
    """After a login that made another connection, later refreshes of that employer use an order with that connection.

    Not the one whose connection was lost.
    """
    book = Casebook.of(history)
    logins = sorted(completed(book), key=lambda each: each[3])
    yield from mended(book)
    for facts in {each[0].case_id: each[0] for each in logins}.values():
        mine = [each for each in logins if each[0].case_id == facts.case_id]
        for order in book.refreshes(facts.case_id):
            op = book.request_of(order)
            for part in order.parts:
                before = [each for each in mine if each[2].key == part.key and op and each[3] < op.at_us]
                if not before or part.key is None:
                    continue
                _, source, confirmed, ended_us = before[-1]
                if confirmed.link_id == facts.links.get(part.key) or confirmed.link_id in book.deleted_us:
                    continue  # every source order is right, or none
                if any(person.order_id is None and person.status == "login" for person in book.did(facts.case_id)):
                    continue  # another connection may have been repaired since
                yield Trigger(order.at_us, f"{facts.case_id} is refreshed after a login made another connection")
                if part.link_id != confirmed.link_id:
                    yield Breach(
                        order.at_us,
                        f"order {order.order_id} for {facts.case_id} at {at(history, order.at_us)} refreshed order "
                        f"{order.source_id} and with it connection {part.link_id}, although the person had logged in "
                        f"anew at {at(history, ended_us)}: connection {confirmed.link_id}, order {source.order_id}",
                        f"Refresh order {source.order_id}, or another one with connection {confirmed.link_id}: the one "
                        "that a login confirmed last.",
                        ops=book.evidence(source, order),
                    )


@clause(
    "RF-113", "SHOULD", "another account is not taken for the one asked for", section=SECTION, source="inferred",
    needs=("core", "reauth", "multi"), plans=j_plans.another_account,
    advice="Compare the employer and the connection that came with those that were asked for before using the data.",
)  # fmt: skip
def another_account_is_told(history: History) -> Iterator[Trigger | Breach]:
    """Where the person connects another account than was asked for, the case says so and does not claim the missing."""
    book = Casebook.of(history)
    for order in history.link_orders():
        facts = history.cases.get(order.case_id or "")
        for part in order.parts if facts is not None and not order.elsewhere else ():
            if part.key is not None or part.link_id is None or part.status != "done" or part.ended_us is None:
                continue
            assert facts is not None, "orders of nobody have no parts here"
            other = any(op.did == "other-account" and op.order_id == order.order_id for op in book.did(facts.case_id))
            missing = _missing(book, facts, order)
            if not missing or not other:
                continue
            yield Trigger(part.ended_us, f"{facts.case_id}'s person connected another account at {order.order_id}")
            yield from _taken_for_it(book, facts, order, part.ended_us, missing)


def _missing(book: Casebook, facts: CaseFacts, order: OrderFacts) -> list[str]:
    """Return the employers for which the link was out: failed before it, and nothing came since."""
    failed = {
        part.key for it in book.refreshes(facts.case_id) for part in it.parts
        if part.status in {"login_error", "mfa_error"} and (part.ended_us or 0) <= order.at_us
    }  # fmt: skip
    return [
        key for key in facts.wanted
        if key in failed and got_data_us(book, facts, key, order.at_us, book.history.end_us) is None
    ]  # fmt: skip


def _taken_for_it(
    book: Casebook, facts: CaseFacts, order: OrderFacts, ended_us: int, missing: list[str]
) -> Iterator[Breach]:
    history, cycle = book.history, book.cycle_of(order)
    until_us = book.cycle_ends_us(facts.case_id, cycle, ended_us)
    for shown in book.views(facts.case_id):
        if not ended_us <= shown.at_us <= until_us or shown.view.cycle != cycle:
            continue
        claimed = [key for key in missing if employer_state(history, shown.view, key) == "READY"]
        if shown.view.state == "READY" or claimed:
            yield Breach(
                shown.at_us,
                f"at the link of order {order.order_id} {facts.case_id}'s person connected another account than that "
                f"of employer {', '.join(missing)} (suborder of {facts.order_id}); at {at(history, shown.at_us)} the "
                f"case was shown as {states_shown(shown.view)}",
                "The employer that was asked for, and is still missing, is not shown as refreshed.",
                ops=(*book.evidence(order), shown),
            )
            return
    due = due_us(book, facts.case_id, cycle, ended_us, "B-STUCK")
    if due is None:
        return
    views = [op.view for op in book.views(facts.case_id) if ended_us <= op.at_us <= due]
    if not any(view.reason or view.state in {"MANUAL", "PARTIAL"} for view in views):
        yield Breach(
            due,
            f"at the link of order {order.order_id} {facts.case_id}'s person connected another account at "
            f"{at(history, ended_us)}; until {at(history, due)} nothing in the case says so",
            "MANUAL or PARTIAL with a reason.",
            ops=(*book.evidence(order), *_last_view(book, facts.case_id, due)),
        )
