"""C. Limits and money: how often Truv is asked at all, told to wait or not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.c_limits import SECTION
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.windows import STEP_US, is_limit
from mock_truv.contract.plan import ORDER_POST, ORDER_READ, during, plan, run_due
from mock_truv.core.faults import Status
from mock_truv.core.instants import HOUR_US, MILLISECOND_US, MINUTE_US, SECOND_US, instant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Sent
    from mock_truv.core.scenario import Scenario

LONGEST_US = HOUR_US
"""A stated pause longer than this may be cut to it."""
SHORTEST_US = 100 * MILLISECOND_US
"""Without a usable ``Retry-After`` there is a pause all the same."""
ROUNDING_US = SECOND_US
GROWS_AFTER = 4
"""So many refusals in a row, and the pauses between them have grown."""
LONG_ENOUGH_US = 10 * MINUTE_US
"""A pause of this length need not grow."""
WAITING = frozenset({"DUE", "REFRESHING", "UNKNOWN_OUTCOME", "RETRY_WAIT", "BLOCKED"})
FAILURES = frozenset({"MANUAL", "REAUTH_NEEDED", "REAUTH_SENT"})
EARLY_US = 12 * HOUR_US
"""Who was throttled for less than this has no reason to give up."""
RATE = 300
"""Requests a minute per access secret (errors page)."""


# --- RF-28 ------------------------------------------------------------------------------------------------------------


def _throttled_plans() -> tuple[Scenario, ...]:
    def told(retry_after: str | None, times: int = 1, **where: str) -> Status:
        return Status(status=429, retry_after=retry_after, times=times, **where)  # type: ignore[arg-type]

    run = run_due()
    return (
        plan("Told to wait 120 seconds", fault=told("120"), lasts="2d"),
        plan("Told to wait until a date, five minutes on", fault=told("{date+300}"), lasts="2d"),
        plan("Sixteen cases in one run, told to wait ten minutes", people=16, driver=run, fault=told("600", times=2),
             lasts="2d"),
        plan("Not told how long, six times", fault=told(None, times=6), lasts="2d"),
        plan("Told to wait thirty years", fault=told("999999999"), lasts="4d"),
        plan("Told to wait until a date in thirty years", fault=told("{date+946080000}"), lasts="4d"),
        plan("Told to wait minus five seconds", fault=told("-5", times=3), lasts="2d"),
        plan("Told to wait until a date that is past", fault=told("Mon, 05 Jan 2015 15:00:00 GMT", times=3),
             lasts="2d"),
        plan("Told nonsense", fault=told("soon", times=5), lasts="2d"),
        plan("Eight refusals of the refresh itself", fault=told("60", times=8, **ORDER_POST), lasts="2d"),
        plan("Refusals of reads while twelve cases run", people=12, driver=run, lasts="2d",
             fault=(told("300", times=2, **ORDER_READ), during(told("{date+120}", times=3), "1h20m"))),
        plan("A limit of twenty requests a minute", people=12, driver=run, profile={"requests_per_minute": 20},
             lasts="2d"),
    )  # fmt: skip


@clause(
    "RF-28", "MUST", "429 is obeyed account-wide", section=SECTION,
    source="errors page: 300 requests a minute per access secret, then throttled; Retry-After is inferred",
    plans=_throttled_plans, weak_without=("reentrancy",),
    advice="Keep one pause for the whole account in the store; take Retry-After as seconds or date, at most an hour.",
)  # fmt: skip
def throttling_is_obeyed(history: History) -> Iterator[Trigger | Breach]:
    """After a 429 nothing is sent before the stated time, by no worker and to no endpoint, and no case fails by it.

    Without a stated time the pause grows; an absurd one is cut to an hour and never read as zero.
    """
    book = Casebook.of(history)
    sent = sorted(book.requests.values(), key=lambda op: op.seq)
    refusals = sorted(
        (op for op in sent if op.status == 429 and not is_limit(op)), key=lambda op: (op.ended_us, op.seq)
    )
    for op in refusals:
        yield Trigger(op.ended_us, f"{op.method} {op.path} was answered 429, Retry-After {op.retry_after}")
    if not refusals or book.clock_stepped:
        return
    yield from _too_early(history, sent, refusals)
    yield from _never_growing(history, sent, refusals)
    yield from _never_again(book, sent, refusals)
    yield from _failed_by_it(book, sent, refusals)


def stated_us(op: Sent) -> int | None:
    """Return the pause that a 429 asks for, whatever its length; None: none that makes sense."""
    text = (op.retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:15]) * SECOND_US or None
    try:
        pause_us = instant_of(parsedate_to_datetime(text)) - op.ended_us
    except (TypeError, ValueError, AssertionError):
        return None
    return pause_us if pause_us > 0 else None


def _too_early(history: History, sent: list[Sent], refusals: list[Sent]) -> Iterator[Breach]:
    """Yield requests sent before the time that the latest refusal stated; those already open are none."""
    ended = [op.ended_us for op in refusals]
    workers = history.manifest.count("concurrency") if history.manifest.reentrancy != "none" else 1
    at_once: dict[int, int] = {}
    for op in sent:
        known = [it for it in refusals[: bisect_right(ended, op.at_us)] if it.seq < op.seq and it.start == op.start]
        if not known:
            continue
        refusal, asked_us = known[-1], stated_us(known[-1])
        pause_us = SHORTEST_US if asked_us is None else max(min(asked_us, LONGEST_US) - ROUNDING_US, SHORTEST_US)
        if op.at_us >= refusal.ended_us + pause_us:
            continue
        if op.at_us == refusal.ended_us:  # it may have been on its way
            at_once[op.at_us] = at_once.get(op.at_us, 0) + 1
            if at_once[op.at_us] < workers:
                continue
        over_us = refusal.ended_us + min(asked_us or 0, LONGEST_US)
        yield Breach(
            op.at_us,
            f"{op.method} {op.path} was sent at {at(history, op.at_us)}, {lasting(op.at_us - refusal.ended_us)} after "
            f"a 429 with Retry-After: {refusal.retry_after}",
            f"no request of this account, of any case, before {at(history, over_us)}"
            if asked_us is not None
            else "a pause of the whole account, at least 0.1 s and longer after each refusal in a row",
            ops=(refusal, op),
        )


def _never_growing(history: History, sent: list[Sent], refusals: list[Sent]) -> Iterator[Breach]:
    """Yield a row of refusals without a stated time after which the pauses did not grow."""
    starts = sorted(op.at_us for op in sent)
    refused = {op.seq for op in refusals}
    row: list[tuple[Sent, int]] = []
    for op in sorted(sent, key=lambda it: (it.ended_us, it.seq)):
        if op.seq not in refused or stated_us(op) is not None:
            row = []
            continue
        following = bisect_right(starts, op.ended_us)
        if following < len(starts):
            row.append((op, starts[following] - op.ended_us))
        pauses = [pause_us for _, pause_us in row]
        if len(row) >= GROWS_AFTER and pauses[0] < LONG_ENOUGH_US and max(pauses[1:]) < pauses[0] * 1.2:
            yield Breach(
                op.ended_us,
                f"{len(row)} answers 429 in a row without a usable Retry-After, the last at "
                f"{at(history, op.ended_us)}; the pauses were {', '.join(lasting(each) for each in pauses)}",
                "pauses that grow from one refusal to the next",
                ops=tuple(each for each, _ in row[:5]),
            )
            return


def _never_again(book: Casebook, sent: list[Sent], refusals: list[Sent]) -> Iterator[Breach]:
    """Yield an absurdly long pause that was kept to, while cases wait."""
    history = book.history
    starts = sorted(op.at_us for op in sent)
    for op in refusals:
        asked_us = stated_us(op)
        due_us = book.until(op.ended_us + LONGEST_US, "B-LOSS", extra_us=STEP_US)
        if asked_us is None or asked_us <= LONGEST_US or due_us is None or book.waits_for_run(op.ended_us, due_us):
            continue
        if bisect_left(starts, due_us) > bisect_right(starts, op.ended_us):
            continue
        for case_id in history.cases:
            shown = book.shown_in(case_id, WAITING, due_us, due_us)
            if shown is not None and book.asked(case_id) and book.closed_us(case_id) is None:
                yield Breach(
                    due_us,
                    f"after a 429 with Retry-After: {op.retry_after} at {at(history, op.ended_us)} nothing was sent "
                    f"until {at(history, due_us)}, while {case_id} waits, shown as {shown.view.state}",
                    "a pause cut to an hour at most",
                    ops=(op, shown),
                )
                return


def _failed_by_it(book: Casebook, sent: list[Sent], refusals: list[Sent]) -> Iterator[Breach]:
    """Yield cases given up, or whose person was asked, in a story in which nothing but 429s went wrong."""
    history, first = book.history, refusals[0]
    refused = {op.seq for op in refusals}
    fine = all((op.error is None and (op.status or 0) < 300) or op.seq in refused for op in sent)
    ended = any(part.status not in {None, "done"} for _, part in history.endings())
    strange = any(hook.forgery or hook.fault for hook in book.hooks)
    if not fine or ended or strange or book.deaths or book.deleted_us or history.people:
        return
    for case_id in history.cases:
        shown = book.shown_in(case_id, FAILURES, first.at_us, first.at_us + EARLY_US)
        if shown is not None and any(first.at_us - EARLY_US < op.at_us <= shown.at_us for op in book.asked(case_id)):
            yield Breach(
                shown.at_us,
                f"{case_id} is shown as {shown.view.state} at {at(history, shown.at_us)}; nothing but "
                f"{len(refusals)} answers 429 went wrong",
                "the case goes on after the pause: a 429 is no failed refresh and costs no try",
                ops=(first, shown),
            )


# --- RF-29 ------------------------------------------------------------------------------------------------------------


def _bulk_plans() -> tuple[Scenario, ...]:
    healthy = bulk_plans.healthy()
    by_link = {"requests_per_minute": 300, "report_place": "link"}
    return (
        healthy,
        replace(healthy, title=f"{healthy.title}, data read by link, at Truv's own limit", profile=by_link),
    )


@clause(
    "RF-29", "SHOULD", "stay under the known rate", section=SECTION, needs=("bulk",),
    source="errors page: 300 requests a minute per access secret", plans=_bulk_plans,
    full_plans=lambda: (bulk_plans.healthy(10_000),),
    advice="Let requests out through one bucket for the account, a little below 300 a minute.",
)  # fmt: skip
def rate_is_kept(history: History) -> Iterator[Trigger | Breach]:
    """Without being told to, no more than 300 requests go out in any 60 seconds."""
    starts = sorted((op.at_us, op.seq, op) for op in history.sent)
    if len(starts) > RATE:
        yield Trigger(starts[0][0], f"{len(starts)} requests in one story")
    instants = [at_us for at_us, _, _ in starts]
    for number in range(RATE, len(instants)):
        if instants[number] - instants[number - RATE] < MINUTE_US:
            yield Breach(
                instants[number],
                f"{RATE + 1} requests within {lasting(instants[number] - instants[number - RATE])}, from "
                f"{at(history, instants[number - RATE])} on",
                "300 in any 60 seconds at most, those of all cases and workers together",
                ops=(starts[number - RATE][2], starts[number][2]),
            )
            return
