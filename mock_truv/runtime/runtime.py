"""One sandbox at work: commands come in, due steps are taken, webhooks go out and their outcomes come back.

Everything happens on one event loop, one command or step at a time; nothing is held while a webhook is delivered, so a
receiver may call back into the API while it is being called.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.commands import Delivered, MoveClock, Step
from mock_truv.core import keys
from mock_truv.core.base import Deliver, Event
from mock_truv.core.errors import ApiError
from mock_truv.core.instants import LAST_US, SECOND_US, text_z
from mock_truv.delivery.sender import Result, Sender

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, MutableMapping

    from mock_truv.commands import Command
    from mock_truv.journal.journal import Journal
    from mock_truv.runtime.clock import Clock
    from mock_truv.world import Outcome

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

EVENTS_SHOWN = 1000
HOLD_SECONDS = 120
"""No answer is held longer in real time."""
SLICE_SECONDS = 0.005
"""A long advance lets other requests in after this much real time."""


class Advanced(msgspec.Struct):
    """What an advance led to."""

    count: int = 0
    """Agenda entries that happened."""
    finished: bool = True
    events: list[dict[str, Any]] = []


class Runtime:
    """One sandbox: its journal and world, its clock, its keys."""

    def __init__(self, journal: Journal, clock: Clock, sender: Sender, *, secret: str) -> None:
        self.name = journal.opening.sandbox
        self.client_id = journal.opening.client_id
        self.journal = journal
        self.clock = clock
        self.secret = secret
        self._sender = sender
        self._advancing = False
        self._timer: asyncio.TimerHandle | None = None
        self._flying: set[asyncio.Task[None]] = set()
        self._closed = False
        clock.jump(journal.world.now_us)

    @property
    def now_us(self) -> int:
        """The sandbox's present instant."""
        frozen = self._advancing or self.clock.is_manual
        return self.journal.world.now_us if frozen else max(self.clock.now_us(), self.journal.world.now_us)

    def accepts(self, secret: str) -> bool:
        """Return whether a secret opens this sandbox: its own, or that of an active key made in it."""
        if hmac.compare_digest(self.secret.encode(), secret.encode()):
            return True
        return keys.accepts(self.journal.world.state, secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that ever opened it, own one first: no journal may hold any of them."""
        state = self.journal.world.state
        return (self.secret, *keys.secrets_of(state)) if state.access_keys else (self.secret,)

    def handle(self, command: Command) -> Outcome:
        """Carry out a command now. In wall and rate mode everything due by now happens first."""
        if self.clock.is_manual or self._advancing:
            return self.journal.handle(command)
        now_us = self.now_us
        self._catch_up(now_us)
        outcome = self.journal.handle(command, now_us)
        self._arm()
        return outcome

    async def advance(self, *, to_us: int | None = None, count: int | None = None, max_real_seconds: float = 30,
                      settle: bool = False) -> Advanced:  # fmt: skip
        """Let everything due until ``to_us`` happen and be delivered, or the next ``count`` entries.

        With ``settle`` the clock stays at the last entry that happened.

        Raises:
            ApiError: 409, another advance is under way; 400, ``to_us`` is earlier than now.
        """
        self.check_free()
        present_us = self.now_us
        if to_us is not None and to_us < present_us:
            raise ApiError(400, "incorrect_parameters", f"Time never goes back: it is {text_z(present_us)} already")
        self._advancing = True
        try:
            await self._land()
            return await self._pump(
                _steps(self.journal, LAST_US if to_us is None else to_us, count, move=not settle and to_us is not None),
                max_real_seconds,
            )
        finally:
            self.clock.jump(self.journal.world.now_us)
            self._advancing = False
            self._arm()

    async def hold(self, duration_us: int, receive: Receive) -> None:
        """Let virtual time pass before an answer goes out; what is due meanwhile happens and is delivered.

        A clock of one's own is waited for, until the client gives up or 120 s at most. During an advance nothing is
        held: time moves already.
        """
        if self._advancing:
            return
        if self.clock.is_manual:
            await self.advance(to_us=min(self.now_us + duration_us, LAST_US))
            return
        gone = asyncio.ensure_future(_gone(receive))
        try:
            seconds = min(duration_us / SECOND_US / self.clock.rate, HOLD_SECONDS)
            await asyncio.wait([gone], timeout=seconds)
        finally:
            gone.cancel()

    def check_free(self) -> None:
        """Refuse what may not happen during an advance.

        Raises:
            ApiError: 409.
        """
        if self._advancing:
            text = "An advance is under way; wait for its answer (a webhook receiver may not move the clock or reset)"
            raise ApiError(409, "advance_in_progress", text)

    async def restart(self, journal: Journal, clock: Clock) -> None:
        """Go on with another world under the same keys; what was in flight is abandoned."""
        self.check_free()
        await self._abandon()
        self.journal, self.clock = journal, clock
        self._arm()

    def wake(self) -> None:
        """Start the timer of wall and rate mode; to be called on the event loop."""
        self._arm()

    async def close(self) -> None:
        """Stop the timer and abandon what is in flight."""
        self._closed = True
        await self._abandon()

    async def _abandon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for flight in list(self._flying):
            flight.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)

    async def _pump(
        self, steps: Generator[Deliver | None, Result | None, Advanced], max_real_seconds: float
    ) -> Advanced:
        """Run the steps, sending what they ask for; give way to other requests between them."""
        started = sliced = time.monotonic()
        answer: Result | None = None
        while True:
            try:
                effect = steps.send(answer)
            except StopIteration as stop:
                finished: Advanced = stop.value
                return finished
            answer = None
            if effect is not None:
                answer = await self._sender.send(effect, self.secret)
            now = time.monotonic()
            if effect is None and now - started > max_real_seconds:
                answer = STOP
            elif now - sliced > SLICE_SECONDS:
                await asyncio.sleep(0)
                sliced = time.monotonic()

    def _catch_up(self, now_us: int) -> None:
        """Take every step due by now; deliveries fly side by side."""
        world = self.journal.world
        while (due_us := world.next_due_us()) is not None and due_us <= now_us:
            for effect in self.journal.handle(Step()).effects:
                self._fly(effect)

    def _fly(self, effect: Deliver) -> None:
        flight = asyncio.get_running_loop().create_task(self._deliver(effect))
        self._flying.add(flight)
        flight.add_done_callback(self._flying.discard)

    async def _deliver(self, effect: Deliver) -> None:
        result = await self._sender.send(effect, self.secret)
        self.handle(Delivered(effect.webhook_id, effect.attempt, result.status_code, result.error))

    async def _land(self) -> None:
        """Wait until nothing is in flight."""
        while self._flying:
            await asyncio.wait(self._flying)

    def _arm(self) -> None:
        """Set the timer for the next due entry."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_us = self.journal.world.next_due_us()
        if self.clock.is_manual or self._advancing or self._closed or due_us is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # not started yet: wake() comes later
        delay = min(self.clock.real_seconds_until(due_us), 3600.0)
        self._timer = loop.call_later(delay, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if not self._advancing:
            self._catch_up(self.now_us)
        self._arm()


STOP = Result(None, "stop")
"""Sent into a run of steps instead of an outcome: the real time allowed is over."""


def _steps(
    journal: Journal, to_us: int, count: int | None, *, move: bool
) -> Generator[Deliver | None, Result | None, Advanced]:
    """Take due steps one by one. Yields what is to be sent and is given the outcome; yields None after each step.

    The outcome of a delivery is in the world before the next step: draining first and delivering later would give
    wrong time stamps and wrong retries.
    """
    world, advanced = journal.world, Advanced()
    while (due_us := world.next_due_us()) is not None and due_us <= to_us:
        if count is not None and advanced.count >= count:
            return advanced
        outcome = journal.handle(Step())
        advanced.count += 1
        _show(advanced, world.now_us, outcome.events)
        for effect in outcome.effects:
            result = yield effect
            assert result is not None, "a delivery has an outcome"
            sent = journal.handle(Delivered(effect.webhook_id, effect.attempt, result.status_code, result.error))
            _show(advanced, world.now_us, sent.events)
        if (yield None) is STOP and (world.next_due_us() or LAST_US + 1) <= to_us:
            advanced.finished = False
            return advanced
    if move and world.now_us < to_us:
        journal.handle(MoveClock(to_us))
    return advanced


async def _gone(receive: Receive) -> None:
    """Return when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _show(advanced: Advanced, now_us: int, events: list[Event]) -> None:
    room = EVENTS_SHOWN - len(advanced.events)
    advanced.events += [{"at": text_z(now_us), **msgspec.to_builtins(event)} for event in events[: max(room, 0)]]
