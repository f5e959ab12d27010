"""Requests that make orders and whose outcome the integrator could not know, and what it did then.

Unknown is what the integrator saw, not what happened: no answer, a 5xx, or a success whose body tells no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.contract.clause import Breach, Trigger
from mock_truv.contract.clauses.common import ASKS_PERSON, REVIEW, Casebook, at, is_fresh, lasting
from mock_truv.contract.operations import Sent
from mock_truv.core.instants import MINUTE_US
from mock_truv.core.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.history import OrderFacts, Part

SETTLE_US = 2 * MINUTE_US
"""Nobody repeats before so long after the unknown request went out."""
LIST_LAG_S = 60
"""A list that lags longer than this may be taken for one without the order."""
FLAGGED = frozenset({"UNKNOWN_OUTCOME", *REVIEW})


@dataclass(frozen=True)
class UnknownPost:
    """A request for an order, of a case, and what came of it."""

    op: Sent
    case_id: str
    made: OrderFacts | None
    """The order that it made all the same."""
    when: str
    """When it was sent, for people."""

    @property
    def story(self) -> str:
        """How it went, for people."""
        if self.op.error == "crash":
            went = "was cut short by a crash"
        elif self.op.error is not None:
            went = f"ended in {'a ' if self.op.error in {'timeout', 'reset'} else 'an answer '}{self.op.error}"
        elif (self.op.status or 0) >= 300:
            went = f"was answered {self.op.status}"
        else:
            went = f"was answered {self.op.status} with an unreadable body"
        made = f" after Truv had made order {self.made.order_id}" if self.made else ", and Truv had made nothing"
        return f"POST {self.op.path} for {self.case_id} (sent at {self.when}) {went}{made}"


def is_unknown(op: Sent) -> bool:
    """Return whether the integrator, alive, cannot have known from the answer if an order was made."""
    if op.error in {"timeout", "reset", "cut"}:
        return True
    if op.error is not None or op.status is None:
        return False
    return op.status >= 500 or op.status == 408 or is_broken_success(op)


def is_broken_success(op: Sent) -> bool:
    """Return whether an answer says success but names no order."""
    readable = isinstance(op.answer, dict) and isinstance(op.answer.get("id"), str)
    return op.error is None and 200 <= (op.status or 0) < 300 and not readable


def asks_refresh(op: Sent) -> bool:
    """Return whether a request asks for the refresh of an order."""
    return op.is_refresh and op.order_id is not None


def case_of(book: Casebook, op: Sent) -> str | None:
    """Return the case for which a request for an order was sent."""
    made = book.orders.get(op.made or "")
    if made is not None:
        return made.case_id
    if op.is_new_order:
        return _case_of_body(book, op.body)
    target = book.orders.get(op.order_id or "")
    if target is not None:
        return target.case_id
    return next((it.case_id for it in book.history.cases.values() if it.order_id == op.order_id), None)


def _case_of_body(book: Casebook, body: Any) -> str | None:
    person = body.get("external_user_id") if isinstance(body, dict) else None
    found = [it.case_id for it in book.history.cases.values() if person is not None and it.person_ref == person]
    return found[0] if len(found) == 1 else None


def posts(book: Casebook) -> dict[str, list[Sent]]:
    """Return the requests for orders by case, in order: refreshes and new orders."""
    found: dict[str, list[Sent]] = {}
    for op in book.requests.values():
        if asks_refresh(op) or op.is_new_order:
            case_id = case_of(book, op)
            if case_id is not None:
                found.setdefault(case_id, []).append(op)
    return found


def unknown_posts(book: Casebook, *, crashes: bool = False) -> Iterator[tuple[UnknownPost, list[Sent]]]:
    """Yield every unknown request for an order (with ``crashes`` those cut short by a crash), and what came later."""
    for case_id, ops in posts(book).items():
        for number, op in enumerate(ops):
            if (op.error == "crash") if crashes else is_unknown(op):
                made, when = book.orders.get(op.made or ""), at(book.history, op.at_us)
                yield UnknownPost(op, case_id, made, when), ops[number + 1 :]


def settled(book: Casebook, chosen: Callable[[UnknownPost], bool]) -> Iterator[Trigger | Breach]:
    """Yield what is to be said of the unknown requests that are chosen."""
    for post, later in unknown_posts(book):
        if chosen(post):
            yield Trigger(post.op.ended_us, post.story)
            yield from too_soon(book, post, later)
            yield from bought_twice(book, post, later)
            yield from wrong_order(book, post)


def knob(book: Casebook, name: str) -> Any:
    """Return the value of a knob in a history's plan."""
    return getattr(msgspec.convert(book.history.plan.profile, Profile), name)


# --- what was done then


def too_soon(book: Casebook, post: UnknownPost, later: list[Sent]) -> Iterator[Breach]:
    """Yield a breach if the same was asked for again before anybody could have looked."""
    if book.clock_stepped:
        return
    for op in later:
        waited_us = op.at_us - post.op.at_us
        same = op.path == post.op.path and _overlaps(post.op.body, op.body) and op.at_us >= post.op.ended_us
        if same and waited_us < SETTLE_US and not _asked_anew(book, post, op):
            yield Breach(
                op.at_us,
                f"{post.story}; {lasting(waited_us)} later the program sent it again",
                "Look for the order first; repeat no earlier than 2 min, and only when nothing is found.",
                ops=(post.op, op),
            )
            return


def bought_twice(book: Casebook, post: UnknownPost, later: list[Sent]) -> Iterator[Breach]:
    """Yield a breach if an order was bought again although what the unknown request had made was there to be found."""
    if post.made is None or book.clock_stepped:
        return
    for op in later:
        second = book.orders.get(op.made or "")
        if second is None or second.is_refresh != post.made.is_refresh or op.at_us < post.op.ended_us:
            continue
        if _asked_anew(book, post, op):
            return
        found_by = _shown_by(book, post, op)
        if _still_counts(post.made, second) and (found_by or not flagged(book, post.case_id, post.op.at_us)):
            expected = f"Adopt {post.made.order_id}: {found_by} it."
            if not found_by:
                expected = (
                    f"No event told of {post.made.order_id} and no list could show it: show {post.case_id} as"
                    " UNKNOWN_OUTCOME or MANUAL before another is made, so that somebody can look."
                )
            yield Breach(
                op.at_us,
                f"{post.story}; at {at(book.history, op.at_us)} the program asked again, and order"
                f" {second.order_id} was made too, although {_how_it_stood(book, post.made, op.at_us)}",
                expected,
                ops=(post.op, op),
            )
            return


def wrong_order(book: Casebook, post: UnknownPost) -> Iterator[Breach]:
    """Yield a breach if a case is shown ready from an older order than the one the unknown request asked for."""
    facts = book.history.cases.get(post.case_id)
    if facts is None or len(facts.wanted) != 1 or not asks_refresh(post.op):
        return
    cycle = book.cycle_at(post.case_id, post.op.seq)
    for op in book.views(post.case_id):
        prefill = op.view.prefill
        if op.seq <= post.op.seq or op.view.state != "READY" or op.view.cycle != cycle or not is_fresh(prefill):
            continue
        order = book.orders.get(str(prefill["order_id"]) if prefill else "")
        if order is not None and _is_of_earlier_cycle(book, order, post, cycle):
            maker = "by another system" if order.elsewhere else f"in {book.cycle_of(order)}"
            yield Breach(
                op.at_us,
                f"{post.story}; at {at(book.history, op.at_us)} {post.case_id} was shown READY in {cycle} with the data"
                f" of order {order.order_id}, which was made {maker} at {at(book.history, order.at_us)}, before the"
                " request",
                "Adopt only an order that was made after the request began and that nobody knows yet.",
                ops=(post.op, op),
            )
            return


def _is_of_earlier_cycle(book: Casebook, order: OrderFacts, post: UnknownPost, cycle: str | None) -> bool:
    """Return whether an order is one of the same case that an earlier cycle made and knows, or another system."""
    mine = order.is_refresh and order.case_id == post.case_id and order.at_us < post.op.at_us
    return mine and (order.elsewhere or (book.cycle_of(order) != cycle and book.is_known(order)))


def left_lying(book: Casebook, post: UnknownPost, from_us: int) -> Iterator[Breach]:
    """Yield a breach if a refresh is neither made nor adopted nor handed over within B-STUCK of ``from_us``."""
    due_us = book.until(from_us, "B-STUCK")
    if due_us is None or _came_otherwise(book, post, due_us):
        return
    view = book.view_at(post.case_id, due_us)
    if not handed_over(book, post.case_id, view):
        what = "no refresh had been made" if post.made is None else "nobody had looked at that order"
        yield Breach(
            due_us,
            f"{post.story}; {lasting(due_us - from_us)} later {what}, and {post.case_id} was still shown"
            f" {view.state if view else 'nowhere'}",
            f"Look for the order; if there is none, ask again, or show {post.case_id} as MANUAL (or UNKNOWN_OUTCOME,"
            " unless the manifest's policy unknown_post is reconcile).",
            ops=(post.op,),
        )


def _came_otherwise(book: Casebook, post: UnknownPost, due_us: int) -> bool:
    """Return whether a refresh was made after all, or something else had become of the case."""
    since_us = post.op.at_us
    cycle = book.cycle_at(post.case_id, post.op.seq)
    mine = {post.made.order_id} if post.made is not None else set()
    return (
        any(since_us <= it.at_us <= due_us and it.order_id not in mine for it in book.of_person(post.case_id))
        or any(each.seq > post.op.seq and each.cycle != cycle for each in book.asked(post.case_id))
        or any(op.order_id in mine for op in book.requests.values() if op.method == "GET")
        or book.waits_for_run(since_us, due_us)
        or book.shown_in(post.case_id, REVIEW | ASKS_PERSON, since_us, due_us) is not None
    )


def buys_again(book: Casebook, order: OrderFacts) -> OrderFacts | None:
    """Return the first later refresh of a case, in the same cycle, of what an order was giving or had given."""
    cycle = book.cycle_of(order)
    for later in book.refreshes(order.case_id or ""):
        if later.at_us >= order.at_us and (later.sent_seq or 0) > (order.sent_seq or 0):
            if book.cycle_of(later) != cycle:
                return None
            if _still_counts(order, later):
                return later
    return None


def handed_over(book: Casebook, case_id: str, view: CaseView | None) -> bool:
    """Return whether a view leaves an unknown outcome to a person, or shows that nothing waits for it."""
    states = {view.state, *view.employers.values()} if view is not None else set()
    patient = book.history.manifest.policies.get("unknown_post") != "reconcile"
    waiting = {"IDLE", "DUE", "REFRESHING"} | (set() if patient else {"UNKNOWN_OUTCOME"})
    if view is not None and view.state == "RETRY_WAIT" and view.next_action_at is None:
        return False
    return bool(states & REVIEW) or book.closed_us(case_id) is not None or not (view and view.state in waiting)


def flagged(book: Casebook, case_id: str, from_us: int) -> bool:
    """Return whether a case was shown, at ``from_us`` or later, as one somebody is to look at."""
    views = book.views(case_id)
    return any(
        {op.view.state, *op.view.employers.values()} & FLAGGED
        for number, op in enumerate(views)
        if number + 1 == len(views) or views[number + 1].at_us > from_us
    )


def _asked_anew(book: Casebook, post: UnknownPost, op: Sent) -> bool:
    """Return whether another cycle was asked for meanwhile, or the case was closed."""
    cycle = book.cycle_at(post.case_id, post.op.seq)
    return any(
        post.op.seq < each.seq < op.seq and each.cycle != cycle for each in book.asked(post.case_id)
    ) or book.closed_us(post.case_id) is not None  # fmt: skip


def _overlaps(one: Any, other: Any) -> bool:
    """Return whether two bodies ask for an employer in common; without a list they ask for all."""
    wanted = [_employers(body) for body in (one, other)]
    return any(not each for each in wanted) or bool(wanted[0] & wanted[1])


def _employers(body: Any) -> set[str]:
    given = body.get("employers") if isinstance(body, dict) else None
    entries = given if isinstance(given, list) else []
    names = [
        it.get("id") or it.get("suborder_number") or it.get("company_name") for it in entries if isinstance(it, dict)
    ]
    return {str(name) for name in names if name}


def _still_counts(made: OrderFacts, second: OrderFacts) -> bool:
    """Return whether the first order was open, or had given what was wanted, when the second was made."""
    at_us = second.at_us
    if made.canceled_us is not None and made.canceled_us <= at_us:
        return False
    if not made.is_refresh:
        closed = made.closed_us is not None and made.closed_us <= at_us
        same = bool(set(made.case_ids) & set(second.case_ids)) or made.user_id == second.user_id
        return same and not closed and at_us < made.expires_us
    links = {part.link_id for part in second.parts}
    return any(part.link_id in links and _counts(part, at_us) for part in made.parts)


def _counts(part: Part, at_us: int) -> bool:
    return part.ended_us is None or part.ended_us > at_us or part.status == "done"


def _how_it_stood(book: Casebook, made: OrderFacts, at_us: int) -> str:
    if made.closed_us is None or made.closed_us > at_us:
        return f"{made.order_id} was still open"
    return f"{made.order_id} was complete since {at(book.history, made.closed_us)}"


def _shown_by(book: Casebook, post: UnknownPost, op: Sent) -> str | None:
    """Return what could have shown the order before it was bought again; None: nothing that everybody has."""
    assert post.made is not None, "there is an order to be found"
    for hook in book.hooks:
        named = hook.event.get("order_id") == post.made.order_id and hook.forgery is None
        if named and hook.seq < op.seq and hook.status is not None and hook.status < 300:
            return f"the {hook.event.get('event_type')} webhook of {at(book.history, hook.at_us)} names"
    listed = knob(book, "order_list") == "present" and knob(book, "order_list_lag_seconds") <= LIST_LAG_S
    refused = any(
        post.op.seq < each.seq < op.seq and each.fault is not None and 400 <= (each.status or 0) < 500
        and each.path.strip("/") == "v1/orders"
        for each in book.requests.values()
    )  # fmt: skip
    return "the list of orders shows" if listed and not refused else None
