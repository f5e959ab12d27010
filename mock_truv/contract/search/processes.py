"""Several processes that carry out plans of one run. Each loads the target anew; what they found is plain data."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from mock_truv.contract.search.explorer import Explorer, Found, Settings, selected
from mock_truv.contract.search.families import in_full, kin
from mock_truv.contract.targets import subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

SHARES = 8
"""Parts into which the clauses are cut for each process, so that none waits long for another."""


class Processes:
    """A pool of processes for one target, ``module:factory``."""

    def __init__(self, target: str, settings: Settings, jobs: int) -> None:
        self._target = target
        self._settings = settings
        self._jobs = jobs
        self.shares = jobs * SHARES
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(jobs, context, initializer=_prepare, initargs=(list(sys.path),))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def families(self, deadline_s: float) -> Iterator[Found]:
        """Yield what each share of the clauses' families gave, as they come."""
        left_s = deadline_s - time.monotonic()
        until = time.time() + left_s
        groups = kin(selected(self._settings))  # so that a plan which two families hold is carried out once
        shares = [
            [clause.id for group in share for clause in group]
            for number in range(self.shares) if (share := groups[number :: self.shares])
        ]  # fmt: skip
        futures = [self._pool.submit(families, self._target, self._settings, share, until) for share in shares]
        for future in as_completed(futures):
            yield future.result()

    def in_full(self, before: Found, deadline_s: float) -> Iterator[Found]:
        """Yield what each plan of full size gave, as they come."""
        until = time.time() + deadline_s - time.monotonic()
        futures = [
            self._pool.submit(full, self._target, self._settings, before, number, until)
            for number in range(len(in_full(selected(self._settings))))
        ]
        for future in as_completed(futures):
            yield future.result()

    def drawn(self, before: Found, deadline_s: float) -> Iterator[Found]:
        """Yield what the drawn plans of each process gave."""
        until = time.time() + deadline_s - time.monotonic()
        futures = [
            self._pool.submit(drawn, self._target, self._settings, before, number, until)
            for number in range(self._jobs)
        ]
        for future in as_completed(futures):
            yield future.result()


def families(target: str, settings: Settings, clause_ids: list[str], until: float) -> Found:
    """Carry out the families of some clauses, until an instant of the machine's clock."""
    explorer = _explorer(target, settings, until)
    for _ in explorer.families([clause for clause in selected(settings) if clause.id in clause_ids]):
        pass
    return explorer.found


def full(target: str, settings: Settings, before: Found, number: int, until: float) -> Found:
    """Carry out one plan of full size."""
    explorer = _explorer(target, settings, until)
    explorer.found.manifest = before.manifest
    for _ in explorer.in_full([number]):
        pass
    return explorer.found


def drawn(target: str, settings: Settings, before: Found, number: int, until: float) -> Found:
    """Carry out drawn plans, each process from a seed of its own."""
    explorer = _explorer(target, settings, until)
    explorer.found.manifest = before.manifest
    explorer.draw(before.tallies, settings.seed * 1_000 + number)
    return explorer.found


def _explorer(target: str, settings: Settings, until: float) -> Explorer:
    return Explorer(_factory(target), settings, deadline_s=time.monotonic() + until - time.time())


@cache
def _factory(target: str) -> Callable[[], Any]:
    return subject_of(target).factory


def _prepare(path: list[str]) -> None:
    sys.path[:] = path
    gc.set_threshold(50_000, 20, 50)  # stories make much garbage at once; collecting it in small portions costs a third
