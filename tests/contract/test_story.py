"""The story of a breach: what a reader needs is a line, what follows from it at once is told in that line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mock_truv.contract.adapter import CaseView
from mock_truv.contract.clause import Breach
from mock_truv.contract.history import CaseFacts, History, OrderFacts
from mock_truv.contract.operations import Called, Happened, Hook, Message, Sent, Shown
from mock_truv.contract.plan import plan
from mock_truv.contract.telling.moments import Moment, with_short_ids
from mock_truv.contract.telling.story import abridged, story_of
from mock_truv.core.instants import SECOND_US

if TYPE_CHECKING:
    from mock_truv.contract.operations import Op

SOURCE, ORDER, LINK = "5" * 32, "e" * 32, "f" * 32
ENDED = Happened(at_us=3 * SECOND_US, name="task", id="t", status="login_error", order_id=ORDER, link_id=LINK)
ASKED = Sent(at_us=3 * SECOND_US, method="POST", path="/v1/orders/", status=201)


def told_by(at_us: int = 3 * SECOND_US, **fields: object) -> Hook:
    """Return a webhook that tells of the ending."""
    event = {"event_type": "task-status-updated", "status": "login_error", "link_id": LINK}
    return Hook(**{"at_us": at_us, "webhook_id": "w", "event": event, "status": 200} | fields)  # type: ignore[arg-type]


def shown(state: str, at_us: int = 3 * SECOND_US, reason: str | None = None) -> Shown:
    """Return a showing of the case."""
    return Shown(at_us=at_us, view=CaseView("case-1", state, "cycle-1", reason=reason))


def texts(*ops: Op, evidence: tuple[int, ...] = (), at_us: int = 3 * SECOND_US) -> list[str]:
    """Return the lines of a story of some operations, without the last; ``evidence``: which of them are."""
    numbered = [replace(op, seq=number) for number, op in enumerate(ops)]
    facts = CaseFacts(case_id="case-1", person_ref="client-1", user_id="u", order_id=SOURCE)
    order = OrderFacts(order_id=ORDER, case_id="case-1", at_us=0, source_id=SOURCE)
    history = History(plan=plan("a"), ops=numbered, cases={"case-1": facts}, orders=[order], end_us=9 * SECOND_US)
    breach = Breach(at_us, "case-1 is wrong", "", ops=tuple(numbered[number] for number in evidence))
    *moments, last = story_of(history, breach)
    assert last.text == "here the clause is broken"
    return [("▸ " if moment.is_evidence else "") + moment.text for moment in moments]


def test_an_ending_its_webhooks_and_the_state_then_shown_are_one_line() -> None:
    """The webhooks that came in time and were accepted are counted, the lost ones too."""
    lost = Happened(at_us=3 * SECOND_US, name="webhook", id="w", status="lost")
    lines = texts(ENDED, told_by(), lost, shown("MANUAL", reason="why"))
    ending = "a task of order eeeeeeee ends in login_error [webhooks: 1 accepted, 1 lost]"
    assert lines == [f"{ending}; case-1 is MANUAL (why)"]


@pytest.mark.parametrize(
    ("hook", "line"),
    [
        (told_by(status=500), "webhook task-status-updated login_error → 500"),
        (told_by(attempt=2), "webhook task-status-updated login_error, try 2 → 200"),
        (told_by(forgery="truncated"), "webhook task-status-updated login_error FORGED (truncated) → 200"),
        (told_by(fault="duplicate"), "webhook task-status-updated login_error [fault of the plan: duplicate] → 200"),
        (told_by(at_us=60 * SECOND_US), "webhook task-status-updated login_error → 200"),
        (told_by(status=None, error="refused"), "a webhook finds nobody: the program is down"),
    ],
)
def test_a_webhook_that_was_not_as_it_should_be_has_a_line_of_its_own(hook: Hook, line: str) -> None:
    """Refused, repeated, forged, strange or late webhooks are not told in the line of the ending."""
    assert texts(ENDED, hook, at_us=90 * SECOND_US)[1:] == [line]


def test_evidence_always_has_a_line_of_its_own() -> None:
    """Neither a webhook nor a showing that proves the breach is told in another's line."""
    lines = texts(ENDED, told_by(), shown("MANUAL"), evidence=(1, 2))
    assert [line[0] for line in lines] == ["a", "▸", "▸"]


def test_a_case_that_is_shown_as_before_is_no_news() -> None:
    """An idle case before all else and a state that is shown again have no line."""
    again = [shown("REFRESHING", at_us=number * SECOND_US) for number in (1, 2)]
    assert texts(shown("IDLE", at_us=0), *again) == ["shows case-1 as REFRESHING"]


def test_the_story_ends_with_the_deed_that_breaks_the_clause() -> None:
    """What follows from the integrator's own wrong deed is left out; what follows from others' deeds is not."""
    message = Message(at_us=3 * SECOND_US, kind="link", case_id="case-1", person_ref="client-1")
    assert texts(ENDED, ASKED, message, evidence=(1,))[-1] == "▸ POST /v1/orders/ → 201"
    assert texts(ENDED, message, evidence=(0,))[-1] == "sends a link to client-1 for case-1"


def test_lines_that_come_again_and_again_are_told_by_the_first_and_the_last() -> None:
    """Blocks that differ in ids only are counted; what differs otherwise, or comes thrice, is not touched."""
    block = [("integrator", "POST /v1/orders/{0:08x}/ → 503"), ("Truv", "a task of order {0:08x} ends in error")]
    moments = [Moment(9 * n, who, who, text.format(n)) for n in range(8) for who, text in block]
    lines = [moment.text for moment in abridged([*moments, Moment(99, "clock", "clock", "close_case case-1")])]
    assert lines == [
        "POST /v1/orders/00000000/ → 503", "a task of order 00000000 ends in error", "… these 2 lines 6 times more",
        "POST /v1/orders/00000007/ → 503", "a task of order 00000007 ends in error", "close_case case-1",
    ]  # fmt: skip
    assert abridged(moments[:6]) == moments[:6]


def test_a_click_and_ids_are_short() -> None:
    """Ids in texts are cut to what the lines of a story show of them."""
    assert texts(Called(at_us=0, name="request_refresh", case_id="case-1", cycle="cycle-1")) == [
        "request_refresh case-1 cycle-1"
    ]
    assert with_short_ids(f"order {ORDER} of {LINK}") == "order eeeeeeee of ffffffff"
