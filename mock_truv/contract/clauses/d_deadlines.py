"""D. Time: nothing waits forever, and a clock that is set does no harm."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at, lasting
from mock_truv.contract.clauses.d_time import RETRIED, RETRY_EARLIEST_US, SECTION
from mock_truv.contract.clauses.e_plans import PASSWORD, TWO, breaks
from mock_truv.contract.clauses.endings import after, within
from mock_truv.contract.clauses.windows import STEP_US
from mock_truv.contract.plan import NEW_ORDER_POST, ORDER_POST, down, person, plan, request
from mock_truv.core.faults import Lose, Timeout
from mock_truv.core.instants import DAY_US, MINUTE_US, instant_of, parse_duration
from mock_truv.core.scenario import ConnectionRule, DriverRule, ProviderRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Sent, Shown
    from mock_truv.core.scenario import Scenario

OPEN = frozenset({
    "DUE", "REFRESHING", "UNKNOWN_OUTCOME", "RETRY_WAIT", "LIMIT_WAIT", "REAUTH_NEEDED", "REAUTH_SENT", "BLOCKED",
})  # fmt: skip
"""States in which something is still to come; PARTIAL is one as long as an employer is in one."""
TIMED = frozenset({"REFRESHING", "UNKNOWN_OUTCOME", "RETRY_WAIT", "LIMIT_WAIT"})
"""States from which a timer of the integrator's own leads on."""
BURST = 20
"""More requests than this about one case in a minute are a burst."""
LINK_GRACE_US = DAY_US
"""A link's state may stay so long after the link's expiry."""


# --- RF-33 ------------------------------------------------------------------------------------------------------------


def _silent_plans() -> tuple[Scenario, ...]:
    lost = ConnectionRule(password_changes_after=PASSWORD)
    absent = {"order_list": "absent"}
    return (
        plan("A refresh of which no event tells", fault=Lose(), lasts="6d"),
        plan("A refresh that stays in each status for hours, and no event",
             provider=ProviderRule(id="truv_api", task_seconds=86_400), fault=Lose(), lasts="8d"),
        plan("A provider that stays down, and no event", provider=down("0s", "60d"), fault=Lose(), lasts="14d"),
        plan("A link that nobody follows, and no event", connection=lost, fault=Lose(), lasts="24d"),
        plan("An answer that is lost after the commit, no list, no event", profile=absent, lasts="8d",
             fault=(Lose(), Timeout(commit=True, times=1, **ORDER_POST))),
        plan("An answer that is lost before the commit, no list, no event", profile=absent, lasts="8d",
             fault=(Lose(), Timeout(times=1, **ORDER_POST))),
        plan("A link's answer that is lost, no event", connection=lost, profile={"order_expiry_hours": 24}, lasts="16d",
             fault=(Lose(), Timeout(commit=True, times=1, **NEW_ORDER_POST))),
        plan("A window used up by another system, and no event", fault=Lose(), lasts="8d",
             driver=(DriverRule(do="elsewhere", times=3), request("1h"))),
        plan("Two employers: one needs the person, one's provider is away; no event", people=TWO, connection=breaks(1),
             provider=down("0s", "5h", "quillpay"), fault=Lose(), lasts="24d"),
        plan("The person comes back, and no event tells it", connection=lost, fault=Lose(), lasts="10d",
             driver=(request(), person("completes", "5h"))),
    )  # fmt: skip


@clause(
    "RF-33", "MUST", "nothing waits forever", section=SECTION,
    source="events may be lost (webhooks object); no page promises that a task or a link ends",
    plans=_silent_plans,
    advice="Give every state that is not final a timer in the store; when it fires, read the order, try again or hand "
    "the case to a caseworker.",
)  # fmt: skip
def nothing_waits_forever(history: History) -> Iterator[Trigger | Breach]:
    """No case stays unchanged in a state that is not final beyond B-STUCK without a time at which it goes on.

    A case whose person has a link may stay until a day after the link's expiry.
    """
    book = Casebook.of(history)
    for case_id in history.cases:
        views = book.views(case_id)
        for number, shown in enumerate(views):
            state = _open_state(history, shown)
            if state is None or not book.asked(case_id) or _may_wait(book, case_id, shown, state):
                continue
            yield Trigger(shown.at_us, f"{case_id} waits in {state}")
            planned = shown.view.next_action_at
            from_us = max(shown.at_us, instant_of(planned) if planned is not None else 0)
            if state in ASKS_PERSON:
                ends = [it.expires_us + LINK_GRACE_US for it in book.link_orders(case_id) if it.at_us <= shown.at_us]
                from_us = max(from_us, *ends, 0)
            due_us = book.until(from_us, "B-STUCK", extra_us=STEP_US)
            end_us = views[number + 1].at_us if number + 1 < len(views) else history.end_us
            if due_us is None or min(end_us, book.closed_us(case_id) or end_us) <= due_us:
                continue
            if book.waits_for_run(shown.at_us, due_us):
                continue
            when = "no next_action_at" if planned is None else f"next_action_at {at(history, instant_of(planned))}"
            yield Breach(
                due_us,
                f"{case_id} was shown as {state} at {at(history, shown.at_us)}, with {when}; at "
                f"{at(history, due_us)}, {lasting(due_us - shown.at_us)} later, it still is",
                f"the order read, the case tried again or handed to a caseworker, within {within(book, 'B-STUCK')}",
                ops=(shown,),
            )


def _open_state(history: History, shown: Shown) -> str | None:
    """Return the state, the case's or that of one of its employers, that is not final."""
    if shown.view.state in OPEN:
        return shown.view.state
    if shown.view.state == "PARTIAL":
        states = [history.manifest.state(each) for each in shown.view.employers.values()]
        return next((each for each in states if each in OPEN), None)
    return None


def _may_wait(book: Casebook, case_id: str, shown: Shown, state: str) -> bool:
    """Return whether a case need not go on by itself: not asked for yet, beyond the budget, or the person is needed."""
    history = book.history
    manifest = history.manifest
    asked = [op for op in book.asked(case_id) if op.at_us <= shown.at_us]
    if state in ASKS_PERSON:
        alive = [it for it in book.link_orders(case_id) if it.at_us <= shown.at_us]
        return not manifest.has("reauth") or (state == "REAUTH_SENT" and not alive)
    if state == "DUE":
        return not asked or manifest.has("bulk") or bool(manifest.counts.get("budget_per_day"))
    return not asked


# --- RF-34 ------------------------------------------------------------------------------------------------------------


def _stepped_plans() -> tuple[Scenario, ...]:
    away = down("0s", "20d")

    def step(direction: str, after: str, by: str) -> DriverRule:
        return DriverRule(do=f"clock-{direction}", after=after, lasting=by)  # type: ignore[arg-type]

    lost = ConnectionRule(password_changes_after=PASSWORD)
    return (
        plan("Three days forward while a retry is armed", provider=away, lasts="9d",
             driver=(request(), step("forward", "30m", "3d"))),
        plan("Five minutes back while a retry is armed", provider=away, lasts="9d",
             driver=(request(), step("back", "65m", "5m"))),
        plan("Five minutes back while a refresh runs", provider=ProviderRule(id="truv_api", task_seconds=900),
             lasts="5d", driver=(request(), step("back", "3m", "5m")), fault=Lose()),
        plan("Three days forward while a refresh runs", provider=ProviderRule(id="truv_api", task_seconds=900),
             lasts="5d", driver=(request(), step("forward", "3m", "3d")), fault=Lose()),
        plan("Five minutes back, three days forward, while a link is out", connection=lost, lasts="14d",
             driver=(request(), step("back", "1h", "5m"), step("forward", "5h", "3d"))),
        plan("Three days forward while a case is parked", lasts="9d",
             driver=(DriverRule(do="elsewhere", times=3), request("1h"), step("forward", "2h", "3d"))),
        plan("Five minutes back every hour", provider=down("0s", "6h"), lasts="5d",
             driver=(request(), DriverRule(do="clock-back", after="20m", every="1h", times=5, lasting="5m"))),
    )  # fmt: skip


@clause(
    "RF-34", "MUST", "clock steps do no harm", section=SECTION, needs=("clock",),
    source="observed of hosts: time services step clocks, machines sleep", plans=_stepped_plans,
    advice="Arm the next timer from now, not from the last one; wait by a monotonic clock; clip waits at zero.",
)  # fmt: skip
def steps_do_no_harm(history: History) -> Iterator[Trigger | Breach]:
    """A host's clock that is set back or forward makes no burst of requests and loses no timer."""
    book = Casebook.of(history)
    for at_us, by_us in _steps(history):
        waiting = [
            (case_id, shown) for case_id in history.cases
            if (shown := book.shown_in(case_id, TIMED, at_us, at_us)) is not None
        ]  # fmt: skip
        if not waiting and not any(op.at_us > at_us for op in book.requests.values()):
            continue
        yield Trigger(at_us, f"the host's clock was {_set(by_us)}")
        yield from _bursts(book, at_us, by_us)
        yield from _repeats(book, at_us, by_us)
        for case_id, shown in waiting:
            yield from _lost_timer(book, case_id, shown, at_us, by_us)


def _steps(history: History) -> list[tuple[int, int]]:
    """Return (when, by how much) of the steps of the host's clock."""
    found = []
    for rule in history.plan.driver:
        if rule.do not in {"clock-back", "clock-forward"} or rule.at is not None or rule.lasting is None:
            continue
        by_us = parse_duration(rule.lasting) * (1 if rule.do == "clock-forward" else -1)
        every_us = 0 if rule.every is None else parse_duration(rule.every)
        first_us = history.start_us + parse_duration(rule.after)
        found += [(first_us + number * every_us, by_us) for number in range(rule.times)]
    return sorted(step for step in found if step[0] < history.end_us)


def _set(by_us: int) -> str:
    """Return how a clock was set, for evidence."""
    return f"set {'forward' if by_us > 0 else 'back'} by {lasting(abs(by_us))}"


def _bursts(book: Casebook, at_us: int, by_us: int) -> Iterator[Breach]:
    """Yield more requests right after a step than any work asks for."""
    history = book.history
    sent: list[Sent] = sorted(book.requests.values(), key=lambda op: op.seq)
    starts = [op.at_us for op in sent]
    first, last = bisect_left(starts, at_us), bisect_right(starts, at_us + MINUTE_US)
    most = BURST * len(history.cases)
    if last - first > most:
        yield Breach(
            at_us,
            f"the host's clock was {_set(by_us)} at {at(history, at_us)}; {last - first} requests went out in the "
            f"minute after it, for {len(history.cases)} cases in all",
            f"no burst: at most {most} requests",
            ops=tuple(sent[first : first + 5]),
        )


def _repeats(book: Casebook, at_us: int, by_us: int) -> Iterator[Breach]:
    """Yield refreshes of one connection, after a step, that follow a failed one without a pause."""
    history = book.history
    for order, part, case_id, ended_us in book.known_endings(*RETRIED):
        for repeat_us, repeat in book.repeats(order, part)[:1]:
            soon = at_us <= ended_us <= at_us + DAY_US and repeat_us - ended_us < RETRY_EARLIEST_US
            if soon and not book.clicks(case_id, order.at_us + 1, repeat_us):
                yield Breach(
                    repeat_us,
                    f"the host's clock was {_set(by_us)} at {at(history, at_us)}; order {order.order_id} of {case_id} "
                    f"ended in {part.status} at {at(history, ended_us)} and was repeated {after(repeat_us - ended_us)} "
                    f"(order {repeat.order_id})",
                    "a pause of 15 minutes at least, counted from that ending",
                    ops=book.evidence(order, repeat),
                )
                return


def _lost_timer(book: Casebook, case_id: str, shown: Shown, at_us: int, by_us: int) -> Iterator[Breach]:
    """Yield a case that a timer should have led on, and for which nothing was done after a step."""
    history = book.history
    backwards_us = sum(-by for _, by in _steps(history) if by < 0)
    due_us = history.until(at_us, "B-STUCK", extra_us=backwards_us + STEP_US)
    if due_us is None or book.waits_for_run(at_us, due_us) or history.manifest.counts.get("budget_per_day"):
        return
    if any(at_us < op.at_us <= due_us for op in book.views(case_id)) or (book.closed_us(case_id) or due_us) < due_us:
        return
    mine = {it.order_id for it in book.of_person(case_id)} | {history.cases[case_id].order_id}
    links = set(history.cases[case_id].links.values())
    for op in book.requests.values():
        about = op.order_id in mine or op.is_new_order or any(link in op.path for link in links)
        if about and at_us < op.at_us <= due_us:
            return
    yield Breach(
        due_us,
        f"{case_id} was shown as {shown.view.state} when the host's clock was {_set(by_us)} at "
        f"{at(history, at_us)}; until {at(history, due_us)} nothing was done for it",
        "the next attempt or read, at the latest when the new clock shows its time",
        ops=(shown,),
    )
