"""Asking the person to log in again: one live link per person, for all employers that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import attempts, endings, repairing, rules
from mock_truv.contract.reference.rules import instant_us, text_of
from mock_truv.contract.reference.truv import Held, Known, Refused

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row

LIVE = "('posting', 'unknown', 'running', 'withdraw')"


def work_on_person(context: Context, person_ref: str) -> None:
    """Make an order for a new login when a person has to be asked and no link is out."""
    with context.store.writing():
        made = _write_ahead(context, person_ref)
    if made is None:
        return
    attempt, chosen = made
    if attempt["kind"] == "update":
        return
    case = context.store.case(attempt["case_id"])
    assert case is not None, "cases are never deleted"
    body = {
        "products": [attempt["product"]],
        "first_name": case["first_name"],
        "last_name": case["last_name"],
        "external_user_id": person_ref,
        "order_number": attempt["number"],
        "employers": [
            {"suborder_number": number} | ({"company_name": company} if company else {})
            for number, company in {slot["number"]: slot["company"] for slot in chosen}.items()
        ],
    }
    attempts.conclude(context, attempt["attempt_id"], context.truv.create_order(body))


def _write_ahead(context: Context, person_ref: str) -> tuple[Row, list[Row]] | None:
    """Write down which employers the link about to be made is for."""
    store = context.store
    store.set_timer("person", person_ref, None)
    if store.row(f"SELECT 1 FROM attempts WHERE person_ref = ? AND kind <> 'refresh' AND status IN {LIVE}",  # noqa: S608
                 person_ref):  # fmt: skip
        return None  # its end asks again
    chosen, wait_us = _due(context, person_ref)
    if wait_us is not None:
        store.set_timer("person", person_ref, wait_us)
    if not chosen:
        return None
    first = chosen[0]
    kind = "update" if context.repairs_links and all(_may_be_repaired(context, slot) for slot in chosen) else "link"
    attempt_id = store.insert(
        "attempts", kind=kind, case_id=first["case_id"], person_ref=person_ref, cycle=first["cycle"],
        product=first["product"], status="posting", started_us=context.truv_us,

    )  # fmt: skip
    store.change("attempts", {"attempt_id": attempt_id}, number=f"{first['case_id']}-{first['cycle']}-L{attempt_id}")
    numbers: dict[Any, str] = {}
    for slot in chosen:
        slot["number"] = numbers.setdefault(slot["link_id"] or slot["employer_id"], slot["employer_id"])
        store.insert("parts", attempt_id=attempt_id, case_id=slot["case_id"], employer_id=slot["employer_id"],
                     link_id=slot["link_id"], sub=slot["number"])  # fmt: skip
        context.set_slot(slot, "REAUTH_NEEDED", attempt_id=attempt_id)
    attempt = store.row("SELECT * FROM attempts WHERE attempt_id = ?", attempt_id)
    assert attempt is not None, "it was just written"
    if kind == "update":
        repairing.open_page_for(context, attempt)
    return attempt, chosen


def _due(context: Context, person_ref: str) -> tuple[list[Row], int | None]:
    """Return the employers for which a person is to be asked now, and when to ask for others."""
    now_us = context.now_us()
    chosen: list[Row] = []
    later: list[int] = []
    for slot in context.store.rows(
        "SELECT slots.*, cycle, product FROM slots JOIN cases USING (case_id)"
        " WHERE person_ref = ? AND slots.state = 'REAUTH_NEEDED' AND NOT closed ORDER BY case_id, position", person_ref
    ):  # fmt: skip
        may_us = max(slot["at_us"], (slot["offered_us"] or -rules.OFFER_PAUSE_US) + rules.OFFER_PAUSE_US)
        if slot["offers"] >= rules.OFFERS_MAX:
            endings.manual(context, slot, f"link {slot['reason']}")
        elif may_us > now_us:
            later.append(may_us)
        elif not chosen or slot["product"] == chosen[0]["product"]:
            chosen.append(slot)
    return chosen, min(later, default=None)


def offer(context: Context, attempt: Row, order: dict[str, Any]) -> None:
    """Send the link, once, while its order is alive; take it back when nobody wants it any more."""
    store, ident, now_us = context.store, attempt["attempt_id"], context.now_us()
    expires_us = instant_us(order.get("expired_at"))
    url = order.get("short_share_url") or order.get("share_url")
    store.change("attempts", {"attempt_id": ident}, expires_us=expires_us)
    attempt["expires_us"] = expires_us
    waiting = attempts.mine(store.parts(ident), ident)
    if not waiting:
        store.change("attempts", {"attempt_id": ident}, status="withdraw")
        store.set_timer("attempt", ident, now_us)
        return
    if attempt["sent_us"] is not None or expires_us is None or not url:
        return
    if expires_us <= context.truv_us or order.get("is_expired"):
        for part in waiting:
            _count_offer(context, part)
            endings.offer_again(context, part, "expired")
        attempts.end(context, attempt, waiting)
        return
    send(context, attempt, waiting, str(order["id"]), str(url))


def send(context: Context, attempt: Row, waiting: list[Row], order_id: str | None, url: str) -> None:
    """Put the message into the outbox and write down that it is there: both or neither."""
    store, now_us = context.store, context.now_us()
    store.insert("outbox", kind="link", case_id=waiting[0]["case_id"], person_ref=attempt["person_ref"],
                 order_id=order_id, url=url, sent_at=text_of(now_us))  # fmt: skip
    store.change("attempts", {"attempt_id": attempt["attempt_id"]}, sent_us=now_us, url=url)
    attempt["sent_us"] = now_us
    for part in waiting:
        _count_offer(context, part)
        context.set_slot(part, "REAUTH_SENT", at_us=None)


def _count_offer(context: Context, part: Row) -> None:
    context.store.do("UPDATE slots SET offers = offers + 1, offered_us = ? WHERE case_id = ? AND employer_id = ?",
                     context.now_us(), part["case_id"], part["employer_id"])  # fmt: skip


def withdraw(context: Context, attempt: Row) -> None:
    """Cancel the order of a link that is not wanted any more."""
    outcome = context.truv.cancel_order(attempt["order_id"]) if attempt["kind"] == "link" else Refused(404, "")
    with context.store.writing():
        if isinstance(outcome, Known | Refused):
            attempts.end(context, attempt, context.store.parts(attempt["attempt_id"]))
        elif isinstance(outcome, Held):
            context.store.set_timer("attempt", attempt["attempt_id"], outcome.until_us)
        else:
            context.poll_later(attempt, attempt["polls"])


def _may_be_repaired(context: Context, slot: Row) -> bool:
    """Return whether a connection is still there to be repaired."""
    return slot["link_id"] is not None and not context.store.row(
        "SELECT 1 FROM links WHERE link_id = ? AND state = 'deleted'", slot["link_id"]
    )
