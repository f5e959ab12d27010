"""Section L on histories written by hand: each clause keeps quiet where it is kept, and speaks where it is broken."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.operations import Hook, Logged, Message
from tests.contract.clauses.builders import ALL, Story, at_us, judged, prefilled

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.contract.history import History

KEY = "sandbox-0123456789abcdef"
TOKEN = "feedfacefeedfacefeedfacefeedface"
LINK = f"https://truv.example/employment.html?bridge_token={TOKEN}"
EVENT = {
    "webhook_id": "f00df00df00df00d",
    "event_type": "order-created",
    "user_id": "user-of-a-stranger",
    "status": "new",
}
PROFILE = {"first_name": "Deshawn", "last_name": "Okafor", "ssn": "991919991", "date_of_birth": "1988-07-19"}
REPORT = {
    "id": "first",
    "employers": [{"employments": [{"income": "56821.44", "pay_rate": "100.00", "profile": PROFILE}]}],
}


def told(*lines: str, **view: Any) -> Story:
    """Return a story whose report is known, with lines in the log."""
    story = Story(capabilities=ALL | {"logs"}).click(0).refresh(0, "first", ("done", 0.1))
    story.orders[-1] = replace(story.orders[-1], report=REPORT)
    for line in ("2026-01-05T15:00:00Z order adopted case=case-1 order=first", *lines):
        story.add(Logged(at_us=at_us(0.2), line=line))
    return story.show(0.3, "READY", **view)


def linked(*lines: str, kind: str = "link", to: str = "person", **view: Any) -> Story:
    """Return a story in which a link is sent."""
    story = told(*lines, **view).link(1, "link-a")
    story.orders[-1] = replace(story.orders[-1], bridge_token=TOKEN, url="c7b85de75f")
    return story.add(Message(at_us=at_us(1), kind=kind, case_id="case-1", person_ref=to, order_id="link-a", url=LINK,
                             text=json.dumps({"url": LINK})))  # fmt: skip


def answered(*answers: tuple[str, int, bytes]) -> Story:
    """Return a story of webhooks: of the case's user or of a stranger, with the answers."""
    story = Story()
    for number, (user, status, answer) in enumerate(answers):
        event = EVENT | {"webhook_id": f"webhook-number-{number}", "user_id": user}
        story.add(Hook(at_us=at_us(number), webhook_id=f"webhook-number-{number}", event=event, status=status,
                       answer=answer, fault=None if user == "user" else "strange"))  # fmt: skip
    return story


def closed(read: float, products: list[str] | None = None) -> Story:
    """Return a story in which a case is closed after an hour, and its report read at some time."""
    story = told().link(0.5, "link-a").call(1, "close_case")
    story.ops[-2] = replace(story.ops[-2], body={"products": products or ["income"]})  # type: ignore[call-arg]
    return story.request(read, "GET", "/v1/orders/first/", answer=REPORT)


def elsewhere(*, used: bool) -> Story:
    """Return a story in which the order of another system is read twice, and perhaps shown."""
    story = told().refresh(2, "theirs", ("done", 2.1))
    story.orders[-1] = replace(story.orders[-1], elsewhere=True)
    story.request(3, "GET", "/v1/orders/theirs/", answer=REPORT).request(4, "GET", "/v1/orders/theirs/", answer=REPORT)
    return story.show(5, "READY", prefill=prefilled("theirs")) if used else story


def history_of(story: Story) -> History:
    """Return a story's history with the secrets that it has."""
    return replace(story.history(), secrets=(KEY, TOKEN))


def body() -> Story:
    """Return a story in which the body of an event is logged."""
    raw = json.dumps(EVENT)
    story = told()
    story.add(Hook(at_us=at_us(0.1), webhook_id="f00df00df00df00d", event=EVENT, raw=raw.encode(), status=200))
    return story.add(Logged(at_us=at_us(0.1), line=f"event {raw}"))


KEPT: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-125", "ids in the log, the token to the person", linked),
    ("RF-126", "ids and numbers of other kinds", lambda: told("took 100.00 ms, 12 of 13, since 2026-01-05")),
    ("RF-127", "to the person alone", lambda: linked(engagements=[{"url_sha256": "0" * 64}])),
    ("RF-128", "the same", lambda: answered(("user", 200, b"ok"), ("stranger", 200, b"ok"))),
    ("RF-128", "a stranger's 404", lambda: answered(("user", 200, b""), ("stranger", 404, b""))),
    ("RF-129", "nothing more", lambda: closed(0.7)),
    ("RF-129", "another system's order is used", lambda: elsewhere(used=True)),
]  # fmt: skip
BROKEN: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-125", "the key in the log", lambda: told(f"headers {{'X-Access-Secret': '{KEY}'}}")),
    ("RF-125", "in base64", lambda: told("Basic " + base64.b64encode(f"client:{KEY}".encode()).decode())),
    ("RF-125", "in hex", lambda: told(KEY.encode().hex())),
    ("RF-125", "in a view", lambda: told(reason=f"refused {KEY}")),
    ("RF-125", "in a prefill", lambda: told(prefill=prefilled("first", access_token=TOKEN))),
    ("RF-125", "in a URL", lambda: told().request(1, "GET", "/v1/orders/", raw=f"http://truv/v1/orders/?key={KEY}\n")),
    ("RF-125", "to staff", lambda: linked(kind="announcement", to="staff")),
    ("RF-126", "pay", lambda: told("took over income=56,821.44")),
    ("RF-126", "a name", lambda: told("order for Okafor made")),
    ("RF-126", "a number", lambda: told("ssn 991-91-9991")),
    ("RF-126", "a birth date", lambda: told("born 1988-07-19")),
    ("RF-126", "a body", body),
    ("RF-127", "in the log", lambda: linked("sent http://truv.example/s/c7b85de75f")),
    ("RF-127", "in a view", lambda: linked(engagements=[{"url": LINK}])),
    ("RF-127", "to somebody else", lambda: linked(to="neighbour")),
    ("RF-128", "tells strangers apart", lambda: answered(("user", 200, b"ok"), ("stranger", 200, b"unknown"))),
    ("RF-128", "echoes", lambda: answered(("user", 200, b"got webhook-number-0"))),
    ("RF-129", "read after closing", lambda: closed(5)),
    ("RF-129", "too many products", lambda: closed(0.7, ["income", "assets"])),
    ("RF-129", "another system's order", lambda: elsewhere(used=False)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in KEPT], ids=[f"{it[0]} {it[1]}" for it in KEPT]
)
def test_kept(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that keeps the clause triggers it and breaks nothing."""
    found = judged(clause_id, "l_privacy", history_of(told()))
    assert found.triggers
    assert not found.breaches, found.breaches[0].what


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in BROKEN], ids=[f"{it[0]} {it[1]}" for it in BROKEN]
)
def test_broken(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that breaks the clause is told with the operations that prove it, and without the secret."""
    found = judged(clause_id, "l_privacy", history_of(told()))
    assert found.breaches
    assert found.breaches[0].ops
    assert KEY not in found.breaches[0].what
