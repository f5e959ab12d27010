"""One small story, told in every way in which one thing goes wrong: each webhook and each call, one at a time.

A person connects, is refreshed, changes the password, fails, logs in again, is refreshed by link, and is deleted. The
client is a small but sound one: it looks before it repeats. So whatever goes wrong once, the same must come out of it.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.commands import AddFault, Change, CompleteBridge, Delivered, Subscribe
from mock_truv.core.base import suborders
from mock_truv.core.faults import (
    Duplicate,
    Empty,
    Html,
    Lose,
    Reorder,
    RequestFault,
    Reset,
    Slow,
    Status,
    Timeout,
    Truncated,
    UnknownStatus,
    WebhookFault,
)
from mock_truv.core.instants import HOUR_US, SECOND_US
from mock_truv.core.logins import meaning
from mock_truv.core.tasks import FINAL
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog
from tests.worlds import RECEIVER, Plan, Story, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.api.call import Answer
    from mock_truv.core.base import Deliver

ORDER = {"products": ["income"], "first_name": "Ada", "last_name": "Quill", "order_number": "CASE-1",
         "employers": [{"company_name": "Hearthside Home Supply"}]}  # fmt: skip
STAGE_US = 200 * SECOND_US
"""Between two deeds of the client: longer than a task takes, and than all retries of a webhook."""


class Small(Story):
    """The story, with a receiver that answers as a function says, and a client that looks before it repeats."""

    def __init__(
        self,
        fault: RequestFault | WebhookFault | None = None,
        receive: Callable[[int, Deliver], int | None] | None = None,
    ) -> None:
        super().__init__(Plan(7, ()))
        self.calls: list[tuple[str, str]] = []
        self.struck: list[tuple[str, bool]] = []
        """Method of each call that a fault met, and whether the world was changed by it."""
        self.link_task = ""
        self._fault = fault
        self._receive = receive or (lambda _number, _effect: 200)
        self._numbers: dict[str, int] = {}

    @property
    def used(self) -> int:
        """How often the fault has struck."""
        return sum(active.used for active in self.world.state.edge.faults.values())

    def deliver(self, effect: Deliver) -> None:
        """Let the receiver answer; webhooks are numbered from 1 in the order of their first attempts."""
        number = self._numbers.setdefault(effect.webhook_id, len(self._numbers) + 1)
        self.sent.append(effect)
        status = self._receive(number, effect)
        self.give(Delivered(effect.webhook_id, effect.attempt, status, "no answer" if status is None else None))

    def tell(self) -> Small:
        """Tell the story to its end."""
        if self._fault is not None:
            self.give(AddFault(self._fault))  # type: ignore[arg-type]
        self.give(Subscribe(RECEIVER))
        order_id = self.create_order()
        link_id = self.log_in(self.read(f"/orders/{order_id}/")["employers"][0]["bridge_token"])
        self.refresh(order_id)
        self.give(Change("connection", link_id, {"credentials_changed": True}))
        self.refresh(order_id)
        user_id = self.read(f"/orders/{order_id}/")["user_id"]
        token = next(each for each in self.read("/links/", f"user_id={user_id}")["results"])["access_token"]
        body = {"product_type": "income", "access_token": token}
        path = f"/users/{user_id}/tokens/"
        made = self.call("POST", path, body) or self.call("POST", path, body)
        self.log_in(made["bridge_token"])
        self.link_task = self.refresh_link(user_id, token)
        assert self.ends(f"/refresh/tasks/{self.link_task}/", "done")
        if self.call("DELETE", f"/links/{link_id}/") is None:
            self.call("DELETE", f"/links/{link_id}/")
        self.advance(HOUR_US)
        return self

    def create_order(self) -> str:
        """Create the order once."""
        made = self.call("POST", "/orders/", ORDER)
        if made is None:
            found = self.read("/orders/")["results"]
            made = found[0] if found else self.call("POST", "/orders/", ORDER)
        return str(made["id"])

    def log_in(self, token: str) -> str:
        """Let the person log in; return the link."""
        login = meaning(self.world.catalog.people, "goodlogin", "goodpassword", None)
        answer = self.give(CompleteBridge(token, login)).answer
        assert answer is not None
        self.advance(STAGE_US)
        link_id: str = msgspec.json.decode(answer.body)["link_id"]
        return link_id

    def refresh(self, order_id: str) -> None:
        """Refresh an order once, and wait."""
        before = self.read(f"/orders/{order_id}/")["refresh_order"]
        made = self.call("POST", f"/orders/{order_id}/", {"products": ["income"]})
        if made is None and self.read(f"/orders/{order_id}/")["refresh_order"] == before:
            self.call("POST", f"/orders/{order_id}/", {"products": ["income"]})
        self.advance(STAGE_US)
        latest = self.read(f"/orders/{order_id}/")["refresh_order"]
        assert self.ends(f"/orders/{latest}/", "completed", "error")

    def refresh_link(self, user_id: str, token: str) -> str:
        """Refresh the link once, and wait; return the task."""

        def known() -> set[str]:
            tasks = self.read("/tasks/", f"user_id={user_id}")["results"]
            return {each["id"] for each in tasks if each["order_id"] is None and each["bridge_token"] is None}

        before = known()
        made = self.call("POST", "/refresh/tasks/", {"access_token": token})
        if made is None and known() == before:
            self.call("POST", "/refresh/tasks/", {"access_token": token})
        self.advance(STAGE_US)
        (ident,) = known() - before
        return ident

    def ends(self, path: str, *statuses: str) -> bool:
        """Return whether an object shows one of some statuses; where it shows another, it is read once more."""
        return any(self.read(path)["status"] in statuses for _ in range(2))

    def read(self, path: str, query: str = "") -> Any:
        """Read until an answer is whole."""
        for _ in range(3):
            value = self.call("GET", path, query=query)
            if value is not None:
                return value
        raise AssertionError(f"{path} was never answered")

    def call(self, method: str, path: str, body: Any = None, *, query: str = "") -> Any:
        """Return what a call answers; None when the answer is lost, broken or an error."""
        self.calls.append((method, path))
        used, before = self.used, self.world.world_digest()
        answer = self.give(request(method, path, body, query=query)).answer
        assert answer is not None
        if self.used > used and isinstance(self._fault, RequestFault):
            self.struck.append((method, self.world.world_digest() != before))
        if answer.hold_us:
            self.advance(answer.hold_us)
        return decoded(answer)


def decoded(answer: Answer) -> Any:
    """Return the value of an answer as a client gets it, None when there is none."""
    if answer.ending != "whole" or answer.status >= 300:
        return None
    if answer.status == 204:
        return {}
    try:
        return msgspec.json.decode(answer.body.replace(b"\x01", b"http://mock"))
    except msgspec.DecodeError:
        return None


@lru_cache(maxsize=1)
def plain() -> Small:
    """The story in which nothing goes wrong."""
    return Small().tell()


def outcome(story: Small) -> Any:
    """Return what came of a story: orders, tasks, links, ledger, without instants."""
    state = story.world.state
    return {
        "orders": [
            (it.id, it.initial_order, it.refresh_order, it.order_number, it.user_id,
             [(each.id, each.status, each.link_id, each.task_ids) for each in suborders(it)])
            for it in state.orders.values()
        ],
        "tasks": [(it.id, it.status, it.is_refresh, it.order_id, it.link_id) for it in state.tasks.values()],
        "links": [(it.id, it.user_id, it.status, it.deleted_us is not None) for it in state.links.values()],
        "ledger": [(line.task_id, line.link_id, line.order_id, line.product, line.free) for line in state.ledger],
    }  # fmt: skip


def check(story: Small) -> None:
    """Check what holds after every story: ledger, identities, final states, and the replay."""
    state = story.world.state
    happened = [event for record in story.journal.records for event in record.events]
    tasks = [it for it in state.tasks.values() if it.is_refresh]
    # the ledger is what the tasks say, and what the journal says
    assert [(line.task_id, line.link_id, line.order_id, line.product, line.at_us) for line in state.ledger] == [
        (it.id, it.link_id, it.order_id, it.product, it.created_us) for it in tasks
    ]
    billed = [event for event in happened if event.name == "billed"]
    assert [(it.order_id, it.link_id) for it in billed] == [(line.order_id, line.link_id) for line in state.ledger]
    # no two objects share an id
    for name, status, objects in (
        ("order", "created", list(state.orders)), ("task", "new", list(state.tasks)),
        ("webhook-made", None, list(state.deliveries)),
    ):  # fmt: skip
        made = [event.id for event in happened if event.name == name and status in {None, event.status}]
        assert made == objects
        assert len(set(made)) == len(made)
    parts = [each.id for it in state.orders.values() for each in suborders(it)]
    every = [*state.orders, *state.tasks, *state.links, *parts]
    assert len(set(every)) == len(every)
    # every task that was accepted ends in exactly one final state, and nothing follows it
    for it in state.tasks.values():
        walk = [event.status for event in happened if event.name == "task" and event.id == it.id]
        assert walk[-1] == it.status
        assert [status in FINAL for status in walk] == [False] * (len(walk) - 1) + [True]
    for each in (each for it in state.orders.values() for each in suborders(it)):
        walk = [event.status for event in happened if event.name == "suborder" and event.id == each.id]
        assert (len(walk), walk[0], walk[-1]) == (2, "pending", each.status)
    # every webhook has come to its end
    assert {it.state for it in state.deliveries.values()} <= {"delivered", "failed", "lost"}
    # the journal rebuilds the world
    lines = [story.journal.opening, *(record.entry for record in story.journal.records)]
    replayed = replay((msgspec.json.encode(line) + b"\n" for line in lines), load_catalog())
    assert replayed.difference is None
    assert replayed.journals["story"].world.digest() == story.world.digest()
    assert replayed.sent == story.sent


def fact(effect: Deliver) -> str:
    """Return what a webhook says, without its own id."""
    value = msgspec.json.decode(effect.body)
    del value["webhook_id"]
    return msgspec.json.encode(value).decode()


def facts(story: Small) -> list[str]:
    """Return what was sent, in order."""
    return [fact(effect) for effect in story.sent]


def events() -> range:
    """Return the numbers of all webhooks of the plain story."""
    return range(1, len(plain().sent) + 1)


def calls() -> range:
    """Return the numbers of all calls of the plain story."""
    return range(1, len(plain().calls) + 1)


def test_plain_story() -> None:
    """Where nothing goes wrong: three refreshes end done, login_error, done; three lines; each webhook sent once."""
    story = plain()
    check(story)
    ended = [it.status for it in story.world.state.tasks.values() if it.is_refresh]
    assert ended == ["done", "login_error", "done"]
    assert len(story.world.state.ledger) == 3
    assert len(events()) == len(set(facts(story))) > 40
    assert {method for method, _ in story.calls} == {"GET", "POST", "DELETE"}


def failing(number: int, status: int | None, attempts: int) -> Callable[[int, Deliver], int | None]:
    """Return a receiver that refuses so many attempts of one webhook."""
    return lambda at, effect: status if at == number and effect.attempt <= attempts else 200


@pytest.mark.parametrize("status", [None, 500, 404, 301])
def test_nth_delivery_fails(status: int | None) -> None:
    """Whichever delivery fails once, it alone is sent again, 30 seconds later, the same bytes; all else is the same."""
    for number in events():
        story = Small(receive=failing(number, status, 1)).tell()
        check(story)
        assert outcome(story) == outcome(plain())
        (again,) = [effect for effect in story.sent if effect.attempt == 2]
        first = next(effect for effect in story.sent if effect.webhook_id == again.webhook_id)
        assert first is story.sent[number - 1]
        assert (first.body, len(story.sent)) == (again.body, len(events()) + 1)
        one, two = (attempt.at_us for attempt in story.world.state.deliveries[again.webhook_id].attempts)
        assert two - one == 30 * SECOND_US
        assert Counter(facts(story)) == Counter([*facts(plain()), fact(again)])


def test_nth_delivery_never_works() -> None:
    """Whichever delivery fails four times is given up, and nothing else is touched by that."""
    for number in events():
        story = Small(receive=failing(number, 503, 100)).tell()
        check(story)
        assert outcome(story) == outcome(plain())
        states = Counter(it.state for it in story.world.state.deliveries.values())
        assert states == {"delivered": len(events()) - 1, "failed": 1}
        assert [len(it.attempts) for it in story.world.state.deliveries.values() if it.state == "failed"] == [4]


def test_every_pair_of_neighbours_is_swapped() -> None:
    """Whichever two events that follow one another are swapped, those two and no others change places."""
    usual = facts(plain())
    for number in events()[:-1]:
        story = Small(Reorder(nth=(number, number + 1), patience_seconds=86_400.0)).tell()
        check(story)
        assert outcome(story) == outcome(plain())
        at = number - 1
        assert facts(story) == [*usual[:at], usual[at + 1], usual[at], *usual[at + 2 :]]


@pytest.mark.parametrize("new_id", [False, True])
def test_every_event_comes_twice(new_id: bool) -> None:
    """Whichever event comes twice, it comes twice with the same fact, and all others once."""
    usual = facts(plain())
    for number in events():
        story = Small(Duplicate(nth=(number,), gap_seconds=0.25, new_id=new_id)).tell()
        check(story)
        assert outcome(story) == outcome(plain())
        assert Counter(facts(story)) == Counter([*usual, usual[number - 1]])
        twice = [effect for effect in story.sent if fact(effect) == usual[number - 1]]
        assert (twice[0].body == twice[1].body) is not new_id
    story = Small(Duplicate(new_id=new_id)).tell()
    check(story)
    assert Counter(facts(story)) == Counter(usual * 2)


def test_every_event_is_lost() -> None:
    """Whichever event is lost, the others come as before."""
    usual = facts(plain())
    for number in events():
        story = Small(Lose(nth=(number,))).tell()
        check(story)
        assert outcome(story) == outcome(plain())
        assert facts(story) == usual[: number - 1] + usual[number:]


WAYS: dict[str, Callable[[int], RequestFault]] = {
    "500": lambda number: Status(status=500, nth=(number,)),
    "500 after commit": lambda number: Status(status=500, nth=(number,), commit=True),
    "429": lambda number: Status(status=429, nth=(number,), retry_after="30", body="html"),
    "404 after commit": lambda number: Status(status=404, nth=(number,), commit=True, body="empty"),
    "timeout": lambda number: Timeout(nth=(number,), seconds=60.0),
    "timeout after commit": lambda number: Timeout(nth=(number,), seconds=60.0, commit=True),
    "reset": lambda number: Reset(nth=(number,)),
    "reset after commit": lambda number: Reset(nth=(number,), commit=True),
    "truncated": lambda number: Truncated(nth=(number,)),
    "html 502": lambda number: Html(nth=(number,)),
    "html 502 after commit": lambda number: Html(nth=(number,), commit=True),
    "html 200": lambda number: Html(nth=(number,), status=200),
    "html 200 after commit": lambda number: Html(nth=(number,), status=200, commit=True),
    "empty": lambda number: Empty(nth=(number,)),
    "unknown statuses": lambda number: UnknownStatus(nth=(number,)),
    "slow": lambda number: Slow(nth=(number,), seconds=25.0),
}
"""Every way in which a call can fail; what is carried out all the same has ``commit`` or cannot but have it."""


def test_every_kind_of_failing_call_is_tried() -> None:
    """The table of ways has every kind of fault that meets requests."""
    from typing import get_args

    from mock_truv.core.faults import RequestFaults

    assert {type(make(1)) for make in WAYS.values()} == set(get_args(RequestFaults))


@pytest.mark.parametrize("way", WAYS)
def test_every_call_fails(way: str) -> None:
    """Whichever call fails in this way, it was carried out or not as the fault says, and the story ends the same."""
    for number in calls():
        fault = WAYS[way](number)
        story = Small(fault).tell()
        check(story)
        assert outcome(story) == outcome(plain())
        (struck,) = story.struck
        method = plain().calls[number - 1][0]
        assert struck == (method, getattr(fault, "commit", True) and method != "GET")
