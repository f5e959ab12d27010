"""B. Outcomes that no login mends: an outage, no data, a locked account, an error without a name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import b_plans
from mock_truv.contract.clauses.common import (
    ASKS_PERSON,
    REVIEW,
    SOMEBODY_ACTS,
    Casebook,
    at,
    is_fresh,
)
from mock_truv.contract.clauses.endings import (
    after,
    contacted,
    falls_due_us,
    hindered,
    is_alone,
    over_us,
    tries,
    unseen,
)
from mock_truv.core.instants import MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.clauses.endings import Ending
    from mock_truv.contract.history import History

SECTION = "B. Classification of outcomes"
SPACING_US = 15 * MINUTE_US
ERROR_RETRIES = 2
WORTH_REPEATING = 3
"""An outage that is over by the third try must not end with a caseworker."""
WAITING = frozenset({"LIMIT_WAIT", "UNKNOWN_OUTCOME", "BLOCKED", "CLOSED"})
MONEY = frozenset({"income", "pay_rate", "regular", "gross_pay", "gross_pay_ytd", "net_pay", "net_pay_ytd", "wages"})
"""Truv's names of amounts; a number in one of them claims that there is income, or none."""


# --- RF-12 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-12", "MUST", "unavailable: later retry, no contact", section=SECTION,
    source="help centre: try again in a few hours; renewals page", plans=b_plans.unavailable,
    advice="Arm a timer for a repeat of that connection; ask neither the person nor a caseworker yet.",
)  # fmt: skip
def unavailable_is_retried(history: History) -> Iterator[Trigger | Breach]:
    """After ``unavailable`` the connection is refreshed again later; nobody is asked for anything because of it."""
    book = Casebook.of(history)
    for ending in book.known_endings("unavailable"):
        order, part, case_id, ended_us = ending
        yield Trigger(ended_us, f"refresh {order.order_id} of {case_id} ended in unavailable")
        repeats = book.repeats(order, part)
        until_us = repeats[0][0] if repeats else over_us(book, ending)
        yield from contacted(book, ending, until_us, {"done", "unavailable"})
        if tries(book, ending) < min(WORTH_REPEATING, history.manifest.count("B-RETRY-N")):
            yield from _given_up(book, ending, until_us)
            yield from _not_repeated(book, ending)


def _given_up(book: Casebook, ending: Ending, until_us: int) -> Iterator[Breach]:
    """Yield a case handed to a caseworker although a repeat might have done."""
    history, (order, part, case_id, ended_us) = book.history, ending
    bound_us = history.manifest.bound_us("B-STUCK")
    if not is_alone(book, case_id) or book.shown_in(case_id, REVIEW | WAITING, order.at_us, ended_us - 1):
        return
    shown = book.shown_in(case_id, {"MANUAL"}, ended_us, min(until_us, ended_us + bound_us) - 1)
    if shown is None or book.clock_stepped or hindered(book, ending, shown.at_us):
        return
    yield Breach(
        shown.at_us,
        f"{case_id}: refresh {order.order_id} ended in unavailable at {at(history, ended_us)}; "
        f"{after(shown.at_us - ended_us)} the case was handed to a caseworker (MANUAL, {shown.view.reason}), without "
        f"another try at the connection {part.link_id}",
        "RETRY_WAIT, and a repeat some time later: outages pass",
        ops=(*book.evidence(order), shown),
    )


def _not_repeated(book: Casebook, ending: Ending) -> Iterator[Breach]:
    history, (order, part, case_id, ended_us) = book.history, ending
    due_us = falls_due_us(book, ending)
    if due_us is None or hindered(book, ending, due_us) or book.waits_for_run(ended_us, due_us):
        return
    if any(not line.elsewhere and ended_us < line.at_us <= due_us for line in book.bills(part.link_id)):
        return
    if book.shown_in(case_id, WAITING | ASKS_PERSON | REVIEW, ended_us, due_us):
        return
    view = book.view_at(case_id, due_us)
    yield Breach(
        due_us,
        f"{case_id}: refresh {order.order_id} ended in unavailable at {at(history, ended_us)}; by "
        f"{at(history, due_us)} the connection {part.link_id} had not been refreshed again "
        f"(the case shows {view.state if view else 'nothing'})",
        "a repeat of that connection some time later",
        ops=book.evidence(order),
    )


# --- RF-13 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-13", "MUST", "retries are spaced, bounded and end visibly", section=SECTION,
    source="help centre: in a few hours; the numbers: assumed", plans=b_plans.outage,
    advice="Wait at least 15 minutes (better an hour, growing), count the tries per cycle, then show MANUAL and why.",
)  # fmt: skip
def retries_are_bounded(history: History) -> Iterator[Trigger | Breach]:
    """After ``unavailable``: a pause of 15 minutes or more, at most B-RETRY-N repeats, then MANUAL with a reason."""
    book = Casebook.of(history)
    counted: Counter[tuple[str, str | None, str | None]] = Counter()
    for ending in book.known_endings("unavailable"):
        order, part, case_id, ended_us = ending
        yield Trigger(ended_us, f"refresh {order.order_id} of {case_id} ended in unavailable")
        yield from _too_soon(book, ending)
        repeats = book.repeats(order, part)
        if not repeats:
            yield from contacted(book, ending, over_us(book, ending), {"done", "unavailable"})
            yield from unseen(book, ending, REVIEW)
            continue
        key = case_id, book.cycle_of(order), part.link_id
        counted[key] += 1
        allowed = history.manifest.count("B-RETRY-N") + _clicks_since_first(book, ending, repeats[0][0])
        if counted[key] == allowed + 1:
            yield Breach(
                repeats[0][0],
                f"{case_id}: connection {part.link_id} was repeated {counted[key]} times after unavailable in one "
                f"cycle, the last time at {at(history, repeats[0][0])} (order {repeats[0][1].order_id}); {allowed} "
                "are allowed (B-RETRY-N in the manifest)",
                f"after {allowed} repeats MANUAL with a reason, and no further POST",
                ops=book.evidence(order, repeats[0][1]),
            )


def _too_soon(book: Casebook, ending: Ending) -> Iterator[Breach]:
    """Yield a repeat that came within 15 minutes of the ending, with nobody asking for it."""
    history, (order, part, case_id, ended_us) = book.history, ending
    for again_us, later in book.repeats(order, part)[:1]:
        died = any(order.at_us <= death.at_us <= again_us for death in book.deaths)
        asked = book.clicks(case_id, ended_us, again_us)
        if again_us - ended_us < SPACING_US and not died and not asked and not book.clock_stepped:
            yield Breach(
                again_us,
                f"{case_id}: refresh {order.order_id} ended in {part.status} at {at(history, ended_us)}; the "
                f"connection was refreshed again {after(again_us - ended_us)} (order {later.order_id})",
                "no repeat within 15 minutes of the ending, better an hour",
                ops=book.evidence(order, later),
            )


def _clicks_since_first(book: Casebook, ending: Ending, to_us: int) -> int:
    """Return how often a caseworker asked again: each allows one more try."""
    order, _, case_id, _ = ending
    first = next(it for it in book.refreshes(case_id) if book.cycle_of(it) == book.cycle_of(order))
    return book.clicks(case_id, first.at_us + 1, to_us)


# --- RF-14 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-14", "MUST", "no_data is not zero income", section=SECTION, source="orders object: distinct from an error",
    plans=b_plans.no_data, advice="Leave the amounts empty, show MANUAL (or PARTIAL) with no_data as the reason.",
)  # fmt: skip
def no_data_is_no_income(history: History) -> Iterator[Trigger | Breach]:
    """``no_data`` fills in no amounts, asks nobody to log in, is not repeated over and over, and comes to review."""
    book = Casebook.of(history)
    counted: Counter[tuple[str, str | None, str | None]] = Counter()
    for ending in book.known_endings("no_data"):
        order, part, case_id, ended_us = ending
        yield Trigger(ended_us, f"refresh {order.order_id} of {case_id} ended in no_data")
        yield from contacted(book, ending, over_us(book, ending), {"done", "no_data"}, links_only=True)
        yield from _shown_as_income(book, ending)
        repeats = book.repeats(order, part)
        key = case_id, book.cycle_of(order), part.link_id
        counted[key] += 1
        if repeats and counted[key] > 1 and not _clicks_since_first(book, ending, repeats[0][0]):
            yield Breach(
                repeats[0][0],
                f"{case_id}: connection {part.link_id} ended in no_data {counted[key]} times in one cycle "
                f"and was refreshed again at {at(history, repeats[0][0])} (order {repeats[0][1].order_id})",
                "review by a caseworker: the provider has answered, and has nothing",
                ops=book.evidence(order, repeats[0][1]),
            )
        if not repeats:
            yield from unseen(book, ending, REVIEW)


def _shown_as_income(book: Casebook, ending: Ending) -> Iterator[Breach]:
    history, (order, part, case_id, ended_us) = book.history, ending
    for shown in book.standing(case_id, ended_us, over_us(book, ending) - 1):
        if shown.at_us < ended_us or _has_data(book, ending, shown.at_us):
            continue
        items = (shown.view.prefill or {}).get("items") or () if is_fresh(shown.view.prefill) else ()
        mine = [it for it in items if it.get("employer_id") == part.key and not it.get("stale")]
        amounts = sorted({f"{name} {value}" for item in mine for name, value in _amounts(item)})
        ready = shown.view.state == "READY" and shown.view.cycle == book.cycle_of(order) and is_alone(book, case_id)
        if amounts or ready:
            what = f"with {', '.join(amounts[:3])}" if amounts else "as if the cycle had succeeded"
            yield Breach(
                shown.at_us,
                f"{case_id}: refresh {order.order_id} ended in no_data at {at(history, ended_us)}, yet at "
                f"{at(history, shown.at_us)} employer {part.key} is shown {what} ({shown.view.state})",
                "no amounts from this cycle, and a state in which somebody looks at it",
                ops=(*book.evidence(order), shown),
            )
            return


def _has_data(book: Casebook, ending: Ending, at_us: int) -> bool:
    """Return whether any completion since the refresh can be the source of data."""
    order, _, case_id, _ = ending
    parts = [part for other in book.of_person(case_id) if other.at_us >= order.at_us for part in other.parts]
    return any(
        part.status == "done" and (part.ended_us or 0) <= at_us and part.link_id == ending[1].link_id for part in parts
    ) or book.came_back(case_id, order.at_us, at_us)


def _amounts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the amounts in an item, at any depth."""
    match value:
        case dict():
            for name, each in value.items():
                if name in MONEY and _is_number(each):
                    yield name, each
                elif isinstance(each, (dict, list)):
                    yield from _amounts(each)
        case list():
            for each in value:
                yield from _amounts(each)
        case _:
            pass


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    return isinstance(value, (int, float)) or str(value).strip().lstrip("+-").replace(".", "", 1).isdigit()


# --- RF-15 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-15", "MUST", "locked or unsupported is an outcome of its own", section=SECTION,
    source="tasks lifecycle; that further logins prolong a lock: assumed", plans=b_plans.locked,
    advice="Refresh the connection no more in this cycle and show MANUAL with the status; no link, unless the "
    "policy link_on_locked is declared.",
)  # fmt: skip
def locked_is_left_alone(history: History) -> Iterator[Trigger | Breach]:
    """After a locked, misconfigured or unsupported account there is no automatic refresh, and somebody is told."""
    book = Casebook.of(history)
    may_ask = bool(history.manifest.policies.get("link_on_locked"))
    for ending in book.known_endings(*SOMEBODY_ACTS):
        order, part, case_id, ended_us = ending
        yield Trigger(ended_us, f"refresh {order.order_id} of {case_id} ended in {part.status}")
        for again_us, later in book.repeats(order, part)[:1]:
            if book.clicks(case_id, ended_us, again_us) or book.came_back(case_id, ended_us, again_us):
                continue
            yield Breach(
                again_us,
                f"{case_id}: refresh {order.order_id} ended in {part.status} at {at(history, ended_us)}; "
                f"{after(again_us - ended_us)} the connection {part.link_id} was refreshed again "
                f"(order {later.order_id})",
                "no automatic refresh of that connection: it cannot help, and can prolong a lock",
                ops=book.evidence(order, later),
            )
        if not may_ask:
            yield from contacted(book, ending, over_us(book, ending), {"done", part.status or ""}, links_only=True)
        yield from unseen(book, ending, REVIEW | {"BLOCKED"} | (ASKS_PERSON if may_ask else set()))


# --- RF-16 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-16", "MUST", "a generic error is bounded", section=SECTION, source="tasks lifecycle; the numbers: assumed",
    plans=b_plans.errors, advice="Repeat at most twice, spaced as after unavailable, then show MANUAL.",
)  # fmt: skip
def error_is_bounded(history: History) -> Iterator[Trigger | Breach]:
    """``error`` is repeated at most twice, not within 15 minutes, and then shown to a caseworker."""
    book = Casebook.of(history)
    counted: Counter[tuple[str, str | None, str | None]] = Counter()
    for ending in book.known_endings():
        order, part, case_id, ended_us = ending
        key = case_id, book.cycle_of(order), part.link_id
        if part.status != "error":
            counted[key] = 0
            continue
        if _is_limit(book, ending):
            continue
        yield Trigger(ended_us, f"refresh {order.order_id} of {case_id} ended in error")
        yield from _too_soon(book, ending)
        repeats = book.repeats(order, part)
        if not repeats:
            yield from unseen(book, ending, REVIEW)
            continue
        counted[key] += 1
        if counted[key] == ERROR_RETRIES + 1 + _clicks_since_first(book, ending, repeats[0][0]):
            yield Breach(
                repeats[0][0],
                f"{case_id}: connection {part.link_id} was repeated {counted[key]} times after error, the "
                f"last time at {at(history, repeats[0][0])} (order {repeats[0][1].order_id})",
                "at most two repeats in a cycle, then MANUAL",
                ops=book.evidence(order, repeats[0][1]),
            )


def _is_limit(book: Casebook, ending: Ending) -> bool:
    """Return whether a task may have failed because of the limit of refreshes alone (knob ``refresh_limit_effect``)."""
    profile = book.history.plan.profile
    return profile.get("refresh_limit_effect") == "fail_task" and len(book.bills(ending[1].link_id)) > 1
