"""C. Limits and money: three refreshes of a connection in 24 hours, whoever asks and however they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.windows import WINDOW_US, Windows, ops_of, spans
from mock_truv.contract.plan import ORDER_POST, crash, down, plan, request, run_due
from mock_truv.core.faults import Lose, Reset, Timeout
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.clauses.windows import Attempt
    from mock_truv.contract.history import History
    from mock_truv.core.scenario import Scenario

SECTION = "C. Limits and money"
SOURCE = (
    "refresh object: the first request plus three refreshes of a connection in 24 hours; that the window rolls: assumed"
)
RAISED = {"refresh_limit": 100}
"""Truv's own limit out of the way, so that a fourth refresh can happen and be seen."""


# --- RF-20 ------------------------------------------------------------------------------------------------------------


def _three_plans() -> tuple[Scenario, ...]:
    away = down("0s", "14d")
    five = [request(f"{8 + 2 * number}h", cycle=f"cycle-{number + 1}") for number in range(5)]
    return (
        plan("A provider that stays down, from 23:00 on", provider=away, driver=request("8h"), profile=RAISED,
             lasts="3d"),
        plan("Five cycles in ten hours, from 23:00 on", driver=five, profile=RAISED, lasts="3d"),
        plan("A provider that stays down, from 23:00 on; the limit enforced", provider=away, driver=request("8h"),
             lasts="3d"),
        plan("Five cycles in ten hours; the limit enforced, with 429", driver=five, lasts="3d",
             profile={"refresh_limit_status": 429}),
        plan("From 23:00 on in New York", provider=away, driver=request("13h"), zone="America/New_York", profile=RAISED,
             lasts="3d"),
        plan("From 23:00 on in Tokyo", provider=away, driver=request("23h"), zone="Asia/Tokyo", profile=RAISED,
             lasts="3d"),
        plan("The program dies after the second refresh", provider=away, profile=RAISED, lasts="3d",
             driver=(request("8h"), crash("answered", nth=2, lasting="10m", **ORDER_POST))),
        plan("The program dies between the cycles", driver=(*five, DriverRule(do="crash", after="13h", lasting="1h")),
             profile=RAISED, lasts="3d"),
        plan("Failures do not count at Truv", provider=away, driver=request("8h"), lasts="3d",
             profile={"refresh_limit_counts_failed": False}),
        plan("Five cycles in a day, each in runs of its own", driver=cycles_in_runs(5), profile=RAISED, lasts="5d"),
    )  # fmt: skip


def cycles_in_runs(cycles: int) -> tuple[DriverRule, ...]:
    """Return: some cycles in a day, each asked for and then worked on in two runs."""
    rules: list[DriverRule] = []
    for number in range(cycles):
        hour, cycle = 8 + 3 * number, f"cycle-{number + 1}"
        rules += [request(f"{hour}h", cycle=cycle), *(run_due(f"{at}h1m", cycle=cycle) for at in (hour, hour + 1))]
    return tuple(rules)


@clause(
    "RF-20", "MUST", "at most three refreshes of a connection in any 24 hours", section=SECTION, source=SOURCE,
    plans=_three_plans,
    advice="Store the instant of every refresh POST per connection; send none while three lie in the last 24 hours.",
)  # fmt: skip
def three_in_any_day(history: History) -> Iterator[Trigger | Breach]:
    """No connection is refreshed a fourth time within 24 hours of the first of the last three, restarts included."""
    windows = Windows(Casebook.of(history))
    for link_id, three in windows.full():
        yield Trigger(three[-1].at_us, f"connection {link_id} was refreshed three times in {lasting(spans(three))}")
    if not windows.book.clock_stepped:
        for link_id, three, fourth in windows.excess():
            yield fourth_breach(history, link_id, three, fourth)


def fourth_breach(history: History, link_id: str, three: list[Attempt], fourth: Attempt, more: str = "") -> Breach:
    """Return the breach that a fourth attempt within 24 hours of the first of three is."""
    times = ", ".join(at(history, it.at_us) for it in three)
    refused = f"was refused ({fourth.op.status})" if fourth.op is not None and fourth.op.status else "was refused"
    how = refused if fourth.order is None else f"made order {fourth.order.order_id}"
    return Breach(
        fourth.at_us,
        f"{fourth.case_id}: connection {link_id} was refreshed at {times}, and a fourth attempt at "
        f"{at(history, fourth.at_us)}, {lasting(fourth.at_us - three[0].at_us)} after the first of them, {how}{more}",
        f"no POST for this connection before {at(history, three[0].at_us + WINDOW_US)}: 24 hours after the first of "
        "the three, whatever the calendar day",
        ops=ops_of(*three, fourth),
    )


# --- RF-21 ------------------------------------------------------------------------------------------------------------


def _shared_plans() -> tuple[Scenario, ...]:
    home, away = PersonRule(count=2, household=True), down("0s", "14d")
    both = request("1h", cases=2)
    return (
        plan("Two cases of a household on one connection, both retried", people=home, provider=away, driver=both,
             profile=RAISED, lasts="3d"),
        plan("Three cycles of two cases on one connection", people=home, profile=RAISED, lasts="3d",
             driver=[request(f"{1 + 3 * number}h", cases=2, cycle=f"cycle-{number + 1}") for number in range(3)]),
        plan("Two cases on one connection; the limit enforced", people=home, provider=away, driver=both, lasts="3d"),
        plan("Four cases on one connection", people=PersonRule(count=4, household=True), driver=request("1h", cases=4),
             profile=RAISED | {"refresh_limit_status": 429}, lasts="3d"),
        plan("Two cases on two connections", people=PersonRule(count=2, household=True, employers=2), provider=away,
             driver=both, profile=RAISED, lasts="3d"),
        plan("Two cases on one connection, and a restart", people=home, provider=away, profile=RAISED, lasts="3d",
             driver=(both, DriverRule(do="crash", after="90m", lasting="1m"))),
    )  # fmt: skip


@clause(
    "RF-21", "MUST", "the limit belongs to the connection", section=SECTION, source=SOURCE, plans=_shared_plans,
    advice="Count by link_id, not by case or order: whoever shares a connection shares its three refreshes.",
)  # fmt: skip
def limit_is_the_connections(history: History) -> Iterator[Trigger | Breach]:
    """Cases and orders that use the same connection have three refreshes in 24 hours together, not each."""
    windows = Windows(Casebook.of(history))
    for link_id, three in windows.full():
        if _sharers(three) > 1:
            yield Trigger(three[-1].at_us, f"{_sharers(three)} cases or orders refreshed connection {link_id}")
    if not windows.book.clock_stepped:
        for link_id, three, fourth in windows.excess():
            if _sharers([*three, fourth]) > 1:
                cases = ", ".join(sorted({str(it.case_id) for it in (*three, fourth)}))
                yield fourth_breach(history, link_id, three, fourth, f"; the connection serves {cases}")


def _sharers(attempts: list[Attempt]) -> int:
    cases = {it.case_id for it in attempts}
    sources = {it.order.source_id for it in attempts if it.order is not None}
    return max(len(cases), len(sources))


# --- RF-22 ------------------------------------------------------------------------------------------------------------


def _every_ending_plans() -> tuple[Scenario, ...]:
    away = (down("0s", "90m"), down("5h", "14d"))
    lost = Timeout(commit=True, nth=(1, 2), **ORDER_POST)
    five = [request(f"{2 * number}h", cycle=f"cycle-{number + 1}") for number in range(5)]
    return (
        plan("Unavailable each time", provider=down("0s", "14d"), profile=RAISED, lasts="3d"),
        plan("Unavailable, error, unavailable", provider=away, profile=RAISED, lasts="3d",
             connection=ConnectionRule(broken_after="30d90m", broken_for="210m")),
        plan("Answers that are lost after the commit", fault=lost, driver=five, profile=RAISED, lasts="3d"),
        plan("Answers that are lost, where no list is served", fault=lost, driver=five, lasts="3d",
             profile=RAISED | {"order_list": "absent"}),
        plan("Connections that are reset after the commit, a provider that is down",
             fault=Reset(commit=True, times=2, **ORDER_POST), provider=down("0s", "14d"), profile=RAISED, lasts="3d"),
        plan("Unavailable each time; the limit enforced", provider=down("0s", "14d"), lasts="3d"),
        plan("Failed refreshes do not count at Truv", provider=down("0s", "14d"), lasts="3d",
             profile={"refresh_limit_counts_failed": False}),
        plan("Failed cycles, one after the other", connection=ConnectionRule(records_gone_after="1d"), driver=five,
             profile=RAISED, lasts="3d"),
        plan("Two cycles succeed, then the provider is down; each begun by a run", provider=down("3h", "14d"),
             profile=RAISED, lasts="2d",
             driver=(*five, *(run_due(f"{2 * number}h10m", cycle=f"cycle-{number + 1}") for number in range(5)))),
        plan("Failures, with all events lost", provider=down("0s", "14d"), fault=Lose(), profile=RAISED, lasts="4d"),
    )  # fmt: skip


@clause(
    "RF-22", "MUST", "refreshes of every ending are counted", section=SECTION,
    source="not documented whether a failed refresh counts; to be assumed", plans=_every_ending_plans,
    advice="Count when the POST is sent and never take it back: failed, unknown and repeated ones count alike.",
)  # fmt: skip
def every_ending_counts(history: History) -> Iterator[Trigger | Breach]:
    """Refreshes that failed, or whose answer never came, use up the three of a connection like any other."""
    windows = Windows(Casebook.of(history))
    for link_id, three in windows.full():
        if any(it.failed or it.is_lost for it in three):
            yield Trigger(three[-1].at_us, f"of three refreshes of connection {link_id}, not all succeeded")
    if not windows.book.clock_stepped:
        for link_id, three, fourth in windows.excess():
            if any(it.failed or it.is_lost for it in three):
                ended = ", ".join("answer lost" if it.is_lost else _ending(it) for it in three)
                yield fourth_breach(
                    history, link_id, three, fourth, f"; the three, which count however they end: {ended}"
                )


def _ending(attempt: Attempt) -> str:
    return str(attempt.part.status) if attempt.part is not None and attempt.part.status else "not ended"
