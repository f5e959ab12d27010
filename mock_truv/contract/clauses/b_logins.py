"""B. Outcomes that a login mends: the person is asked, once, and the connection is left alone until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import b_plans
from mock_truv.contract.clauses.common import ASKS_PERSON, REVIEW, Casebook, at, lasting
from mock_truv.contract.clauses.endings import is_alone, over_us
from mock_truv.contract.clauses.hooks import told as hook_told
from mock_truv.core.instants import DAY_US, MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.clauses.endings import Ending
    from mock_truv.contract.history import History, OrderFacts, Part
    from mock_truv.contract.operations import Hook, Message, Sent

SECTION = "B. Classification of outcomes"
IN_FLIGHT_US = 5 * MINUTE_US
"""What was decided before the news came may still go out so much later."""


# --- RF-10, RF-11 -----------------------------------------------------------------------------------------------------


@clause(
    "RF-10", "MUST", "login_error: new link", section=SECTION, source="renewals page", plans=b_plans.login_errors,
    advice="Create an order, send its link, show REAUTH; leave the connection alone until the person has logged in.",
)  # fmt: skip
def login_error_asks_person(history: History) -> Iterator[Trigger | Breach]:
    """After ``login_error`` the person gets a link to log in anew; until then the connection is not refreshed again."""
    yield from _asks_person(history, "login_error")


@clause(
    "RF-11", "MUST", "mfa_error: new link", section=SECTION, source="renewals page", plans=b_plans.mfa_errors,
    advice="Treat it as login_error: only the person has the code.",
)  # fmt: skip
def mfa_error_asks_person(history: History) -> Iterator[Trigger | Breach]:
    """After ``mfa_error`` the person gets a link to log in anew; until then the connection is not refreshed again."""
    yield from _asks_person(history, "mfa_error")


def _asks_person(history: History, status: str) -> Iterator[Trigger | Breach]:
    book = Casebook.of(history)
    for ending in book.known_endings(status):
        order, _, case_id, ended_us = ending
        yield Trigger(ended_us, f"refresh {order.order_id} of {case_id} ended in {status}")
        yield from _refreshed_anyway(book, ending)
        yield from _not_asked(book, ending)


def _refreshed_anyway(book: Casebook, ending: Ending) -> Iterator[Breach]:
    """Yield the first refresh of a connection whose login is known to hold no longer."""
    history, (order, part, case_id, ended_us) = book.history, ending
    stuck_us = history.manifest.bound_us("B-STUCK")
    for again_us, later in book.repeats(order, part):
        request = book.request_of(later)
        if request is not None and request.at_us < ended_us:
            continue  # it was under way
        if book.came_back(case_id, ended_us, again_us) or book.clicks(case_id, ended_us, again_us):
            return
        silent = book.events_lost or book.calm_us > order.at_us
        died = any(order.at_us <= death.at_us <= again_us for death in book.deaths)
        unseen = not book.shown_in(case_id, ASKS_PERSON | REVIEW, ended_us, again_us)
        if unseen and (died or (silent and again_us - order.at_us >= stuck_us)):
            continue
        yield Breach(
            again_us,
            f"{case_id}: refresh {order.order_id} ended in {part.status} at {at(history, ended_us)}; "
            f"{lasting(again_us - ended_us)} later the connection {part.link_id} was refreshed again "
            f"(order {later.order_id}), although the person had not logged in",
            "a link for the person, and no refresh of that connection before the login",
            ops=book.evidence(order, later),
        )
        return


def _not_asked(book: Casebook, ending: Ending) -> Iterator[Breach]:
    """Yield a failed login of which the person, or at least the caseworker, hears nothing."""
    history, (order, part, case_id, ended_us) = book.history, ending
    dues = [book.until(ended_us, bound) for bound in ("B-STUCK", "B-LOSS")]
    due_us = max((due for due in dues if due is not None), default=None)
    if due_us is None or None in dues or due_us >= over_us(book, ending) or book.came_back(case_id, ended_us, due_us):
        return
    if book.shown_in(case_id, {"MANUAL", "CLOSED"}, order.at_us, ended_us - 1) or _offers_used_up(book, ending):
        return
    if any(not op.is_refresh and ended_us <= op.at_us <= due_us for op in book.unmade):
        return  # the order for a login was refused or lost
    alone, view = is_alone(book, case_id), book.view_at(case_id, due_us)
    reauth = history.manifest.has("reauth") or bool(history.link_orders())
    if reauth and not _was_asked(book, ending, due_us):
        wrong, right = "the person had got no link", "a new order for the login, and its link sent to the person"
    elif alone and not book.shown_in(case_id, ASKS_PERSON | (REVIEW if reauth else set()), ended_us, due_us):
        wrong, right = "the case had never been shown as waiting for the person", "REAUTH_NEEDED or REAUTH_SENT"
    else:
        return
    yield Breach(
        due_us,
        f"{case_id}: refresh {order.order_id} ended in {part.status} at {at(history, ended_us)}; by "
        f"{at(history, due_us)} {wrong} (the case shows {view.state if view else 'nothing'})",
        right,
        ops=(*book.evidence(order), *book.standing(case_id, due_us, due_us)),
    )


def _was_asked(book: Casebook, ending: Ending, due_us: int) -> bool:
    """Return whether a link was made or sent after an ending, or one was out already."""
    order, _, case_id, ended_us = ending
    for link_order in book.link_orders(case_id):
        over = min(link_order.closed_us or due_us, link_order.expires_us or due_us)
        if link_order.at_us <= due_us and (link_order.at_us > order.at_us or over > ended_us):
            return True
    kin = [message for each in book.kin(case_id) for message in book.messages(each)]
    if any(message.kind in {"link", "reminder"} and order.at_us < message.at_us <= due_us for message in kin):
        return True
    return any(shown.view.engagements for shown in book.standing(case_id, ended_us, due_us))


def _offers_used_up(book: Casebook, ending: Ending) -> bool:
    """Return whether the person was asked as often as may be before an ending (B-REOFFER)."""
    order, _, case_id, ended_us = ending
    first = min(it.at_us for it in book.refreshes(case_id) if book.cycle_of(it) == book.cycle_of(order))
    made = [it for it in book.link_orders(case_id) if first <= it.at_us <= ended_us]
    return len(made) > book.history.manifest.count("B-REOFFER")


# --- RF-17 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-17", "MUST", "one outcome, one reaction", section=SECTION, needs=("core", "webhook", "reauth"),
    source="three events are documented for one failed refresh (K-FAILEVT)", plans=b_plans.told_thrice,
    advice="Let the first event close the attempt; later ones about it find it closed and do nothing.",
)  # fmt: skip
def one_reaction_per_outcome(history: History) -> Iterator[Trigger | Breach]:
    """A failed login that several events tell of leads to one order and one message, in whatever order they come."""
    book = Casebook.of(history)
    for ending in book.known_endings("login_error", "mfa_error"):
        order, part, case_id, ended_us = ending
        told = [hook for hook in book.hooks if _tells(hook, order, part, ended_us)]
        if len(told) < 2 or book.deaths or book.clock_stepped:
            continue
        until_us = _next_cause_us(book, ending)
        if until_us is None:
            continue
        yield Trigger(ended_us, f"{len(told)} events told of the end of {order.order_id} of {case_id}")
        made = [it for it in book.link_orders(case_id) if ended_us <= it.at_us < until_us]
        if made and not book.is_known(made[0]):
            continue
        messages = [
            message for kin in sorted(book.kin(case_id)) for message in book.messages(kin)
            if message.kind == "link" and ended_us <= message.at_us < until_us
        ]  # fmt: skip
        alive_us = min([until_us, *(_over(it) for it in made[:1])])
        if messages and messages[0].order_id is None:
            alive_us = min(alive_us, messages[0].at_us + DAY_US)  # how long an own page lives, nobody sees
        again = [it for it in made[1:] if it.at_us < alive_us]
        twice = [it for it in messages[1:] if it.at_us < alive_us]
        if again or twice:
            second: OrderFacts | Message = again[0] if again else twice[0]
            what = f"{1 + len(again)} orders for a login" if again else f"{1 + len(twice)} messages with a link"
            last = [hook for hook in told if hook.at_us <= second.at_us][-1]
            proof: list[Hook | Sent | Message] = [told[0], last, *([] if again else messages[:2])]
            yield Breach(
                second.at_us,
                f"{case_id}: {order.order_id} ended in {part.status} at {at(history, ended_us)}; {len(told)} events "
                f"told of it, and the integrator made {what}, the second at {at(history, second.at_us)} (last "
                f"event before it: {hook_told(last)} at {at(history, last.at_us)})",
                "one order and one message, however many events tell of the same failure",
                ops=(*proof, *book.evidence(*made[:2])),
            )


def _tells(hook: Hook, order: OrderFacts, part: Part, ended_us: int) -> bool:
    """Return whether an event that was taken tells of this ending."""
    event = hook.event
    if hook.forgery is not None or not 200 <= (hook.status or 0) < 300 or hook.at_us < ended_us:
        return False
    match event.get("event_type"):
        case "task-status-updated":
            return event.get("task_id") == part.task_id and event.get("status") == part.status
        case "link-disconnected":
            return event.get("link_id") == part.link_id
        case "order-refresh-failed" | "order-status-updated":
            return event.get("order_id") == order.order_id and event.get("status") not in {"pending", "sent"}
        case _:
            return False


def _next_cause_us(book: Casebook, ending: Ending) -> int | None:
    """Return from when on another link may have another cause; None: there was another cause already."""
    _, part, case_id, ended_us = ending
    after = [over_us(book, ending)]
    for other in book.of_person(case_id):
        for each in other.parts:
            failed = each is not part and each.status not in {None, "done"} and each.ended_us is not None
            if failed and ended_us - DAY_US <= (each.ended_us or 0) <= ended_us:
                return None
            if failed and (each.ended_us or 0) > ended_us:
                after.append(each.ended_us or 0)
        if not other.is_refresh and other.at_us < ended_us < _over(other):
            return None
    after += [op.at_us for kin in book.kin(case_id) for op in book.did(kin) if op.at_us > ended_us]
    after += [when for link, when in book.deleted_us.items() if link == part.link_id]
    return min(after)


def _over(order: OrderFacts) -> int:
    """Return from when on an order's link is dead."""
    ends = [order.closed_us, order.canceled_us, order.expires_us or None]
    return min((end for end in ends if end is not None), default=order.at_us + 100 * DAY_US)


# --- RF-18 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-18", "MUST", "link-deleted ends the use of a connection", section=SECTION, needs=("core", "webhook"),
    source="links events: the credentials were removed", plans=b_plans.deleted,
    advice="Mark the connection as gone when the event comes, disarm its timers, and ask for a new login or a review.",
)  # fmt: skip
def deleted_link_is_not_used(history: History) -> Iterator[Trigger | Breach]:
    """After ``link-deleted`` no refresh names that connection, and its case goes to a new login or to review."""
    book = Casebook.of(history)
    told: dict[str, Hook] = {}
    for hook in book.hooks:
        taken = hook.forgery is None and hook.fault is None and 200 <= (hook.status or 0) < 300
        if taken and hook.event.get("event_type") == "link-deleted":
            told.setdefault(str(hook.event.get("link_id")), hook)
    for link_id, hook in told.items():
        for case_id, facts in history.cases.items():
            if link_id in facts.links.values():
                yield Trigger(hook.at_us, f"link-deleted for {link_id} of {case_id} was taken")
                yield from _still_used(book, case_id, link_id, hook)
                yield from _not_followed(book, case_id, link_id, hook)


def _still_used(book: Casebook, case_id: str, link_id: str, hook: Hook) -> Iterator[Breach]:
    """Yield the first request to refresh a connection that is known to be deleted."""
    history, facts = book.history, book.history.cases[case_id]
    known_us = hook.at_us + IN_FLIGHT_US
    if any(hook.at_us <= death.at_us <= known_us for death in book.deaths):
        return
    names = {key for key, link in facts.links.items() if link == link_id}
    orders = {facts.order_id: set(facts.links.values())}
    for order in book.of_person(case_id):
        orders[order.order_id] = {str(part.link_id) for part in order.parts}
        names |= {part.suborder_id for part in order.parts if part.link_id == link_id}
    for op in book.requests.values():
        if not op.is_refresh or op.at_us <= known_us or op.order_id not in orders:
            continue
        if book.came_back(case_id, hook.at_us, op.at_us):
            return
        chosen = op.body.get("employers") if isinstance(op.body, dict) else None
        named = {each.get("id") for each in chosen if isinstance(each, dict)} if isinstance(chosen, list) else None
        if (named & names) if named is not None else orders[op.order_id] == {link_id}:
            yield Breach(
                op.at_us,
                f"{case_id}: link-deleted, accepted at {at(history, hook.at_us)}, told that the connection {link_id} "
                f"is deleted; at {at(history, op.at_us)} the integrator sent a refresh of it all the same (answer "
                f"{op.status})",
                "no POST that refreshes it, also when somebody asks later: a new login, or review",
                ops=(hook, op),
            )
            return


def _not_followed(book: Casebook, case_id: str, link_id: str, hook: Hook) -> Iterator[Breach]:
    """Yield a case that needs a deleted connection and goes on as if nothing had happened."""
    history, view = book.history, book.view_at(case_id, hook.at_us)
    before = [op for op in book.asked(case_id) if op.at_us <= hook.at_us]
    after = [op for op in book.asked(case_id) if op.at_us > hook.at_us]
    at_work = view is not None and view.state in {"DUE", "REFRESHING", "UNKNOWN_OUTCOME", "RETRY_WAIT", "LIMIT_WAIT"}
    asked = before[-1] if before and at_work else after[0] if after else None
    if asked is None:
        return
    if asked in after and asked.cycle in {op.cycle for op in before}:
        return  # a cycle that was over needs the connection no more
    from_us = max(asked.at_us, hook.at_us)
    due_us = book.until(from_us, "B-STUCK")
    if due_us is None or due_us >= book.cycle_ends_us(case_id, asked.cycle, from_us):
        return
    for shown in book.standing(case_id, from_us, due_us):
        state = shown.view.state
        if state in ASKS_PERSON | REVIEW | {"BLOCKED", "CLOSED"} or (state == "READY" and shown.seq > asked.seq):
            return
    last = book.view_at(case_id, due_us)
    yield Breach(
        due_us,
        f"{case_id}: its connection {link_id} is deleted, as link-deleted told at {at(history, hook.at_us)}; by "
        f"{at(history, due_us)} nobody had been asked, and the case shows {last.state if last else 'nothing'}",
        "REAUTH_NEEDED or MANUAL: without the connection nothing goes on by itself",
        ops=(hook, *book.standing(case_id, due_us, due_us)),
    )
