"""Faults of the API, second part: reads that fail, come broken or lag behind."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, first_done_us, is_fresh, lasting
from mock_truv.contract.clauses.unknown_posts import knob, settled
from mock_truv.contract.plan import ORDER_POST, ORDER_READ, during, plan, request
from mock_truv.core import faults
from mock_truv.core.instants import MINUTE_US, SECOND_US, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Sent
    from mock_truv.core.scenario import Scenario

SECTION = "G. Faults of the API"
SERIES = 6
"""Failed reads in a row over which pauses must have grown."""
GROWTH = 1.5
SLOW_US = 5 * MINUTE_US
"""Who waits so long between two reads need not wait longer and longer."""


# --- what a read says


def names_order(op: Sent, order: OrderFacts) -> bool:
    """Return whether a read is about an order, its tasks or its connections."""
    ids = {order.order_id}.union(*({part.task_id, part.link_id} for part in order.parts))
    return op.method == "GET" and any(part in ids for part in op.path.split("/") if part)


def is_order_read(op: Sent) -> bool:
    """Return whether a request reads one order."""
    parts = op.path.strip("/").split("/")
    return op.method == "GET" and parts[:2] == ["v1", "orders"] and len(parts) == 3


def is_list(op: Sent) -> bool:
    """Return whether a request reads a page of the list of orders."""
    return op.method == "GET" and op.path.strip("/") == "v1/orders"


def is_broken(op: Sent) -> bool:
    """Return whether a read succeeded but its body is none: cut off, no JSON object, or an order without employers."""
    if op.method != "GET" or op.error == "cut":
        return op.method == "GET"
    if op.error is not None or not 200 <= (op.status or 0) < 300:
        return False
    if not isinstance(op.answer, dict):
        return True
    return is_order_read(op) and not isinstance(op.answer.get("employers"), list)


def is_whole(op: Sent) -> bool:
    """Return whether a read succeeded and can be read."""
    return op.method == "GET" and op.error is None and 200 <= (op.status or 0) < 300 and not is_broken(op)


def _instant(text: Any) -> int | None:
    """Return a documented time as an instant; None where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
    except (AttributeError, ValueError):
        return None
    return instant_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _is_behind(op: Sent, order: OrderFacts) -> bool:
    """Return whether a whole read shows an order, or a connection's report, as before the order was done."""
    assert isinstance(op.answer, dict), "a whole read is an object"
    if is_order_read(op):
        done = {part.suborder_id for part in order.parts if part.status == "done"}
        entries = [it for it in op.answer["employers"] if isinstance(it, dict) and it.get("id") in done]
        return order.order_id in op.path and not any(it.get("status") == "completed" for it in entries)
    if op.path.rstrip("/").endswith("/report"):
        ended_us = _instant(op.answer.get("finished_at")) or _instant(op.answer.get("completed_at"))
        return ended_us is not None and ended_us < order.at_us // SECOND_US * SECOND_US
    return False


def _prefill_without(
    book: Casebook, order: OrderFacts, reads: list[Sent], serves: Callable[[Sent], bool]
) -> tuple[int, int] | None:
    """Return when (and ``seq``) a case was shown with an order's data before any read that can have given them."""
    done_us = first_done_us(order)
    if done_us is None or order.case_id is None:
        return None
    for op in book.views(order.case_id):
        prefill = op.view.prefill
        if not is_fresh(prefill) or not prefill or prefill.get("order_id") != order.order_id:
            continue
        served = any(done_us <= it.ended_us and it.seq < op.seq and is_whole(it) and serves(it) for it in reads)
        return None if served else (op.at_us, op.seq)
    return None


def _dropped(book: Casebook, order: OrderFacts, reads: list[Sent], op: Sent, story: str) -> Iterator[Breach]:
    """Yield a breach if a done order was never read again after a read that gave nothing."""
    case_id = order.case_id
    if case_id is None or first_done_us(order) is None or order.closed_us is None:
        return
    due_us = book.until(max(op.ended_us, order.closed_us), "B-LOSS")
    if due_us is None or book.closed_us(case_id) is not None or book.waits_for_run(op.at_us, due_us):
        return
    anew = any(each.seq > op.seq for each in book.asked(case_id))
    if anew or any(it.seq > op.seq for it in reads) or any(it.at_us > op.at_us for it in book.of_person(case_id)):
        return
    view = book.view_at(case_id, due_us)
    tries = sum(it.status != 200 or is_broken(it) for it in reads)
    if view is not None and (view.state in {"DUE", "REFRESHING"} or (view.state == "MANUAL" and tries < 2)):
        yield Breach(
            due_us,
            f"{story}; order {order.order_id} was complete at {at(book.history, order.closed_us)}, yet nothing of it"
            f" was read again until {at(book.history, due_us)}, and {case_id} was still shown {view.state}",
            "Read again, after growing pauses.",
            ops=(op,),
        )


def _reads(book: Casebook, order: OrderFacts) -> list[Sent]:
    return [op for op in book.requests.values() if op.seq > (order.sent_seq or 0) and (names_order(op, order))]


def _may_tell(book: Casebook, order: OrderFacts) -> list[Sent]:
    """Return every read that may have told of an order: those that name it, and lists."""
    return [
        op for op in book.requests.values()
        if op.seq > (order.sent_seq or 0) and op.method == "GET"
        and (names_order(op, order) or is_list(op) or order.user_id in op.path)
    ]  # fmt: skip


# --- clauses


def server_error_plans() -> tuple[Scenario, ...]:
    """Return: 5xx on the POST before and after its commit, and on reads for a while."""
    silent = faults.Lose()
    return (
        plan("the refresh is made and answered 503; events are lost", lasts="1d",
             fault=(faults.Status(**ORDER_POST, status=503, commit=True, times=1), silent)),
        plan("every read fails with 503 for an hour after the request", lasts="2d",
             fault=during(faults.Status(method="GET", status=503), after="1s", lasting="1h")),
        plan("the refresh is answered 500 and not made", fault=faults.Status(**ORDER_POST, status=500, times=1)),
        plan("the refresh is answered 502 three times and not made", lasts="5d",
             fault=faults.Html(**ORDER_POST, status=502, times=3)),
        plan("the same after a commit; the list lags", profile={"order_list_lag_seconds": 60}, lasts="1d",
             fault=(faults.Status(**ORDER_POST, status=500, commit=True, times=1), silent)),
        plan("the first read after the end fails with 500", lasts="2d",
             fault=during(faults.Status(**ORDER_READ, status=500, times=1), after="5s")),
        plan("orders cannot be read for six hours; events are lost", lasts="3d",
             fault=(during(faults.Status(**ORDER_READ, status=500), after="1s", lasting="6h"), silent)),
    )  # fmt: skip


@clause("RF-72", "MUST", "5xx: unknown for a POST, read again for a read", section=SECTION, plans=server_error_plans,
        source="errors page promises no shape of 5xx answers; inferred",
        advice="Treat 5xx on a POST as a lost answer; repeat reads after pauses that double up to a cap.")  # fmt: skip
def server_errors_decide_nothing(history: History) -> Iterator[Trigger | Breach]:
    """After a 5xx on a request for an order the outcome is looked up; a read that gets one is repeated, ever later."""
    book = Casebook.of(history)
    yield from settled(book, lambda post: (post.op.status or 0) >= 500)
    by_path: dict[str, list[Sent]] = {}
    for op in book.requests.values():
        if op.method == "GET" and not is_list(op):
            by_path.setdefault(op.path, []).append(op)
    prompts = [op.seq for op in history.calls("start")] + [op.seq for op in history.hooks if op.forgery is None]
    for path, ops in by_path.items():
        yield from _steady_reads(path, ops, prompts)
    for order in history.refreshes():
        reads = _may_tell(book, order)
        for op in reads:
            if (op.status or 0) >= 500 and is_order_read(op):
                yield Trigger(op.at_us, f"GET {op.path} was answered {op.status}")
        failed = [op for op in reads if (op.status or 0) >= 500 and names_order(op, order)]
        for op in failed[-1:]:
            story = f"GET {op.path} was answered {op.status} at {at(history, op.ended_us)}"
            yield from _dropped(book, order, reads, op, story)


def _steady_reads(path: str, ops: list[Sent], prompts: list[int]) -> Iterator[Breach]:
    """Yield a breach for a series of failed reads, nothing prompting them, whose pauses do not grow."""
    series: list[Sent] = []
    for op in ops:
        if (op.status or 0) < 500:
            series = []
            continue
        series.append(op)
        if len(series) != SERIES or any(series[0].seq < seq < op.seq for seq in prompts):
            continue
        gaps = [after.at_us - before.ended_us for before, after in pairwise(series)]
        growing = all(later > earlier for earlier, later in pairwise(gaps))
        if not growing and max(gaps) < min(SLOW_US, max(GROWTH * min(gaps), SECOND_US)):
            yield Breach(
                op.at_us,
                f"GET {path} failed {SERIES} times in a row with {op.status} and was repeated after pauses of"
                f" {', '.join(lasting(gap) for gap in gaps)}",
                "Let the pauses grow up to a cap.",
                ops=tuple(series),
            )


def broken_read_plans() -> tuple[Scenario, ...]:
    """Return: reads succeed with a broken body, once or for an hour."""
    after = {"after": "5s"}
    return (
        plan("the first read after the end is a page of HTML with status 200",
             fault=during(faults.Html(**ORDER_READ, status=200, times=1), **after), lasts="2d"),
        plan("half of it comes", fault=during(faults.Truncated(**ORDER_READ, times=1), **after), lasts="2d"),
        plan("no body comes", fault=during(faults.Empty(**ORDER_READ, times=1), **after), lasts="2d"),
        plan("the same for the reports of the connection", profile={"report_place": "link"}, lasts="2d",
             fault=during(faults.Empty(method="GET", path="/v1/links/**", times=2), **after)),
        plan("every read is HTML for an hour", lasts="2d",
             fault=during(faults.Html(method="GET", status=200), after="5s", lasting="1h")),
        plan("half of every read comes for two hours, events are lost", lasts="2d",
             fault=(during(faults.Truncated(method="GET"), after="1s", lasting="2h"), faults.Lose())),
    )  # fmt: skip


@clause("RF-74", "MUST", "Broken read body is no data", section=SECTION, plans=broken_read_plans,
        source="observed with other services: proxies' pages and cut answers parsed as JSON",
        advice="Check that a body is an object with the fields you need before using it; else read again.")  # fmt: skip
def broken_reads_say_nothing(history: History) -> Iterator[Trigger | Breach]:
    """A read whose body is cut off, no JSON or no order is neither an empty report nor an end: it is read again."""
    book = Casebook.of(history)
    for order in history.refreshes():
        reads = _may_tell(book, order)
        broken = [op for op in reads if is_broken(op) and names_order(op, order)]
        for op in broken:
            yield Trigger(op.ended_us, f"GET {op.path} gave no whole body")
        if not broken:
            continue
        early = _prefill_without(book, order, reads, lambda _: True)
        if early is not None:
            yield Breach(
                early[0],
                f"GET {broken[0].path} gave a body that cannot be read ({broken[0].fault or 'broken'});"
                f" at {at(history, early[0])} {order.case_id} was shown with data of {order.order_id}, although no"
                " whole read had come since the order was done",
                "Take nothing from it; read again.",
                ops=(broken[0], *(op for op in book.views(order.case_id or "") if op.seq == early[1])),
            )
        when = at(history, broken[-1].ended_us)
        story = f"GET {broken[-1].path} gave a body that cannot be read at {when}"
        yield from _dropped(book, order, reads, broken[-1], story)


def behind_plans() -> tuple[Scenario, ...]:
    """Return: order reads lag behind the events, with each place of the report."""
    lag = {"order_read_lag_seconds": 60}
    return (
        plan("order reads lag by a minute", profile=lag, lasts="1d"),
        plan("order reads lag, reports are read by connection", profile=lag | {"report_place": "link"}, lasts="1d"),
        plan("order reads lag, reports stand in the order", profile=lag | {"report_place": "order"}, lasts="1d"),
        plan("order reads lag by a quarter of an hour, no event comes", lasts="2d", fault=faults.Lose(),
             profile={"order_read_lag_seconds": 900}),
        plan("order reads lag by a quarter of an hour, no event comes, reports are read by connection", lasts="2d",
             fault=faults.Lose(), profile={"order_read_lag_seconds": 900, "report_place": "link"}),
        plan("a second cycle over the first one's report", driver=(request(), request(after="30h", cycle="cycle-2")),
             profile=lag | {"report_place": "link"}, lasts="3d"),
        plan("order reads lag by ten seconds, task events name the order",
             profile={"order_read_lag_seconds": 10, "task_event_order_id": True}, lasts="1d"),
    )  # fmt: skip


@clause("RF-79", "MUST", "Event ahead of the read", section=SECTION, plans=behind_plans,
        source="observed with other services: reads behind the event; link reports are shared by old and new orders",
        advice="Prefill only from a read that itself shows the new order complete (or a report finished after it was "
               "made); else read again later.")  # fmt: skip
def reads_behind_are_repeated(history: History) -> Iterator[Trigger | Breach]:
    """A read that still shows what was before the end that an event told fills nothing in; it is repeated."""
    book = Casebook.of(history)
    place = knob(book, "report_place")
    for order in history.refreshes():
        done_us = first_done_us(order)
        if done_us is None:
            continue
        reads = _may_tell(book, order)
        behind = [op for op in reads if op.ended_us >= done_us and is_whole(op) and _is_behind(op, order)]
        if not behind:
            continue
        first = behind[0]
        yield Trigger(first.ended_us, f"GET {first.path} lagged behind the end of {order.order_id}")
        early = _prefill_without(
            book, order, reads,
            lambda op, order=order: not _is_behind(op, order) and not (place == "link" and is_order_read(op)),  # type: ignore[misc]
        )  # fmt: skip
        if early is not None and early[1] > first.seq:
            yield Breach(
                early[0],
                f"order {order.order_id} was done at {at(history, done_us)}, but GET {first.path} at"
                f" {at(history, first.at_us)} did not show that yet, and no later read did; all the same"
                f" {order.case_id} was prefilled from {order.order_id} at {at(history, early[0])}",
                "Read again until the order shows its completion, and prefill from that.",
                ops=(first, *(op for op in book.views(order.case_id or "") if op.seq == early[1])),
            )
        story = f"GET {behind[-1].path} at {at(history, behind[-1].ended_us)} lagged behind the event"
        yield from _dropped(book, order, reads, behind[-1], story)
