"""Faults of the API, third part: when it is slow, refuses our own keys, or is gone for all cases at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at, lasting
from mock_truv.contract.plan import ORDER_POST, during, plan, run_due
from mock_truv.core import faults, ids
from mock_truv.core.instants import HOUR_US, MINUTE_US, SECOND_US

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Sent
    from mock_truv.core.scenario import Scenario

SECTION = "G. Faults of the API"
BLOCKS_US = 15 * MINUTE_US
"""One request that is open for so long, while nothing else is sent, blocks the others."""
PROBES_A_MINUTE = 1
REFUSED = frozenset({401, 403})
LONG_US = 30 * MINUTE_US
"""An outage shorter than this says nothing about pauses."""
GRACE_US = 10 * MINUTE_US
STORM_A_MINUTE = 6
STORM_SHARE = 0.1
LIMIT_A_MINUTE = 300


def _is_waiting(book: Casebook, case_id: str, at_us: int) -> bool:
    """Return whether a case has been asked for and its work is not finished."""
    asked = any(op.at_us <= at_us for op in book.asked(case_id) if op.case_id is not None)
    view = book.view_at(case_id, at_us)
    return asked and (view is None or view.state in {"IDLE", "DUE", "REFRESHING", "RETRY_WAIT", "UNKNOWN_OUTCOME"})


def slow_plans() -> tuple[Scenario, ...]:
    """Return: everything about one order comes a byte a second."""
    first = ids.identifier(ids.sandbox_seed(0, "contract"), "order", 1)
    one = {"path": f"/v1/orders/{first}/"}
    return (
        plan("one case of 12 is answered a byte a second", people=12, lasts="1d",
             fault=during(faults.Slow(**one, byte_seconds=1.0), lasting="6h")),  # type: ignore[arg-type]
        plan("three requests take an hour", people=12, lasts="1d",
             fault=faults.Slow(**ORDER_POST, seconds=3600.0, nth=(2, 5, 9))),
        plan("reports come a byte a second", people=12, profile={"report_place": "link"}, lasts="1d",
             fault=faults.Slow(method="GET", path="/v1/links/**", byte_seconds=1.0, times=2)),
        plan("one case of 50 is never answered", people=50, lasts="1d",
             fault=during(faults.Timeout(**one, seconds=86_400.0), lasting="6h")),  # type: ignore[arg-type]
    )  # fmt: skip


@clause("RF-75", "MUST", "Finite timeouts, no blocking of others", section=SECTION, plans=slow_plans,
        needs=("core", "bulk"), source="inferred: no page promises how fast the API answers",
        advice="Give every request a timeout over its whole length, also where bytes keep trickling in.")  # fmt: skip
def slow_answers_block_nobody(history: History) -> Iterator[Trigger | Breach]:
    """A request whose answer takes for ever is given up, and does not keep other cases waiting meanwhile."""
    book = Casebook.of(history)
    requests = list(book.requests.values())
    for number, op in enumerate(requests):
        if op.fault not in {"slow", "timeout"} or op.error == "crash":
            continue
        others = [case_id for case_id in history.cases if _is_waiting(book, case_id, op.at_us)]
        if len(others) < 2:
            continue
        yield Trigger(op.at_us, f"{op.method} {op.path} was answered slowly while {len(others)} cases waited")
        following = requests[number + 1] if number + 1 < len(requests) else None
        idle = following is None or following.at_us >= op.ended_us
        if op.ended_us - op.at_us > BLOCKS_US and idle:
            still = [case_id for case_id in others if _is_waiting(book, case_id, op.ended_us - 1)]
            if len(still) < 2:
                continue
            more = f" and {len(still) - 3} more" if len(still) > 3 else ""
            yield Breach(
                op.ended_us,
                f"the program waited {lasting(op.ended_us - op.at_us)} for the answer to {op.method} {op.path}, sent at"
                f" {at(history, op.at_us)}; meanwhile it sent nothing else, and {len(still)} cases waited:"
                f" {', '.join(still[:3])}{more}",
                "Give it up after some seconds, go on with the other cases and come back to it later.",
                ops=(op,),
            )


def refused_keys_plans() -> tuple[Scenario, ...]:
    """Return: our own keys are refused for hours, from the start or in the middle."""
    middle = {"after": "4s", "lasting": "6h"}
    return (
        plan("our keys are refused for six hours in the middle of a batch", people=20, lasts="3d",
             fault=during(faults.Status(status=401), **middle)),
        plan("our keys are refused for six hours", fault=during(faults.Status(status=401), lasting="6h"), lasts="3d"),
        plan("our keys are forbidden for six hours in the middle of a batch", people=20, lasts="3d",
             fault=during(faults.Status(status=403), **middle)),
        plan("the same without bodies, and events are lost", people=20, lasts="3d",
             fault=(during(faults.Status(status=401, body="empty"), **middle), faults.Lose())),
        plan("nightly runs go on while our keys are refused for a day", people=10, lasts="4d",
             driver=run_due("0s", every="24h", times=3),
             fault=during(faults.Status(status=401), after="1s", lasting="26h")),
    )  # fmt: skip


@clause("RF-77", "MUST", "Own credentials refused is a global stop", section=SECTION, plans=refused_keys_plans,
        full_plans=lambda: (bulk_plans.keys_refused(500),),
        source="errors page: 401 and 403 are about our own keys, not about a person",
        advice="Stop everything on the first 401 or 403, probe every few minutes, go on after a success.")  # fmt: skip
def refused_keys_stop_everything(history: History) -> Iterator[Trigger | Breach]:
    """While Truv refuses the integrator's own keys it only probes, blames no case, and then goes on with all."""
    book = Casebook.of(history)
    for ops, end_us in _runs(book, lambda op: op.status in REFUSED):
        first = ops[0]
        yield Trigger(first.ended_us, f"{first.method} {first.path} was answered {first.status}")
        yield from _too_many_probes(book, ops)
        yield from _blamed(book, ops, end_us)
        if end_us is not None:
            yield from _left_behind(book, ops, end_us)


def _too_many_probes(book: Casebook, ops: list[Sent]) -> Iterator[Breach]:
    first = ops[0]
    manifest = book.history.manifest
    open_then = 1 if manifest.reentrancy == "none" else manifest.count("concurrency")
    at_once = [op for op in ops if op.at_us <= first.ended_us]
    later = [op for op in ops if op.at_us > first.ended_us]
    burst = at_once if len(at_once) > open_then + 1 else []
    for number, op in enumerate(later):
        window = [it for it in later[number:] if it.at_us < op.at_us + MINUTE_US]
        if len({it.start for it in window}) == 1 and len(window) > PROBES_A_MINUTE + 1:
            burst = burst or window
    if burst:
        yield Breach(
            burst[-1].at_us,
            f"Truv refused the program's own keys ({first.status}) at {at(book.history, first.ended_us)}; all the same"
            f" {len(burst)} requests went out within the minute from {at(book.history, burst[0].at_us)}",
            "Stop all requests for all cases, but for a single probe, once a minute at most.",
            ops=(first, *burst[:4]),
        )


def _blamed(book: Casebook, ops: list[Sent], end_us: int | None) -> Iterator[Breach]:
    """Yield a breach for a case whose person is asked, or to be asked, although nothing happened but the refusal."""
    first = ops[0]
    until_us = book.history.end_us if end_us is None else end_us
    for case_id in book.history.cases:
        shown = [op for op in book.views(case_id) if first.ended_us <= op.at_us <= until_us]
        marked = next((op for op in shown if op.view.state in ASKS_PERSON), None)
        reached = next(book.contacts(case_id, first.ended_us, until_us), None)
        at_us = marked.at_us if marked is not None else reached[0] if reached is not None else None
        if at_us is None or book.excuses_contact(case_id, at_us, {"done"}):
            continue
        did = f"{case_id} was shown {marked.view.state}" if marked is not None else ""
        if reached is not None and marked is None:
            did = f"the program {reached[1]} for {case_id}"
        yield Breach(
            at_us,
            f"Truv refused the program's own keys ({first.status}) at {at(book.history, first.ended_us)}; at"
            f" {at(book.history, at_us)} {did}, although no login of its person had failed",
            "Show BLOCKED; only the owner of the keys can mend this, not the person.",
            ops=(first, *([marked] if marked is not None else [])),
        )
        return


def _left_behind(book: Casebook, ops: list[Sent], end_us: int) -> Iterator[Breach]:
    """Yield a breach for a case that does not go on after the repair."""
    due_us = book.until(end_us, "B-LOSS")
    if due_us is None:
        return
    for case_id in book.history.cases:
        clicked = any(op.case_id is not None and op.at_us <= end_us for op in book.asked(case_id))
        if not clicked or book.closed_us(case_id) is not None or book.waits_for_run(end_us, due_us):
            continue
        view = book.view_at(case_id, due_us)
        if view is None or book.of_person(case_id):
            stuck = view is not None and view.state == "BLOCKED"
        else:
            stuck = view.state in {"BLOCKED", "MANUAL"} and not _has_other_trouble(book)
        if view is not None and stuck:
            yield Breach(
                due_us,
                f"Truv refused the program's keys from {at(book.history, ops[0].at_us)} to {at(book.history, end_us)};"
                f" {lasting(due_us - end_us)} after the repair {case_id} was still shown {view.state}",
                "Go on with every case at the first request that succeeds.",
                ops=(ops[0], ops[-1]),
            )
            return


def _has_other_trouble(book: Casebook) -> bool:
    return any((op.status or 0) not in REFUSED and (op.status or 500) >= 400 for op in book.requests.values())


def _runs(book: Casebook, fails: Callable[[Sent], bool]) -> Iterator[tuple[list[Sent], int | None]]:
    """Yield every run of requests that failed in a way, and when the next one succeeded (None: none did)."""
    run: list[Sent] = []
    for op in book.requests.values():
        if fails(op):
            run.append(op)
        elif run:
            yield run, op.at_us
            run = []
    if run:
        yield run, None


def storm_plans() -> tuple[Scenario, ...]:
    """Return: nothing works for two hours while many cases wait."""
    gone = {"after": "5s", "lasting": "1h"}
    return (
        plan("everything is answered 503 for an hour, 24 cases wait", people=24, lasts="1d",
             fault=during(faults.Status(status=503), **gone)),
        plan("every connection breaks for an hour, 40 cases wait", people=40, lasts="1d",
             fault=during(faults.Reset(), **gone)),
        plan("nothing is answered for two hours, 40 cases wait", people=40, lasts="1d",
             fault=during(faults.Timeout(seconds=30.0), after="5s", lasting="2h")),
        plan("out for two hours from the start; the rate is limited", people=80, lasts="1d",
             profile={"requests_per_minute": 300}, fault=during(faults.Html(status=502), lasting="2h")),
    )  # fmt: skip


@clause("RF-78", "MUST", "No retry storm", section=SECTION, plans=storm_plans, needs=("core", "bulk"),
        full_plans=lambda: (bulk_plans.outage(2_000),),
        source="inferred; errors page: 300 requests a minute",
        advice="Let failures of all cases feed one gate: after some in a row, probe alone, with growing, spread"
               " pauses.")  # fmt: skip
def outages_are_sat_out(history: History) -> Iterator[Trigger | Breach]:
    """While nothing works, requests become rare, however many cases wait; at recovery they do not come all at once."""
    book = Casebook.of(history)
    for ops, end_us in _runs(book, _is_out):
        first = ops[0]
        if ops[-1].ended_us - first.at_us < LONG_US or not _many_wait(book, first.at_us + GRACE_US):
            continue
        yield Trigger(first.at_us, f"{len(ops)} requests failed until {at(history, ops[-1].ended_us)}")
        minutes = Counter(op.at_us // MINUTE_US for op in book.requests.values() if op.at_us < first.at_us)
        normal = max(minutes.values(), default=0)
        yield from _storms(book, ops, normal)
        yield from _rushes(book, ops, end_us, normal)


def _is_out(op: Sent) -> bool:
    return op.error in {"timeout", "reset", "cut"} or (op.error is None and (op.status or 0) >= 500)


def _many_wait(book: Casebook, at_us: int) -> bool:
    return sum(_is_waiting(book, case_id, at_us) for case_id in book.history.cases) > 1


def _storms(book: Casebook, ops: list[Sent], normal: int) -> Iterator[Breach]:
    """Yield a breach if the requests of an outage, after some minutes, are more than probes."""
    begins_us = ops[0].at_us + GRACE_US
    late = [op for op in ops if op.at_us >= begins_us]
    clicks = [op.at_us for name in ("request_refresh", "run_due") for op in book.history.calls(name)]
    allowed = max(STORM_A_MINUTE, STORM_SHARE * normal)
    for number, op in enumerate(late):
        window = [it for it in late[number:] if it.at_us < op.at_us + LONG_US]
        prompted = sum(op.at_us - GRACE_US <= at_us < op.at_us + LONG_US for at_us in clicks)
        if len(window) > allowed * LONG_US // MINUTE_US + prompted:
            yield Breach(
                window[-1].at_us,
                f"nothing had worked since {at(book.history, ops[0].at_us)}, yet from {at(book.history, op.at_us)} on"
                f" {len(window)} requests went out within {lasting(LONG_US)}",
                f"At most {allowed:g} requests a minute for all cases together, with pauses that grow up to a cap.",
                ops=(ops[0], *window[:4]),
            )
            return


def _rushes(book: Casebook, ops: list[Sent], end_us: int | None, normal: int) -> Iterator[Breach]:
    """Yield a breach if the recovery brings more than twice the normal rate at once."""
    if end_us is None or len(ops) < 2:
        return
    after = sorted(op.at_us for op in book.requests.values() if end_us <= op.at_us < end_us + HOUR_US)
    allowed = max(2 * normal, LIMIT_A_MINUTE)
    for number, at_us in enumerate(after):
        within = number + allowed
        if within < len(after) and after[within] < at_us + MINUTE_US - SECOND_US:
            yield Breach(
                after[within],
                f"after the outage from {at(book.history, ops[0].at_us)} more than {allowed} requests went out within"
                f" the minute from {at(book.history, at_us)}",
                "Let the waiting cases go on at the usual pace.",
                ops=(ops[-1],),
            )
            return
