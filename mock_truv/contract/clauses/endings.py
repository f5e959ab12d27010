"""What may and must follow a refresh that ended: contacts, repeats, review. Shared by the clauses on outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach
from mock_truv.contract.clauses.common import at, lasting
from mock_truv.core.instants import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mock_truv.contract.clauses.common import Casebook
    from mock_truv.contract.history import OrderFacts, Part
    from mock_truv.contract.operations import Op, Sent, Shown

    Ending = tuple[OrderFacts, Part, str, int]
    """Order, part, case, when it ended: of a refresh that the integrator knows."""


def contacted(
    book: Casebook, ending: Ending, until_us: int, harmless: Collection[str], *, links_only: bool = False
) -> Iterator[Breach]:
    """Yield the first contact with the person for which there was no other reason."""
    history, (order, part, case_id, ended_us) = book.history, ending
    for when_us, what, op in book.contacts(case_id, ended_us - 1, until_us):
        if links_only and "notice" in what:
            continue
        if book.excuses_contact(case_id, when_us, harmless):
            return
        proof: tuple[Op, ...] = () if op is None else (op,)
        yield Breach(
            when_us,
            f"{case_id}: refresh {order.order_id} ended in {part.status} at {at(history, ended_us)}; at "
            f"{at(history, when_us)} the integrator {what}",
            f"{part.status} is nothing that the person can mend: no link, no message",
            ops=(*book.evidence(order), *proof),
        )
        return


def unseen(book: Casebook, ending: Ending, states: Collection[str]) -> Iterator[Breach]:
    """Yield an ending after which nothing followed, and which nobody is shown; or a review without a reason."""
    history, (order, part, case_id, ended_us) = book.history, ending
    due_us = falls_due_us(book, ending)
    if due_us is None or book.repeats(order, part) or hindered(book, ending, due_us):
        return
    shown = seen(book, ending, states, due_us)
    view = book.view_at(case_id, due_us)
    if shown is not None and (shown.view.state != "MANUAL" or shown.view.reason or not is_alone(book, case_id)):
        return
    waits = view is not None and view.next_action_at is not None and view.state in {"RETRY_WAIT", "LIMIT_WAIT"}
    if shown is None and (waits or view is None):
        return
    wrong = "is MANUAL without a reason" if shown else f"still shows {view.state if view else 'nothing'}"
    yield Breach(
        shown.at_us if shown else due_us,
        f"{case_id}: refresh {order.order_id} ended in {part.status} at {at(history, ended_us)} and was not "
        f"repeated; at {at(history, shown.at_us if shown else due_us)} the case {wrong}",
        f"{' or '.join(sorted(states))}, with a reason that a caseworker understands",
        ops=(*book.evidence(order), *([shown] if shown else book.standing(case_id, due_us, due_us))),
    )


def seen(book: Casebook, ending: Ending, states: Collection[str], due_us: int) -> Shown | None:
    """Return the showing that tells somebody of an ending."""
    _, part, case_id, ended_us = ending
    alone = is_alone(book, case_id)
    for shown in book.standing(case_id, ended_us, due_us):
        if shown.view.state in {*states, "CLOSED"} or shown.view.employers.get(part.key or "") in states:
            return shown
        if not alone and shown.view.state != "READY" and part.key not in shown.view.employers:
            return shown  # what the other employers wait for hides it
    return None


def falls_due_us(book: Casebook, ending: Ending) -> int | None:
    """Return by when something must have followed an ending; None: its cycle or the story was over before."""
    due_us = book.until(ending[3], "B-STUCK")
    return due_us if due_us is not None and due_us < over_us(book, ending) else None


def over_us(book: Casebook, ending: Ending) -> int:
    """Return when the cycle of an ending was over."""
    order, _, case_id, ended_us = ending
    return book.cycle_ends_us(case_id, book.cycle_of(order), min(ended_us, order.at_us))


def hindered(book: Casebook, ending: Ending, until_us: int) -> bool:
    """Return whether something else decided about the connection between an ending and an instant."""
    _, part, case_id, ended_us = ending
    refused = any(op.is_refresh and ended_us < op.at_us <= until_us for op in book.unmade)
    misled = any(hook.fault and ended_us <= hook.at_us <= until_us for hook in book.hooks)
    spent = bool(book.history.manifest.counts.get("budget_per_day"))
    return refused or misled or spent or part.link_id in book.deleted_us or book.came_back(case_id, ended_us, until_us)


def tries(book: Casebook, ending: Ending) -> int:
    """Return how often a connection had been refreshed in the cycle, this time included."""
    order, part, case_id, _ = ending
    cycle = book.cycle_of(order)
    return sum(
        earlier.at_us <= order.at_us and book.cycle_of(earlier) == cycle
        and any(each.link_id == part.link_id for each in earlier.parts)
        for earlier in book.refreshes(case_id)
    )  # fmt: skip


def after(duration_us: int) -> str:
    """Return how long after an ending something came, for evidence."""
    return "at once" if duration_us < SECOND_US else f"after {lasting(duration_us)}"


def within(book: Casebook, bound: str) -> str:
    """Return a bound of the manifest as a length of time, for evidence."""
    return f"{lasting(book.history.manifest.bound_us(bound))} ({bound} in the manifest)"


def employers_asked(op: Sent | None) -> str:
    """Return whom the body of a refresh names, for evidence."""
    chosen = op.body.get("employers") if op is not None and isinstance(op.body, dict) else None
    if not isinstance(chosen, list):
        return "its body names no employers, so all are refreshed"
    return f"its body names {', '.join(str(it.get('id') if isinstance(it, dict) else it) for it in chosen)}"


def is_alone(book: Casebook, case_id: str) -> bool:
    """Return whether a case wants one employer only: then the case's state is the employer's."""
    return len(book.history.cases[case_id].wanted) <= 1
