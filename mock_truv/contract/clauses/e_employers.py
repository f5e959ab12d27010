"""Section E: a case with several employers, each of which ends in its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import e_plans
from mock_truv.contract.clauses.common import ASKS_PERSON, LOGIN_LOST, Casebook, at, prefill_orders
from mock_truv.contract.clauses.employers import (
    begun_us,
    due_us,
    employer_state,
    got_data_us,
    news_bound,
    several,
    states_shown,
    told_ends,
    wanted_parts,
)
from mock_truv.contract.clauses.endings import employers_asked
from mock_truv.core.instants import MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import CaseFacts, History, OrderFacts, Part
    from mock_truv.contract.operations import Shown

SECTION = "E. Several employers"
PASSING = ("unavailable", "error")
"""Endings that may pass by themselves."""
FAILED_STATES = ASKS_PERSON | {"MANUAL", "BLOCKED"}


@clause(
    "RF-40", "MUST", "mixed endings are shown as mixed", section=SECTION, source="orders reference; inferred",
    needs=("core", "multi"), plans=e_plans.mixed,
    advice="Keep a state for each employer and derive the case's from them all: PARTIAL as soon as they differ.",
)  # fmt: skip
def mixed_is_mixed(history: History) -> Iterator[Trigger | Breach]:
    """A case some of whose employers were refreshed and some were not is shown as neither complete nor simply failed.

    Each employer shows its own outcome, and what came is there, or held as declared.
    """
    book = Casebook.of(history)
    for facts in several(history):
        for order in book.refreshes(facts.case_id):
            parts = wanted_parts(facts, order)
            done = [part for part in parts if part.status == "done"]
            failed = [part for part in parts if part.status not in {"done", None}]
            if not done or not failed or len(done) + len(failed) < len(parts):
                continue
            ended_us = max(part.ended_us or 0 for part in parts)
            yield Trigger(ended_us, f"order {order.order_id} ended mixed: {told_ends(book, parts)}")
            yield from _not_shown_as_mixed(book, facts, order, done, failed, ended_us)
        for shown, missing in _early_ready(book, facts):
            for order, part in missing:
                if part is None:
                    continue
                yield Breach(
                    shown.at_us,
                    f"{facts.case_id} was shown READY in {shown.view.cycle} at {at(history, shown.at_us)}, although "
                    f"its employer {part.key} had ended in {part.status} at {at(history, part.ended_us or 0)} (order "
                    f"{order.order_id}) and nothing had brought its data since",
                    "PARTIAL, with that employer's own state.",
                    ops=(*book.evidence(order), shown),
                )


def _not_shown_as_mixed(
    book: Casebook, facts: CaseFacts, order: OrderFacts, done: list[Part], failed: list[Part], ended_us: int
) -> Iterator[Breach]:
    due = due_us(book, facts.case_id, book.cycle_of(order), ended_us, news_bound(book))
    if due is None or not book.is_known(order):
        return
    tries = {part.suborder_id: _next_try_us(book, facts, order, part) for part in failed}
    if any(ended_us <= each <= due for each in tries.values()) or book.came_back(facts.case_id, ended_us, due):
        return  # the next try ended before anything had to be shown of this one
    failed = [part for part in failed if tries[part.suborder_id] > due]
    if not failed:
        return  # all had been tried once more before the last of the order came
    showings = [it for it in book.views(facts.case_id) if ended_us <= it.at_us <= due]
    standing = book.view_at(facts.case_id, ended_us)
    views = ([standing] if standing else []) + [it.view for it in showings]
    if not views or any(_is_mixed(book.history, view, done, failed) for view in views):
        return
    yield Breach(
        due,
        f"order {order.order_id} of {facts.case_id} ended mixed (employers: {told_ends(book, [*done, *failed])}), but "
        f"until {at(book.history, due)} the case was shown as {states_shown(views[-1])}",
        "PARTIAL, with every employer's own state: READY for those that are done only.",
        ops=(*book.evidence(order), *showings[-2:]),
    )


def _next_try_us(book: Casebook, facts: CaseFacts, order: OrderFacts, failed: Part) -> int:
    """Return when the first later try with an employer that failed ended, by whatever order; the end if none did."""
    ends = [
        part.ended_us for other in book.of_person(facts.case_id) for part in other.parts
        if other is not order and (part.key == failed.key or part.link_id == failed.link_id)
        and part.ended_us is not None and part.ended_us >= (failed.ended_us or 0)
    ]  # fmt: skip
    return min(ends, default=book.history.end_us + 1)


def _is_mixed(history: History, view: CaseView, done: list[Part], failed: list[Part]) -> bool:
    """Return whether a view tells those that came from those that did not; MANUAL may stand for PARTIAL if it does."""
    if view.state == "READY":
        return False
    well = {employer_state(history, view, part.key) for part in done} - {None}
    badly = {employer_state(history, view, part.key) for part in failed} - {None}
    if not well or not badly:
        return view.state == "PARTIAL"
    return "READY" not in badly and not well & badly and not well & FAILED_STATES


def _early_ready(book: Casebook, facts: CaseFacts) -> Iterator[tuple[Shown, list[tuple[OrderFacts, Part | None]]]]:
    """Yield each showing as READY without the data of a wanted employer, with (order, its part that failed, if any)."""
    for shown in book.views(facts.case_id):
        if shown.view.state != "READY":
            continue
        from_us = begun_us(book, facts.case_id, shown.view.cycle)
        mine = [order for order in book.refreshes(facts.case_id) if from_us <= order.at_us <= shown.at_us]
        missing: list[tuple[OrderFacts, Part | None]] = []
        for key in facts.wanted if mine else ():
            if got_data_us(book, facts, key, from_us, shown.at_us) is None:
                ended = [
                    (order, part) for order in mine for part in order.parts
                    if part.key == key and part.ended_us is not None and part.ended_us <= shown.at_us
                ]  # fmt: skip
                missing.append(ended[-1] if ended else (mine[-1], None))
        if missing:
            yield shown, missing


@clause(
    "RF-41", "MUST", "repeat only what failed", section=SECTION, source="orders_create_refresh_order; refresh object",
    needs=("core", "multi"), plans=e_plans.mixed,
    advice="Name in `employers` those whose ending may pass by itself (unavailable, error), and nobody else.",
)  # fmt: skip
def only_failed_is_repeated(history: History) -> Iterator[Trigger | Breach]:
    """A repeated refresh names only employers that a repetition can help.

    None that are done, none that wait for the person or for a caseworker.
    """
    book = Casebook.of(history)
    for facts in several(history):
        mine = [order for order in book.refreshes(facts.case_id) if book.is_known(order)]
        for number, order in enumerate(mine):
            cycle = book.cycle_of(order)
            before = [
                it for it in mine[:number]
                if book.cycle_of(it) == cycle and order.at_us < book.cycle_ends_us(facts.case_id, cycle, it.at_us)
            ]  # fmt: skip
            last = {
                part.key: part for it in before for part in wanted_parts(facts, it)
                if part.ended_us is not None and part.ended_us + MINUTE_US <= order.at_us
            }  # fmt: skip
            asked = {part.key for part in order.parts} & set(last)
            if not any(last[key].status in PASSING for key in asked):
                continue  # no repetition
            if all(part.status in PASSING for part in last.values()):
                continue  # nobody could be named wrongly
            yield Trigger(order.at_us, f"order {order.order_id} repeats a part of order {before[-1].order_id}")
            for part in (last[key] for key in facts.wanted if key in asked):
                if part.status in PASSING or _may_be_asked_again(book, facts, part, order):
                    continue
                passing = ", ".join(str(key) for key in last if last[key].status in PASSING)
                yield Breach(
                    order.at_us,
                    f"order {order.order_id}, the retry made for {facts.case_id} at {at(history, order.at_us)}, "
                    f"refreshes employer {part.key} again, which had ended in {part.status} at "
                    f"{at(history, part.ended_us or 0)}: {employers_asked(book.request_of(order))}",
                    f"A POST whose `employers` names only {passing}, by the ids of the order that it goes to.",
                    ops=book.evidence(before[-1], order),
                )


def _may_be_asked_again(book: Casebook, facts: CaseFacts, part: Part, order: OrderFacts) -> bool:
    """Return whether something happened since an ending that allows another refresh: a login, or a click after it."""
    ended_us = part.ended_us or 0
    if part.status == "done":
        return False
    if book.came_back(facts.case_id, ended_us - 1, order.at_us):
        return True
    return part.status not in LOGIN_LOST and book.clicks(facts.case_id, ended_us, order.at_us) > 0


@clause(
    "RF-44", "MUST", "complete when every wanted employer is", section=SECTION, source="orders events; inferred",
    needs=("core", "multi"), plans=e_plans.apart,
    advice="Count employers that have ended, not events; read the order when in doubt.",
)  # fmt: skip
def complete_means_all(history: History) -> Iterator[Trigger | Breach]:
    """A case is complete when each employer that it wants has brought its data, and not before.

    Not at the first event, not after a certain number of events; and also where no event told of an employer.
    """
    book = Casebook.of(history)
    for facts in several(history):
        for order in book.refreshes(facts.case_id):
            ended = [part.ended_us for part in wanted_parts(facts, order)]
            if len(ended) > 1 and (len(set(ended)) > 1 or history.plan.fault):
                first = min((each for each in ended if each is not None), default=order.at_us)
                yield Trigger(first, f"the employers of order {order.order_id} end at different times or unheard of")
            yield from _never_complete(book, facts, order)
        for shown, missing in _early_ready(book, facts):
            running = [order for order, part in missing if part is None]
            if running:
                yield Breach(
                    shown.at_us,
                    f"{facts.case_id} was shown READY in {shown.view.cycle} at {at(history, shown.at_us)}, although "
                    f"{len(running)} of its {len(facts.wanted)} employers had not ended yet (order "
                    f"{running[0].order_id})",
                    "READY when the last wanted employer has brought its data.",
                    ops=(*book.evidence(running[0]), shown),
                )


def _never_complete(book: Casebook, facts: CaseFacts, order: OrderFacts) -> Iterator[Breach]:
    done = {part.key: part.ended_us or 0 for part in order.parts if part.status == "done"}
    if not book.is_known(order) or not set(facts.wanted) <= set(done):
        return
    ended_us = max(done[key] for key in facts.wanted)
    due = due_us(book, facts.case_id, book.cycle_of(order), ended_us, "B-LOSS")
    if due is not None and book.shown_in(facts.case_id, ["READY"], ended_us, due) is None:
        yield Breach(
            due,
            f"all employers of order {order.order_id} ({facts.case_id}) were done at {at(book.history, ended_us)}, but "
            f"at {at(book.history, due)} the case is shown as {states_shown(book.view_at(facts.case_id, due))}",
            "READY, whatever events came or did not come.",
            ops=(*book.evidence(order), *book.views(facts.case_id)[-1:]),
        )


@clause(
    "RF-45", "MUST", "no double counting", section=SECTION, source="adapter; inferred",
    needs=("core", "multi"), plans=e_plans.in_parts,
    advice="Key what you keep by the employer of the source order; a later order replaces its part.",
)  # fmt: skip
def counted_once(history: History) -> Iterator[Trigger | Breach]:
    """The prefill holds every employer once, also when its parts came from several orders."""
    book = Casebook.of(history)
    for facts in several(history):
        most = _employments(book, facts)
        for shown in book.views(facts.case_id):
            items = (shown.view.prefill or {}).get("items") or ()
            orders = prefill_orders(shown.view)
            if len(orders) < 2 or not items:
                continue
            yield Trigger(shown.at_us, f"{facts.case_id} is prefilled from {', '.join(orders)}")
            named = [str(item.get("employer_id")) for item in items]
            for key in dict.fromkeys(named):
                number, most_known = named.count(key), most.get(key)
                if key not in facts.links:
                    whose = f", which is no id of its source order {facts.order_id} (its ids: {', '.join(facts.links)})"
                elif most_known is not None and number > most_known:
                    whose = f" {number} times, where the reports show at most {most_known} employment of it"
                else:
                    continue
                yield Breach(
                    shown.at_us,
                    f"{facts.case_id}'s prefill of {at(history, shown.at_us)}, made from orders {', '.join(orders)}, "
                    f"holds employer {key}{whose}",
                    "Every employment once, under its employer's id in the source order.",
                    ops=(*book.evidence(*(book.orders[it] for it in orders if it in book.orders)), shown),
                )


def _employments(book: Casebook, facts: CaseFacts) -> dict[str, int]:
    """Return the largest number of employments that any report shows for each wanted employer."""
    most: dict[str, int] = {}
    for order in [*book.refreshes(facts.case_id), *book.link_orders(facts.case_id)]:
        keys = {part.suborder_id: part.key for part in order.parts if order.case_id == facts.case_id}
        entries = order.report.get("employers") if isinstance(order.report, dict) else None
        for entry in entries or ():
            key = keys.get(entry.get("id"))
            if key is not None and entry.get("employments"):
                most[key] = max(most.get(key, 0), len(entry["employments"]))
    return most
