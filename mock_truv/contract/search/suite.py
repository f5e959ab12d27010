"""A contract run: plans are carried out, every clause judges every history, and failures are replayed and shrunk.

First the families of the clauses, plainest plans first; then, while there is time, plans drawn by chance from the
families of the clauses least exercised. Several processes may share the work.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Kind
from mock_truv.contract.errors import BudgetError
from mock_truv.contract.judging import judge_one, run_story
from mock_truv.contract.results import Failure, Result, RunReport
from mock_truv.contract.run.program import AdapterError
from mock_truv.contract.search.explorer import Explorer, Found, Settings, selected
from mock_truv.contract.search.shrink import Told, shrunk
from mock_truv.contract.telling.story import story_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mock_truv.contract.clause import Breach, Clause
    from mock_truv.contract.history import History
    from mock_truv.contract.manifest import Manifest
    from mock_truv.contract.run.listener import Listener
    from mock_truv.contract.search.processes import Processes
    from mock_truv.core.scenario import Scenario

EXPLORING = 0.9
"""Share of the budget for carrying out plans while nothing is broken; with a broken clause ``EXPLORING_BROKEN``."""
EXPLORING_BROKEN = 0.6


class Suite:
    """One contract run."""

    def __init__(
        self, factory: Callable[[], Any], settings: Settings, *, target: str = "",
        listener: Listener | None = None, progress: Callable[[str, int, int], None] | None = None, jobs: int = 1,
    ) -> None:  # fmt: skip
        self._factory = factory
        self._listener = listener
        self._settings = settings
        self._target = target
        self._progress = progress
        self._jobs = jobs if listener is None and settings.plans is None else 1
        self._began = time.monotonic()
        self._found = Found()
        self._shrunk = 0

    def run(self) -> RunReport:
        """Make the run.

        Raises:
            AdapterError: Not one story could be carried out.
            BudgetError: There was no time for one.
        """
        clauses = selected(self._settings)
        if self._jobs > 1:
            self._explore_together()
        else:
            self._explore()
        found = self._found
        if found.manifest is None and not found.troubles:
            raise BudgetError(self._settings.budget_s)
        if found.manifest is None:
            trouble = next(iter(found.troubles.values()))
            raise AdapterError(trouble.call, trouble.problem, trouble.details)
        results = {clause.id: self._result(clause, found.manifest) for clause in clauses}
        return RunReport(
            target=self._target,
            manifest=found.manifest,
            seed=self._settings.seed,
            mode="scenario" if self._settings.plans else "quick" if self._settings.quick else "default",
            results=results,
            troubles=tuple(found.troubles.values()),
            stories=found.stories,
            seconds=time.monotonic() - self._began,
            notes=(*found.manifest.findings, *_not_in_full(found.left)),
        )

    def _explore(self) -> None:
        """Carry out families and drawn plans in this process."""
        settings = self._settings
        explorer = Explorer(self._factory, settings, deadline_s=self._deadline_s(), listener=self._listener)
        clauses = selected(settings)
        titles = explorer.families(clauses) if settings.plans is None else explorer.given(settings.plans)
        for number, title in enumerate(titles):
            if self._progress is not None:
                self._progress(title, number, len(clauses))
        for title in explorer.in_full() if self._in_full else ():
            if self._progress is not None:
                self._progress(title, len(clauses), len(clauses))
        self._found = explorer.found
        if self._draws:
            explorer = Explorer(self._factory, settings, deadline_s=self._deadline_s(), listener=self._listener)
            explorer.found.manifest = self._found.manifest
            explorer.draw(self._found.tallies, settings.seed)
            self._found.add(explorer.found)

    def _explore_together(self) -> None:
        """Carry out families and drawn plans in several processes; each loads the target anew."""
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

        from mock_truv.contract.search.processes import Processes  # noqa: PLC0415

        try:
            with Processes(self._target, self._settings, self._jobs) as processes:
                self._gather(processes)
        except BrokenProcessPool:
            raise AdapterError("process", "the integrator ended the process that it ran in") from None

    def _gather(self, processes: Processes) -> None:
        for number, found in enumerate(processes.families(self._deadline_s())):
            self._found.add(found)
            if self._progress is not None:
                self._progress("families", number + 1, processes.shares)
        if self._in_full and self._found.manifest is not None:
            for found in processes.in_full(self._found, self._deadline_s()):
                self._found.add(found)
        if self._draws and self._found.manifest is not None:
            for found in processes.drawn(self._found, self._deadline_s()):
                self._found.add(found)

    @property
    def _in_full(self) -> bool:
        return self._settings.bulk_full and self._settings.plans is None

    @property
    def _draws(self) -> bool:
        settings = self._settings
        return settings.plans is None and settings.drawn and not settings.quick

    def _deadline_s(self) -> float:
        """Return until when plans may be carried out: some time is kept for shrinking where a clause is broken."""
        broken = any(tally.broken_by is not None for tally in self._found.tallies.values())
        return self._began + self._settings.budget_s * (EXPLORING_BROKEN if broken else EXPLORING)

    # --- verdicts

    def _result(self, clause: Clause, manifest: Manifest) -> Result:
        tally = self._found.tallies[clause.id]
        gap = self._settings.known_gaps.get(clause.id)
        if clause.id in self._settings.unseen:
            return Result(clause, Kind.NOT_APPLICABLE, reason=self._settings.unseen[clause.id], known_gap=gap)
        missing = [name for name in clause.needs if not manifest.has(name)]
        if missing:
            reason = f"needs {', '.join(missing)}"
            return Result(clause, Kind.NOT_APPLICABLE, reason=reason, known_gap=gap)
        if "source" in clause.needs:
            return Result(clause, Kind.DECLARED, reason="declared by the integrator; not shown", known_gap=gap)
        counted = partial(Result, clause, exercised=tally.exercised, triggered=tally.triggered, known_gap=gap)
        if tally.broken_by is not None:
            failure = self._failure(clause, tally.broken_by)
            if failure is None:
                reason = "it failed once and did not fail again when the same plan was replayed"
                return counted(Kind.INCONCLUSIVE, reason=reason)
            return counted(Kind.FAIL, failure=failure)
        if not tally.exercised:
            reason = (
                "its situation never arose" if not tally.triggered else "no plan was hard enough for its own mutant"
            )
            return counted(Kind.INCONCLUSIVE, reason=reason)
        weak = [
            name for name in clause.weak_without
            if not (manifest.reentrancy != "none" if name == "reentrancy" else manifest.has(name))
        ]  # fmt: skip
        if weak:
            return counted(Kind.WEAK, reason=f"judged without {', '.join(weak)}")
        return counted(Kind.PASS)

    def _failure(self, clause: Clause, plan: Scenario) -> Failure | None:
        """Replay a failure, shrink it, and replay what is left; None if it cannot be reproduced."""
        found = self._breaks(clause, plan)
        if found is None:
            return None
        waiting = [tally for tally in self._found.tallies.values() if tally.broken_by is not None]
        left_s = self._settings.budget_s - (time.monotonic() - self._began)
        until = time.monotonic() + max(left_s / max(len(waiting) - self._shrunk, 1), 0.2)
        self._shrunk += 1
        known = {repr(plan): found}
        last_s = 0.0

        def tell(candidate: Scenario) -> Told | None:
            nonlocal last_s
            begun_s = time.monotonic()
            again = known.get(repr(candidate)) or self._breaks(clause, candidate)
            last_s = time.monotonic() - begun_s
            if again is None:
                return None
            known[repr(candidate)] = again
            breach, history = again
            return Told(len(story_of(history, breach)), breach.at_us - history.start_us)

        small, complete = shrunk(plan, tell, out_of_time=lambda: time.monotonic() + last_s > until)
        breach, history = known[repr(small)]
        if time.monotonic() + last_s < self._began + self._settings.budget_s:
            breach, history = self._breaks(clause, small) or (breach, history)
        return Failure(clause, breach, small, history, shrunk=complete, found_in=plan.title)

    def _breaks(self, clause: Clause, plan: Scenario) -> tuple[Breach, History] | None:
        try:
            history = run_story(plan, self._factory, self._listener)
        except Exception:  # noqa: BLE001 -- a smaller plan may be no plan at all, or trouble the adapter
            return None
        self._found.stories += 1
        judgement = judge_one(clause, history)
        first = min(judgement.breaches, key=lambda breach: breach.at_us, default=None)
        return (first, history) if first is not None else None


def _not_in_full(titles: list[str]) -> tuple[str, ...]:
    return (f"for want of time not carried out: {', '.join(titles)}; give it a larger --budget",) if titles else ()


def verify(
    factory: Callable[[], Any], *, clauses: Collection[str] | None = None, seed: int = 0, quick: bool = False,
    budget_s: float = 120.0,
) -> RunReport:  # fmt: skip
    """Make a contract run of an integrator and return what it found."""
    wanted = None if clauses is None else frozenset(clauses)
    return Suite(factory, Settings(clauses=wanted, quick=quick, seed=seed, budget_s=budget_s)).run()
