"""An integrator at work: its calls are made one at a time, awaited where they are coroutines, and cut off if they hang.

Every call runs on a thread of the program, never on the run's own, so that a call that never returns can be left
behind. While one call waits in the run (for an answer of Truv, or asleep on the run's clock), others may be made
*within* it; each gets a thread of its own, and control comes back when it is done or waits for a lock.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import traceback
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import OPTIONAL, REQUIRED, HarnessCrash

if TYPE_CHECKING:
    from collections.abc import Callable

GUARD_S = 60.0
"""A call that takes longer in real time hangs."""


class AdapterError(Exception):
    """The adapter raised, hung, died or gave nonsense: a fault of the set-up, never a verdict on a clause."""

    def __init__(self, call: str, problem: str, details: str = "") -> None:
        super().__init__(f"{call}: {problem}")
        self.call = call
        self.problem = problem
        self.details = details
        """Traceback, or where the call hung."""


class Program:
    """Makes the calls of one integrator object, from its start to its end or death."""

    def __init__(self, integrator: Any, *, guard_s: float = GUARD_S) -> None:
        missing = [name for name in REQUIRED if not callable(getattr(integrator, name, None))]
        if missing:
            raise AdapterError("factory", f"what it gave lacks the calls {', '.join(missing)}")
        self.calls = frozenset(name for name in OPTIONAL if callable(getattr(integrator, name, None)))
        self._integrator = integrator
        self._guard_s = guard_s
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def call(self, name: str, *arguments: Any) -> Any:
        """Make a call and return what it gave.

        Raises:
            AdapterError: It raised, or it hangs.
            HarnessCrash: The program died in it, as planned.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True, name="integrator")
            self._thread.start()
        future: Future[Any] = Future()
        self._jobs.put((lambda: self._perform(name, arguments), future))
        return self._result(name, future, self._thread)

    def call_within(self, name: str, *arguments: Any) -> Future[Any]:
        """Make a call while another waits in the run; returns at once; the line gives way to it."""
        future: Future[Any] = Future()
        thread = threading.Thread(
            target=_into, args=(lambda: self._perform(name, arguments), future), daemon=True, name=f"within-{name}"
        )
        thread.start()
        return future

    def finish(self, name: str, future: Future[Any]) -> Any:
        """Wait for a call that was made within another, and return what it gave (raises as ``call`` does)."""
        return self._result(name, future, None)

    def kill(self) -> None:
        """End a separate process at once; an object of this process has nothing to end."""
        kill = getattr(self._integrator, "kill", None)
        if callable(kill):
            kill()

    def close(self) -> None:
        """Give the threads back."""
        self._jobs.put(None)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            _into(*job)

    def _perform(self, name: str, arguments: tuple[Any, ...]) -> Any:
        given = getattr(self._integrator, name)(*arguments)
        if inspect.isawaitable(given):
            return asyncio.run_coroutine_threadsafe(_awaited(given), self._event_loop()).result()
        return given

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(self._loop,), daemon=True, name="integrator-loop").start()
        return self._loop

    def _result(self, name: str, future: Future[Any], thread: threading.Thread | None) -> Any:
        try:
            return future.result(self._guard_s)
        except HarnessCrash:
            raise
        except FutureTimeoutError as error:
            if future.done():  # the integrator's own TimeoutError
                raise AdapterError(name, _sentence(error), _traced(error)) from error
            frame = sys._current_frames().get(thread.ident or 0) if thread is not None else None  # noqa: SLF001
            where = "".join(traceback.format_stack(frame)) if frame is not None else ""
            raise AdapterError(name, f"it did not return within {self._guard_s:g} s of real time", where) from None
        except AdapterError:
            raise
        except Exception as error:
            raise AdapterError(name, _sentence(error), _traced(error)) from error
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not future.done():
                raise
            raise AdapterError(name, _sentence(error), _traced(error)) from error


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _awaited(given: Any) -> Any:
    return await given


def _into(perform: Callable[[], Any], future: Future[Any]) -> None:
    try:
        future.set_result(perform())
    except BaseException as error:  # noqa: BLE001 -- whatever ends the call goes to the one who made it
        future.set_exception(error)


def _sentence(error: BaseException) -> str:
    return f"it raised {type(error).__name__}: {error}"


def _traced(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
