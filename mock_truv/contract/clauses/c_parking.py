"""C. Limits and money: what becomes of a case whose connection is at its limit, and of the window that opens again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.c_limits import RAISED, SECTION, SOURCE, cycles_in_runs, fourth_breach
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at
from mock_truv.contract.clauses.endings import within
from mock_truv.contract.clauses.windows import LIMIT, STEP_US, WINDOW_US, Windows, ops_of
from mock_truv.contract.plan import down, plan, request, run_due
from mock_truv.core.instants import instant_of
from mock_truv.core.scenario import DriverRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.adapter import CaseView
    from mock_truv.contract.clauses.windows import Attempt
    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Op
    from mock_truv.core.scenario import Scenario

PARKED = frozenset({"LIMIT_WAIT", "RETRY_WAIT", "DUE", "REFRESHING", "BLOCKED", "UNKNOWN_OUTCOME"})
WAITS = frozenset({"LIMIT_WAIT", "RETRY_WAIT", "DUE"})
FORESEEN = frozenset({"done", "unavailable", "error"})
"""Endings after which nobody asks the person."""


# --- RF-23 ------------------------------------------------------------------------------------------------------------


def _used_up_plans() -> tuple[Scenario, ...]:
    elsewhere = DriverRule(do="elsewhere", times=3)
    spread = DriverRule(do="elsewhere", every="4h", times=3)
    return (
        plan("Another system used the window up", driver=(elsewhere, request("1h")), lasts="4d"),
        plan("Another system used the window up; refused with 429", driver=(elsewhere, request("1h")), lasts="4d",
             profile={"refresh_limit_status": 429}),
        plan("Another system used the window up; the task fails", driver=(elsewhere, request("1h")), lasts="4d",
             profile={"refresh_limit_effect": "fail_task"}),
        plan("The task fails, the reason stands in the task", driver=(elsewhere, request("1h")), lasts="4d",
             profile={"refresh_limit_effect": "fail_task", "failure_reason_in": ["task"]}),
        plan("Another system refreshes every four hours", driver=(spread, request("9h")), lasts="4d"),
        plan("Another system uses the window up before a night, or a second cycle", lasts="4d",
             driver=(DriverRule(do="elsewhere", after="23h30m", times=3), request("1h"),
                     request("1d", cycle="cycle-2"))),
        plan("One of two connections is at its limit", people=PersonRule(employers=2), lasts="4d", driver=(
             request("1h"), request("2h", cycle="cycle-2"), DriverRule(do="elsewhere", after="3h"),
             request("4h", cycle="cycle-3"))),
        plan("At the limit, and a restart while the case is parked", lasts="4d",
             driver=(elsewhere, request("1h"), DriverRule(do="crash", after="5h", lasting="10m"))),
    )  # fmt: skip


@clause(
    "RF-23", "MUST", '"limit exceeded" parks the case', section=SECTION,
    source="refresh object: an explicit error beyond the limit; its status is not documented", plans=_used_up_plans,
    advice="Show LIMIT_WAIT with the instant at which the window surely opens; try again then and not before.",
)  # fmt: skip
def limit_parks(history: History) -> Iterator[Trigger | Breach]:
    """A refresh refused because of the limit waits, visibly, until the window opens.

    It is not repeated before, not taken for a lost login, not dropped, and nobody is contacted.
    """
    book = Casebook.of(history)
    windows = Windows(book)
    for link_id, refused in windows.refused.items():
        for attempt in refused:
            if attempt.case_id is None or attempt.case_id not in history.cases or not _is_heard(book, attempt):
                continue
            yield Trigger(attempt.at_us, f"connection {link_id} of {attempt.case_id} is at its limit")
            if book.clock_stepped:
                continue
            yield from _not_repeated(book, windows, attempt)
            yield from _not_contacted(book, windows, attempt)
            yield from _is_parked(book, windows, attempt)


def _is_heard(book: Casebook, refused: Attempt) -> bool:
    """Return whether the refusal reached the integrator."""
    if refused.order is not None:
        return book.is_known(refused.order)
    return refused.op is not None and refused.op.error is None and refused.op.fault is None


def _not_repeated(book: Casebook, windows: Windows, refused: Attempt) -> Iterator[Breach]:
    assert refused.case_id is not None, "the caller has seen to it"
    history = book.history
    opens_us = windows.opens_us(refused.link_id, refused.at_us, known_only=True)
    for again in windows.attempts(refused.link_id, refused.case_id):
        known_us = refused.op.ended_us if refused.order is None and refused.op is not None else _ended_us(refused)
        if known_us < again.at_us < opens_us and not book.clicks(refused.case_id, refused.at_us + 1, again.at_us):
            yield Breach(
                again.at_us,
                f"{refused.case_id}: {_met_limit(book, refused)}, and the integrator tried it again at "
                f"{at(history, again.at_us)}; there is room from {at(history, opens_us)} on",
                f"no POST for this connection before {at(history, opens_us)}; where others refresh it, too, and nobody "
                "can tell when, 24 hours after the refusal",
                ops=ops_of(refused, again),
            )
            return


def _met_limit(book: Casebook, refused: Attempt) -> str:
    """Return that, and why, a refresh met the limit, for evidence."""
    lines = [line for line in book.bills(refused.link_id) if refused.at_us - WINDOW_US < line.at_us < refused.at_us]
    others = sum(line.elsewhere for line in lines)
    whose = f", {others} of them by another system" if others else ""
    return (
        f"the refresh of connection {refused.link_id} at {at(book.history, refused.at_us)} met the limit "
        f"({len(lines)} refreshes in the 24 hours before it{whose})"
    )


def _ended_us(attempt: Attempt) -> int:
    return (attempt.part.ended_us if attempt.part is not None else None) or attempt.at_us


def _not_contacted(book: Casebook, windows: Windows, refused: Attempt) -> Iterator[Breach]:
    history, case_id = book.history, refused.case_id or ""
    opens_us = windows.opens_us(refused.link_id, refused.at_us, known_only=True)
    to_us = min(opens_us, book.cycle_ends_us(case_id, book.cycle_at(case_id, len(history.ops)), refused.at_us))
    if book.excuses_contact(case_id, to_us, FORESEEN):
        return
    shown = book.shown_in(case_id, ASKS_PERSON, refused.at_us, to_us)
    done = [(when, what, op) for when, what, op in book.contacts(case_id, refused.at_us - 1, to_us)]
    if shown is not None:
        done.append((shown.at_us, f"showed the case as {shown.view.state}", shown))
    for when, what, op in done[:1]:
        yield Breach(
            when,
            f"{case_id}: {_met_limit(book, refused)}, and the integrator {what} at {at(history, when)}",
            "LIMIT_WAIT, and nobody asked: the login is in order, the person can do nothing",
            ops=(*ops_of(refused), *([op] if op is not None else [])),
        )


def _is_parked(book: Casebook, windows: Windows, refused: Attempt) -> Iterator[Breach]:
    history, case_id = book.history, refused.case_id or ""
    due_us = book.until(_ended_us(refused), "B-PREFILL", extra_us=STEP_US)
    cycle = book.cycle_at(case_id, refused.op.seq if refused.op is not None else len(history.ops))
    opens_us = windows.opens_us(refused.link_id, refused.at_us, known_only=True)
    if due_us is None or due_us >= min(opens_us, book.cycle_ends_us(case_id, cycle, refused.at_us)):
        return
    if _is_by_run(book) or any(it.at_us < refused.at_us for it in windows.refused[refused.link_id]):
        return  # a case that met the limit again and again may be given to somebody
    op = next(iter([it for it in book.views(case_id) if it.at_us <= due_us][-1:]), None)
    if op is None:
        return
    state = _state_of(history, op.view, case_id, refused.link_id)
    timed = op.view.next_action_at is not None or state == "BLOCKED"
    if state in PARKED and timed:
        return
    what = f"shows {state}" if state not in PARKED else f"shows {state} without a next_action_at"
    yield Breach(
        due_us,
        f"{case_id}: {_met_limit(book, refused)}, and at {at(history, due_us)} the case {what}",
        "LIMIT_WAIT, with the instant of the next attempt as next_action_at",
        ops=(*ops_of(refused), op),
    )


def _is_by_run(book: Casebook) -> bool:
    manifest = book.history.manifest
    return manifest.has("bulk") and (bool(manifest.policies.get("run_times")) or not manifest.has("clock"))


def _state_of(history: History, view: CaseView, case_id: str, link_id: str) -> str:
    """Return how a connection's part of a case is shown: its employer's state where that is told, else the case's."""
    keys = [key for key, link in history.cases[case_id].links.items() if link == link_id]
    states = [history.manifest.state(view.employers[key]) for key in keys if key in view.employers]
    return states[0] if states and view.state != "BLOCKED" else view.state


# --- RF-24 ------------------------------------------------------------------------------------------------------------


def _opening_plans() -> tuple[Scenario, ...]:
    four = ("9h10m", "21h", "1d8h50m", "1d10h")
    cycles = [request(after, cycle=f"cycle-{number + 1}") for number, after in enumerate(four)]
    # The story begins at 15:00: the refreshes are at 00:10, 12:00 and 23:50, the fourth wish comes an hour later.
    asked = [*cycles[:3], request("1d9h", cycle="cycle-4")]
    return (
        plan("Refreshes at 00:10, 12:00 and 23:50, and a fourth wish", driver=asked, lasts="5d"),
        plan("Three cycles in two hours, and a fourth", lasts="4d",
             driver=[request(f"{number * 40}m", cycle=f"cycle-{number + 1}") for number in range(4)]),
        plan("A provider that stays down", provider=down("0s", "14d"), lasts="4d"),
        plan("Refreshes at 00:10, 12:00 and 23:50, Truv's own limit raised", driver=asked, profile=RAISED, lasts="5d"),
        plan("A restart while the case is parked", lasts="5d",
             driver=(*asked, DriverRule(do="crash", after="1d9h30m", lasting="20m"))),
        plan("Another system used the window up", lasts="4d", profile={"refresh_limit_status": 429},
             driver=(DriverRule(do="elsewhere", times=3), request("1h"))),
        plan("Two cases share the window", people=PersonRule(count=2, household=True), lasts="5d",
             driver=[request(f"{number}h", cases=2, cycle=f"cycle-{number + 1}") for number in range(2)]),
        plan("Four cycles in a day, each in runs of its own, and a run two days later", profile=RAISED, lasts="5d",
             driver=(*cycles_in_runs(4), run_due("2d12h", cycle="cycle-4"))),
    )  # fmt: skip


@clause(
    "RF-24", "MUST", "the window opens", section=SECTION, source=SOURCE, plans=_opening_plans,
    advice="Arm a timer for 24 h after the oldest of the three refreshes, and keep it in the store.",
)  # fmt: skip
def window_opens(history: History) -> Iterator[Trigger | Breach]:
    """A parked case goes on when 24 hours have passed since the oldest of its connection's three refreshes.

    It does so not before that, and by the declared bound.
    """
    book = Casebook.of(history)
    windows = Windows(book)
    for case_id in history.cases:
        for link_id, parked_us, op in _parked(book, windows, case_id):
            yield Trigger(parked_us, f"{case_id} is parked: connection {link_id} is at its limit")
            if not book.clock_stepped:
                yield from _goes_on(book, windows, case_id, link_id, parked_us, op)


def _parked(book: Casebook, windows: Windows, case_id: str) -> Iterator[tuple[str, int, Op]]:
    """Yield (connection, when, the operation that shows it) for every time a case is parked."""
    history = book.history
    for link_id in dict.fromkeys([*history.cases[case_id].links.values(), *windows.links_of_case(case_id)]):
        found: list[tuple[int, Op]] = [
            (it.at_us, it.op)
            for it in windows.refused[link_id]
            if it.case_id == case_id and it.op is not None and _is_heard(book, it)
        ]
        before = None
        for shown in book.views(case_id):
            state = _state_of(history, shown.view, case_id, link_id)
            if state == "LIMIT_WAIT" != before:
                found.append((shown.at_us, shown))
            before = state
        for parked_us, op in sorted(found, key=lambda it: (it[0], it[1].seq)):
            yield link_id, parked_us, op


def _goes_on(
    book: Casebook, windows: Windows, case_id: str, link_id: str, parked_us: int, op: Op
) -> Iterator[Breach]:  # fmt: skip
    history = book.history
    later = [it for it in windows.attempts(link_id, case_id) if it.at_us > parked_us]
    for attempt in later[:1]:
        three = windows.before(link_id, attempt.at_us)[-LIMIT:]
        if len(three) == LIMIT:
            yield fourth_breach(
                history, link_id, three, attempt, f"; the case waited for the limit from {at(history, parked_us)} on"
            )
    opens_us = windows.opens_us(link_id, parked_us)
    if any(it.elsewhere for it in book.bills(link_id)):
        opens_us = max(opens_us, parked_us + WINDOW_US)  # nobody can know when others refreshed it
    doubtful = windows.doubtful_us[link_id]
    opens_us = max([opens_us, *(at_us + WINDOW_US for at_us in doubtful if at_us <= parked_us)])
    due_us = book.until(opens_us, "B-LIMIT-RESUME", extra_us=STEP_US)
    if due_us is None or any(it.at_us <= due_us for it in later) or not windows.stays_open(link_id, opens_us, due_us):
        return
    if any(parked_us < at_us <= due_us for at_us in doubtful):
        return
    cycle = book.cycle_at(case_id, op.seq)
    if due_us >= book.cycle_ends_us(case_id, cycle, parked_us) or history.manifest.counts.get("budget_per_day"):
        return
    last = next(iter([it for it in book.views(case_id) if it.at_us <= due_us][-1:]), None)
    if last is None or book.waits_for_run(opens_us, due_us):
        return
    state = _state_of(history, last.view, case_id, link_id)
    planned = last.view.next_action_at
    timer = "no next_action_at" if planned is None else f"next_action_at {at(history, instant_of(planned))}"
    if state in WAITS:
        yield Breach(
            due_us,
            f"{case_id} waited for the limit from {at(history, parked_us)} on; connection {link_id} had room again at "
            f"{at(history, opens_us)}, but by {at(history, due_us)} nothing was tried: the case still shows {state}, "
            f"with {timer}",
            f"a POST within {within(book, 'B-LIMIT-RESUME')} of {at(history, opens_us)}",
            ops=(op, last),
        )
