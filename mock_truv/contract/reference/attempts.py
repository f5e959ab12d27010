"""An attempt: a request that makes an order, from its outcome to the endings of all employers it is for.

``posting`` (written down, the request may be open), ``unknown`` (to be settled), ``running`` (its order is known),
``withdraw`` (its link is to be taken back), ``ended``; an attempt that surely made nothing is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import endings, reading, relinking, repairing, rules, settling
from mock_truv.contract.reference.rules import MINUTE_US, SECOND_US, Verdict, instant_us
from mock_truv.contract.reference.truv import Held, Known, Outcome, Refused, Unknown

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row

FIRST_POLL = 3
"""The growing pause begins minutes long; an event shortens it."""


WAITING = {"refresh": {"REFRESHING"}, "link": {"REAUTH_SENT", "REAUTH_NEEDED"}}
"""States in which an employer still waits for its ending; what has ended stays as it is."""


def work_on_attempt(context: Context, ident: str) -> None:
    """Do what is due for an attempt."""
    attempt = context.store.row("SELECT * FROM attempts WHERE attempt_id = ?", int(ident))
    status = attempt["status"] if attempt else None
    if attempt is None or status in {"ended", "posting"}:
        context.store.set_timer("attempt", ident, None)
    elif status == "unknown":
        order = settling.look(context, attempt)
        if order is not None:
            adopt(context, attempt["attempt_id"], order)
    elif status == "withdraw":
        relinking.withdraw(context, attempt)
    elif attempt["kind"] == "update":
        repairing.look(context, attempt)
    else:
        _look(context, attempt)


def conclude(context: Context, attempt_id: int, outcome: Outcome) -> None:
    """Write down how the request of an attempt went."""
    if isinstance(outcome, Known):
        adopt(context, attempt_id, outcome.body)
        return
    store, now_us = context.store, context.now_us()
    with store.writing():
        parts = store.parts(attempt_id)
        if isinstance(outcome, Unknown):
            store.change("attempts", {"attempt_id": attempt_id}, status="unknown", settle_us=now_us + rules.SETTLE_US)
            store.set_timer("attempt", attempt_id, now_us + 30 * SECOND_US)
            for part in mine(parts, attempt_id):
                context.set_slot(part, "UNKNOWN_OUTCOME", at_us=now_us + rules.SETTLE_US)
            return
        discard(context, attempt_id)
        for part in mine(parts, attempt_id):
            match outcome:
                case Held(until_us):
                    endings.again(context, part, until_us)
                case Refused(_, text, limit=True):
                    named = [each for each in parts if each["sub"] and each["sub"] in text]
                    if named and part["sub"] not in text:
                        endings.again(context, part, now_us)
                    else:
                        endings.limit(context, part)
                case Refused(status):
                    endings.refused(context, part, status)
        endings.arm(context, parts)


def discard(context: Context, attempt_id: int) -> None:
    """Forget an attempt that surely made no order."""
    for table in ("attempts", "parts", "commits"):
        context.store.do(f"DELETE FROM {table} WHERE attempt_id = ?", attempt_id)  # noqa: S608 -- own names
    context.store.set_timer("attempt", attempt_id, None)


def mine(parts: list[Row], attempt_id: int) -> list[Row]:
    """Return the employers that still wait for this attempt and for no other, of cases that are open."""
    return [part for part in parts if part["holder"] == attempt_id and not part["closed"]]


def adopt(context: Context, attempt_id: int, order: dict[str, Any]) -> None:
    """Take an order as the one that an attempt made; from now on its new id counts."""
    store, now_us = context.store, context.now_us()
    created_us = instant_us(order.get("created_at")) or context.truv_us
    with store.writing():
        store.change("attempts", {"attempt_id": attempt_id}, status="running", order_id=order["id"],
                     created_us=created_us, polls=FIRST_POLL)  # fmt: skip
        store.change("commits", {"attempt_id": attempt_id}, at_us=created_us)
        attempt = store.row("SELECT * FROM attempts WHERE attempt_id = ?", attempt_id)
        assert attempt is not None, "an attempt that is running is in the store"
        context.log("order adopted", case=attempt["case_id"], order=order["id"])
        for entry in rules.entries(order["employers"]):
            store.do("INSERT OR IGNORE INTO subs VALUES (?, ?)", entry.get("id"), attempt_id)
        for part in mine(store.parts(attempt_id), attempt_id):
            if attempt["kind"] == "refresh":
                context.set_slot(part, "REFRESHING")
        context.poll_later(attempt, FIRST_POLL)
        if attempt["kind"] == "refresh" and not mine(store.parts(attempt_id), attempt_id):
            end(context, attempt, [])  # closed meanwhile
            return
        if store.row("SELECT 1 FROM strangers WHERE order_id = ?", order["id"]):
            store.change("attempts", {"attempt_id": attempt_id}, polls=0)
            store.set_timer("attempt", attempt_id, now_us)
        if attempt["kind"] == "link":
            relinking.offer(context, attempt, order)


def _look(context: Context, attempt: Row) -> None:
    """Read the order of an attempt and react to every employer's ending."""
    outcome = context.truv.read_order(attempt["order_id"])
    if isinstance(outcome, Known):
        parts = context.store.parts(attempt["attempt_id"])
        found = reading.findings(context, attempt, outcome.body, parts)
        with context.store.writing():
            _apply(context, attempt, outcome.body, found)
        return
    with context.store.writing():
        if isinstance(outcome, Held):
            context.store.set_timer("attempt", attempt["attempt_id"], outcome.until_us)
        elif isinstance(outcome, Refused):
            _refused(context, attempt, outcome.status, rules.REFUSALS_MAX)
        else:
            context.poll_later(attempt, attempt["polls"])


def _refused(context: Context, attempt: Row, status: int, most: int) -> None:
    """Count a permanent refusal of a read; the last one leaves the employers to somebody."""
    refusals = attempt["refusals"] + 1
    context.store.change("attempts", {"attempt_id": attempt["attempt_id"]}, refusals=refusals)
    if refusals < most:
        context.store.set_timer("attempt", attempt["attempt_id"], context.now_us() + MINUTE_US)
        return
    give_up(context, attempt, f"http_{status}")


def give_up(context: Context, attempt: Row, reason: str) -> None:
    """Leave all that still waits for an attempt to somebody."""
    parts = context.store.parts(attempt["attempt_id"])
    for part in mine(parts, attempt["attempt_id"]):
        endings.manual(context, part, reason)
    end(context, attempt, parts)


def end(context: Context, attempt: Row, parts: list[Row]) -> None:
    """Close the book on an attempt; whoever waited for its end goes on."""
    now_us = context.now_us()
    context.store.change("attempts", {"attempt_id": attempt["attempt_id"]}, status="ended")
    context.store.set_timer("attempt", attempt["attempt_id"], None)
    for part in parts:
        key = {"case_id": part["case_id"], "employer_id": part["employer_id"], "state": "REAUTH_NEEDED"}
        if attempt["kind"] == "refresh":
            context.store.change("slots", key | {"attempt_id": attempt["attempt_id"]}, at_us=now_us)
    if context.store.row("SELECT 1 FROM cases JOIN slots USING (case_id) WHERE person_ref = ? AND slots.state = ?",
                         attempt["person_ref"], "REAUTH_NEEDED"):  # fmt: skip
        context.store.set_timer("person", attempt["person_ref"], now_us)


def _apply(context: Context, attempt: Row, order: dict[str, Any], found: list[reading.Finding]) -> None:
    """React to what an order showed."""
    store, ident, now_us = context.store, attempt["attempt_id"], context.now_us()
    parts = store.parts(ident)
    waiting = {(part["case_id"], part["employer_id"]): part for part in mine(parts, ident)}
    if not settling.belongs(attempt, order):
        give_up(context, attempt, "order of somebody else")
        return
    if attempt["kind"] == "link":
        relinking.offer(context, attempt, order)
    open_ones = [each for each in found if each.verdict is Verdict.RUNNING and _key(each.part) in waiting]
    held = attempt["kind"] == "refresh" and open_ones and now_us < attempt["started_us"] + rules.SIBLINGS_US
    for finding in found:
        part = waiting.get(_key(finding.part))
        if part is None or finding.verdict is Verdict.RUNNING or (held and finding.verdict is Verdict.DONE):
            continue
        if part["state"] in WAITING[attempt["kind"]]:
            endings.react(context, attempt, finding, siblings=bool(open_ones))
    endings.arm(context, parts)
    if not open_ones:
        end(context, attempt, parts)
    elif any(each.refused for each in found):
        _refused(context, attempt, 404, rules.REPORT_REFUSALS_MAX)
    elif attempt["kind"] == "refresh" and _is_late(context, attempt, attempt["started_us"] + rules.STUCK_US):
        give_up(context, attempt, "no outcome")
    elif attempt["kind"] == "link" and (
        (order.get("is_expired") is True and context.truv_us > (attempt["expires_us"] or 0) + rules.HOUR_US)
        or _is_late(context, attempt, (attempt["expires_us"] or attempt["started_us"]) + rules.LINK_GRACE_US)
    ):
        for finding in open_ones:
            endings.offer_again(context, waiting[_key(finding.part)], "expired")
        end(context, attempt, parts)
    else:
        context.poll_later(attempt, attempt["polls"])


def _is_late(context: Context, attempt: Row, deadline_us: int) -> bool:
    """Return whether an attempt is beyond a deadline; one step of a clock alone does not make it so."""
    return context.truv_us > deadline_us and attempt["looks"] >= rules.LOOKS_MIN


def _key(part: Row) -> tuple[str, str]:
    return part["case_id"], part["employer_id"]
