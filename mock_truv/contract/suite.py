"""A contract run: plans are carried out, every clause judges every history, and failures are shrunk and replayed.

First the families of the clauses, plainest plans first; then, while there is time, plans drawn by chance from the
families of the clauses least exercised. A clause is *exercised* by a plan if it was triggered and the clause's own
mutant breaks it under the same plan: what no wrong program fails proves nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import structs

from mock_truv.contract.clause import Kind, judge
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.mutants import factory_of, mutants_of
from mock_truv.contract.program import AdapterError
from mock_truv.contract.results import Failure, Result, RunReport, Trouble
from mock_truv.contract.shrink import shrunk
from mock_truv.scenarios import scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from mock_truv.contract.clause import Breach, Clause
    from mock_truv.contract.history import History
    from mock_truv.contract.listener import Listener
    from mock_truv.contract.manifest import Manifest
    from mock_truv.core.scenario import Scenario

MUTANT_TRIES = 4
"""Plans tried with a clause's mutants before others come first."""
SHRINK_SHARE = 0.5
"""Share of the whole time that shrinking may take."""
QUICK_PLANS = 1
"""Plans of each family in a quick run."""


@dataclass(frozen=True)
class Settings:
    """How a run is to be made."""

    clauses: frozenset[str] | None = None
    """Only these."""
    quick: bool = False
    seed: int = 0
    budget_s: float = 120.0
    drawn: bool = True
    """After the families, plans drawn by chance until the budget is used up."""
    bulk_full: bool = False
    known_gaps: Mapping[str, str] = field(default_factory=dict)
    """Clause id -> reason."""
    plans: Sequence[Scenario] | None = None
    """Only these plans (``--scenario``)."""
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Clause id -> why it cannot be judged in this way of running."""
    profile: Mapping[str, Any] = field(default_factory=dict)
    """Knobs under which every plan is carried out, unless the plan says otherwise."""


@dataclass
class Tally:
    """What is known of a clause so far."""

    triggered: int = 0
    exercised: int = 0
    tries: int = 0
    first: tuple[Scenario, Breach, History] | None = None
    """The first plan that broke it."""


class Suite:
    """One contract run."""

    def __init__(
        self, factory: Callable[[], Any], settings: Settings, *, target: str = "",
        listener: Listener | None = None, progress: Callable[[str, int, int], None] | None = None,
    ) -> None:  # fmt: skip
        self._factory = factory
        self._listener = listener
        self._settings = settings
        self._target = target
        self._progress = progress
        self._began = time.monotonic()
        self._stories = 0
        self._troubles: dict[tuple[str, str], Trouble] = {}
        self._manifest: Manifest | None = None
        self._tallies: dict[str, Tally] = {}

    def run(self) -> RunReport:
        """Make the run.

        Raises:
            AdapterError: Not one story could be carried out.
        """
        clauses = self._selected()
        self._tallies = {clause.id: Tally() for clause in clauses}
        plans = self._plans(clauses)
        for number, (plan, wanted) in enumerate(plans):
            if self._left_s() <= 0:
                break
            if self._progress is not None:
                self._progress(plan.title, number, len(plans))
            self._carry_out(plan, wanted)
        if self._manifest is None:
            trouble = next(iter(self._troubles.values()))
            raise AdapterError(trouble.call, trouble.problem, trouble.details)
        if self._settings.plans is None and self._settings.drawn and not self._settings.quick:
            self._draw(clauses)
        results = {clause.id: self._result(clause, self._manifest) for clause in clauses}
        return RunReport(
            target=self._target,
            manifest=self._manifest,
            seed=self._settings.seed,
            mode="scenario" if self._settings.plans else "quick" if self._settings.quick else "default",
            results=results,
            troubles=tuple(self._troubles.values()),
            stories=self._stories,
            seconds=time.monotonic() - self._began,
            notes=self._manifest.findings,
        )

    # --- plans

    def _selected(self) -> list[Clause]:
        wanted = self._settings.clauses
        return [clause for clause in all_clauses().values() if wanted is None or clause.id in wanted]

    def _plans(self, clauses: Sequence[Clause]) -> list[tuple[Scenario, Clause | None]]:
        """Return the plans in the order in which they are carried out: first of each family, second, and so on."""
        if self._settings.plans is not None:
            return [(plan, None) for plan in self._settings.plans]
        families = [(clause, [self._tuned(plan, clause.full_cases) for plan in clause.plans()]) for clause in clauses]
        longest = max((len(plans) for _, plans in families), default=0)
        depth = min(longest, QUICK_PLANS) if self._settings.quick else longest
        found: dict[str, tuple[Scenario, Clause | None]] = {}
        for number in range(depth):
            for clause, plans in families:
                if number < len(plans) and self._applies(clause):
                    found.setdefault(repr(plans[number]), (plans[number], clause))
        return list(found.values())

    def _tuned(self, plan: Scenario, full_cases: int | None = None) -> Scenario:
        """Return a plan under the run's knobs and seed, in full size where that was asked for."""
        if self._settings.bulk_full and full_cases is not None:
            plan = enlarged(plan, full_cases)
        profile = {**self._settings.profile, **plan.profile}
        return structs.replace(plan, profile=profile, seed=plan.seed + self._settings.seed)

    def _applies(self, clause: Clause) -> bool:
        if clause.id in self._settings.unseen:
            return False
        return self._manifest is None or self._manifest.has(*clause.needs)

    # --- stories

    def _carry_out(self, plan: Scenario, clause: Clause | None = None) -> bool:
        """Carry out a plan; return whether it was carried out to its end."""
        if clause is not None and not self._applies(clause):
            return False
        try:
            history = run_story(plan, self._factory, self._listener)
        except AdapterError as error:
            self._note_trouble(error, plan)
            return False
        self._stories += 1
        self._manifest = history.manifest
        judged = self._tallies.keys() - self._settings.unseen.keys()
        for ident, judgement in judge_history(history, judged).items():
            tally = self._tallies[ident]
            if judgement.breaches and (tally.first is None):
                tally.first = (plan, judgement.breaches[0], history)
            if judgement.triggers:
                tally.triggered += 1
                self._exercise(ident, plan, tally, own=clause is not None and clause.id == ident)
        return True

    def _exercise(self, ident: str, plan: Scenario, tally: Tally, *, own: bool) -> None:
        """Find out whether the clause's own mutant fails under this plan."""
        if tally.exercised and not own:
            return
        if not own and tally.tries >= MUTANT_TRIES:
            return
        tally.tries += 1
        clause = all_clauses()[ident]
        if any(mutant_fails(clause, plan)):
            tally.exercised += 1

    def _note_trouble(self, error: AdapterError, plan: Scenario) -> None:
        key = (error.call, error.problem)
        known = self._troubles.get(key)
        if known is None:
            self._troubles[key] = Trouble(error.call, error.problem, error.details, plan)
        else:
            self._troubles[key] = replace(known, count=known.count + 1)

    def _draw(self, clauses: Sequence[Clause]) -> None:
        """Carry out drawn plans while there is time, aimed at what is least exercised."""
        from mock_truv.contract.search import draw_until  # noqa: PLC0415 -- Hypothesis is loaded only here

        def aims() -> Iterator[Scenario]:
            ranked = sorted(
                (clause for clause in clauses if self._applies(clause)),
                key=lambda clause: (self._tallies[clause.id].exercised, self._tallies[clause.id].triggered),
            )
            for clause in ranked[: max(len(ranked) // 3, 1)]:
                yield from (self._tuned(plan) for plan in clause.plans())

        draw_until(
            aims,
            self._carry_out,
            seed=self._settings.seed,
            out_of_time=lambda: self._left_s() <= self._settings.budget_s * 0.15,
        )

    def _left_s(self) -> float:
        return self._settings.budget_s - (time.monotonic() - self._began)

    # --- verdicts

    def _result(self, clause: Clause, manifest: Manifest) -> Result:
        tally = self._tallies[clause.id]
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
        if tally.first is not None:
            failure = self._failure(clause, tally.first)
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

    def _failure(self, clause: Clause, first: tuple[Scenario, Breach, History]) -> Failure | None:
        """Replay a failure, shrink it, and replay what is left; None if it cannot be reproduced."""
        plan = first[0]
        found = self._breaks(clause, plan)
        if found is None:
            return None
        failing = [tally for tally in self._tallies.values() if tally.first is not None]
        share_s = max(self._settings.budget_s * SHRINK_SHARE / max(len(failing), 1), 0.5)
        until = time.monotonic() + share_s
        latest = [found]

        def fails(candidate: Scenario) -> bool:
            again = self._breaks(clause, candidate)
            if again is not None:
                latest[0] = again
            return again is not None

        small, complete = shrunk(plan, fails, out_of_time=lambda: time.monotonic() > until)
        breach, history = self._breaks(clause, small) or latest[0]
        return Failure(clause, breach, small, history, shrunk=complete, found_in=plan.title)

    def _breaks(self, clause: Clause, plan: Scenario) -> tuple[Breach, History] | None:
        try:
            history = run_story(plan, self._factory, self._listener)
        except Exception:  # noqa: BLE001 -- a smaller plan may be no plan at all, or trouble the adapter
            return None
        self._stories += 1
        judgement = judge(clause, history)
        return (judgement.breaches[0], history) if judgement.breaches else None


def enlarged(plan: Scenario, cases: int) -> Scenario:
    """Return a bulk plan with so many cases in the same mix; who asks for all of them asks for all of those."""
    total = sum(rule.count for rule in plan.person)
    larger = scaled(plan, cases)
    now = sum(rule.count for rule in larger.person)
    driver = tuple(structs.replace(rule, cases=now) if rule.cases == total else rule for rule in plan.driver)
    return structs.replace(larger, driver=driver)


def mutant_fails(clause: Clause, plan: Scenario) -> Iterator[bool]:
    """Yield for each mutant of a clause whether it breaks the clause under a plan."""
    for mutant in mutants_of(clause.id):
        try:
            history = run_story(plan, factory_of(mutant))
        except AdapterError:
            yield False
            continue
        yield bool(judge(clause, history).breaches)


def verify(
    factory: Callable[[], Any], *, clauses: Collection[str] | None = None, seed: int = 0, quick: bool = False,
    budget_s: float = 120.0,
) -> RunReport:  # fmt: skip
    """Make a contract run of an integrator and return what it found."""
    wanted = None if clauses is None else frozenset(clauses)
    return Suite(factory, Settings(clauses=wanted, quick=quick, seed=seed, budget_s=budget_s)).run()
