"""Section J on histories written by hand: each clause keeps quiet where it is kept, and speaks where it is broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.history import Part
from mock_truv.contract.operations import Message, Person
from mock_truv.contract.plan import plan
from tests.contract.clauses.builders import ALL, Story, at_us, judged, prefilled

if TYPE_CHECKING:
    from collections.abc import Callable

A, B = "sub-1", "sub-2"
GONE = ("login_error", 0.1)
TOKEN = {"bridge_token": "bridge-token-of-one-session"}


def asked(**fields: Any) -> Story:
    """Return a story whose only connection wants a login, with a link out for three days."""
    return Story(**fields).click(0).refresh(0, "first", GONE).link(0.2, "link-a").message(0.2, "link", "link-a")


def sent_link(**message: Any) -> Story:
    """Return a story in which a message with these fields went out after the failure."""
    story = Story().click(0).refresh(0, "first", GONE).link(0.2, "link-a")
    given = {"kind": "link", "case_id": "case-1", "person_ref": "person", "order_id": "link-a"} | message
    return story.add(Message(at_us=at_us(0.3), **given))


def came_back(*, order: str = "link-a", state: str = "READY") -> Story:
    """Return a story in which the person completed the link, and what was shown then."""
    story = Story().click(0).refresh(0, "first", GONE).link(0.2, "link-a", "completed", 3)
    story.message(0.2, "link", "link-a").login(3, "link-a")
    return story.show(3.1, state, prefill=prefilled(order))


def unused(*links: tuple[float, float], shown: str = "MANUAL") -> Story:
    """Return a story with some links (sent at, left at) that nobody used, and how the case was shown at the end."""
    story = Story(days=20, counts={"B-REOFFER": 1}).click(0).refresh(0, "first", GONE)
    for number, (sent, left) in enumerate(links):
        story.link(sent, f"link-{number}", "skipped", left).message(sent, "link", f"link-{number}")
    return story.show(links[-1][1], shown)


def mistyped(*, then: Callable[[Story], Story]) -> Story:
    """Return a story in which the person mistyped at the link, and then something happened."""
    story = Story().click(0).refresh(0, "first", GONE).link(0.2, "link-a", "completed", 2.1)
    story.message(0.2, "link", "link-a")
    story.add(Person(at_us=at_us(2), did="mistypes", case_id="case-1", order_id="link-a", status="login_error"))
    return then(story.login(2.1, "link-a"))


def next_cycle(link_id: str, source: str) -> Story:
    """Return a story whose second cycle refreshes some order, after a login that made another connection."""
    story = came_back()
    story.orders[-1] = replace(story.orders[-1], parts=(replace(story.orders[-1].parts[0], link_id="link-new"),))
    story.click(72, cycle="cycle-2").refresh(72, "third", ("done", 72.1), source=source, cycle="cycle-2")
    story.orders[-1] = replace(story.orders[-1], parts=(replace(story.orders[-1].parts[0], link_id=link_id),))
    return story


def other_account(**shown: Any) -> Story:
    """Return a story in which the person connected another account, and what was shown then."""
    story = (
        Story(employers=(A, B)).click(0).refresh(0, "first", GONE, ("done", 0.1)).link(0.2, "link-a", "completed", 3)
    )
    part = Part(suborder_id="link-a-sub-1", key=None, link_id="link-of-somebody", status="done", ended_us=at_us(3),
                suborder_status="completed", suborder_us=at_us(3))  # fmt: skip
    story.orders[-1] = replace(story.orders[-1], parts=(part,))
    story.message(0.2, "link", "link-a")
    story.add(Person(at_us=at_us(3), did="other-account", case_id="case-1", order_id="link-a", status="login"))
    return story.show(3.1, **shown)


def repaired(made: float, opened: float, *, token: str | None = "token-1", mailed: str = "") -> Story:
    """Return a story of Update Mode: a token made at some time, the page opened at another."""
    story = Story(capabilities=ALL | {"update_mode"}, plan=plan("By hand")).click(0).refresh(0, "first", GONE)
    shown = {"employers": [{"link_id": "link-1", "access_token": "token-1"},
                           {"link_id": "link-2", "access_token": "token-2"}]}  # fmt: skip
    story.request(0.2, "GET", "/v1/orders/source/", answer=shown)
    body = {"product_type": "income"} | ({"access_token": token} if token else {})
    story.request(made, "POST", "/v1/users/user/tokens/", body=body, answer=TOKEN)
    story.add(Message(at_us=at_us(made), kind="link", case_id="case-1", person_ref="person", text=mailed,
                      url="https://cases.example.gov/page"))  # fmt: skip
    late = opened - made >= 6
    return story.add(Person(at_us=at_us(opened), did="too-late" if late else "completes", case_id="case-1",
                            status="refused" if late else "login"))  # fmt: skip


KEPT: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-105", "own and fresh", sent_link),
    ("RF-106", "clicked, nothing sent", lambda: asked().click(5).click(24, cycle="cycle-2")),
    ("RF-106", "a crash repeats it once", lambda: asked().click(1).crash(2, 2.1).message(2.2, "link", "link-a")),
    ("RF-106", "a declared reminder", lambda: asked(policies={"reminders": 1}).click(5).message(
        24, "reminder", "link-a")),
    ("RF-107", "prefilled", came_back),
    ("RF-108", "made when opened", lambda: repaired(7, 7)),
    ("RF-109", "a day apart, then manual", lambda: unused((1, 2), (26, 27))),
    ("RF-110", "nothing happens", lambda: mistyped(then=lambda story: story)),
    ("RF-111", "the new connection", lambda: next_cycle("link-new", "link-a")),
    ("RF-112", "nothing tried", asked),
    ("RF-112", "after the login", lambda: came_back().refresh(30, "second", ("done", 31))),
    ("RF-113", "said so", lambda: other_account(state="PARTIAL", reason="another account",
                                                employers={A: "MANUAL", B: "READY"})),
]  # fmt: skip
BROKEN: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-105", "another person", lambda: sent_link(person_ref="neighbour")),
    ("RF-105", "the original order", lambda: sent_link(order_id="source")),
    ("RF-105", "the refresh", lambda: sent_link(order_id="first")),
    ("RF-106", "another link", lambda: asked().click(5).link(5, "link-b").message(5, "link", "link-b")),
    ("RF-106", "the same again", lambda: asked().click(5).message(5, "link", "link-a")),
    ("RF-106", "a reminder", lambda: asked().click(5).message(24, "reminder", "link-a")),
    ("RF-107", "not noticed", lambda: came_back(order="first", state="REAUTH_SENT")),
    ("RF-107", "bought again", lambda: came_back().refresh(4, "second", ("done", 4.1))),
    ("RF-108", "seven hours old", lambda: repaired(0.2, 7.3)),
    ("RF-108", "no access token", lambda: repaired(1, 1, token=None)),
    ("RF-108", "another connection's", lambda: repaired(1, 1, token="token-2")),
    ("RF-108", "sent by mail", lambda: repaired(1, 1, mailed=TOKEN["bridge_token"])),
    ("RF-109", "too many", lambda: unused((1, 2), (26, 27), (51, 52))),
    ("RF-109", "too soon", lambda: unused((1, 2), (3, 4))),
    ("RF-109", "left waiting", lambda: unused((1, 2), (26, 27), shown="REAUTH_SENT")),
    ("RF-110", "another link", lambda: mistyped(
        then=lambda story: story.link(3, "link-b").message(3, "link", "link-b"))),
    ("RF-110", "withdrawn", lambda: mistyped(
        then=lambda story: story.request(2.05, "POST", "/v1/orders/link-a/cancel/"))),
    ("RF-111", "the old connection", lambda: next_cycle("link-1", "source")),
    ("RF-112", "the old timer", lambda: asked().refresh(5, "second", ("login_error", 5.1))),
    ("RF-113", "taken for it", lambda: other_account(state="READY", employers={A: "READY", B: "READY"})),
    ("RF-113", "not said", lambda: other_account(state="REAUTH_SENT", employers={A: "REAUTH_SENT", B: "READY"})),
]  # fmt: skip
MODULES = {"RF-107": "j_recovery", "RF-108": "j_update_mode", "RF-111": "j_recovery", "RF-113": "j_recovery"}


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in KEPT], ids=[f"{it[0]} {it[1]}" for it in KEPT]
)
def test_kept(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that keeps the clause triggers it and breaks nothing."""
    found = judged(clause_id, MODULES.get(clause_id, "j_reauth"), told().history())
    assert found.triggers
    assert not found.breaches, found.breaches[0].what


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in BROKEN], ids=[f"{it[0]} {it[1]}" for it in BROKEN]
)
def test_broken(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that breaks the clause is told with the operations that prove it."""
    found = judged(clause_id, MODULES.get(clause_id, "j_reauth"), told().history())
    assert found.breaches
    assert found.breaches[0].ops
    assert "case-1" in found.breaches[0].what or "person" in found.breaches[0].what


def test_a_click_is_no_automatic_attempt() -> None:
    """A refresh that somebody asked for while the person is asked is not blamed on a timer."""
    story = asked().click(5, cycle="cycle-2").refresh(5, "second", ("login_error", 5.1), cycle="cycle-2")
    assert not judged("RF-112", "j_reauth", story.history()).breaches


def test_a_new_failure_is_a_reason_for_another_link() -> None:
    """Two links within a day are right where another refresh failed between them."""
    story = unused((1, 2)).click(4, cycle="cycle-2").refresh(4, "second", ("login_error", 4.1), cycle="cycle-2")
    story.link(4.2, "link-b", "skipped", 5).message(4.2, "link", "link-b").show(5, "MANUAL")
    assert not judged("RF-109", "j_reauth", story.history()).breaches
