"""Restarts: a crash around the contact with a person, and what the program must still know afterwards."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.unknown_posts import case_of, knob
from mock_truv.contract.plan import ORDER_POST, ORDER_READ, down, plan, request
from mock_truv.core import faults
from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US, SECOND_US, instant_of
from mock_truv.core.scenario import ConnectionRule, DriverRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Died, Sent
    from mock_truv.core.scenario import Scenario

SECTION = "H. Races, crashes, restarts"
SESSION_OVER = ConnectionRule(session_ends_after="29d")
WINDOW_REFRESHES = 3
FIRST_RETRY_US = 15 * MINUTE_US
REACTS_US = 10 * MINUTE_US
PAUSE_MAX_US = HOUR_US
"""A longer Retry-After may be cut to this."""


# --- what a restart must still know


def memory_plans() -> tuple[Scenario, ...]:
    """Return: a restart in the middle of a pause, a retry, a window, and between two deliveries of one event."""

    def killed(after: str, lasting: str = "1m") -> DriverRule:
        return DriverRule(do="crash", after=after, lasting=lasting)

    paused = faults.Status(**ORDER_POST, status=429, retry_after="1800", times=1)
    return (
        plan("restarted in the pause after a 429", fault=paused, driver=(request(), killed("2m")), lasts="1d"),
        plan("restarted while a retry waits", provider=down("0s", "3h"), driver=(request(), killed("2m")), lasts="2d"),
        plan("restarted between two deliveries of one event", connection=SESSION_OVER, lasts="3d",
             fault=faults.Duplicate(copies=1, gap_seconds=3600.0), driver=(request(), killed("30m"))),
        plan("restarted after each of the first retries; more than three would be made", provider=down("0s", "40h"),
             profile={"refresh_limit": 10}, driver=(request(), *(killed(f"{hours}h10m") for hours in (1, 3, 6, 9))),
             lasts="3d"),
        plan("the same; Truv refuses the fourth", provider=down("0s", "40h"), lasts="3d",
             driver=(request(), *(killed(f"{hours}h10m") for hours in (1, 3, 6, 9)))),
        plan("restarted in a pause told as a date", lasts="1d", driver=(request(), killed("1m", "30s")),
             fault=faults.Status(**ORDER_READ, status=429, retry_after="{date+900}", times=1)),
        plan("restarted between two deliveries of the end", driver=(request(), killed("1h")), lasts="2d",
             fault=faults.Duplicate(copies=1, gap_seconds=7200.0)),
        plan("three cases wait in the pause after a 429", people=3, driver=(request(cases=3), killed("5m", "5m")),
             fault=faults.Status(status=429, retry_after="1800", times=1), lasts="1d"),
    )  # fmt: skip


@clause("RF-90", "MUST", "State survives", section=SECTION, plans=memory_plans, needs=("core", "persist"),
        source="inferred: limits, budgets and repeated deliveries do not end with a process",
        advice="Keep pauses, counters, timers and the marks of events that were handled in the store.")  # fmt: skip
def restarts_forget_nothing(history: History) -> Iterator[Trigger | Breach]:
    """Pauses after a 429, the last day's refreshes, times of retries and handled events outlive a restart."""
    book = Casebook.of(history)
    if not book.deaths or book.clock_stepped:
        return
    yield from _pauses(book)
    yield from _windows(book)
    yield from _timers(book)
    yield from _events(book)
    yield from _budget(book)


def _between(book: Casebook, from_us: int, to_us: int) -> Died | None:
    """Return a crash in ``(from_us, to_us)`` after which the program was up again by then."""
    return next((it for it in book.deaths if from_us < it.at_us and (it.back_us or to_us + 1) <= to_us), None)


def _pauses(book: Casebook) -> Iterator[Trigger | Breach]:
    requests = list(book.requests.values())
    for number, op in enumerate(requests):
        pause_us = _asked_pause_us(op)
        if pause_us is None:
            continue
        death = _between(book, op.ended_us, op.ended_us + pause_us)
        if death is None:
            continue
        yield Trigger(death.at_us, f"restarted in the pause of {lasting(pause_us)} after a 429")
        early = next((it for it in requests[number + 1 :] if it.start > op.start), None)
        if early is not None and early.at_us < op.ended_us + pause_us - SECOND_US:
            yield Breach(
                early.at_us,
                f"{op.method} {op.path}{_whose(book, op)} was answered 429 with Retry-After {op.retry_after} at"
                f" {at(book.history, op.ended_us)}; restarted at {at(book.history, death.back_us or 0)}, the program"
                f" sent {early.method} {early.path} {lasting(early.at_us - op.ended_us)} after the 429",
                "Keep the end of the pause in the store, and wait for it after a start too.",
                ops=(op, death, early),
            )
            return


def _whose(book: Casebook, op: Sent) -> str:
    case_id = case_of(book, op)
    return f" for {case_id}" if case_id else ""


def _asked_pause_us(op: Sent) -> int | None:
    """Return the pause that a 429 asks for, cut at the ceiling; None where none is asked for that can be read."""
    if op.status != 429 or op.error is not None or op.retry_after is None or "refresh limit" in str(op.answer).lower():
        return None
    text = op.retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:12]) * SECOND_US, PAUSE_MAX_US)
    try:
        return min(instant_of(parsedate_to_datetime(text)) - op.ended_us, PAUSE_MAX_US)
    except (TypeError, ValueError):
        return None


def _windows(book: Casebook) -> Iterator[Trigger | Breach]:
    if knob(book, "gse_refreshes"):
        return
    lied = {op.made for op in book.requests.values() if op.made and 400 <= (op.status or 0) < 500}
    by_link: dict[str, list[int]] = {}
    for line in book.history.ledger:
        if not line.elsewhere and line.order_id not in lied:
            by_link.setdefault(line.link_id, []).append(line.committed_us or line.at_us)
    for link_id, times_us in by_link.items():
        times_us.sort()
        for first_us, last_us in zip(times_us, times_us[WINDOW_REFRESHES:], strict=False):
            death = _between(book, first_us, last_us)
            if death is not None and last_us - first_us < DAY_US:
                yield Breach(
                    last_us,
                    f"connection {link_id} was refreshed {WINDOW_REFRESHES + 1} times within"
                    f" {lasting(last_us - first_us)}, with a restart at {at(book.history, death.back_us or 0)} between",
                    "Count refreshes in the store.",
                    ops=(death,),
                )
                return


def _timers(book: Casebook) -> Iterator[Trigger | Breach]:
    for order, part, case_id, ended_us in book.known_endings("unavailable", "error"):
        death = _between(book, ended_us, ended_us + DAY_US)
        if death is None or book.closed_us(case_id) is not None:
            continue
        yield Trigger(death.at_us, f"restarted after {order.order_id} had ended in {part.status}")
        later = next(iter(book.repeats(order, part)), None)
        if later is None or not ended_us < (death.back_us or 0) <= later[0] < ended_us + FIRST_RETRY_US:
            continue
        if book.clicks(case_id, ended_us, later[0]) == 0:
            yield Breach(
                later[0],
                f"{order.order_id} ended in {part.status}; restarted at {at(book.history, death.back_us or 0)}, the"
                f" program refreshed the connection again {lasting(later[0] - ended_us)} after the ending",
                "Keep the time of the retry in the store.",
                ops=(death, *book.evidence(order, later[1])),
            )


def _events(book: Casebook) -> Iterator[Trigger | Breach]:
    """Yield what a restart between two deliveries of one event led to."""
    first: dict[str, int] = {}
    for hook in book.hooks:
        if hook.forgery is not None or (hook.status or 500) >= 300:
            continue
        known_us = first.setdefault(str(hook.event.get("webhook_id")), hook.at_us)
        death = _between(book, known_us, hook.at_us)
        if death is None:
            continue
        yield Trigger(hook.at_us, f"{hook.event.get('event_type')} came again after a restart")
        for case_id in book.history.cases:
            again = _reaction(book, case_id, hook.at_us, known_us)
            if again is not None and _concerns(book, case_id, hook.event):
                yield Breach(
                    again[0],
                    f"{hook.event.get('event_type')} ({hook.event.get('status')}) came at {at(book.history, known_us)}"
                    f" and, after a restart, again at {at(book.history, hook.at_us)}; then {again[1]} for {case_id}",
                    "Keep the marks of handled events, or judge by the case's own state.",
                    ops=(hook, death),
                )
                return


def _concerns(book: Casebook, case_id: str, event: object) -> bool:
    facts = book.history.cases[case_id]
    values = set(event.values()) if isinstance(event, dict) else set()
    mine = {facts.user_id, *facts.links.values(), *(it.order_id for it in book.of_person(case_id))}
    return bool(mine & {each for each in values if isinstance(each, str)})


def _reaction(book: Casebook, case_id: str, from_us: int, known_us: int) -> tuple[int, str] | None:
    """Return a second effect that followed an event's second delivery, its first one's effect still standing."""
    links = book.link_orders(case_id)
    for order in links:
        standing = any(
            known_us <= it.at_us < from_us and book.is_known(it) and is_live(it, order.at_us) for it in links
        )
        if from_us <= order.at_us <= from_us + REACTS_US and standing:
            return order.at_us, f"another order for a new login was made ({order.order_id})"
    told = [it for it in book.messages(case_id) if it.kind == "announcement"]
    for message in told:
        before = any(it.order_id == message.order_id and it.at_us < from_us for it in told)
        if from_us <= message.at_us <= from_us + REACTS_US and before:
            return message.at_us, f"{message.order_id} was announced again"
    return None


def _budget(book: Casebook) -> Iterator[Breach]:
    """Yield a breach if a day with a restart saw more refreshes than the declared cap."""
    manifest = book.history.manifest
    cap = manifest.counts.get("budget_per_day")
    if cap is None or not manifest.has("budget") or manifest.policies.get("budget_zone"):
        return
    days: dict[int, list[int]] = {}
    for line in book.history.ledger:
        if not line.elsewhere:
            made_us = line.committed_us or line.at_us
            days.setdefault(made_us // DAY_US, []).append(made_us)
    for times_us in days.values():
        death = _between(book, min(times_us), max(times_us))
        if death is not None and len(times_us) > cap:
            yield Breach(
                max(times_us),
                f"{len(times_us)} connections were refreshed on one day with a restart in it; the cap is {cap}",
                "Count in the store.",
                ops=(death,),
            )


def is_live(order: OrderFacts, at_us: int) -> bool:
    """Return whether the link of an order that was made before could still be used then."""
    ended = [each for each in (order.canceled_us, order.closed_us) if each is not None]
    return order.at_us < at_us < order.expires_us and all(at_us < each for each in ended)
