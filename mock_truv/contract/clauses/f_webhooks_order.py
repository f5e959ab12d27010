"""F. Webhooks: the same news twice, out of order, of another attempt, or late."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import at, lasting
from mock_truv.contract.clauses.f_plans import (
    distinct_plans,
    late_plans,
    other_attempt_plans,
    redelivered_plans,
    renamed_plans,
    reordered_plans,
)
from mock_truv.contract.clauses.hooks import (
    ENDINGS,
    FAILURES,
    accepted,
    repeats,
    stale,
    time_of,
    told,
)
from mock_truv.contract.clauses.mail import Mail
from mock_truv.core.instants import MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mock_truv.contract.history import History, OrderFacts, Part
    from mock_truv.contract.operations import Hook

SECTION = "F. Webhooks"
LATE_US = 30 * MINUTE_US

webhooks = partial(clause, section=SECTION, needs=("core", "webhook"))


# --- twice ----------------------------------------------------------------------------------------------------------


@webhooks(
    "RF-54", "MUST", "Redelivery has no second effect", plans=redelivered_plans,
    source="webhooks object: duplicates happen; webhook_id",
    advice="Keep the ids that were handled in the store, for good, and answer a known one 2xx.",
)  # fmt: skip
def redelivery_has_no_second_effect(history: History) -> Iterator[Trigger | Breach]:
    """A webhook that comes again under its id leads to no further refresh, order or message.

    It is answered 2xx, at once or days later, also after a restart.
    """
    yield from _twice(history, same_id=True)


@webhooks(
    "RF-55", "MUST", "Same fact under a new id has no second effect", plans=renamed_plans,
    source="webhooks object: an id per webhook request; whether a retry keeps it is not documented",
    advice="Let effects hang on the fact (task and status, or the order as read), not on the id.",
)  # fmt: skip
def renamed_news_has_no_second_effect(history: History) -> Iterator[Trigger | Breach]:
    """An event that comes again under another ``webhook_id`` leads to no further refresh, order or message.

    It is answered 2xx.
    """
    yield from _twice(history, same_id=False)


def _twice(history: History, *, same_id: bool) -> Iterator[Trigger | Breach]:
    mail = Mail.of(history)
    pairs = list(repeats(mail.genuine, same_id=same_id))
    under = "under the same id" if same_id else "under a new id"
    for first, again in pairs:
        gap = f"{lasting(again.at_us - first.at_us)} later {under}"
        if again.status is not None:
            yield Trigger(again.at_us, f"{told(again)} came again {gap}")
        if mail.turned_away(again) and not again.fault:
            text = f"{told(again)} was accepted at {at(history, first.at_us)}; {gap} it was answered {again.status}"
            yield Breach(again.at_us, text, "2xx: there is nothing to do, and nothing wrong.", (first, again))
    firsts = {again.seq: first for first, again in pairs}

    def how(hook: Hook) -> str:
        return f", again {under} (first at {at(history, firsts[hook.seq].at_us)})"

    yield from _second_effects(mail, [again for _, again in pairs], how)
    for hook, op, what in mail.unaided(lambda it: it.seq in firsts):
        text = f"at {at(history, op.at_us)} only {told(hook)} came{how(hook)}, and {what}"
        yield Breach(op.at_us, text, "Nothing: it was handled when it came first.", (hook, op))


def _second_effects(mail: Mail, news: Sequence[Hook], how: Callable[[Hook], str]) -> Iterator[Breach]:
    """Yield what was done for a case without any reason, after one of these webhooks about it had come."""
    for hook, case_id, at_us, what, ops in mail.uncalled(news):
        text = f"{case_id}: {told(hook)} came at {at(mail.history, hook.at_us)}{how(hook)}, and at "
        text += f"{at(mail.history, at_us)} there followed {what}"
        yield Breach(at_us, text, "Nothing more: what this event tells had been dealt with.", (hook, *ops))


# --- each for itself ------------------------------------------------------------------------------------------------


@webhooks(
    "RF-56", "MUST", "Distinct facts are not swallowed", plans=distinct_plans,
    source="inferred: one task event per employer and attempt",
    advice="Make the key of what is known already from task (or order and employer) and status, never from less.",
)  # fmt: skip
def distinct_facts_all_count(history: History) -> Iterator[Trigger | Breach]:
    """Two employers that are done, or two attempts that end alike, are two facts: each comes to its effect."""
    mail = Mail.of(history)
    earlier: dict[tuple[str, str | None], OrderFacts] = {}
    for order in history.refreshes():
        ends = [part for part in order.parts if part.status is not None]
        alike = len({part.status for part in ends}) < len(ends)
        again = [part for part in ends if (part.link_id or "", part.status) in earlier]
        earlier.update({(part.link_id or "", part.status): order for part in ends})
        heard = mail.told(order, history.end_us) if alike or again else []
        if not heard:
            continue
        ended = ", ".join(sorted({str(part.status) for part in ends}))
        what = f"{len(ends)} employers of order {order.order_id} ended in {ended}" if alike else (
            f"order {order.order_id} ended in {again[0].status}, as one before it")  # fmt: skip
        yield Trigger(heard[0].at_us, what)
        late = mail.unsettled(order, heard[0].at_us, mail.prompt())
        if late is not None:
            text = f"{what}, and {told(heard[0])} told the last of it at {at(history, heard[0].at_us)}; at "
            text += f"{at(history, late[0])} {late[1].case_id} was still shown {late[1].state}"
            yield Breach(late[0], text, "Each event of an employer or attempt counts by itself.", tuple(heard[:3]))


@webhooks(
    "RF-57", "MUST", "Older news never replaces newer", plans=reordered_plans,
    source="security page: order by updated_at",
    advice="Drop an event whose updated_at is not after what is known of its task, or re-read the order.",
)  # fmt: skip
def older_news_changes_nothing(history: History) -> Iterator[Trigger | Breach]:
    """An event that tells an earlier status than one before it changes nothing: what has ended stays ended."""
    mail = Mail.of(history)
    pairs = stale(mail.genuine)
    olds = {old.seq: newer for newer, old in pairs}
    for _, old in pairs:
        yield Trigger(old.at_us, f"{told(old)} came after a later one")
    for hook, op, before in mail.went_back(lambda it: it.seq in olds):
        newer = olds[hook.seq]
        text = f"{told(hook)} came at {at(history, hook.at_us)}, after the newer {told(newer)} of "
        text += f"{at(history, newer.at_us)}, and {op.view.case_id} went from {before.state} back to {op.view.state}"
        yield Breach(op.at_us, text, f"{before.state}, as it was.", (newer, hook, op))
    for newer, old in pairs:
        found = mail.subject(old)
        if found is None or newer.event.get("status") not in ENDINGS or not (accepted(newer) and accepted(old)):
            continue
        late = mail.unsettled(found[0], old.at_us, mail.prompt())
        if late is not None:
            text = f"{told(newer)} came at {at(history, newer.at_us)}, then the older {told(old)} at "
            text += f"{at(history, old.at_us)}; at {at(history, late[0])} {late[1].case_id} was still shown "
            text += late[1].state
            yield Breach(late[0], text, "The newer status counts.", (newer, old))


@webhooks(
    "RF-58", "MUST", "News of another attempt is not applied to this one", plans=other_attempt_plans,
    source="tasks events: link and user, no order id; orders events",
    advice="Find the attempt by task or order id; by link or user alone an event is no more than a hint to look.",
)  # fmt: skip
def other_attempts_news_is_not_applied(history: History) -> Iterator[Trigger | Breach]:
    """An event of an earlier attempt or cycle neither completes nor fails the present one.

    Person and connection may be the same.
    """
    mail = Mail.of(history)
    foreign: list[Hook] = []
    for hook in mail.genuine:
        current = _current_instead(mail, hook)
        if current is None:
            continue
        foreign.append(hook)
        yield Trigger(
            hook.at_us, f"{told(hook)} of an earlier attempt came while {current[0].order_id} was the present"
        )
        yield from _taken_over(mail, hook, *current)
    seqs = {hook.seq for hook in foreign if hook.event.get("status") in FAILURES}
    for hook, op, before in mail.went_back(lambda it: it.seq in seqs):
        text = f"{told(hook)} came at {at(history, hook.at_us)}{_whose(mail, hook)}, and {op.view.case_id} went from "
        text += f"{before.state} to {op.view.state}"
        yield Breach(op.at_us, text, f"{before.state}, as it was.", (hook, op))
    yield from _second_effects(mail, [it for it in foreign if it.seq in seqs], partial(_whose, mail))


def _whose(mail: Mail, hook: Hook) -> str:
    """Return which earlier attempt an event is about, for evidence."""
    found = mail.subject(hook)
    return ", about an earlier attempt" + (f" (order {found[0].order_id})" if found is not None else "")


def _current_instead(mail: Mail, hook: Hook) -> tuple[OrderFacts, Part] | None:
    """Return the later attempt (order and part) of the connection that an ending's event is about."""
    found = mail.subject(hook)
    if found is None or hook.fault or hook.event.get("status") not in ENDINGS or found[0].case_id is None:
        return None
    key = found[1].key if found[1] is not None else None
    orders = [*mail.book.refreshes(found[0].case_id), *mail.book.link_orders(found[0].case_id)]
    later = [
        (order, part)
        for order in sorted(orders, key=lambda it: it.at_us) if found[0].at_us < order.at_us < hook.at_us
        for part in order.parts if key is None or part.key == key
    ]  # fmt: skip
    return later[-1] if later else None


def _taken_over(mail: Mail, hook: Hook, order: OrderFacts, part: Part) -> Iterator[Breach]:
    """Yield a case shown as ready by another attempt's done, while its own refresh runs."""
    history, case_id = mail.history, order.case_id or ""
    if hook.event.get("status") not in {"done", "completed"} or not order.is_refresh:
        return
    to_us = min(
        part.ended_us or history.end_us, mail.book.cycle_ends_us(case_id, mail.book.cycle_of(order), order.at_us)
    )
    before = mail.book.view_at(case_id, hook.at_us - 1)
    running = [it for it in mail.book.refreshes(case_id) if it.at_us > order.at_us]
    if running or before is None or before.state in {"READY", "PARTIAL"}:
        return
    for op in mail.book.views(case_id):
        if hook.at_us <= op.at_us < to_us and op.view.state == "READY":
            text = f"{told(hook)} came at {at(history, hook.at_us)}{_whose(mail, hook)}, and {case_id} was shown READY"
            text += f" at {at(history, op.at_us)} while the refresh of the present order {order.order_id} still ran"
            yield Breach(op.at_us, text, f"REFRESHING until order {order.order_id} itself has ended.", (hook, op))
            return


# --- late -----------------------------------------------------------------------------------------------------------


@webhooks(
    "RF-59", "MUST", "Late is still right", plans=late_plans,
    source="inferred: queues get stuck",
    advice="Read the order when an event comes; act on what the order says now, not on what the event said.",
)  # fmt: skip
def late_news_is_applied_or_ignored(history: History) -> Iterator[Trigger | Breach]:
    """An event that is hours or days late is applied if it is still news.

    Where the case was settled otherwise it starts no refresh and no contact.
    """
    mail = Mail.of(history)
    lates: list[Hook] = []
    for hook in mail.genuine:
        made_us = time_of(hook.event)
        if made_us is None or hook.at_us - made_us < LATE_US or hook.fault or not accepted(hook):
            continue
        lates.append(hook)
        yield Trigger(hook.at_us, f"{told(hook)} came {lasting(hook.at_us - made_us)} late")
    ending = [hook for hook in lates if hook.event.get("status", "disconnected") in {*FAILURES, "disconnected"}]
    yield from _second_effects(mail, ending, _lateness)
    seqs = {hook.seq for hook in lates}
    for hook, op, before in mail.went_back(lambda it: it.seq in seqs):
        text = f"{told(hook)} came at {at(history, hook.at_us)}{_lateness(hook)}, and {op.view.case_id} went from "
        text += f"{before.state} to {op.view.state}"
        yield Breach(op.at_us, text, f"{before.state}, as it was: the case had been settled meanwhile.", (hook, op))
    for order in history.refreshes():
        heard = [hook for hook in mail.told(order, history.end_us) if hook.seq in seqs]
        late = mail.unsettled(order, heard[0].at_us, mail.prompt()) if heard else None
        if late is not None:
            text = f"{told(heard[0])} came at {at(history, heard[0].at_us)}{_lateness(heard[0])}, and at "
            text += f"{at(history, late[0])} {late[1].case_id} was still shown {late[1].state}"
            yield Breach(late[0], text, "The order's end shown: late news is news.", (heard[0],))


def _lateness(hook: Hook) -> str:
    """Return how late an event came, for evidence."""
    made_us = time_of(hook.event)
    return "" if made_us is None else f", {lasting(hook.at_us - made_us)} late"
