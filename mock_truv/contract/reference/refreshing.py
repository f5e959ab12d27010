"""A case's refreshes: learn its employers once, ask for those that are due, and write down first what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.reference import attempts, rules
from mock_truv.contract.reference.rules import DAY_US, MINUTE_US, SECOND_US, entries
from mock_truv.contract.reference.store import unpacked
from mock_truv.contract.reference.truv import Held, Known, Refused, Unknown

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row


def work_on_case(context: Context, case_id: str) -> None:
    """Do what is due for a case."""
    case = context.store.case(case_id)
    if case is None or case["closed"]:
        context.store.set_timer("case", case_id, None)
    elif not context.store.slots(case_id):
        _learn(context, case)
    else:
        _ask(context, case)


def _learn(context: Context, case: Row) -> None:
    """Read the source order once: its employers, their connections, the person's name."""
    case_id = case["case_id"]
    if not case["source_order"]:
        with context.store.writing():
            context.set_case(case_id, "MANUAL", "no source order")
            context.store.set_timer("case", case_id, None)
        return
    outcome = context.truv.read_order(case["source_order"])
    with context.store.writing():
        match outcome:
            case Held(until_us):
                context.store.set_timer("case", case_id, until_us, case["due_on"])
            case Unknown():
                _learn_later(context, case, context.pause_us(30 * SECOND_US, case["refusals"], 30 * MINUTE_US, case_id))
            case Refused(status):
                if case["state"] == "RETRY_WAIT":
                    context.set_case(case_id, "MANUAL", f"http_{status}")
                    context.store.set_timer("case", case_id, None)
                else:
                    _learn_later(context, case, rules.REPEAT_AFTER_US)
                    context.set_case(case_id, "RETRY_WAIT", f"http_{status}", context.now_us() + rules.REPEAT_AFTER_US)
            case Known(order):
                _make_slots(context, case, order)


def _learn_later(context: Context, case: Row, pause_us: int) -> None:
    context.store.change("cases", {"case_id": case["case_id"]}, refusals=case["refusals"] + 1)
    context.store.set_timer("case", case["case_id"], context.now_us() + pause_us, case["due_on"])


def _make_slots(context: Context, case: Row, order: dict[str, object]) -> None:
    shown = entries(order["employers"])
    wanted = unpacked(case["wanted"]) if case["wanted"] else None
    if wanted is None:
        wanted = [entry["id"] for entry in shown if entry.get("link_id")] or [entry["id"] for entry in shown]
    chosen = [entry for entry in shown if entry["id"] in wanted]
    problem = None
    if not rules.may_refresh(rules.texts(order.get("products")), case["product"]):
        problem = "product not permitted"
    elif not chosen or len(chosen) != len(wanted):
        problem = "unknown employer"
    context.store.change(
        "cases", {"case_id": case["case_id"]}, first_name=order.get("first_name"), last_name=order.get("last_name"),
        refusals=0,
    )  # fmt: skip
    if problem:
        context.set_case(case["case_id"], "MANUAL", problem)
        context.store.set_timer("case", case["case_id"], None)
        return
    for position, entry in enumerate(chosen):
        connected = bool(entry.get("link_id"))
        context.store.insert(
            "slots", case_id=case["case_id"], employer_id=entry["id"], position=position,
            company=entry.get("company_name"), begun_on=entry.get("start_date"), link_id=entry.get("link_id"),
            source_order=case["source_order"],
            source_sub=entry["id"], source_user=order.get("user_id"), state="DUE" if connected else "MANUAL",
            reason=None if connected else "not_connected", at_us=context.now_us(),
        )  # fmt: skip
    context.arm_cases([case["case_id"]])


def _ask(context: Context, case: Row) -> None:
    """Ask for one refresh: of the employers that are due and share a source order."""
    if _is_close_to_limit(context, case) and isinstance(context.truv.read_order(case["source_order"]), Held):
        return
    with context.store.writing():
        attempt_id, group = _write_ahead(context, case["case_id"])
    if attempt_id is None:
        return
    body = {"products": [case["product"]], "employers": [{"id": slot["source_sub"]} for slot in group]}
    outcome = context.truv.refresh(group[0]["source_order"], body)
    attempts.conclude(context, attempt_id, outcome)


def _is_close_to_limit(context: Context, case: Row) -> bool:
    """Return whether what Truv's clock shows decides about a window; a step of ours must not open it early."""
    since_us = context.truv_us - rules.CLOCK_STEP_US
    return any(
        len(context.store.commits(slot["link_id"] or "", since_us)) >= rules.REFRESHES_PER_WINDOW
        for slot in context.store.slots(case["case_id"])
    )


def _write_ahead(context: Context, case_id: str) -> tuple[int | None, list[Row]]:
    """Write down the attempt that is about to be made, so that a crash leaves an unknown outcome, never a lost one."""
    store, now_us = context.store, context.now_us()
    case = store.case(case_id)
    assert case is not None, "cases are never deleted"
    due = [slot for slot in store.slots(case_id) if slot["state"] in rules.TIMED and slot["at_us"] <= now_us]
    group: list[Row] = [] if case["closed"] else _allowed(context, case, due)
    if not group:
        context.arm_cases([case_id])
        return None, []
    attempt_id = store.insert(
        "attempts", kind="refresh", case_id=case_id, person_ref=case["person_ref"], cycle=case["cycle"],
        source_order=group[0]["source_order"], product=case["product"], status="posting", started_us=context.truv_us,
        user_id=group[0]["source_user"],
    )  # fmt: skip
    for slot in group:
        store.insert("parts", attempt_id=attempt_id, case_id=case_id, employer_id=slot["employer_id"],
                     link_id=slot["link_id"], sub=slot["source_sub"])  # fmt: skip
        context.set_slot(slot, "REFRESHING", attempt_id=attempt_id)
    for link_id in sorted({slot["link_id"] for slot in group}):
        store.insert("commits", attempt_id=attempt_id, link_id=link_id, at_us=context.truv_us)
    context.arm_cases([case_id])
    return attempt_id, group


def _allowed(context: Context, case: Row, due: list[Row]) -> list[Row]:
    """Return the due employers of one source order whose connection may be used now; the others are told to wait."""
    store, now_us = context.store, context.now_us()
    group: list[Row] = []
    unspent = context.unspent_today()
    for slot in due:
        opens_us = context.window_opens_us(slot["link_id"])
        if store.row("SELECT 1 FROM links WHERE link_id = ?", slot["link_id"]):
            context.set_slot(slot, "REAUTH_NEEDED", reason=slot["reason"] or "connection broken", at_us=now_us)
            store.set_timer("person", case["person_ref"], now_us)
        elif opens_us > now_us:
            context.set_slot(slot, "LIMIT_WAIT", reason="refresh_limit", at_us=opens_us)
        elif unspent is not None and len({each["link_id"] for each in [*group, slot]}) > unspent:
            context.set_slot(slot, slot["state"], at_us=now_us + DAY_US - context.truv_us % DAY_US)
        elif not group or group[0]["source_order"] == slot["source_order"]:
            group.append(slot)
    return group
