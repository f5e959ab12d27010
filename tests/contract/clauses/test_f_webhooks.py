"""Section F on histories of a few operations: each clause kept once and broken once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.operations import Hook
from tests.contract.clauses.builders import Story, at_us, judged

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN_US = 8 / 3600
"""In hours: a refresh ends eight seconds after its beginning."""
TIMES = {"new": 0, "login": 1, "parse": 3, "full_parse": 6, "done": 8, "login_error": 3, "unavailable": 3}
"""Seconds after the refresh began at which a task reaches a status."""


def event(status: str | None = "done", order: str = "r1", made: float = 0, **fields: Any) -> dict[str, Any]:
    """Return a task event of an order that was made at ``made`` hours."""
    seconds = round(made * 3600) + TIMES.get(status or "", 8)
    stamp = f"2026-01-{5 + (15 * 3600 + seconds) // 86400:02}T"
    clock = (15 * 3600 + seconds) % 86400
    stamp += f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}Z"
    told = {
        "webhook_id": f"{order}-{status}", "event_type": "task-status-updated", "event_created_at": stamp,
        "updated_at": stamp, "product": "income", "link_id": "link-1", "user_id": "user", "data_source": "payroll",
        "task_id": f"task-{order}-sub-1", "tracking_info": f"{order}-sub-1", "status": status, "template_id": None,
    }  # fmt: skip
    return {name: value for name, value in (told | fields).items() if value != "leave out"}


def hear(story: Story, hours: float, answer: int | None = 200, *, told: dict[str, Any] | None = None,
         ident: str | None = None, **hook: Any) -> Story:  # fmt: skip
    """Deliver an event (a done of r1 by default), answered with ``answer``."""
    body = event() if told is None else told
    given = {"webhook_id": ident or f"hook-{len(story.ops)}", "raw": json.dumps(body, separators=(",", ":")).encode()}
    return story.add(Hook(at_us=at_us(hours), event=body, status=answer, **(given | hook)))


def running(**story: Any) -> Story:
    """Return a case whose refresh r1 is done after 8 s."""
    return Story(**story).click(0).refresh(0, "r1", ("done", SEEN_US)).show(0, "REFRESHING")


def failing(status: str = "login_error") -> Story:
    """Return a case whose refresh r1 fails after 3 s."""
    return Story().click(0).refresh(0, "r1", (status, 3 / 3600)).show(0, "REFRESHING")


def odd_bytes(answer: int) -> Story:
    return hear(running(), SEEN_US, answer, raw=json.dumps(event(), indent=3).encode()).show(1, "READY")


def forged(kind: str, answer: int, state: str = "REFRESHING") -> Story:
    story = hear(running(), 0.001, answer, forgery=kind)
    return story if state == "REFRESHING" else story.show(0.001, state)


def odd(answer: int, state: str = "READY", **fields: Any) -> Story:
    return hear(running(), SEEN_US, answer, told=event(**fields), fault=fields.pop("_fault", None)).show(1, state)


def stranger(answer: int, state: str = "REFRESHING") -> Story:
    told = event(order="x", user_id="nobody", link_id="nowhere", task_id="nothing")
    story = hear(running(), 0.001, answer, told=told, fault="strange", error="raised" if answer == 500 else None)
    return story if state == "REFRESHING" else story.show(0.001, state)


def slow(elapsed_s: float) -> Story:
    story = running().request(SEEN_US, "GET", "/v1/orders/r1/", ended_us=at_us(SEEN_US + 30 / 3600), fault="slow")
    late = elapsed_s > 10
    return hear(story, SEEN_US + 30 / 3600, None if late else 200, elapsed_us=round(elapsed_s * 1e6),
                error="timeout" if late else None)  # fmt: skip


def unreadable(answer: int) -> Story:
    story = hear(running(), 0.001, answer, told={}, raw=b"{", fault="unreadable")
    return hear(story, SEEN_US).show(SEEN_US, "READY")


def read(story: Story, hours: float, order: str = "r1", **fields: Any) -> Story:
    return story.request(hours, "GET", f"/v1/orders/{order}/", **fields)


def misread(state: str | None, *, at_hours: float = 0.001, known: bool = False, link: bool = False) -> Story:
    """A read of r1 shows an unknown status; a read that can be understood comes at the same instant, or not."""
    shown: dict[str, Any] = {"employers": []}
    story = read(running(), at_hours, fault="unknown-status", answer=shown)
    if known:
        read(story, at_hours, answer=shown)
    if link:
        story.message(at_hours, "link", "l1")
    return story if state is None else story.show(at_hours, state)


def asked_again(*, same_id: bool, broken: bool) -> Story:
    """A login failed, the person has a link, and the news comes again an hour later."""
    news = event("login_error")
    story = read(hear(failing(), 3 / 3600, told=news), 3 / 3600).link(3 / 3600, "l1").show(3 / 3600, "REAUTH_SENT")
    hear(story, 1, told=news if same_id else news | {"webhook_id": "another"})
    return story.link(1, "l2") if broken else story


def three(*, state: str) -> Story:
    """Three employers are done at one instant, and each is told."""
    subs = ("sub-1", "sub-2", "sub-3")
    story = Story(employers=subs).click(0).refresh(0, "r1", *[("done", SEEN_US)] * 3).show(0, "REFRESHING")
    for sub in subs:
        hear(story, SEEN_US, told=event(task_id=f"task-r1-{sub}", tracking_info=f"r1-{sub}"))
    return read(story, SEEN_US).show(SEEN_US, state)


def backwards(state: str) -> Story:
    """Parse is told ten minutes after done."""
    story = read(hear(running(), SEEN_US), SEEN_US).show(SEEN_US, "READY")
    hear(story, 0.17, told=event("parse"))
    return story if state == "READY" else story.show(0.17, state)


def next_cycle(state: str) -> Story:
    """The first cycle's done is told again while the second cycle's refresh runs."""
    story = read(hear(running(), SEEN_US), SEEN_US).show(SEEN_US, "READY")
    story.click(48, "cycle-2").refresh(48, "r2", ("done", 49), cycle="cycle-2").show(48, "REFRESHING", "cycle-2")
    hear(story, 48.1, told=event() | {"webhook_id": "another"})
    return story.show(48.1, state, "cycle-2")


def late(*, broken: bool) -> Story:
    """News of an outage comes a day later, when the retry has succeeded."""
    story = read(failing("unavailable"), 0.1).show(0.1, "RETRY_WAIT").refresh(1, "r2", ("done", 1 + SEEN_US))
    read(story, 1.1, "r2").show(1.1, "READY")
    hear(story, 26, told=event("unavailable"))
    return story.refresh(27, "r3", ("done", 27 + SEEN_US)) if broken else story


def unheard(state: str) -> Story:
    return read(running(), 0.1).show(0.1, state)


def died(state: str) -> Story:
    return hear(running(), SEEN_US).crash(SEEN_US, 0.1).show(0.1, state)


def stumbled(state: str) -> Story:
    story = read(hear(running(), SEEN_US), SEEN_US, status=500, fault="status")
    return read(story, 0.1).show(0.1, state)


CASES: dict[str, tuple[str, Callable[[], Story], Callable[[], Story]]] = {
    "RF-50": ("f_webhooks", lambda: odd_bytes(200), lambda: odd_bytes(401)),
    "RF-51": ("f_webhooks", lambda: forged("missing-header", 401), lambda: forged("empty", 200)),
    "RF-52": ("f_webhooks", lambda: forged("appended-bytes", 403), lambda: forged("tampered-byte", 202)),
    "RF-54": ("f_webhooks_order", lambda: asked_again(same_id=True, broken=False),
              lambda: asked_again(same_id=True, broken=True)),
    "RF-55": ("f_webhooks_order", lambda: asked_again(same_id=False, broken=False),
              lambda: asked_again(same_id=False, broken=True)),
    "RF-56": ("f_webhooks_order", lambda: three(state="READY"), lambda: three(state="REFRESHING")),
    "RF-57": ("f_webhooks_order", lambda: backwards("READY"), lambda: backwards("REFRESHING")),
    "RF-58": ("f_webhooks_order", lambda: next_cycle("REFRESHING"), lambda: next_cycle("READY")),
    "RF-59": ("f_webhooks_order", lambda: late(broken=False), lambda: late(broken=True)),
    "RF-60": ("f_webhooks_safety", lambda: unheard("READY"), lambda: unheard("REFRESHING")),
    "RF-61": ("f_webhooks", lambda: odd(204, event_type="report-archived"), lambda: odd(400, event_type="new-thing")),
    "RF-62": ("f_webhooks", lambda: odd(200, status="paused"), lambda: odd(200, "REFRESHING", status="paused")),
    "RF-63": ("f_webhooks", lambda: odd(200, extension={}), lambda: odd(422, extension={})),
    "RF-64": ("f_webhooks", lambda: stranger(404), lambda: stranger(500)),
    "RF-65": ("f_webhooks", lambda: slow(0), lambda: slow(30)),
    "RF-66": ("f_webhooks_safety", lambda: died("READY"), lambda: died("REFRESHING")),
    "RF-67": ("f_webhooks_safety", lambda: stumbled("READY"), lambda: stumbled("REFRESHING")),
    "RF-68": ("f_webhooks", lambda: unreadable(400), lambda: unreadable(500)),
}  # fmt: skip


@pytest.mark.parametrize("clause_id", CASES)
def test_a_kept_clause_is_exercised_and_not_broken(clause_id: str) -> None:
    """A history in which the clause is kept has a trigger and no breach."""
    module, kept, _ = CASES[clause_id]
    judgement = judged(clause_id, module, kept().history())
    assert judgement.triggers
    assert not judgement.breaches


@pytest.mark.parametrize("clause_id", CASES)
def test_a_broken_clause_is_seen_with_its_evidence(clause_id: str) -> None:
    """A history in which the clause is broken has a breach that names what was done and the operations that show it."""
    module, _, broken = CASES[clause_id]
    judgement = judged(clause_id, module, broken().history())
    assert judgement.breaches
    assert all(breach.what and breach.expected and breach.ops for breach in judgement.breaches)


FURTHER: dict[str, tuple[str, str, Callable[[], Story]]] = {
    "an effect of a forged event alone": ("RF-51", "f_webhooks", lambda: forged("empty", 401, "READY")),
    "an effect of a stranger's event": ("RF-64", "f_webhooks", lambda: stranger(200, "REAUTH_SENT")),
    "a known event answered 409": (
        "RF-54", "f_webhooks_order", lambda: hear(hear(running(), SEEN_US), 1, 409).show(1, "READY"),
    ),
    "success made a failure by older news": (
        "RF-58", "f_webhooks_order",
        lambda: hear(
            read(failing(), 0.1).show(0.1, "REAUTH_SENT").link(0.1, "l1", "completed", 2).login(2, "l1")
            .show(2.1, "READY"), 72, told=event("login_error"),
        ).show(72, "REAUTH_NEEDED"),
    ),
    "an unknown status in a read as success": ("RF-62", "f_webhooks", lambda: misread("READY")),
    "an unknown status in a read as a failed login": ("RF-62", "f_webhooks", lambda: misread("REAUTH_NEEDED")),
    "an unknown status in a read as a caseworker's affair": ("RF-62", "f_webhooks", lambda: misread("MANUAL")),
    "a link because of an unknown status in a read": ("RF-62", "f_webhooks", lambda: misread(None, link=True)),
    "a read with an unknown status that is the last": ("RF-62", "f_webhooks", lambda: misread(None, at_hours=0.1)),
    "an old order's unknown status as a failed login": (
        "RF-62", "f_webhooks", lambda: misread("REAUTH_SENT", at_hours=13),
    ),
    "a status never heard of as success": (
        "RF-62", "f_webhooks",
        lambda: hear(running(), 0.001, told=event("paused"), fault="strange").show(0.001, "READY"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FURTHER)
def test_further_ways_to_break_a_clause_are_seen(name: str) -> None:
    """The history shows a breach of the clause."""
    clause_id, module, story = FURTHER[name]
    assert judged(clause_id, module, story().history()).breaches


EXCUSED: dict[str, tuple[str, str, Callable[[], Story]]] = {
    "upper-case hex may be taken": ("RF-51", "f_webhooks", lambda: forged("upper-case", 200)),
    "a program that is down answers nothing": (
        "RF-50", "f_webhooks",
        lambda: hear(hear(running(), SEEN_US, None, error="refused", ident="h"), 0.1, ident="h", attempt=2),
    ),
    "a store that is down for one attempt": (
        "RF-50", "f_webhooks", lambda: hear(hear(running(), SEEN_US, 503, ident="h"), 0.1, ident="h", attempt=2),
    ),
    "a second failure is a second reason": (
        "RF-54", "f_webhooks_order",
        lambda: hear(
            hear(failing(), 0.01, told=event("login_error")).link(0.01, "l1", "expired", 72).link(73, "l2"), 80,
            told=event("login_error"),
        ),
    ),
    "a read explains what came with an event": (
        "RF-62", "f_webhooks",
        lambda: read(hear(running(), 0.01, told=event("paused"), fault="strange"), 0.01).show(0.01, "READY"),
    ),
    "a read that can be understood, beside one that cannot": (
        "RF-62", "f_webhooks", lambda: misread("READY", at_hours=0.1, known=True),
    ),
    "an end that was told before an unknown status was read": (
        "RF-62", "f_webhooks",
        lambda: read(hear(running(), SEEN_US), SEEN_US, fault="unknown-status", answer={"employers": []})
        .show(SEEN_US, "READY"),
    ),
    "a refresh that is given up": (
        "RF-62", "f_webhooks",
        lambda: read(Story().click(0).refresh(0, "r1").show(0, "REFRESHING"), 48, fault="unknown-status",
                     answer={"employers": []}).show(48, "MANUAL"),
    ),
    "a case that was closed": ("RF-60", "f_webhooks_safety", lambda: running().call(1, "close_case")),
    "a cycle that another one has overtaken": ("RF-60", "f_webhooks_safety", lambda: running().click(2, "cycle-2")),
    "reads that fail to the end": (
        "RF-60", "f_webhooks_safety",
        lambda: read(running(days=3), 71, status=500, fault="status"),
    ),
    "a read that fails at the very end, when nothing was heard": (
        "RF-67", "f_webhooks_safety", lambda: read(running(days=1), 24, status=500, fault="status"),
    ),
    "a retry after an outage": (
        "RF-59", "f_webhooks_order",
        lambda: hear(failing("unavailable"), 26, told=event("unavailable")).refresh(27, "r2", ("done", 28))
        .show(28, "READY"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXCUSED)
def test_what_something_else_explains_is_no_breach(name: str) -> None:
    """The history shows no breach."""
    clause_id, module, story = EXCUSED[name]
    assert not judged(clause_id, module, story().history()).breaches
