"""F. Webhooks: news that never comes, and news told to a program that dies or stumbles over it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import at
from mock_truv.contract.clauses.endings import within
from mock_truv.contract.clauses.f_plans import acknowledged_plans, handled_again_plans, lost_plans
from mock_truv.contract.clauses.hooks import WAITING, told
from mock_truv.contract.clauses.mail import Mail
from mock_truv.core.instants import MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History

SECTION = "F. Webhooks"
SOON_US = 15 * MINUTE_US
FEW_FAILURES = 8

webhooks = partial(clause, section=SECTION, needs=("core", "webhook"))


@webhooks(
    "RF-60", "MUST", "Lost events are made good", plans=lost_plans, needs=("core",),
    source="webhooks object: an endpoint may be disabled",
    advice="Read each open order from time to time, whether or not events come.",
)  # fmt: skip
def lost_events_are_made_good(history: History) -> Iterator[Trigger | Breach]:
    """Where nobody tells the end of a refresh, the program reads the order and shows the right end in time."""
    mail = Mail.of(history)
    for order in history.refreshes():
        ended = [part.ended_us for part in order.parts if part.ended_us is not None]
        if not ended or len(ended) < len(order.parts):
            continue
        due_us = mail.book.until(max(ended), "B-LOSS", extra_us=mail.book.lag_us)
        if due_us is None or mail.told(order, due_us):
            continue
        statuses = ", ".join(sorted({str(part.status) for part in order.parts}))
        yield Trigger(max(ended), f"order {order.order_id} ended ({statuses}) and nobody was told")
        late = mail.unsettled(order, max(ended), "B-LOSS")
        if late is not None:
            reads = [op for op in history.sent if op.method == "GET" and op.at_us >= max(ended)]
            text = f"order {order.order_id} ended ({statuses}) at {at(history, max(ended))} and no event said so; at "
            text += f"{at(history, late[0])} {late[1].case_id} was still shown {late[1].state}, "
            text += f"after {len(reads)} GETs" if reads else "and nothing had been read since"
            yield Breach(
                late[0],
                text,
                f"The order read, and its end shown, within {within(mail.book, 'B-LOSS')}.",
                (*mail.book.evidence(order), *reads[-1:]),
            )


# --- told to a program that dies or stumbles ------------------------------------------------------------------------


@webhooks(
    "RF-66", "MUST", "Acknowledge only what is safe", plans=acknowledged_plans, needs=("core", "webhook", "persist"),
    source="inferred: a 2xx ends the retries",
    advice="Store the event before the 2xx; where it cannot be stored answer 5xx.",
)  # fmt: skip
def acknowledged_news_survives(history: History) -> Iterator[Trigger | Breach]:
    """What was acknowledged is not lost when the program dies right afterwards and nobody tells it again."""
    mail = Mail.of(history)
    for order in history.refreshes():
        tellers = mail.tellers(order, history.end_us)
        death = next((it for it in mail.book.deaths if tellers and it.at_us >= tellers[0].at_us), None)
        view = mail.book.view_at(order.case_id or "", death.at_us) if death is not None else None
        if death is None or (view is not None and view.state not in WAITING):
            continue
        heard = [hook for hook in tellers if hook.at_us <= death.at_us]
        text = f"{told(heard[-1])} was acknowledged at {at(history, heard[-1].at_us)}, the program died at "
        text += at(history, death.at_us)
        yield Trigger(death.at_us, text)
        late = mail.unsettled(order, death.back_us or history.end_us, "B-LOSS")
        if late is not None:
            back = f" (restarted at {at(history, death.back_us)})" if death.back_us is not None else ""
            text += f"{back}, and at {at(history, late[0])} {late[1].case_id} was still shown {late[1].state}"
            yield Breach(late[0], text, "After the restart what that event told is shown.", (heard[-1], death))


@webhooks(
    "RF-67", "MUST", "A failed handling may be repeated", plans=handled_again_plans,
    source="webhooks object: what fails is sent again",
    advice="Mark an event as handled only in the write that holds its effect; else try again.",
)  # fmt: skip
def failed_handling_is_repeated(history: History) -> Iterator[Trigger | Breach]:
    """Where the work behind an event fails, a redelivery or a try of the program's own completes it soon.

    It fails when the reads that it takes are not answered; *soon* counts from the last failure.
    """
    mail = Mail.of(history)
    failures = [op for op in history.troubles if op.method == "GET"]
    serious = [op for op in history.troubles if op.status in {401, 403, 429}] or mail.book.deaths
    for order in history.refreshes():
        heard = mail.told(order, history.end_us)
        since_us = heard[0].at_us - heard[0].elapsed_us if heard else history.end_us
        failed = [op for op in failures if since_us <= op.at_us]
        view = mail.book.view_at(order.case_id or "", failed[0].at_us - 1) if failed else None
        if not heard or not failed or (view is not None and view.state not in WAITING):
            continue
        yield Trigger(failed[0].at_us, f"{told(heard[0])} came, and {failed[0].method} {failed[0].path} failed")
        brief = len(failed) <= FEW_FAILURES and failed[-1].ended_us - since_us <= SOON_US and not serious
        last_us = max(failed[-1].ended_us, *(hook.at_us for hook in heard if hook.at_us <= since_us + SOON_US))
        late = mail.unsettled(order, last_us, "B-PREFILL" if brief else "B-LOSS")
        if late is not None:
            op = failed[-1]
            read = f"{op.method} {op.path} got {op.status if op.error is None else f'no answer ({op.error})'}"
            times = read if len(failed) == 1 else f"{len(failed)} reads failed, the last of them {read}"
            text = f"{told(heard[0])} came at {at(history, heard[0].at_us)}; {times} at {at(history, op.at_us)}, and "
            text += f"{late[1].case_id} was still shown {late[1].state} at "
            ops = (heard[0], *failed[:2], failed[-1])
            yield Breach(
                late[0],
                text + at(history, late[0]),
                "Another try soon, and the order's end shown once reads are answered again.",
                ops,
            )
