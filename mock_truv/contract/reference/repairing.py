"""Bridge Update Mode: the person repairs the connection itself, from a page of ours that makes a token per session.

The access token is read when it is needed and kept nowhere; the bridge token goes to the page alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import attempts, endings, relinking, rules
from mock_truv.contract.reference.reading import Finding
from mock_truv.contract.reference.rules import HOUR_US, Verdict, entries, instant_us
from mock_truv.contract.reference.truv import Known, Refused

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row

PAGE = "https://cases.example.gov/reconnect/"
PAGE_HOURS = 72


def open_page_for(context: Context, attempt: Row) -> None:
    """Send the person the address of a page of our own."""
    store, ident, now_us = context.store, attempt["attempt_id"], context.now_us()
    name = hashlib.blake2b(repr((context.seed, attempt["number"])).encode(), digest_size=16).hexdigest()
    expires_us = now_us + PAGE_HOURS * HOUR_US
    store.change("attempts", {"attempt_id": ident}, status="running", created_us=now_us, expires_us=expires_us,
                 polls=attempts.FIRST_POLL)  # fmt: skip
    context.poll_later(attempt, attempts.FIRST_POLL)
    relinking.send(context, attempt, attempts.mine(store.parts(ident), ident), None, PAGE + name)


def session(context: Context, url: str) -> str | None:
    """Return a fresh bridge token for the first connection of a page that still needs repair; None: nothing to do."""
    store = context.store
    attempt = store.row("SELECT * FROM attempts WHERE url = ? AND kind = 'update' AND status = 'running'", url)
    if attempt is None or attempt["expires_us"] <= context.now_us():
        return None
    for part in attempts.mine(store.parts(attempt["attempt_id"]), attempt["attempt_id"]):
        link = context.truv.read_link(part["link_id"])
        source = context.truv.read_order(part["source_order"])
        if not isinstance(source, Known) or (isinstance(link, Known) and link.body.get("status") == "done"):
            continue
        shown = entries(source.body["employers"])
        token = next((entry.get("access_token") for entry in shown if entry.get("link_id") == part["link_id"]), None)
        if not isinstance(token, str):
            continue
        body = {"product_type": attempt["product"], "access_token": token, "tracking_info": part["employer_id"]}
        made = context.truv.create_token(str(source.body.get("user_id")), body)
        if isinstance(made, Known) and isinstance(made.body.get("bridge_token"), str):
            return str(made.body["bridge_token"])
    return None


def look(context: Context, attempt: Row) -> None:
    """See which connections work again, and take their data over."""
    ident, store = attempt["attempt_id"], context.store
    found = [(part, *_repaired(context, attempt, part)) for part in attempts.mine(store.parts(ident), ident)]
    with store.writing():
        waiting = {part["employer_id"] for part in attempts.mine(store.parts(ident), ident)}
        for part, repaired, data in found:
            if not repaired or part["employer_id"] not in waiting:
                continue
            if data is not None:
                finding = Finding(part, Verdict.DONE, None, part["link_id"], data=data)
                endings.react(context, attempt, finding, siblings=False)
            else:  # nothing shows the data but a refresh
                store.do("DELETE FROM links WHERE link_id = ?", part["link_id"])
                endings.again(context, part, context.now_us())
        parts = store.parts(ident)
        late = context.now_us() >= attempt["expires_us"] + HOUR_US
        open_ones = [part for part in attempts.mine(parts, ident) if part["state"] == "REAUTH_SENT"]
        for part in open_ones if late else []:
            endings.offer_again(context, part, "expired")
        endings.arm(context, parts)
        if open_ones and not late:
            context.poll_later(attempt, attempt["polls"])
        else:
            attempts.end(context, attempt, parts)


def _repaired(context: Context, attempt: Row, part: Row) -> tuple[bool, dict[str, Any] | None]:
    """Return whether a connection works again, and its data where its report shows them."""
    outcome = context.truv.read_link(part["link_id"])
    if not isinstance(outcome, Known) or outcome.body.get("status") != "done":
        return False, None
    outcome = context.truv.read_report(part["link_id"], attempt["product"])
    if isinstance(outcome, Refused):
        return True, None
    report = outcome.body if isinstance(outcome, Known) else {}
    ended_us = instant_us(report.get("finished_at")) or instant_us(report.get("completed_at"))
    if report.get("status") != "done" or ended_us is None or ended_us < attempt["created_us"]:
        return False, None
    return True, {
        "order_id": part["source_order"], "report_id": report.get("id"), "as_of": rules.text_of(ended_us),
        "items": entries(report.get("employments")),
    }  # fmt: skip
