"""A world to be shown around in: calls, logins and the passing of time, each call with its answer written down.

Nobody outside is asked: webhooks go to a receiver that says 200.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.call import ORIGIN, Operation, Request
from mock_truv.api.dispatch import OPERATIONS, PREFIX
from mock_truv.commands import Change, CompleteBridge, Delivered, MoveClock, Subscribe
from mock_truv.core.instants import SECOND_US, START_US
from mock_truv.core.logins import typed
from mock_truv.core.plain import Frozen
from mock_truv.runtime.hub import load_catalog
from mock_truv.world import World

if TYPE_CHECKING:
    from mock_truv.commands import Command
    from mock_truv.core.profile import Profile
    from mock_truv.world import Outcome

SEED = b"tour".hex().ljust(64, "0")
OWN_ADDRESS = b"http://127.0.0.1:8700"
RECEIVER = "http://127.0.0.1:9000/webhooks"
LONG_US = 60 * SECOND_US
_PARAMETER = re.compile(r"\{(\w+)\}")


class Stop(Frozen, frozen=True, kw_only=True):
    """One call of the tour and its answer."""

    method: str
    path: str
    """As the operation has it."""
    named: dict[str, str]
    """Kind of path parameter -> id."""
    query: str
    body: Any
    status: int
    content_type: str
    answer: bytes
    knobs: tuple[str, ...]
    """The knobs that were read on the way to it."""


class Watched:
    """A profile that remembers which of its knobs were read."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.read: set[str] = set()

    def __getattr__(self, knob: str) -> Any:
        """Return the value of a knob."""
        self.read.add(knob)
        return getattr(self.profile, knob)


class Tour:
    """A world, and what was asked of it so far."""

    def __init__(self, seed: str = SEED) -> None:
        self.world = World.new(seed, load_catalog(), now_us=START_US)
        self.stops: list[Stop] = []
        self._operations = {(it.method, it.path): it for it in OPERATIONS}
        self._give(Subscribe(RECEIVER))

    def has(self, method: str, path: str) -> bool:
        """Return whether there is such an operation."""
        return (method, path) in self._operations

    def call(self, method: str, path: str, body: Any = None, *, query: str = "", **named: str) -> Any:
        """Call an operation, which has to answer as it does when all is well; return its answer as plain data."""
        operation: Operation = self._operations[method, path]
        filled = PREFIX + _PARAMETER.sub(lambda found: named[found[1]], path)
        text = "" if body is None else msgspec.json.encode(body).decode()
        profile = self.world.state.profile
        watched = Watched(profile)
        self.world.state.profile = watched  # type: ignore[assignment]  # stands in for it during the call
        answer = self._give(Request(method, filled, query, text, "application/json" if text else "")).answer
        self.world.state.profile = profile
        assert answer is not None, "a request has an answer"
        assert answer.status == operation.status, f"{method} {filled}: {answer.status} {answer.body.decode()}"
        shown = answer.body.replace(ORIGIN, OWN_ADDRESS)
        self.stops.append(
            Stop(
                method=method, path=path, named=named, query=query, body=body, status=answer.status,
                content_type=answer.headers.get("content-type", ""), answer=shown, knobs=tuple(sorted(watched.read)),
            )
        )  # fmt: skip
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return msgspec.json.decode(shown) if shown and is_json else None

    def log_in(self, token: str, username: str = "goodlogin", password: str = "goodpassword", **where: str) -> str:  # noqa: S107 -- the service's own test login
        """Do what a person does in Bridge; return the public token that the page gets."""
        login = typed(self.world, token, username, password, None, **where)
        answer = self._give(CompleteBridge(token, login, **where)).answer
        assert answer is not None, "Bridge answers"
        public_token: str | None = msgspec.json.decode(answer.body)["public_token"]
        self.wait()
        return public_token or ""

    def connect(self, product: str, username: str = "goodlogin", *, provider_id: str | None = None,
                **asked: Any) -> tuple[str, str]:  # fmt: skip
        """Connect an account of a new person for a product; return the ids of user and link."""
        user = self.call("POST", "/users/", {"first_name": "Marisol", "last_name": "Quill"})
        token = self.call("POST", "/users/{user}/tokens/", {"product_type": product, **asked}, user=user["id"])
        where = {} if provider_id is None else {"provider_id": provider_id}
        public_token = self.log_in(token["bridge_token"], username, **where)
        exchanged = self.call("POST", "/link-access-tokens/", {"public_token": public_token})
        return user["id"], exchanged["link_id"]

    def certify(self, order_id: str) -> None:
        """Let the person confirm everything that an order shows."""
        self._give(Change("certification", order_id, {}))

    def wait(self, duration_us: int = LONG_US) -> None:
        """Let time pass and all that is due happen."""
        to_us = self.world.now_us + duration_us
        while (due_us := self.world.next_due_us()) is not None and due_us <= to_us:
            outcome = self.world.step()
            for effect in outcome.effects:
                self._give(Delivered(effect.webhook_id, effect.attempt, 200, None))
        self._give(MoveClock(to_us))

    def webhooks(self) -> list[tuple[str, bytes]]:
        """Return event type and body of every webhook so far."""
        return [(it.event_type, it.body.encode()) for it in self.world.state.deliveries.values()]

    def sent(self, event_type: str) -> bytes | None:
        """Return the body of the first webhook of a type."""
        return next((body for name, body in self.webhooks() if name == event_type), None)

    def _give(self, command: Command) -> Outcome:
        outcome = self.world.handle(command)
        assert not outcome.effects or isinstance(command, Delivered), "what goes out has its place on the agenda"
        return outcome
