"""Section J: the person is asked to log in again: with what link, how often, and what follows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import j_plans
from mock_truv.contract.clauses.asking import Offer, alive_together, login_failures, offers, told, went_unused
from mock_truv.contract.clauses.common import ASKS_PERSON, LOGIN_LOST, Casebook, at, lasting
from mock_truv.contract.clauses.employers import due_us, states_shown
from mock_truv.contract.operations import Hook
from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import CaseFacts, History
    from mock_truv.contract.operations import Message

SECTION = "J. Re-authentication and recovery"
FAILED_EVENTS = ("order-refresh-failed", "link-disconnected")


@clause(
    "RF-105", "MUST", "the link is fresh and the person's own", section=SECTION, source="renewals page; manage orders",
    needs=("core", "reauth", "outbox"), plans=j_plans.own_links,
    advice="Make the order for this person after the failure, and take link and recipient from one record.",
)  # fmt: skip
def link_is_own(history: History) -> Iterator[Trigger | Breach]:
    """A link that is sent belongs to an order made for this person after the connection failed.

    Or to a page that repairs this person's connection; never to the original order, never to somebody else's.
    """
    book = Casebook.of(history)
    for message in history.messages:
        facts = history.cases.get(message.case_id)
        if message.kind not in {"link", "reminder"} or facts is None:
            continue
        failures = login_failures(book, facts.case_id, history.start_us, message.at_us)
        if failures:
            yield Trigger(message.at_us, f"a {message.kind} went to {message.person_ref} for {facts.case_id}")
        wrong = _what_is_wrong(book, facts, message, failures[0][0] if failures else None)
        if wrong:
            order = book.orders.get(message.order_id or "")
            yield Breach(
                message.at_us,
                f"the {message.kind} for {facts.case_id} to {message.person_ref} at {at(history, message.at_us)} "
                f"{wrong}",
                f"A link of an order made for {facts.person_ref} after the failure.",
                ops=(*(book.evidence(order) if order else ()), message),
            )


def _what_is_wrong(book: Casebook, facts: CaseFacts, message: Message, failed_us: int | None) -> str | None:
    if message.person_ref != facts.person_ref:
        return f"went to the wrong person; the case is {facts.person_ref}'s"
    shown = next((it for it in book.history.orders if it.url and message.url and it.url in message.url), None)
    order = shown or book.orders.get(message.order_id or "")
    if order is None:
        originals = {it.order_id for it in book.history.cases.values()}
        if message.order_id in originals and not book.history.manifest.has("update_mode"):
            return f"carries the link of {message.order_id}, an original order"
        return None
    if order.is_refresh:
        return f"carries the link of order {order.order_id}, which is a refresh"
    if order.case_ids and facts.case_id not in order.case_ids:
        return f"carries the link of order {order.order_id}, which is {', '.join(order.case_ids)}'s"
    if message.order_id is not None and order.order_id != message.order_id:
        return f"says order {message.order_id}, but its link is order {order.order_id}'s"
    if failed_us is not None and order.at_us < failed_us:
        return f"carries the link of order {order.order_id}, made before the connection failed"
    return None


@clause(
    "RF-106", "MUST", "not twice", section=SECTION, source="manage orders page; inferred",
    needs=("core", "reauth"), plans=j_plans.link_out,
    advice="Remember the live link with the case; whatever comes while it lives changes nothing about it.",
)  # fmt: skip
def not_twice(history: History) -> Iterator[Trigger | Breach]:
    """While a link is out and alive, its person gets no other link and no further message but declared reminders."""
    book = Casebook.of(history)
    failure_news = [hook for hook in history.hooks if hook.forgery is None and _tells_failure(hook)]
    allowed = history.manifest.policies.get("reminders")
    allowed = allowed if isinstance(allowed, int) else 0
    for offer in offers(book):
        asked = any(offer.at_us < op.at_us < offer.dead_us for op in book.asked(offer.case_id))
        if asked or any(offer.at_us < hook.at_us < offer.dead_us for hook in failure_news):
            yield Trigger(offer.at_us, f"{told(book, offer)}, and while it is alive there is news or another request")
        further = [
            op for op in book.messages(offer.case_id)
            if op.kind in {"reminder", "notice"} and offer.at_us + MINUTE_US < op.at_us < offer.dead_us
        ]  # fmt: skip
        if len(further) > allowed:
            yield Breach(
                further[allowed].at_us,
                f"{offer.person_ref} got {len(further)} further messages for {offer.case_id}, the last at "
                f"{at(history, further[-1].at_us)}, while {told(book, offer)}, was alive; the manifest declares "
                f"{allowed} reminders",
                f"At most {allowed} reminders while a link is alive.",
                ops=(offer.op, *further[-2:]),
            )
    for first, second in alive_together(book):
        if first.case_id == second.case_id:
            again = "the same link was sent again" if second.leads_where(first) else f"{second.name} was sent too"
            yield Breach(
                second.at_us,
                f"{told(book, first)}, was alive until {at(history, first.dead_us)}; {again} at "
                f"{at(history, second.at_us)}",
                "The link that is out stays the only one, sent once, until it is used, has expired or was withdrawn.",
                ops=(first.op, second.op),
            )


def _tells_failure(hook: Hook) -> bool:
    return hook.event.get("status") in LOGIN_LOST or hook.event.get("event_type") in FAILED_EVENTS


@clause(
    "RF-109", "MUST", "new offers are limited", section=SECTION, source="manage orders page; inferred",
    needs=("core", "reauth"), plans=j_plans.stays_away,
    advice="Count the links of a cycle, wait a day between them, and give the case to a caseworker after the last.",
)  # fmt: skip
def offers_are_limited(history: History) -> Iterator[Trigger | Breach]:
    """After a link has expired or was skipped, another follows at the earliest a day after it, and not without end.

    Only so many times in a cycle as is declared; then a caseworker gets the case.
    """
    book = Casebook.of(history)
    by_cycle: dict[tuple[str, str | None], list[Offer]] = {}
    for offer in offers(book):
        mine = by_cycle.setdefault((offer.case_id, book.cycle_at(offer.case_id, offer.op.seq)), [])
        if not any(offer.leads_where(each) for each in mine):
            mine.append(offer)
    for (case_id, cycle), mine in by_cycle.items():
        for offer in mine:
            if went_unused(book, offer) and offer.dead_us <= history.end_us:
                yield Trigger(offer.dead_us, f"{told(book, offer)} ended unused")
        yield from _too_many(book, case_id, cycle, mine)
        yield from _too_soon(book, mine)
        if case_id in history.cases:
            yield from _left_waiting(book, case_id, cycle, mine[-1])


def _is_asked_anew(book: Casebook, case_id: str, from_us: int, until_us: int) -> bool:
    """Return whether there is another cause to ask: a new failure, a deleted connection."""
    deleted = any(from_us < each <= until_us for each in book.deleted_us.values())
    return deleted or bool(login_failures(book, case_id, from_us + 1, until_us))


def _too_many(book: Casebook, case_id: str, cycle: str | None, mine: list[Offer]) -> Iterator[Breach]:
    last_us = mine[-1].at_us
    causes = {link for _, link in login_failures(book, case_id, book.history.start_us, last_us)}
    logins = [op for op in book.did(case_id) if op.status == "login" and op.at_us <= last_us]
    most = (1 + book.history.manifest.count("B-REOFFER")) * max(len(causes | set(book.deleted_us)) + len(logins), 1)
    if len(mine) > most:
        yield Breach(
            mine[most].at_us,
            f"{case_id} was given {len(mine)} links in {cycle}, the last at {at(book.history, last_us)}; allowed are "
            f"{most} (for each cause the first, and {book.history.manifest.count('B-REOFFER')} more: B-REOFFER of the "
            "manifest)",
            f"After the last link that is allowed {case_id} is shown as MANUAL, and no more is sent.",
            ops=tuple(offer.op for offer in mine[-5:]),
        )


def _too_soon(book: Casebook, mine: list[Offer]) -> Iterator[Breach]:
    for first, second in pairwise(mine):
        pause_us = second.at_us - first.at_us
        if not went_unused(book, first) or first.dead_us > second.at_us or pause_us >= DAY_US - MINUTE_US:
            continue
        if not _is_asked_anew(book, first.case_id, first.at_us, second.at_us):
            yield Breach(
                second.at_us,
                f"{second.name} went to {second.person_ref} for {second.case_id} at {at(book.history, second.at_us)}, "
                f"{lasting(pause_us)} after {first.name}, which had ended unused at {at(book.history, first.dead_us)}",
                "At least 24 h between two links.",
                ops=(first.op, second.op),
            )


def _left_waiting(book: Casebook, case_id: str, cycle: str | None, last: Offer) -> Iterator[Breach]:
    """Yield a breach where after the last link's end the case still waits for the person."""
    if not went_unused(book, last):
        return
    due = due_us(book, case_id, cycle, last.dead_us, "B-STUCK")
    if due is None or _is_asked_anew(book, case_id, last.at_us, due) or book.came_back(case_id, last.at_us, due):
        return
    if any(last.at_us < at_us <= due for at_us, _, _ in book.contacts(case_id, last.at_us, due)):
        return
    view = book.view_at(case_id, due)
    if view is not None and _waits_for_person(book.history, view):
        yield Breach(
            due,
            f"{last.name}, the last that {case_id} got, ended unused at {at(book.history, last.dead_us)}; at "
            f"{at(book.history, due)} the case is still shown as {states_shown(view)}",
            "Another link within the bounds, or MANUAL.",
            ops=(last.op, *[op for op in book.views(case_id) if op.at_us <= due][-1:]),
        )


def _waits_for_person(history: History, view: CaseView) -> bool:
    states: set[Any] = {history.manifest.state(state) for state in view.employers.values()}
    return view.state in ASKS_PERSON or (view.state == "PARTIAL" and bool(states & ASKS_PERSON))


@clause(
    "RF-110", "MUST", "a mistyped password is no new failure", section=SECTION, source="tasks lifecycle; inferred",
    needs=("core", "reauth", "webhook"), plans=j_plans.mistypes,
    advice="A failed login at a link, or at your own page for repairs, is the person typing: change nothing for it.",
)  # fmt: skip
def mistyping_is_no_failure(history: History) -> Iterator[Trigger | Breach]:
    """A login that fails while the person is at a live link sends no further link and does not end that link."""
    book = Casebook.of(history)
    given = offers(book)
    withdrawn = [op for op in history.sent if op.is_write and op.path.rstrip("/").endswith("/cancel")]
    for slip in history.people:
        order = book.orders.get(slip.order_id or "")
        if slip.did != "mistypes" or slip.status not in LOGIN_LOST:
            continue
        place = "the program's own page" if order is None else f"the link of order {order.order_id}"
        yield Trigger(slip.at_us, f"{slip.case_id}'s person mistyped at {place}")
        for op in withdrawn:
            closed_us = book.closed_us(slip.case_id)
            if (
                order is not None
                and op.order_id == order.order_id
                and op.at_us >= slip.at_us
                and (closed_us is None or closed_us > op.at_us)
            ):
                yield Breach(
                    op.at_us,
                    f"order {order.order_id}, at whose link {slip.case_id}'s person had mistyped at "
                    f"{at(history, slip.at_us)}, was withdrawn at {at(history, op.at_us)}",
                    "The session goes on; the person tries again.",
                    ops=(slip, op),
                )
        ends_us = (order.expires_us, order.closed_us) if order is not None else (0, slip.at_us + HOUR_US)
        until_us = _end_of_session(book, slip.case_id, slip.at_us, *ends_us)
        for offer in given:
            if offer.case_id == slip.case_id and slip.at_us < offer.at_us <= until_us:
                yield Breach(
                    offer.at_us,
                    f"{slip.case_id}'s person mistyped the password at {place} at {at(history, slip.at_us)}; at "
                    f"{at(history, offer.at_us)} {offer.name} was sent to {offer.person_ref} as if that were a new "
                    "failure",
                    "No further link: the person is at the first one and tries again there.",
                    ops=(slip, offer.op),
                )


def _end_of_session(book: Casebook, case_id: str, from_us: int, expires_us: int, closed_us: int | None) -> int:
    """Return until when any further link comes from the mistyping: where the one employer came, until it fails anew."""
    facts = book.history.cases.get(case_id)
    failures = [at_us for at_us, _ in login_failures(book, case_id, from_us + 1, book.history.end_us)]
    asked = [op for op in book.asked(case_id) if op.at_us <= from_us]
    ends = [*failures, book.cycle_ends_us(case_id, asked[-1].cycle if asked else None, from_us)]
    done = book.came_back(case_id, from_us, closed_us or 0)
    if not done or facts is None or len(facts.wanted) > 1 or book.deleted_us:
        ends += [at_us for at_us in (expires_us or None, closed_us) if at_us is not None]
    return min(ends)


@clause(
    "RF-112", "MUST", "no attempts while the person is asked", section=SECTION, source="renewals page; inferred",
    needs=("core", "reauth"), plans=j_plans.old_timer,
    advice="When a login is wanted, disarm every timer of that connection.",
)  # fmt: skip
def no_attempt_while_asked(history: History) -> Iterator[Trigger | Breach]:
    """From when the person is asked until the link was used or has ended, the connection that failed is not refreshed.

    Not even by a timer that was armed before.
    """
    book = Casebook.of(history)
    for offer in offers(book):
        failed = {link for _, link in login_failures(book, offer.case_id, history.start_us, offer.at_us)}
        back = [op.at_us for op in book.did(offer.case_id) if op.status == "login" and op.at_us >= offer.at_us]
        until_us = min([offer.dead_us, *back])
        if failed and until_us - offer.at_us >= HOUR_US:
            yield Trigger(offer.at_us, f"{told(book, offer)} and not used for {lasting(until_us - offer.at_us)}")
        for order in book.refreshes(offer.case_id):
            op = book.request_of(order)
            mine = [part for part in order.parts if part.link_id in failed]
            if not mine or op is None or not offer.at_us < op.at_us <= order.at_us < until_us:
                continue
            if book.clicks(offer.case_id, offer.at_us, op.at_us):
                continue  # somebody's own wish is no automatic attempt
            yield Breach(
                order.at_us,
                f"order {order.order_id} refreshed {offer.case_id}'s connection {mine[0].link_id} at "
                f"{at(history, order.at_us)}, while its person was asked to log in again ({told(book, offer)})",
                "No refresh of that connection until the person has logged in, or the link has ended.",
                ops=(offer.op, op),
            )
