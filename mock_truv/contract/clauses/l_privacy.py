"""L. Security and privacy: secrets, personal data and links stay where they belong, and no more is read than needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.b_plans import LONG_AGO
from mock_truv.contract.clauses.common import TO_PERSON, Casebook, at, prefill_orders
from mock_truv.contract.clauses.hooks import accepted
from mock_truv.contract.clauses.leaks import Needles, bridge_tokens, places
from mock_truv.contract.clauses.personal import Personal
from mock_truv.contract.operations import Logged, Message, Sent, Shown
from mock_truv.contract.plan import NEW_ORDER_POST, ORDER_POST, ORDER_READ, person, plan, request
from mock_truv.core import faults
from mock_truv.core.instants import MINUTE_US
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Hook, Op
    from mock_truv.core.scenario import Scenario

SECTION = "L. Security and privacy"
LOGIN_LOST = ConnectionRule(password_changes_after=LONG_AGO)
ID_LENGTH = 16
CONTEXT = 40
"""So much of a text is told of what stands before a secret."""
AFTER_CLOSING_US = 5 * MINUTE_US
"""What was under way when a case was closed may still come to its end."""


def error_plans() -> tuple[Scenario, ...]:
    """Return: everything that makes a program log what it has at hand."""
    login: dict[str, Any] = {"connection": LOGIN_LOST, "driver": person("completes", "2h"), "lasts": "1d"}
    return (
        plan("A login is lost and comes back; orders are made and read", **login),
        plan("Servers fail, answers are lost, keys are refused", lasts="1d",
             fault=(faults.Status(**ORDER_READ, status=500, times=2),
                    faults.Timeout(**ORDER_POST, commit=True, times=1),
                    faults.Status(method="GET", status=401, nth=(5,)))),
        plan("Answers are broken after the commit", lasts="1d",
             fault=(faults.Truncated(**ORDER_POST, times=1), faults.Html(**ORDER_READ, times=2))),
        plan("Keys are refused", fault=faults.Status(status=401, times=2), lasts="1d"),
        plan("Forged webhooks beside the genuine", lasts="1d",
             fault=(faults.Forge(forgery="wrong-secret"), faults.Forge(forgery="tampered-byte"),
                    faults.Forge(forgery="missing-header"))),
        plan("Webhooks in odd forms, of strangers, unreadable", lasts="1d",
             fault=(faults.Strange(what="stranger"), faults.Strange(what="nulls"), faults.Bytes(form="escapes")),
             driver=(request(), DriverRule(do="unreadable", after="1h"))),
        plan("The new order's answer is broken", fault=faults.Truncated(**NEW_ORDER_POST, times=1), **login),
        plan("No new order for a while", fault=faults.Status(**NEW_ORDER_POST, status=503, times=2), **login),
        plan("Order reads are cut off", fault=faults.Truncated(**ORDER_READ, times=3), lasts="1d"),
        plan("Every read is refused", fault=faults.Status(**ORDER_READ, status=404, nth=(2, 3)), lasts="1d"),
        plan("The person mistypes", connection=LOGIN_LOST, driver=person("mistypes", "1h"), lasts="2d"),
    )  # fmt: skip


@clause(
    "RF-125", "MUST", "no secrets where others look", section=SECTION, needs=("core", "logs"), plans=error_plans,
    source="webhook and authentication pages: keys and tokens are secret; seen elsewhere: logged headers",
    advice="Log method, path, status and ids, never headers, bodies or a request object; keep tokens out of views.",
)  # fmt: skip
def no_secrets_shown(history: History) -> Iterator[Trigger | Breach]:
    """Keys, signatures and tokens are in no log line, view, message or URL of a request, in no usual coding either."""
    needles, allowed = Needles(history.secrets), bridge_tokens(history)
    yield from _occasions(history)
    for op, where, words in places(history):
        to_person = isinstance(op, Message) and op.kind in TO_PERSON
        for secret in needles.found_among(words):
            if to_person and secret in allowed:
                continue
            yield Breach(
                op.at_us,
                f"{where} at {at(history, op.at_us)} contains the secret {_hidden(secret)}{_after(op, secret)}",
                "ids and statuses alone; a link's token goes to its person and to nobody else",
                ops=(op,),
            )
            break


@clause(
    "RF-126", "MUST", "no personal data in logs", section=SECTION, needs=("core", "logs"), plans=error_plans,
    source="assumed: rules for handling income data; seen with others: payloads in logs",
    advice="Log ids, states and counts; name fields that are logged one by one, and never a whole body.",
)  # fmt: skip
def no_personal_data_logged(history: History) -> Iterator[Trigger | Breach]:
    """No log line tells a name, a birth date, a number of a person, a pay value, or the body of an event."""
    personal = Personal(history)
    if not personal:
        return
    yield from _occasions(history)
    for line in history.lines:
        for what in personal.found_in(line.line):
            yield Breach(
                line.at_us,
                f"the log line at {at(history, line.at_us)} ({len(line.line)} characters) contains {what}",
                "ids and statuses alone",
                ops=(line,),
            )
            break


def _occasions(history: History) -> Iterator[Trigger]:
    """Yield a trigger for everything at which programs are tempted to log all they have."""
    if history.lines:
        yield Trigger(history.lines[0].at_us, "a log is kept")
    for op in history.troubles:
        yield Trigger(op.at_us, f"{op.method} {op.path}: {op.error or op.status}")
    for hook in history.hooks:
        if hook.forgery is not None or hook.fault is not None:
            yield Trigger(hook.at_us, f"a webhook that is {hook.forgery or hook.fault}")


def link_plans() -> tuple[Scenario, ...]:
    """Return: links go out, by several ways and with trouble."""
    back = person("completes", "2h")
    return (
        plan("A link goes out", connection=LOGIN_LOST, driver=back, lasts="1d"),
        plan("Two people get links", people=2, connection=LOGIN_LOST, lasts="1d",
             driver=person("completes", "2h", cases=2)),
        plan("The link is never used", connection=LOGIN_LOST, lasts="8d"),
        plan("The answer with the link is lost", connection=LOGIN_LOST, driver=back, lasts="1d",
             fault=faults.Timeout(**NEW_ORDER_POST, commit=True, times=1)),
        plan("The answer with the link is cut off", connection=LOGIN_LOST, driver=back, lasts="1d",
             fault=faults.Truncated(**NEW_ORDER_POST, times=1)),
        plan("A new order makes a new user", connection=LOGIN_LOST, driver=back, lasts="1d",
             profile={"user_of_new_order": "replaced"}),
    )  # fmt: skip


@clause(
    "RF-127", "MUST", "links are secret", section=SECTION, needs=("core", "logs", "outbox"), plans=link_plans,
    source="inferred: who has the link can log in as the person (orders page)",
    advice="Put the link into the one message to its person; keep a hash of it for everything else.",
)  # fmt: skip
def links_are_secret(history: History) -> Iterator[Trigger | Breach]:
    """A link stands in the message to its own person and nowhere else; a view shows its hash."""
    owners = dict(_links(history))
    needles = Needles(owners)
    for message in history.messages:
        if message.kind in TO_PERSON and message.url:
            yield Trigger(message.at_us, f"a {message.kind} goes to {message.person_ref}")
    for op, where, words in places(history):
        if isinstance(op, Sent):
            continue
        for link in needles.found_among(words):
            if isinstance(op, Message) and op.kind in TO_PERSON and op.person_ref in (owners[link] or {op.person_ref}):
                continue
            people = ", ".join(sorted(owners[link])) or "a person"
            yield Breach(
                op.at_us,
                f"{where} at {at(history, op.at_us)} contains the link of {people}: {_hidden(link)}{_after(op, link)}",
                "the link in the message to its person alone; elsewhere its sha256",
                ops=(op,),
            )
            break


def _links(history: History) -> Iterator[tuple[str, set[str]]]:
    """Yield (text by which a link is recognised, whose it is)."""
    idents = {order.order_id for order in history.orders} | set(history.cases)
    pages: dict[str, set[str]] = {}
    for facts in history.cases.values():
        idents |= {facts.person_ref, facts.user_id, facts.order_id}
    for message in history.messages:
        parts = urlsplit(message.url or "")
        page = parts.path + (f"?{parts.query}" if parts.query else "")
        name = page.rstrip("/").rpartition("=" if parts.query else "/")[2]
        if message.kind in TO_PERSON and len(name) >= ID_LENGTH and name not in idents:
            pages.setdefault(page, set()).add(message.person_ref)
    yield from ((page, people) for page, people in pages.items() if len(people) == 1)
    for order in history.orders:
        case_ids = {*order.case_ids, *([order.case_id] if order.case_id else [])}
        people = {history.cases[case_id].person_ref for case_id in case_ids if case_id in history.cases}
        inner = (order.report or {}).get("employers") or () if isinstance(order.report, dict) else ()
        tokens = {order.bridge_token, *(entry.get("bridge_token") for entry in inner)}
        yield from ((str(token), people) for token in sorted(filter(None, tokens)))
        if order.url:
            yield f"/s/{order.url}", people


def answer_plans() -> tuple[Scenario, ...]:
    """Return: events of known people and strangers, genuine and forged."""
    return (
        plan("A stranger's event beside each genuine one", fault=faults.Strange(what="stranger"), lasts="1d"),
        plan("The same; the login is lost", fault=faults.Strange(what="stranger"), connection=LOGIN_LOST, lasts="1d"),
        plan("Forged events", fault=faults.Forge(forgery="wrong-secret"), lasts="1d"),
    )  # fmt: skip


@clause(
    "RF-128", "SHOULD", "the webhook's answer tells nothing", section=SECTION, needs=("core", "webhook"),
    plans=answer_plans, source="assumed: the receiver is open to the world",
    advice="Answer with a status and an empty body; look ids up later.",
)  # fmt: skip
def answer_tells_nothing(history: History) -> Iterator[Trigger | Breach]:
    """A webhook gets the same answer whether its ids are known or not, and none of its content back."""
    secrets = Needles(history.secrets)
    usual: dict[str, set[tuple[int | None, bytes]]] = {}
    for hook in _first_tries(history):
        if not _is_stranger(history, hook) and not hook.fault and not hook.forgery and accepted(hook):
            usual.setdefault(str(hook.event.get("event_type")), set()).add((hook.status, hook.answer))
    for hook in history.hooks:
        told = [str(each) for each in hook.event.values() if isinstance(each, str) and len(each) >= ID_LENGTH]
        answer = hook.answer.decode(errors="replace")
        if hook.status is not None:
            yield Trigger(hook.at_us, "a webhook is answered")
        names = {str(each): name for name, each in hook.event.items()}
        echoed = [f"the event's {names[each]} {each}" for each in told if each in answer]
        for what in echoed + [_hidden(each) for each in secrets.found_in(answer)]:
            yield _telling(history, hook, f"contains {what}", "an answer without any content of the event")
            break
    for hook in _first_tries(history):
        same = usual.get(str(hook.event.get("event_type")), set())
        if _is_stranger(history, hook) and accepted(hook) and len(same) == 1 and (hook.status, hook.answer) not in same:
            status, usually = min(same, key=repr)
            yield _telling(
                history,
                hook,
                f"({hook.status} {_text_of(hook.answer)!r}) tells that its ids are unknown; "
                f"for known ones it is {status} {_text_of(usually)!r}",
                "the same answer for known and unknown ids",
            )


def _first_tries(history: History) -> Iterator[Hook]:
    seen: set[object] = set()
    for hook in history.hooks:
        ident = hook.event.get("webhook_id")
        if hook.attempt == 1 and hook.forgery is None and isinstance(ident, str) and ident not in seen:
            seen.add(ident)
            yield hook


def _text_of(answer: bytes) -> str:
    return answer[:40].decode(errors="replace")


def _is_stranger(history: History, hook: Hook) -> bool:
    users = {facts.user_id for facts in history.cases.values()} | {order.user_id for order in history.orders}
    return hook.fault == "strange" and hook.event.get("user_id") not in users


def _telling(history: History, hook: Hook, what: str, expected: str) -> Breach:
    kind = hook.event.get("event_type", "unreadable")
    return Breach(hook.at_us, f"the answer to the {kind} webhook {hook.webhook_id} at {at(history, hook.at_us)} {what}",
                  expected, ops=(hook,))  # fmt: skip


def closing_plans() -> tuple[Scenario, ...]:
    """Return: cases are closed at several stages, and other systems make orders."""
    shut = DriverRule(do="close", after="2h")
    return (
        plan("Employment alone, and the login is lost", people=PersonRule(product="employment"), lasts="1d",
             connection=LOGIN_LOST, driver=person("completes", "2h")),
        plan("Closed while the refresh runs", lasts="1d", driver=(request(), DriverRule(do="close", after="2s"))),
        plan("Closed when all is done; an order of another system follows", lasts="1d",
             driver=(request(), shut, DriverRule(do="elsewhere", after="3h"))),
        plan("Another system refreshes, too", driver=(request(), DriverRule(do="elsewhere", after="3h")), lasts="1d"),
        plan("Closed while a link is out", connection=LOGIN_LOST, lasts="2d",
             driver=(request(), shut, person("completes", "4h"))),
    )  # fmt: skip


@clause(
    "RF-129", "SHOULD", "no more than needed", section=SECTION, plans=closing_plans,
    source="assumed: data are read for a purpose; refreshes of other systems are none of ours",
    advice="Stop reading when a case is closed; leave others' orders alone; ask for your product alone.",
)  # fmt: skip
def no_more_than_needed(history: History) -> Iterator[Trigger | Breach]:
    """A new login is asked for the products in use only; reports of closed cases and of others' orders are not read."""
    book = Casebook.of(history)
    for op in history.sent:
        yield from _products(book, op)
    named = {ident for op in history.ops if isinstance(op, Shown) for ident in prefill_orders(op.view)}
    named |= {order.source_id for order in history.orders if order.source_id}
    strange: dict[str, list[Sent]] = {}
    for op in history.sent:
        order = history.order(op.order_id)
        if op.method != "GET" or order is None or not _has_data(op):
            continue
        if order.elsewhere and order.order_id not in named and not book.unmade:
            strange.setdefault(order.order_id, []).append(op)
        elif not order.elsewhere and book.is_known(order):
            yield from _read_after_closing(book, op, {*order.case_ids, *([order.case_id] if order.case_id else [])})
    for order in history.orders:
        if order.elsewhere:
            yield Trigger(order.at_us, f"another system makes order {order.order_id}")
    for ident, reads in strange.items():
        if len(reads) > 1:
            yield Breach(
                reads[1].at_us,
                f"the report of order {ident}, which another system made, is read {len(reads)} times from "
                f"{at(history, reads[0].at_us)} on and never used",
                "an order that is not one's own is left alone",
                ops=tuple(reads[:3]),
            )
    for case_id in history.cases:
        closed_us = book.closed_us(case_id)
        if closed_us is not None:
            yield Trigger(closed_us, f"{case_id} is closed")


def _products(book: Casebook, op: Sent) -> Iterator[Trigger | Breach]:
    order = book.history.order(op.made)
    if not op.is_new_order or order is None or not isinstance(op.body, dict):
        return
    kin = {relative for case_id in order.case_ids for relative in book.kin(case_id)}
    needed = {book.history.cases[case_id].product for case_id in kin if case_id in book.history.cases}
    asked = op.body.get("products")
    if not needed or not isinstance(asked, list):
        return
    yield Trigger(op.at_us, f"a new login is asked for {asked}")
    if not {str(each) for each in asked} <= needed:
        yield Breach(
            op.at_us,
            f"order {order.order_id} for a new login, made at {at(book.history, op.at_us)}, asks for "
            f"{', '.join(map(str, asked))}; {', '.join(sorted(kin))} uses {', '.join(sorted(needed))} alone",
            "the products that the person's cases use, no more",
            ops=(op,),
        )


def _read_after_closing(book: Casebook, op: Sent, case_ids: set[str]) -> Iterator[Breach]:
    closed = [book.closed_us(case_id) for relative in case_ids for case_id in book.kin(relative)]
    if not closed or None in closed or any(op.at_us <= (each or 0) + AFTER_CLOSING_US for each in closed):
        return
    last_us = max(each for each in closed if each is not None)
    yield Breach(
        op.at_us,
        f"the report of order {op.order_id} is read at {at(book.history, op.at_us)}; {', '.join(sorted(case_ids))} was "
        f"closed at {at(book.history, last_us)}",
        "a closed case's reports are not read any more",
        ops=(op,),
    )


def _has_data(op: Sent) -> bool:
    """Return whether an answer shows somebody's employments."""
    shown = op.answer.get("employers") if isinstance(op.answer, dict) and op.status == 200 else None
    return isinstance(shown, list) and any(isinstance(each, dict) and each.get("employments") for each in shown)


def _hidden(secret: str) -> str:
    """Return enough of a secret to find it, not enough to use it."""
    return f"{secret[:6]}… ({len(secret)} characters)"


def _after(op: Op, secret: str) -> str:
    """Return what stands before a secret, so that its place in the program can be found."""
    text = op.line if isinstance(op, Logged) else repr(op.view) if isinstance(op, Shown) else ""
    before, found, _ = text.partition(secret)
    return f", after {before[-CONTEXT:]!r}" if found and before else ""
