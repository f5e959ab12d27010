"""D. Time: ages of connections, zones of hosts, lives of links."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at, lasting
from mock_truv.contract.clauses.e_plans import PASSWORD
from mock_truv.contract.clauses.endings import after
from mock_truv.contract.clauses.windows import WINDOW_US, Windows, ops_of
from mock_truv.contract.plan import down, person, plan, request
from mock_truv.core.instants import DAY_US, MINUTE_US, parse_duration
from mock_truv.core.scenario import ConnectionRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Called, Op
    from mock_truv.core.scenario import Scenario

SECTION = "D. Time"
RETRY_EARLIEST_US = 15 * MINUTE_US
"""No refresh is repeated sooner after one that failed for a while (RF-13)."""
OFFER_PAUSE_US = DAY_US
"""Between two links to one person at least (RF-109)."""
RETRIED = frozenset({"unavailable", "error"})


# --- RF-30 ------------------------------------------------------------------------------------------------------------


def _age_plans() -> tuple[Scenario, ...]:
    def aged(days: int, oauth_days: int, **fields: int) -> Scenario:
        works = "works" if days < oauth_days else "has ended"
        return plan(f"A connection of {days} days that {works}", people=PersonRule(connected_ago=f"{days}d", **fields),  # type: ignore[arg-type]
                    profile={"oauth_days": oauth_days}, lasts="4d")  # fmt: skip

    return (
        aged(181, 400),
        aged(179, 90),
        aged(180, 180),
        aged(91, 180),
        aged(91, 90),
        aged(89, 90),
        plan("A connection of 181 days whose provider is away", people=PersonRule(connected_ago="181d"),
             profile={"oauth_days": 400}, provider=down("0s", "5h"), lasts="4d"),
        plan("Again, ten days after a login that renewed a connection of 181 days",
             people=PersonRule(connected_ago="181d"), profile={"oauth_days": 180}, lasts="15d",
             driver=(request(), person("completes", "5h"), request("10d", cycle="cycle-2"))),
        plan("Ages of 85 to 205 days in one run", people=PersonRule(count=5, connected_ago="85d", spread="150d"),
             profile={"oauth_days": 400}, driver=request(cases=5), lasts="4d"),
    )  # fmt: skip


@clause(
    "RF-30", "MUST", "age is a hint, the outcome decides", section=SECTION,
    source="renewals page: about 180 days; help centre: 90; both typical and no promise", plans=_age_plans,
    advice="Try the refresh whatever the age; if age is to decide, declare it and count from the last login.",
)  # fmt: skip
def outcome_decides(history: History) -> Iterator[Trigger | Breach]:
    """A connection is refreshed and judged by how that ends, however old it is.

    Skipping by age is a declared policy only, and the age counts from the last successful login.
    """
    book = Casebook.of(history)
    skip_days = history.manifest.policies.get("age_skip_days")
    for case_id in history.cases:
        cycles: set[str | None] = set()
        for op in book.asked(case_id):
            age_us = None if op.cycle in cycles else _age_us(book, case_id, op.at_us)
            cycles.add(op.cycle)
            if age_us is None:
                continue
            yield Trigger(op.at_us, f"{case_id} was asked for with a login {lasting(age_us)} old")
            if skip_days is None or age_us < float(skip_days) * DAY_US:
                yield from _skipped(book, case_id, op, age_us)
            yield from _asked_after_success(book, case_id, op, age_us)


def _age_us(book: Casebook, case_id: str, at_us: int) -> int | None:
    """Return how long ago the person of a case logged in last; None: nobody can say, or cannot know."""
    history = book.history
    back = [op.at_us for kin in book.kin(case_id) for op in book.did(kin) if op.status == "login" and op.at_us <= at_us]
    if back:
        return at_us - max(back)
    ordinal = list(history.cases).index(case_id)
    for rule in history.plan.person:
        if ordinal < rule.count:
            spread_us = 0 if rule.spread is None else parse_duration(rule.spread)
            return at_us - history.start_us + parse_duration(rule.connected_ago) + spread_us * ordinal // rule.count
        ordinal -= rule.count
    return None


def _skipped(book: Casebook, case_id: str, asked: Called, age_us: int) -> Iterator[Breach]:
    """Yield that a person was asked, or a case given up, without any attempt and any other reason."""
    history = book.history
    end_us = book.cycle_ends_us(case_id, asked.cycle, asked.at_us)
    if _has_other_reason(book, case_id, asked, end_us):
        return
    shown = book.shown_in(case_id, {*ASKS_PERSON, "MANUAL"}, asked.at_us + 1, end_us)
    done: list[tuple[int, str, Op | None]] = sorted(
        book.contacts(case_id, asked.at_us - 1, end_us), key=lambda it: it[0]
    )
    if shown is not None:
        done.append((shown.at_us, f"showed the case as {shown.view.state}", shown))
    for when, what, op in done[:1]:
        yield Breach(
            when,
            f"{case_id}, whose login was {lasting(age_us)} old: a refresh was asked for at {at(history, asked.at_us)}, "
            f"and the integrator {what} at {at(history, when)} without having tried one",
            "a refresh POST: its outcome says whether the person is needed",
            ops=(asked, *([op] if op is not None else [])),
        )


def _has_other_reason(book: Casebook, case_id: str, asked: Called, end_us: int) -> bool:
    """Return whether a case was tried, or anything but its age can have kept the integrator from trying."""
    history = book.history
    for kin in book.kin(case_id):
        if any(it.at_us >= asked.at_us for it in book.refreshes(kin)):
            return True
        if any(it.at_us < asked.at_us for it in book.link_orders(kin)) and not book.came_back(kin, 0, asked.at_us):
            return True
        failed = [part for it in book.refreshes(kin) for part in it.parts if part.status != "done"]
        if failed and not book.came_back(kin, 0, asked.at_us):
            return True
    if any(op.is_refresh and op.at_us >= asked.at_us for op in book.requests.values()) and history.troubles:
        return True
    refused = any(400 <= (op.status or 0) < 500 or op.fault or op.error for op in book.requests.values())
    strange = any(hook.forgery or hook.fault for hook in book.hooks)
    closed = (book.closed_us(case_id) or end_us) < end_us
    return bool(refused or strange or closed or book.deaths or book.deleted_us) or book.clock_stepped


def _asked_after_success(book: Casebook, case_id: str, asked: Called, age_us: int) -> Iterator[Breach]:
    """Yield that the person was asked although the refresh of an old connection had just succeeded."""
    history = book.history
    orders = [it for it in book.refreshes(case_id) if book.cycle_of(it) == asked.cycle and book.is_known(it)]
    if not orders or any(part.status != "done" for kin in book.kin(case_id) for it in book.refreshes(kin)
                         for part in it.parts):  # fmt: skip
        return
    end_us = book.cycle_ends_us(case_id, asked.cycle, asked.at_us)
    if book.excuses_contact(case_id, end_us, {"done"}) or book.deaths:
        return
    ended_us = max((part.ended_us or end_us for it in orders for part in it.parts), default=end_us)
    for when, what, op in book.contacts(case_id, ended_us, end_us):
        yield Breach(
            when,
            f"{case_id}, whose login was {lasting(age_us)} old: its refresh {orders[-1].order_id} succeeded at "
            f"{at(history, ended_us)}, and the integrator {what} at {at(history, when)}",
            "READY: a connection that works needs no login, however old it is",
            ops=(*book.evidence(orders[-1]), *([op] if op is not None else [])),
        )
        return


# --- RF-31 ------------------------------------------------------------------------------------------------------------

ZONES = ("Asia/Tokyo", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
BEFORE_DST = "61d12h"
"""The clocks of New York go forward on 2026-03-08 at 07:00 UTC: 61 days and 16 hours after the start."""


def _zone_plans() -> tuple[Scenario, ...]:
    away = down("0s", "90d")
    lost = ConnectionRule(password_changes_after=PASSWORD)
    return (
        *(plan(f"A provider that stays down, on a host in {zone}", provider=away, zone=zone,
               profile={"refresh_limit": 100}, lasts="4d") for zone in ZONES),
        *(plan(f"A link that nobody follows, on a host in {zone}", connection=lost, zone=zone,
               profile={"order_expiry_hours": 24}, lasts="9d") for zone in ZONES[:3]),
        plan("A provider that stays down, over the night when New York's clocks go forward", provider=away,
             driver=request(BEFORE_DST), zone="America/New_York", profile={"refresh_limit": 100}, lasts="65d"),
        plan("A link over the night when Berlin's clocks go forward", connection=lost, zone="Europe/Berlin",
             driver=request("81d12h"), lasts="88d"),
        plan("Three cycles and a fourth, on a host in Tokyo", zone="Asia/Tokyo", lasts="4d",
             driver=[request(f"{number}h", cycle=f"cycle-{number + 1}") for number in range(4)]),
    )  # fmt: skip


@clause(
    "RF-31", "MUST", "arithmetic in absolute time", section=SECTION, needs=("clock",),
    source="events and orders pages: times are UTC; a host's zone and its daylight-saving changes are its own affair",
    plans=_zone_plans,
    advice="Parse to aware UTC instants and subtract those; let no naive or local time come near a limit or an expiry.",
)  # fmt: skip
def time_is_absolute(history: History) -> Iterator[Trigger | Breach]:
    """Limits, pauses and expiries are the same wherever the host is, and on the days when its clocks change."""
    zone = history.plan.zone
    book = Casebook.of(history)
    if zone in {None, "UTC"} or book.clock_stepped:
        return
    windows = Windows(book)
    for link_id, three in windows.full():
        yield Trigger(three[-1].at_us, f"three refreshes of connection {link_id} on a host in {zone}")
    for link_id, three, fourth in windows.excess():
        yield Breach(
            fourth.at_us,
            f"on a host in {zone}: connection {link_id} of {fourth.case_id} was refreshed at "
            f"{', '.join(at(history, it.at_us) for it in three)} and a fourth time tried at "
            f"{at(history, fourth.at_us)}, {lasting(fourth.at_us - three[0].at_us)} after the first",
            f"no POST for it before {at(history, three[0].at_us + WINDOW_US)}, 24 hours after the first of the three",
            ops=ops_of(*three, fourth),
        )
    yield from _pauses(book, str(zone))
    for case_id in history.cases:
        yield from _lives(book, str(zone), case_id)


def _pauses(book: Casebook, zone: str) -> Iterator[Trigger | Breach]:
    """Yield refreshes repeated too soon after one that failed for a while."""
    history = book.history
    for order, part, case_id, ended_us in book.known_endings(*RETRIED):
        yield Trigger(ended_us, f"order {order.order_id} ended in {part.status} on a host in {zone}")
        for repeat_us, repeat in book.repeats(order, part)[:1]:
            if repeat_us - ended_us < RETRY_EARLIEST_US and not book.clicks(case_id, order.at_us + 1, repeat_us):
                yield Breach(
                    repeat_us,
                    f"on a host in {zone}: order {order.order_id} of {case_id} ended in {part.status} at "
                    f"{at(history, ended_us)} and was repeated {after(repeat_us - ended_us)} (order {repeat.order_id})",
                    "a pause of 15 minutes at least",
                    ops=book.evidence(order, repeat),
                )


def _lives(book: Casebook, zone: str, case_id: str) -> Iterator[Trigger | Breach]:
    """Yield a second link made while the first was alive and untouched, or sooner than a day after it."""
    history = book.history
    orders = sorted(
        (it for it in book.link_orders(case_id) if book.is_known(it) and it.case_id == case_id), key=lambda it: it.at_us
    )
    for order in orders:
        yield Trigger(order.at_us, f"link order {order.order_id} was made on a host in {zone}")
    for first, second in pairwise(orders):
        over_us = min(first.canceled_us or first.expires_us, first.closed_us or first.expires_us, first.expires_us)
        same_links = len(history.cases[case_id].links) == 1
        again = any(first.at_us < op.at_us <= second.at_us for op in book.asked(case_id))
        if not same_links or again or book.did(case_id) or book.deaths or book.deleted_us:
            continue
        if second.at_us >= over_us and second.at_us - first.at_us >= OFFER_PAUSE_US:
            continue
        yield Breach(
            second.at_us,
            f"on a host in {zone}: link order {first.order_id} of {case_id}, made at {at(history, first.at_us)}, lived "
            f"until {at(history, over_us)}; another was made at {at(history, second.at_us)}",
            "no second link while one is alive, nor within a day of it",
            ops=book.evidence(first, second),
        )
