"""F. Webhooks: which are genuine, which are understood, and how they are answered."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import at, lasting
from mock_truv.contract.clauses.f_plans import (
    busy_plans,
    bytes_plans,
    declared_plans,
    forged_plans,
    new_status_plans,
    new_type_plans,
    odd_field_plans,
    stranger_plans,
    tampered_plans,
    unreadable_plans,
)
from mock_truv.contract.clauses.hooks import (
    FIELDS,
    accepted,
    foreign_ids,
    has_odd_bytes,
    has_odd_fields,
    is_unknown_status,
    is_unknown_type,
    is_unreadable,
    of_strangers,
    told,
)
from mock_truv.contract.clauses.mail import Mail
from mock_truv.contract.clauses.unknown_reads import unknown_reads_decide_nothing
from mock_truv.core.instants import HOUR_US, SECOND_US
from mock_truv.core.outgoing import NULLABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Hook

SECTION = "F. Webhooks"
TAMPERED = ("tampered-byte", "appended-bytes", "invalid-utf8")
UNSIGNED = ("missing-header", "empty", "wrong-prefix", "truncated", "wrong-secret", "production-secret",
            "signature-of-another")  # fmt: skip
ANSWER_WITHIN_US = 10 * SECOND_US
FORGED = {
    "missing-header": "no X-WEBHOOK-SIGN header",
    "empty": "the X-WEBHOOK-SIGN header is empty",
    "wrong-prefix": "the signature begins with v0=, not with v1=",
    "truncated": "the last two digits of the signature are cut off",
    "wrong-secret": "signed with another key",
    "production-secret": "signed with the key of production, not of sandbox",
    "signature-of-another": "the signature is that of another body",
    "tampered-byte": "one byte of the body was changed after it was signed",
    "appended-bytes": "a space was added to the end of the body after it was signed",
    "invalid-utf8": "bytes that are no UTF-8 were put into the body after it was signed",
}
"""Kind of forgery -> what is wrong with it, in words."""
RIGHT_BYTES = "A 2xx: the signature is right for the bytes that came."
UNREAD = "Nothing, at most a read of the order: what that shows decides."
UNHARMED = "A 2xx or a 4xx, and the next webhook served as ever."

webhooks = partial(clause, section=SECTION, needs=("core", "webhook"))


@webhooks(
    "RF-50", "MUST", "Verify the bytes received", plans=bytes_plans,
    source="security page: signature; webhooks object",
    advice="Compute the HMAC over the request's raw body, before any JSON parser or middleware touches it.",
)  # fmt: skip
def genuine_events_are_accepted(history: History) -> Iterator[Trigger | Breach]:
    """Every webhook that Truv signed is answered 2xx, however its JSON is spelled: spaces, key order, escapes."""
    mail = Mail.of(history)
    for hook in mail.genuine:
        if has_odd_bytes(hook) and hook.status is not None:
            yield Trigger(hook.at_us, f"{told(hook)} came in unusual bytes")
        if not hook.fault and not has_odd_fields(hook) and mail.turned_away(hook):
            yield _refusal(history, hook, f"is rightly signed{_spelling(hook)}", RIGHT_BYTES)


@webhooks(
    "RF-51", "MUST", "Fail closed", plans=forged_plans,
    source="security page: signature",
    advice="Refuse whenever the header is not exactly one `v1=` and the right digest; no header is no signature.",
)  # fmt: skip
def unsigned_events_are_refused(history: History) -> Iterator[Trigger | Breach]:
    """A webhook without a right signature is refused with 4xx and has no effect.

    That is: none, an empty, malformed or cut one, or one made with another key. No id out of it is ever used.
    """
    yield from _forgeries(history, UNSIGNED)


@webhooks(
    "RF-52", "MUST", "Tampering is noticed", plans=tampered_plans,
    source="security page: signature",
    advice="Sign and compare the bytes as they came: no trimming, no decoding, no re-encoding.",
)  # fmt: skip
def tampered_events_are_refused(history: History) -> Iterator[Trigger | Breach]:
    """A webhook of which any byte was changed after it was signed is refused with 4xx and has no effect."""
    yield from _forgeries(history, TAMPERED)


def _forgery(hook: Hook) -> str:
    """Return what is wrong with a forged webhook, for evidence."""
    return f"{hook.forgery}: {FORGED.get(hook.forgery or '', 'no right signature')}"


def _spelling(hook: Hook) -> str:
    """Return where the bytes of a genuine body differ from those of a plain encoder, for evidence."""
    if not has_odd_bytes(hook):
        return ""
    raw, plain = hook.raw.decode(errors="replace"), msgspec.json.encode(hook.event).decode()
    place = next((number for number, (ours, theirs) in enumerate(zip(raw, plain, strict=False)) if ours != theirs),
                 min(len(raw), len(plain)))  # fmt: skip
    from_ = max(place - 6, 0)
    return (
        f" over bytes that hold {raw[from_ : place + 12]!r} where a plain encoder writes {plain[from_ : place + 12]!r}"
    )


def _forgeries(history: History, kinds: tuple[str, ...]) -> Iterator[Trigger | Breach]:
    mail = Mail.of(history)
    forged = [hook for hook in mail.book.hooks if hook.forgery in kinds]
    for hook in forged:
        if hook.status is None:
            continue
        yield Trigger(hook.at_us, f"{told(hook)} came forged ({hook.forgery})")
        if not 400 <= hook.status < 500:
            what = f"{told(hook)} came forged at {at(history, hook.at_us)} ({_forgery(hook)}), "
            what += f"and was answered {hook.status}"
            yield Breach(hook.at_us, what, "400, 401, 403 or 404, and nothing done.", (hook,))
    for hook, op, what in mail.unaided(lambda it: it.forgery in kinds):
        text = f"at {at(history, op.at_us)} nothing but a forged webhook came ({_forgery(hook)}), and {what}"
        yield Breach(op.at_us, text, "A forged webhook changes nothing.", (hook, op))
    known = foreign_ids(history, forged)
    for request in history.sent if known else []:
        for ident in sorted(known):
            if ident in request.path and request.at_us >= known[ident].at_us:
                text = f"{request.method} {request.path} was sent at {at(history, request.at_us)}: an id that only a "
                text += f"forged webhook named ({_forgery(known[ident])}), {told(known[ident])}"
                yield Breach(request.at_us, text, "Nothing of a forged webhook is used.", (known[ident], request))


@webhooks(
    "RF-53", "SHOULD", "Constant-time comparison", plans=declared_plans, needs=("core", "webhook", "source"),
    source="inferred from common practice (timing attacks)",
    advice="hmac.compare_digest, crypto.timingSafeEqual and the like, never ==.",
)  # fmt: skip
def signatures_are_compared_in_constant_time(history: History) -> Iterator[Trigger | Breach]:
    """The time that comparing a signature takes does not depend on how much of it is right.

    No run can show that from outside: the integrator declares it, or its source is reviewed.
    """
    for hook in history.hooks:
        if hook.forgery in UNSIGNED and hook.status is not None:
            yield Trigger(hook.at_us, "a signature had to be compared")


@webhooks(
    "RF-61", "MUST", "Unknown event types are acknowledged and ignored", plans=new_type_plans,
    source="webhooks object (types are added)",
    advice="Answer 2xx and forget what no code of yours is for.",
)  # fmt: skip
def unknown_types_are_acknowledged(history: History) -> Iterator[Trigger | Breach]:
    """A webhook of a type that did not exist when the program was written is answered 2xx and has no effect."""
    yield from _understood(history, is_unknown_type, lambda _: "is of a type that no page names", settles=False)


@webhooks(
    "RF-62", "MUST", "Unknown statuses are neither success nor failure", plans=new_status_plans, needs=("core",),
    source="inferred: the lists of statuses on the task and order pages have grown",
    advice="Map known statuses by a table; whatever is not in it means: read the order again.",
)  # fmt: skip
def unknown_statuses_decide_nothing(history: History) -> Iterator[Trigger | Breach]:
    """A status that no page names crashes nothing, prefills nothing and makes nobody contact the person.

    Whether an event or a read told it: reading the order later settles the case.
    """
    yield from _understood(history, is_unknown_status, lambda _: "has a status that no page names")
    yield from unknown_reads_decide_nothing(history)


@webhooks(
    "RF-63", "MUST", "Unknown fields and documented nulls are tolerated", plans=odd_field_plans,
    source="tasks, orders, links events",
    advice="Read the fields you need, allow each to be null or missing, ignore the rest.",
)  # fmt: skip
def odd_fields_are_tolerated(history: History) -> Iterator[Trigger | Breach]:
    """A webhook with further fields, or null wherever the pages allow it, is answered 2xx.

    The case comes to its right end all the same.
    """
    yield from _understood(history, has_odd_fields, _oddity, effects=False)


def _oddity(hook: Hook) -> str:
    """Return which fields of an event are new, or null, for evidence."""
    new = sorted(set(hook.event) - FIELDS)
    empty = [name for name in NULLABLE if name in hook.event and hook.event[name] is None]
    if new:
        return f"has fields that no page names ({', '.join(new)})"
    return f"has null where the pages allow it ({', '.join(empty)})"


def _understood(
    history: History,
    odd: Callable[[Hook], bool],
    why: Callable[[Hook], str],
    *,
    effects: bool = True,
    settles: bool = True,
) -> Iterator[Trigger | Breach]:
    """Judge odd but genuine webhooks: accepted, without effect of their own, and the case is settled all the same."""
    mail = Mail.of(history)
    last: dict[str, Hook] = {}
    for hook in mail.genuine:
        if not odd(hook):
            continue
        if hook.status is not None:
            yield Trigger(hook.at_us, f"{told(hook)} {why(hook)}")
        if mail.turned_away(hook):
            yield _refusal(history, hook, why(hook))
        about = mail.subject(hook)
        if settles and about is not None and about[0].is_refresh:
            last[about[0].order_id] = hook
    for hook, op, what in mail.unaided(lambda it: it.forgery is None and odd(it)) if effects else ():
        text = f"{told(hook)} {why(hook)}; nothing else came at {at(history, op.at_us)}, and {what}"
        yield Breach(op.at_us, text, UNREAD, (hook, op))
    news = [it for it in mail.genuine if odd(it)] if effects else []
    for last_hook, case_id, at_us, what, ops in mail.uncalled(news) if news else ():
        first = min((op.seq for op in ops), default=0)
        before = [it for it in news if it.seq < first and case_id in mail.concerns(it)]
        hook = before[-1] if before else last_hook  # what was made brings events of its own, which come later
        text = (
            f"{case_id}: {told(hook)} {why(hook)}; it came at {at(history, hook.at_us)}, and at {at(history, at_us)} "
        )
        yield Breach(at_us, f"{text}there followed {what}", UNREAD, (hook, *ops))
    for order_id, hook in last.items():
        late = mail.unsettled(mail.book.orders[order_id], hook.at_us, "B-LOSS")
        if late is not None:
            text = (
                f"{told(hook)} {why(hook)}; it came at {at(history, hook.at_us)}, refresh {order_id} is over, and at "
            )
            text += f"{at(history, late[0])} {late[1].case_id} is still shown {late[1].state}"
            yield Breach(late[0], text, "The order is read and its end shown.", (hook,))


@webhooks(
    "RF-64", "MUST", "Strangers are harmless", plans=stranger_plans,
    source="inferred: one endpoint serves the whole account",
    advice="Look the ids up first; what is not yours is acknowledged and left alone.",
)  # fmt: skip
def strangers_are_harmless(history: History) -> Iterator[Trigger | Breach]:
    """A webhook about somebody whom the program does not know touches no case and leads to no write.

    It is answered without an error of the program: 2xx, or a 4xx.
    """
    mail = Mail.of(history)
    strange = of_strangers(history)
    for hook in strange:
        if hook.status is not None:
            yield Trigger(hook.at_us, f"{told(hook)} is about somebody never seen")
        if (hook.status or 0) >= 500 and mail.turned_away(hook):
            yield _refusal(history, hook, "is about an order and a person that no case has", UNHARMED)
    seqs = {hook.seq for hook in strange}
    for hook, op, what in mail.unaided(lambda it: it.seq in seqs):
        text = f"at {at(history, op.at_us)} only {told(hook)} came, about a person that no case has, and {what}"
        yield Breach(op.at_us, text, "A stranger's webhook touches no case.", (hook, op))
    named = foreign_ids(history, strange)
    for request in history.sent if named else []:
        for ident in sorted(named):
            if request.is_write and ident in request.path and request.at_us >= named[ident].at_us:
                text = f"{request.method} {request.path}, sent at {at(history, request.at_us)}, acts on what only "
                text += f"{told(named[ident])} named, a webhook about a person that no case has"
                yield Breach(request.at_us, text, "Nothing is done to a stranger's order.", (named[ident], request))


@webhooks(
    "RF-65", "MUST", "Answer within 10 s", plans=busy_plans,
    source="webhooks object: 10 seconds, else retried",
    advice="Verify, store, answer; do the work afterwards, on another thread or from a queue.",
)  # fmt: skip
def answers_come_in_time(history: History) -> Iterator[Trigger | Breach]:
    """A webhook is answered within 10 seconds, however slow Truv's API or anything else is at that time."""
    slow = [op.at_us for op in history.sent if op.ended_us - op.at_us >= ANSWER_WITHIN_US or op.error == "timeout"]
    for hook in history.hooks:
        if hook.status is None and hook.error != "timeout":
            continue
        first = bisect_left(slow, hook.at_us - HOUR_US)
        if first < len(slow) and slow[first] <= hook.at_us + HOUR_US:
            yield Trigger(hook.at_us, f"{told(hook)} came while Truv answered slowly")
        came_us = hook.at_us - hook.elapsed_us
        if hook.elapsed_us <= ANSWER_WITHIN_US:
            continue
        if not _was_busy(history, came_us):
            inside = tuple(op for op in history.sent if came_us <= op.at_us < hook.at_us)[:3]
            text = f"{told(hook)}, sent at {at(history, came_us)}, was not answered within 10 s: the handler took "
            text += lasting(hook.elapsed_us)
            if inside:
                text += f", in which it sent {inside[0].method} {inside[0].path}"
            yield Breach(hook.at_us, text, "An answer within 10 s; the work comes after it.", (*inside, hook))


@webhooks(
    "RF-68", "SHOULD", "Genuine but unreadable event", plans=unreadable_plans,
    source="inferred",
    advice="Catch what the JSON parser raises and answer 400 (or 2xx); never let it end the process.",
)  # fmt: skip
def unreadable_events_are_survived(history: History) -> Iterator[Trigger | Breach]:
    """A rightly signed body that is no JSON object is answered 2xx or 4xx, and the next webhook is served as ever."""
    mail = Mail.of(history)
    for number, hook in enumerate(mail.genuine):
        if not is_unreadable(hook) or hook.status is None:
            continue
        yield Trigger(hook.at_us, f"a signed body of {len(hook.raw)} bytes that is no JSON object came")
        if hook.status >= 500 and mail.turned_away(hook):
            body = f"{len(hook.raw)} bytes: {hook.raw[:30]!r}" if hook.raw else "it is empty"
            yield _refusal(history, hook, f"is rightly signed, but no JSON object ({body})", UNHARMED)
        following = next((it for it in mail.genuine[number + 1 :] if not is_unreadable(it)), None)
        if following is not None and not following.fault and mail.turned_away(following) and not accepted(following):
            yield _refusal(history, following, "is genuine, and came after a body that was no JSON object")


def _was_busy(history: History, at_us: int) -> bool:
    """Return whether a program that does one thing at a time waited for an answer when a webhook came.

    Its own requests in the handler begin at that instant, too; only a write, which may bring events at once, excuses.
    """
    return history.manifest.reentrancy == "none" and any(
        (op.at_us < at_us or (op.at_us == at_us and op.is_write)) and at_us < op.ended_us for op in history.sent
    )


def _refusal(history: History, hook: Hook, why: str, expected: str = "A 2xx.") -> Breach:
    when = at(history, hook.at_us)
    how = f"at {when} the handler raised an exception" if hook.error == "raised" else f"it got {hook.status} at {when}"
    return Breach(hook.at_us, f"{told(hook)} {why}; {how}, and no later try was accepted", expected, (hook,))
