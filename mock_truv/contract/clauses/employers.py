"""How it stands with each wanted employer of a case, and by when a case has to have gone on. Nothing here judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clauses.common import at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.clauses.common import Casebook
    from mock_truv.contract.history import CaseFacts, History, OrderFacts, Part

AT_REST = ("IDLE", "READY", "MANUAL", "CLOSED")
"""States in which nothing is under way."""
CROWD = 20
"""With more cases than this an integrator that stays under the rate limit may need long for all of them."""


def several(history: History) -> Iterator[CaseFacts]:
    """Yield the cases that want more than one employer."""
    return (facts for facts in history.cases.values() if len(facts.wanted) > 1)


def wanted_parts(facts: CaseFacts, order: OrderFacts) -> list[Part]:
    """Return an order's parts that stand for wanted employers of a case."""
    return [part for part in order.parts if part.key in facts.wanted]


def begun_us(book: Casebook, case_id: str, cycle: str) -> int:
    """Return from when on work counts for a cycle: its first request, or the story's start where it took over work."""
    first = next((op for op in book.asked(case_id) if op.cycle == cycle), None)
    if first is None:
        return book.history.start_us
    before = book.view_at(case_id, first.at_us - 1)
    return first.at_us if before is None or before.state in AT_REST else book.history.start_us


def left_alone(book: Casebook, case_id: str, cycle: str | None, until_us: int) -> bool:
    """Return whether until an instant the case was open and no other cycle was asked for after this one."""
    first = next((op.at_us for op in book.asked(case_id) if op.cycle == cycle), None)
    if first is None:
        return False
    return book.cycle_ends_us(case_id, cycle, first - 1) >= until_us


def due_us(book: Casebook, case_id: str, cycle: str | None, from_us: int, bound: str) -> int | None:
    """Return by when a case has to have gone on; None: nothing can be said, or it had a reason not to."""
    due = book.until(from_us, bound)
    return due if due is not None and left_alone(book, case_id, cycle, due) else None


def news_bound(book: Casebook) -> str:
    """Return the bound for reacting to news: ``B-PREFILL`` where nothing at all stood in its way, else ``B-LOSS``.

    Pollers too have the longer one: what they declare is how often they look at refreshes, hardly at links.
    """
    history = book.history
    if not history.manifest.has("webhook"):
        return "B-LOSS"
    hindered = history.plan.fault or book.deaths or len(history.cases) > CROWD
    return "B-LOSS" if hindered or history.troubles or history.events_lost else "B-PREFILL"


def links_of(book: Casebook, facts: CaseFacts, key: str) -> set[str]:
    """Return the connections that stand, or stood, for a wanted employer of a case."""
    later = {
        part.link_id for order in [*book.refreshes(facts.case_id), *book.link_orders(facts.case_id)]
        for part in order.parts if order.case_id == facts.case_id and part.key == key and part.link_id is not None
    }  # fmt: skip
    return later | ({facts.links[key]} if key in facts.links else set())


def got_data_us(
    book: Casebook, facts: CaseFacts, key: str, from_us: int, until_us: int, *, repairs: bool = True
) -> int | None:
    """Return when an employer's data first came, by any order, in ``[from_us, until_us]``.

    With ``repairs`` a login at the integrator's own page counts as data of each employer: nobody sees of which it was.
    """
    links = links_of(book, facts, key)
    found = [
        part.ended_us for order in {it.order_id: it for it in _orders(book, facts)}.values() for part in order.parts
        if part.status == "done" and part.ended_us is not None and from_us <= part.ended_us <= until_us
        and ((order.case_id == facts.case_id and part.key == key) or part.link_id in links)
    ]  # fmt: skip
    found += [
        op.at_us for op in book.did(facts.case_id)
        if repairs and op.order_id is None and op.status == "login" and from_us <= op.at_us <= until_us
    ]  # fmt: skip
    return min(found, default=None)


def employer_state(history: History, view: CaseView, key: str | None) -> str | None:
    """Return the state in which an employer is shown, in the contract's words; None: it is not shown."""
    shown = view.employers.get(key or "")
    return None if shown is None else history.manifest.state(shown)


def states_shown(view: CaseView | None) -> str:
    """Return a view's state and its employers' states, for evidence."""
    if view is None:
        return "nothing"
    employers = ", ".join(f"employer {key} {state}" for key, state in view.employers.items())
    told = len(view.employers) > 1 or {*view.employers.values()} - {view.state}
    return f"{view.state} ({employers})" if told else view.state


def told_ends(book: Casebook, parts: Sequence[Part]) -> str:
    """Return how employers ended, for evidence."""
    return ", ".join(f"{part.key} {part.status} at {at(book.history, part.ended_us or 0)}" for part in parts)


def _orders(book: Casebook, facts: CaseFacts) -> list[OrderFacts]:
    case_id = facts.case_id
    return [*book.refreshes(case_id), *book.link_orders(case_id), *book.of_person(case_id)]
