"""I. Bulk: runs over many cases, in which one bad case does the others no harm, nor a rerun any of them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.bulk import Troubles, due_cases, has_budget, is_due, of_cycle, repeated, state_of
from mock_truv.contract.clauses.common import Casebook, at
from mock_truv.contract.clauses.i_plans import account_plans, poison_plans, rerun_plans
from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Called, Op, Shown

SECTION = "I. Bulk"
STARTS_US = 12 * HOUR_US
"""A case that nothing is wrong with is begun within this time of its run."""
HEALTHY_MIN = 3
BAD_SHARE = 0.25
"""With more bad cases than this the program may well take the service to be down."""
LOSSY = frozenset({"Lose", "Delay", "Reorder"})
CLASSES = {
    "READY": "ready", "PARTIAL": "partial or manual", "MANUAL": "partial or manual", "RETRY_WAIT": "retry or running",
    "REFRESHING": "retry or running", "LIMIT_WAIT": "limit", "REAUTH_NEEDED": "link", "REAUTH_SENT": "link",
    "BLOCKED": "blocked", "DUE": "not started", "IDLE": "not started",
}  # fmt: skip
"""State -> what a summary may count it under; states of one class are equal."""
BUCKETS = {
    "ready": "ready", "partial": "partial or manual", "manual": "partial or manual", "retry": "retry or running",
    "refreshing": "retry or running", "limit": "limit", "link": "link", "blocked": "blocked",
    "not_started": "not started",
}  # fmt: skip


# --- RF-95 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-95", "MUST", "one bad case does not stop the rest", section=SECTION, needs=("bulk",), plans=poison_plans,
    source="inferred: one bad item was seen to end whole batches",
    full_plans=lambda: (bulk_plans.poisoned(1_000),),
    advice="Catch what goes wrong inside the loop over cases, note it at the case, and go on with the next.",
)  # fmt: skip
def one_bad_case(history: History) -> Iterator[Trigger | Breach]:
    """Whatever is wrong with some cases of a run, all others are refreshed and become ready."""
    book, runs = Casebook.of(history), history.calls("run_due")
    if not runs or book.deaths or book.clock_stepped or has_budget(book, refreshes_each=1):
        return
    troubles, first = Troubles(book), runs[0]
    healthy = [case_id for case_id in due_cases(book, first) if _is_plain(book, troubles, case_id)]
    strange = [hook for hook in book.hooks if hook.fault is not None]
    bad = len(troubles.by_case)
    if troubles.general or len(healthy) < HEALTHY_MIN or not (bad or strange) or bad > BAD_SHARE * len(history.cases):
        return
    case_id, (what, cause) = next(iter(troubles.by_case.items()), ("", ("a strange event came", None)))
    when = f" at {at(history, cause.at_us)}" if cause is not None else ""
    story = f"{bad} of {len(history.cases)} cases had trouble ({case_id}{' ' * bool(case_id)}{what}{when})"
    yield Trigger(first.at_us, story)
    lossy = any(type(it.fault).__name__ in LOSSY or getattr(it.fault, "instead", False) for it in history.plan.fault)
    proof = (first, *([cause] if cause is not None else []), *strange[:1])
    left = [each for each in healthy if _not_begun(book, each, first)]
    if left:
        yield Breach(
            first.at_us + STARTS_US,
            f"{story}; of {len(healthy)} cases with which nothing is wrong {len(left)} had not been refreshed 12 h"
            f" after the run at {at(history, first.at_us)}: {', '.join(left[:2])}{' …' * (len(left) > 2)}",
            "The run goes on with the other cases; the bad ones are shown with their reason.",
            ops=proof,
        )
    unread = [] if lossy else [each for each in healthy if each not in left and _never_ready(book, each, first)]
    if unread:
        order = of_cycle(book, unread[0], first)[0]
        yield Breach(
            history.end_us,
            f"{story}; {len(unread)} of {len(healthy)} cases with which nothing is wrong never became READY: order"
            f" {order.order_id} of {unread[0]} was complete at {at(history, order.closed_us or 0)}",
            "They become READY, whatever becomes of the bad ones.",
            ops=(*proof, *book.evidence(order)),
        )


def _is_plain(book: Casebook, troubles: Troubles, case_id: str) -> bool:
    """Return whether nothing befell a case, which the run alone asked for."""
    alone = len(book.kin(case_id)) == 1 and not book.link_orders(case_id)
    asked = book.clicks(case_id, book.history.start_us, book.history.end_us)
    return alone and case_id not in troubles.by_case and not asked and book.closed_us(case_id) is None


def _not_begun(book: Casebook, case_id: str, run: Called) -> bool:
    """Return whether a plain case was not refreshed in time; a program of nightly runs has had its run."""
    due_us = run.at_us + STARTS_US
    if min(book.history.end_us, book.cycle_ends_us(case_id, run.cycle, run.at_us)) < due_us:
        return False
    return not any(order.at_us <= due_us for order in book.refreshes(case_id))


def _never_ready(book: Casebook, case_id: str, run: Called) -> bool:
    """Return whether a plain case whose data were there for a day was never shown as READY."""
    orders = of_cycle(book, case_id, run)
    if not orders or not orders[0].parts or not book.is_known(orders[0]):
        return False
    done_us = max(part.ended_us or book.history.end_us for part in orders[0].parts)
    due_us = done_us + DAY_US + HOUR_US
    if min(book.history.end_us, book.cycle_ends_us(case_id, run.cycle, run.at_us)) < due_us:
        return False
    if book.waits_for_run(done_us, due_us):
        return False
    return book.shown_in(case_id, {"READY"}, run.at_us, book.history.end_us) is None


# --- RF-96 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-96", "MUST", "full account", section=SECTION, needs=("bulk",), plans=account_plans,
    full_plans=lambda: (bulk_plans.mixed(10_000),),
    source="inferred: partial success was seen to be reported as success",
    advice="Count the cases that are due by the states that they are shown in, when the run has ended.",
)  # fmt: skip
def full_account(history: History) -> Iterator[Trigger | Breach]:
    """A run's summary counts every due case in exactly one bucket, and agrees with the states that are shown."""
    book, runs = Casebook.of(history), history.calls("run_due")
    for run in runs:
        if run.result is None or any(it.at_us == run.at_us for it in runs if it is not run):
            continue
        due = due_cases(book, run)
        counts = {name: int(run.result.get(name) or 0) for name in (*BUCKETS, "closed")}
        total = sum(counts.values()) - counts["closed"]
        if due:
            yield Trigger(run.at_us, f"a run over {len(due)} due cases")
        if not len(due) <= total <= len(history.cases) or total + counts["closed"] > len(history.cases):
            shown = [f"{it} {view.state}" for it in due[:3] if (view := book.view_at(it, run.at_us)) is not None]
            named = f": {', '.join(shown)}{' …' * (len(due) > 3)}" if shown else ""
            yield Breach(
                run.at_us,
                f"the summary of the run at {at(history, run.at_us)} counts {total} cases ({_told(counts)});"
                f" {len(due)} of {len(history.cases)} cases had to be counted{named}",
                "every due case in one bucket: the buckets add up to the cases that are due",
                ops=(run,),
            )
        elif _is_quiet(history, run) and not any(is_due(book, case_id, run) is None for case_id in history.cases):
            yield from _disagrees(book, run, due, counts)


def _is_quiet(history: History, run: Called) -> bool:
    """Return whether nothing happened with or shortly before a run: then its summary is of what is shown after it."""
    ended_us = max(run.at_us, run.ended_us)
    for op in history.ops:
        moved = op.seq > run.seq and op.at_us <= ended_us and type(op).__name__ not in {"Shown", "Logged"}
        if moved or run.at_us - MINUTE_US <= op.at_us < run.at_us:
            return False
    return True


def _disagrees(book: Casebook, run: Called, due: list[str], counts: dict[str, int]) -> Iterator[Breach]:
    """Yield a breach if a summary agrees neither with what was shown before the run nor with what is after it."""
    after = {case_id: view.state for case_id in due if (view := book.view_at(case_id, run.at_us)) is not None}
    if len(after) < len(due) or "UNKNOWN_OUTCOME" in after.values() or "CLOSED" in after.values():
        return
    told: Counter[str] = Counter()
    for name, number in counts.items():
        told[BUCKETS.get(name, "closed")] += number
    shown = Counter(CLASSES[state] for state in after.values())
    before = Counter(CLASSES.get(_before(book, case_id, run), "closed") for case_id in due)
    undue = len(book.history.cases) - len(due)
    for expected in (shown, before):
        wrong = [name for name in {*BUCKETS.values()} if told[name] != expected[name]]
        spare = told["not started"] - expected["not started"]
        if not wrong or (wrong == ["not started"] and 0 <= spare <= undue):
            return
    odd = [name for name in dict.fromkeys(BUCKETS.values()) if told[name] != shown[name]]
    differing = ", ".join(f"{name}: {told[name]} counted but {shown[name]} shown" for name in odd)
    cases = sorted(
        (case_id for case_id in due if CLASSES[after[case_id]] in odd),
        key=lambda it: told[CLASSES[after[it]]] >= shown[CLASSES[after[it]]],
    )  # those that are missing in the summary come first
    proof = [op for case_id in cases[:3] if (op := _last(book, case_id, run.at_us)) is not None]
    yield Breach(
        run.at_us,
        f"the summary of the run at {at(book.history, run.at_us)} does not agree with the cases as shown then"
        f" ({differing}): {', '.join(f'{it} is {after[it]}' for it in cases[:3]) or 'no case is shown so'}",
        "a count for each state that equals the number of due cases shown in it",
        ops=(run, *proof),
    )


def _last(book: Casebook, case_id: str, at_us: int) -> Shown | None:
    return next((op for op in reversed(book.views(case_id)) if op.at_us <= at_us), None)


def _before(book: Casebook, case_id: str, run: Called) -> str:
    return next((op.view.state for op in reversed(book.views(case_id)) if op.seq < run.seq), "IDLE")


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items() if number) or "nothing at all"


# --- RF-97 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-97", "MUST", "rerun is harmless", section=SECTION, needs=("bulk",), plans=rerun_plans,
    source="refresh object: every refresh is billed", weak_without=("reentrancy",),
    advice="Claim a case for its cycle in the store, in the write that begins it; a second run finds it claimed.",
)  # fmt: skip
def rerun_is_harmless(history: History) -> Iterator[Trigger | Breach]:
    """The same run made again, at once, later or side by side, refreshes and asks nobody whom the first one did."""
    book, runs = Casebook.of(history), history.calls("run_due")
    again = [run for number, run in enumerate(runs) if any(it.cycle == run.cycle for it in runs[:number])]
    for run in again:
        yield Trigger(run.at_us, f"the run of {run.cycle} was made again")
    for case_id in history.cases if again else ():
        for first, second in repeated(book, case_id):
            prompt = _prompting(book, again, first, second)
            if prompt is not None:
                yield Breach(
                    second.at_us,
                    f"{case_id} was refreshed by order {first.order_id} at {at(history, first.at_us)}"
                    f" ({state_of(first)}); the run of {prompt.cycle} was made again at {at(history, prompt.at_us)},"
                    f" and order {second.order_id} refreshed the same connection again at {at(history, second.at_us)}",
                    "nothing is done for a case that the first run began",
                    ops=(*book.evidence(first), prompt, *book.evidence(second)),
                )
        yield from _asked_again(book, again, case_id)


def _prompting(book: Casebook, again: list[Called], first: OrderFacts, second: OrderFacts) -> Called | None:
    """Return the rerun before the second of two refreshes; None where something else than runs asked for it."""
    before = [run for run in again if run.seq < (second.sent_seq or 0) and run.cycle == book.cycle_of(second)]
    asked = [op for op in book.asked(first.case_id or "") if first.at_us <= op.at_us <= second.at_us]
    others = any(op.name != "run_due" or op.cycle != book.cycle_of(second) for op in asked)
    died = any(first.at_us <= death.at_us <= second.at_us for death in book.deaths)
    return None if others or died or not before or before[-1].at_us < first.at_us else before[-1]


def _asked_again(book: Casebook, again: list[Called], case_id: str) -> Iterator[Breach]:
    """Yield a second order or message that asks a case's person although the first one's link is alive."""
    links = book.link_orders(case_id)
    for first, second in pairwise(links):
        alive = second.at_us < min(first.expires_us, first.closed_us or first.expires_us)
        run = _prompting(book, again, first, second)
        if run is None or not alive or first.canceled_us is not None or not book.is_known(first):
            continue
        if first.case_id != case_id or second.case_id != case_id or book.came_back(case_id, first.at_us, second.at_us):
            continue
        if book.cycle_at(case_id, first.sent_seq or 0) == run.cycle and not _differ(first, second):
            yield Breach(
                second.at_us,
                f"the person of {case_id} was asked by order {first.order_id} at {at(book.history, first.at_us)}; the"
                f" run made again at {at(book.history, run.at_us)} led to order {second.order_id} while that link was"
                " alive",
                "the link that is out is left to work; nobody is asked twice",
                ops=(*book.evidence(first), run, *book.evidence(second)),
            )
    sent: dict[str, Op] = {}
    for message in book.messages(case_id):
        if message.kind != "link" or message.order_id is None:
            continue
        earlier = sent.setdefault(message.order_id, message)
        runs = [run for run in again if earlier.seq < run.seq < message.seq and message.at_us - run.at_us < HOUR_US]
        if earlier is not message and runs and not book.deaths:
            yield Breach(
                message.at_us,
                f"the link of order {message.order_id} was sent for {case_id} at {at(book.history, earlier.at_us)} and,"
                f" after the run was made again, once more at {at(book.history, message.at_us)}",
                "a link that is out is not sent again",
                ops=(earlier, runs[-1], message),
            )


def _differ(first: OrderFacts, second: OrderFacts) -> bool:
    """Return whether two link orders are surely about different employers."""
    keys = [{part.key for part in order.parts if part.key is not None} for order in (first, second)]
    return bool(keys[0]) and bool(keys[1]) and not keys[0] & keys[1]
