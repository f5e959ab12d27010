"""Section E, where the person is asked: one link for several connections, and no employer waits for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import e_plans
from mock_truv.contract.clauses.asking import alive_together, login_failures, offers, told
from mock_truv.contract.clauses.common import Casebook, at
from mock_truv.contract.clauses.e_employers import SECTION
from mock_truv.contract.clauses.employers import (
    begun_us,
    due_us,
    got_data_us,
    left_alone,
    several,
    states_shown,
    wanted_parts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.clauses.asking import Offer
    from mock_truv.contract.history import CaseFacts, History, OrderFacts, Part


@clause(
    "RF-42", "MUST", "one request to the person", section=SECTION, source="manage orders page; inferred",
    needs=("core", "multi", "reauth"), plans=e_plans.two_logins,
    advice="Ask per person, not per connection: wait for a live link's end, or withdraw it, before another goes out.",
)  # fmt: skip
def one_request(history: History) -> Iterator[Trigger | Breach]:
    """A person several of whose connections want a login has one live link at a time, whichever of them it is for."""
    book = Casebook.of(history)
    broken = {
        facts.person_ref: {link for _, link in login_failures(book, facts.case_id, history.start_us, history.end_us)}
        for facts in several(history)
    }  # fmt: skip
    for offer in offers(book):
        if len(broken.get(offer.person_ref, ())) > 1:
            yield Trigger(offer.at_us, f"{told(book, offer)}; several connections want a login")
    for first, second in alive_together(book):
        if len(broken.get(first.person_ref, ())) > 1 and not second.leads_where(first):
            yield Breach(
                second.at_us,
                f"{second.person_ref} ({second.case_id}) was given {second.name} at {at(history, second.at_us)} while "
                f"{first.name} of {at(history, first.at_us)} was still alive (until {at(history, first.dead_us)})",
                "One live link for all the connections of a person that want a login.",
                ops=(first.op, second.op),
            )


@clause(
    "RF-43", "MUST", "paths run side by side", section=SECTION, source="renewals page; inferred",
    needs=("core", "multi", "reauth"), plans=e_plans.side_by_side,
    advice="Keep timers and waiting per employer; what one waits for holds up no other.",
)  # fmt: skip
def side_by_side(history: History) -> Iterator[Trigger | Breach]:
    """While the person is asked for one employer, the retry of another goes on; and that retry asks nobody anew."""
    book = Casebook.of(history)
    given, pairs = offers(book), list(alive_together(book))
    for facts in several(history):
        mine = [offer for offer in given if offer.case_id == facts.case_id]
        for order in book.refreshes(facts.case_id) if mine else ():
            for part in wanted_parts(facts, order):
                if part.status == "unavailable" and _another_is_asked_for(book, facts, part, mine):
                    yield Trigger(part.ended_us or 0, f"{part.key} was unavailable; a link is out for another employer")
                    yield from _not_retried(book, facts, order, part)
        yield from _asked_anew(book, facts, pairs)


def _another_is_asked_for(book: Casebook, facts: CaseFacts, part: Part, given: list[Offer]) -> bool:
    """Return whether a link is out, or goes out soon, for another connection than this one."""
    ended_us = part.ended_us or 0
    due_us = ended_us + book.history.manifest.bound_us("B-PREFILL")
    links = {link for _, link in login_failures(book, facts.case_id, book.history.start_us, due_us)}
    out = any(offer.at_us <= due_us and offer.dead_us > ended_us for offer in given)
    return out and bool(links) and part.link_id not in links


def _not_retried(book: Casebook, facts: CaseFacts, order: OrderFacts, part: Part) -> Iterator[Breach]:
    history, ended_us, cycle = book.history, part.ended_us or 0, book.cycle_of(order)
    due = due_us(book, facts.case_id, cycle, ended_us, "B-STUCK")
    if due is None or not book.is_known(order) or part.link_id in book.deleted_us:
        return
    tries = [
        it for it in book.refreshes(facts.case_id)
        if book.cycle_of(it) == cycle and any(each.link_id == part.link_id for each in it.parts)
    ]  # fmt: skip
    mine = {facts.order_id, *(it.order_id for it in book.of_person(facts.case_id))}
    refused = any(
        op.is_refresh and op.order_id in mine and op.made is None and ended_us < op.at_us <= due
        for op in book.requests.values()
    )  # fmt: skip
    if refused or any(it.at_us > ended_us for it in tries) or len(tries) >= history.manifest.count("B-RETRY-N"):
        return
    if history.manifest.has("budget") and history.manifest.counts.get("budget_per_day") is not None:
        return
    yield Breach(
        due,
        f"employer {part.key} of {facts.case_id} was unavailable at {at(history, ended_us)} (order {order.order_id}); "
        f"while a link was out for another employer nothing was tried for it until {at(history, due)}",
        "Its retry, while the link is out: what another employer waits for is no reason to stop.",
        ops=(*book.evidence(order), *book.views(facts.case_id)[-1:]),
    )


def _asked_anew(book: Casebook, facts: CaseFacts, pairs: Sequence[tuple[Offer, Offer]]) -> Iterator[Breach]:
    for first, second in pairs:
        if first.case_id != facts.case_id or second.case_id != facts.case_id:
            continue
        retried = [order for order in book.refreshes(facts.case_id) if first.at_us < order.at_us <= second.at_us]
        if retried and not login_failures(book, facts.case_id, first.at_us, second.at_us):
            again = " again" if second.leads_where(first) else ""
            yield Breach(
                second.at_us,
                f"{facts.case_id}: {first.name} was out since {at(book.history, first.at_us)}; after the retry of "
                f"another employer (order {retried[-1].order_id}) {second.name} went out{again} at "
                f"{at(book.history, second.at_us)}, although no other login had failed meanwhile",
                "No message: a retry asks nobody, and the person has a link already.",
                ops=(first.op, *book.evidence(retried[-1]), second.op),
            )


@clause(
    "RF-46", "SHOULD", "a late part completes the case", section=SECTION, source="inferred",
    needs=("core", "multi", "reauth"), plans=e_plans.late,
    advice="Add the late employer's data to what is there, then look whether the case is whole.",
)  # fmt: skip
def late_part_upgrades(history: History) -> Iterator[Trigger | Breach]:
    """When the employer that was missing comes after all, the case becomes READY and keeps the parts that it had."""
    book = Casebook.of(history)
    for facts in several(history):
        mixed = [
            order for order in book.refreshes(facts.case_id)
            if {part.status == "done" for part in wanted_parts(facts, order) if part.status} == {True, False}
        ]  # fmt: skip
        for order in mixed:
            cycle = book.cycle_of(order)
            from_us = begun_us(book, facts.case_id, cycle or "")
            came = [got_data_us(book, facts, key, from_us, history.end_us, repairs=False) for key in facts.wanted]
            whole_us = max(each or 0 for each in came)
            if None in came or not left_alone(book, facts.case_id, cycle, whole_us):
                continue
            yield Trigger(whole_us, f"the last employer of {facts.case_id} came after order {order.order_id} had ended")
            due = due_us(book, facts.case_id, cycle, whole_us, "B-LOSS")
            made = [it for it in book.of_person(facts.case_id) if from_us <= it.at_us <= whole_us]
            if due is None or not all(book.is_known(it) for it in made):
                continue
            views = [op for op in book.views(facts.case_id) if whole_us <= op.at_us <= due]
            if not any(_is_whole(op.view, facts) for op in views):
                last = views[-1].view if views else book.view_at(facts.case_id, due)
                held = ", ".join(_prefilled(last)) if last is not None else ""
                yield Breach(
                    due,
                    f"the last missing employer of {facts.case_id} came at {at(history, whole_us)}, but until "
                    f"{at(history, due)} the case was shown as {states_shown(last)}, with employers {held or 'none'} "
                    f"in its prefill, not all of {', '.join(facts.wanted)}",
                    "READY with all of them: the parts that had come earlier are kept.",
                    ops=(*book.evidence(order), *views[-1:]),
                )
            break


def _is_whole(view: CaseView, facts: CaseFacts) -> bool:
    return view.state == "READY" and set(facts.wanted) <= set(_prefilled(view))


def _prefilled(view: CaseView) -> list[str]:
    """Return the employers whose data a prefill holds."""
    items = (view.prefill or {}).get("items") or ()
    return list(dict.fromkeys(str(item.get("employer_id")) for item in items))
