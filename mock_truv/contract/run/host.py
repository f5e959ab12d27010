"""The host on which the integrator of a story lives: calls into its program, its clock, its deaths and starts."""

from __future__ import annotations

from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import Env, HarnessCrash
from mock_truv.contract.operations import Called, Died
from mock_truv.contract.run.line import release_all
from mock_truv.contract.run.program import AdapterError, Program
from mock_truv.core.instants import datetime_of, instant_of
from mock_truv.runtime.hub import DEFAULT_CLIENT_ID, DEFAULT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from mock_truv.contract.run.driver import Run

BUSY_LIMIT = 10_000
"""Rounds of work at one instant, and instants without any progress: more is a loop."""


@dataclass(frozen=True)
class Waiting:
    """A call that was made within another and is blocked until that one ends."""

    name: str
    future: Future[Any]
    then: Callable[[Any], None]
    failed: Callable[[str], None] | None
    lost: Callable[[], None] | None


class Host:
    """Runs one program at a time; a program that died comes back as a fresh one with the same store."""

    def __init__(self, run: Run, factory: Callable[[], Any], *, base: str, plain: bool, real_s: float) -> None:
        self.start_number = 0
        self.calls: frozenset[str] = frozenset()
        """The optional calls that the adapter has, also while it is down."""
        self.skew_us = 0
        """Its clock minus the world's."""
        self.down_until_us: int | None = None
        self.fault: AdapterError | None = None
        """Raised when no call of the integrator is open: it must not meet it."""
        self._run = run
        self._factory = factory
        self._base = base
        self._plain = plain
        self._real_s = real_s
        self._program: Program | None = None
        self._calling = 0
        """Calls of the integrator that are open."""
        self._deferred: list[Callable[[], None]] = []
        self._wakeup_us: int | None = None
        self._within: list[Waiting] = []
        self._held: list[Callable[[], None]] = []
        """Calls of people and machines that found nobody."""

    @property
    def is_busy(self) -> bool:
        """Whether a call of the integrator is open."""
        return self._calling > 0

    @property
    def is_down(self) -> bool:
        """Whether nobody is there to be called."""
        return self.down_until_us is not None or self._program is None

    def close(self) -> None:
        """Let go of the program."""
        if self._program is not None:
            self._program.close()

    def base_of(self, start: int) -> str:
        """Return the address of Truv for a start: each has its own, so that what a dead one still sends is known."""
        return self._base if self._plain else f"{self._base}/s{start}"

    def work(self) -> None:
        """Let the integrator work until it is quiescent."""
        run = self._run
        for _ in range(BUSY_LIMIT):
            if self.down_until_us is not None:
                return
            step = self.call("advance", self.now(), quiet=True)
            if self.down_until_us is not None:
                return
            wakeup = getattr(step, "next_wakeup", None)
            self._wakeup_us = None if wakeup is None else instant_of(wakeup) - self.skew_us
            if getattr(step, "quiescent", True):
                run.watch.look()
                return
        raise AdapterError("advance", f"it was not quiescent after {BUSY_LIMIT} rounds at one instant")

    def next_wakeup_us(self) -> int | None:
        """Return when the program asked to be woken, at the earliest just after the present."""
        if self._wakeup_us is None or self.down_until_us is not None:
            return None
        return max(self._wakeup_us, self._run.now_us + 1)

    def now(self) -> Any:
        """Return what the integrator's host shows as the present."""
        return datetime_of(self._run.now_us + self.skew_us)

    def call(self, name: str, *arguments: Any, quiet: bool = False, case_id: str | None = None,
             cycle: str | None = None) -> Any:  # fmt: skip
        """Make a call from the outside, and see to what waited for its end; None where the program is down or died."""
        run = self._run
        if self._program is None or self.down_until_us is not None:
            return None
        if not quiet:
            run.record(Called(at_us=run.now_us, name=name, case_id=case_id, cycle=cycle))
        try:
            return self._outermost(name, arguments)
        except HarnessCrash:
            return None
        finally:
            self._finish()

    def call_or_later(self, name: str, arguments: tuple[Any, ...], then: Callable[[Any], None],
                      failed: Callable[[str], None] | None = None, lost: Callable[[], None] | None = None
                      ) -> None:  # fmt: skip
        """Make a call now, within an open one if there is one; ``then`` is given what it returned.

        ``failed`` is told ``reset`` if the program died in it, and ``raised`` if it raised; without it that is a fault
        of the adapter. ``lost`` is told if the program died while the call was blocked behind an open one.
        """
        run = self._run
        program = self._program
        if program is None or self.down_until_us is not None:
            return
        if self._calling:
            future = program.call_within(name, *arguments)
            run.line.give_way(future)
            waiting = Waiting(name, future, then, failed, lost)
            if future.done():
                self._end_within(waiting)
            else:
                self._within.append(waiting)
            return
        try:
            reply = self._outermost(name, arguments)
        except HarnessCrash:
            if failed is not None:
                failed("reset")
        except AdapterError:
            if failed is None:
                raise
            failed("raised")
        else:
            then(reply)
        self._finish()

    def _outermost(self, name: str, arguments: tuple[Any, ...]) -> Any:
        run = self._run
        program = self._program
        assert program is not None, "a call needs a program"
        self._calling += 1
        depth = release_all(run.lock)
        try:
            return program.call(name, *arguments)
        except HarnessCrash:
            if self.down_until_us is None:
                raise AdapterError(name, "it raised HarnessCrash itself; only the run may") from None
            raise
        finally:
            for _ in range(depth):
                run.lock.acquire()
            self._calling -= 1
            if self.down_until_us is not None:
                self._bury()

    def _end_within(self, waiting: Waiting) -> None:
        error = waiting.future.exception()
        if error is None:
            waiting.then(waiting.future.result())
        elif waiting.failed is not None:
            waiting.failed("reset" if isinstance(error, HarnessCrash) else "raised")
        elif isinstance(error, HarnessCrash):
            if waiting.lost is not None:
                waiting.lost()
        elif self._program is not None:
            try:
                self._program.finish(waiting.name, waiting.future)
            except AdapterError as fault:
                self.fault = self.fault or fault

    def _finish(self) -> None:
        """See to what waited for the end of a call: blocked calls, late deliveries, deferred deeds."""
        run = self._run
        if self._calling:
            return
        if self.fault is not None:
            raise self.fault
        while self._within:
            waiting = self._within.pop(0)
            depth = release_all(run.lock)
            done, _ = wait([waiting.future], timeout=self._real_s)
            for _ in range(depth):
                run.lock.acquire()
            if not done:
                raise AdapterError(waiting.name, "made while another call was open, it did not return after that one")
            self._end_within(waiting)
        if self.fault is not None:
            raise self.fault
        run.courier.deliver_late()
        while self._deferred and not self._calling:
            self._deferred.pop(0)()

    def perform_alone(self, deed: Callable[[], None]) -> None:
        """Do something now, or when no call of the integrator is open any more."""
        if self._calling:
            self._deferred.append(deed)
        else:
            deed()

    def perform(self, deed: Callable[[], None]) -> None:
        """Do something now, or after the open call where the program does one thing at a time."""
        run = self._run
        if self._calling and run.manifest.reentrancy == "none":
            self._deferred.append(deed)
        else:
            deed()

    def when_back(self, deed: Callable[[], None]) -> None:
        """Do something as soon as the program that is down has started again."""
        self._held.append(deed)

    def die(self, where: str, lasting_us: int) -> None:
        """Kill the integrator: its requests from now on are nobody's, and it starts again after ``lasting_us``."""
        run = self._run
        if self.down_until_us is not None:
            return
        back_us = run.now_us + lasting_us
        run.record(Died(at_us=run.now_us, where=where, back_us=back_us))
        self.down_until_us = back_us
        self._wakeup_us = None
        run.plan_at(back_us, lambda: self.perform_alone(self._restart))
        if self._program is not None:
            self._program.kill()
        if not self._calling:
            self._bury()

    def _bury(self) -> None:
        program, self._program = self._program, None
        if program is not None and "crash" in program.calls:
            program.call("crash")
        if program is not None:
            program.close()

    def _restart(self) -> None:
        self.down_until_us = None
        self.new_program()
        self.start_program()
        held, self._held = self._held, []
        for deed in held:
            self.perform(deed)

    def new_program(self) -> Program:
        """Make a fresh integrator, which is the one that is called from now on."""
        try:
            integrator = self._factory()
        except AdapterError:
            raise
        except Exception as error:
            raise AdapterError("factory", f"it raised {type(error).__name__}: {error}") from error
        self._program = Program(integrator, guard_s=self._real_s)
        self.calls = self._program.calls
        return self._program

    def start_program(self) -> None:
        """Start the program in its surroundings."""
        run = self._run
        self.start_number += 1
        number = self.start_number
        env = Env(
            api_base=self.base_of(number),
            client_id=DEFAULT_CLIENT_ID,
            access_secret=DEFAULT_SECRET,
            now=self.now(),
            zone=run.plan.zone or "UTC",
            store=run.store,
            seed=run.plan.seed,
            send=run.line.sender(number),
            clock=run.line.clock(number),
        )
        self.call("start", env)
