"""F. Webhooks: which are genuine, which are understood, and how they are answered."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Hook

SECTION = "F. Webhooks"
TAMPERED = ("tampered-byte", "appended-bytes", "invalid-utf8")
UNSIGNED = ("missing-header", "empty", "wrong-prefix", "truncated", "wrong-secret", "production-secret",
            "signature-of-another")  # fmt: skip
ANSWER_WITHIN_US = 10 * SECOND_US

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
            yield _refusal(history, hook, "is genuine")


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


def _forgeries(history: History, kinds: tuple[str, ...]) -> Iterator[Trigger | Breach]:
    mail = Mail.of(history)
    forged = [hook for hook in mail.book.hooks if hook.forgery in kinds]
    for hook in forged:
        if hook.status is None:
            continue
        yield Trigger(hook.at_us, f"{told(hook)} came forged ({hook.forgery})")
        if not 400 <= hook.status < 500:
            what = f"{told(hook)}, forged ({hook.forgery}), was answered {hook.status} on {at(history, hook.at_us)}"
            yield Breach(hook.at_us, what, "400, 401, 403 or 404, and nothing done.", (hook,))
    for hook, op, what in mail.unaided(lambda it: it.forgery in kinds):
        text = f"only forged webhooks ({hook.forgery}) came on {at(history, op.at_us)}, and {what}"
        yield Breach(op.at_us, text, "A forged webhook changes nothing.", (hook, op))
    known = foreign_ids(history, forged)
    for request in history.sent if known else []:
        for ident in sorted(known):
            if ident in request.path and request.at_us >= known[ident].at_us:
                text = f"{request.method} {request.path} uses an id that only a forged webhook named"
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
    yield from _understood(history, is_unknown_type, "is of an unknown type", settles=False)


@webhooks(
    "RF-62", "MUST", "Unknown statuses are neither success nor failure", plans=new_status_plans, needs=("core",),
    source="inferred: the lists of statuses on the task and order pages have grown",
    advice="Map known statuses by a table; whatever is not in it means: read the order again.",
)  # fmt: skip
def unknown_statuses_decide_nothing(history: History) -> Iterator[Trigger | Breach]:
    """A status that no page names crashes nothing, prefills nothing and makes nobody contact the person.

    Whether an event or a read told it: reading the order later settles the case.
    """
    yield from _understood(history, is_unknown_status, "has an unknown status")
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
    yield from _understood(history, has_odd_fields, "has fields that are new, or null as documented", effects=False)


def _understood(
    history: History, odd: Callable[[Hook], bool], why: str, *, effects: bool = True, settles: bool = True
) -> Iterator[Trigger | Breach]:
    """Judge odd but genuine webhooks: accepted, without effect of their own, and the case is settled all the same."""
    mail = Mail.of(history)
    last: dict[str, Hook] = {}
    for hook in mail.genuine:
        if not odd(hook):
            continue
        if hook.status is not None:
            yield Trigger(hook.at_us, f"{told(hook)} {why}")
        if mail.turned_away(hook):
            yield _refusal(history, hook, why)
        about = mail.subject(hook)
        if settles and about is not None and about[0].is_refresh:
            last[about[0].order_id] = hook
    for hook, op, what in mail.unaided(lambda it: it.forgery is None and odd(it)) if effects else ():
        text = f"{told(hook)} {why}; nothing else came on {at(history, op.at_us)}, and {what}"
        yield Breach(op.at_us, text, "Nothing before the order was read.", (hook, op))
    for hook, case_id, at_us, what, ops in mail.uncalled([it for it in mail.genuine if odd(it)]) if effects else ():
        text = f"{told(hook)} {why}; it came on {at(history, hook.at_us)}, and then came {what}, for {case_id}"
        yield Breach(at_us, text, "Nothing before the order was read.", (hook, *ops))
    for order_id, hook in last.items():
        late = mail.unsettled(mail.book.orders[order_id], hook.at_us, "B-LOSS")
        if late is not None:
            text = f"{told(hook)} {why}; its refresh is over, and {late[1].case_id} is still {late[1].state} "
            yield Breach(late[0], text + f"on {at(history, late[0])}", "The order is read and its end shown.", (hook,))


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
            yield _refusal(history, hook, "is about somebody never seen")
    seqs = {hook.seq for hook in strange}
    for hook, op, what in mail.unaided(lambda it: it.seq in seqs):
        text = f"only {told(hook)}, about somebody never seen, came on {at(history, op.at_us)}, and {what}"
        yield Breach(op.at_us, text, "A stranger's webhook touches no case.", (hook, op))
    named = foreign_ids(history, strange)
    for request in history.sent if named else []:
        for ident in sorted(named):
            if request.is_write and ident in request.path and request.at_us >= named[ident].at_us:
                text = f"{request.method} {request.path} acts on what only a stranger's webhook named"
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
            text = f"{told(hook)}, sent on {at(history, came_us)}, was answered after {lasting(hook.elapsed_us)}"
            if inside:
                text += f"; meanwhile {inside[0].method} {inside[0].path} was sent"
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
            yield _refusal(history, hook, "is rightly signed, though no JSON object")
        following = next((it for it in mail.genuine[number + 1 :] if not is_unreadable(it)), None)
        if following is not None and not following.fault and mail.turned_away(following) and not accepted(following):
            yield _refusal(history, following, "came after a body that was no JSON object, and is genuine")


def _was_busy(history: History, at_us: int) -> bool:
    """Return whether a program that does one thing at a time waited for an answer when a webhook came.

    Its own requests in the handler begin at that instant, too; only a write, which may bring events at once, excuses.
    """
    return history.manifest.reentrancy == "none" and any(
        (op.at_us < at_us or (op.at_us == at_us and op.is_write)) and at_us < op.ended_us for op in history.sent
    )


def _refusal(history: History, hook: Hook, why: str) -> Breach:
    answer = "with an exception in the handler" if hook.error == "raised" else f"with {hook.status}"
    text = f"{told(hook)} {why}, and was answered {answer} on {at(history, hook.at_us)}, as in every later attempt"
    return Breach(hook.at_us, text, "A 2xx.", (hook,))
