"""Carry out plans and keep count: what was triggered, what was exercised, what broke, and what went wrong itself.

A clause is *exercised* by a plan if it was triggered and the clause's own mutant breaks it under the same plan: what no
wrong program fails proves nothing.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import judge_history, judge_one, run_story
from mock_truv.contract.mutants import factory_of, mutants_of
from mock_truv.contract.results import Trouble
from mock_truv.contract.run.driver import OutOfTime
from mock_truv.contract.run.program import AdapterError
from mock_truv.contract.search.families import cases_of, in_full, story_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from mock_truv.contract.clause import Clause
    from mock_truv.contract.manifest import Manifest
    from mock_truv.contract.run.listener import Listener
    from mock_truv.core.scenario import Scenario

STRANGE_TRIES = 2
"""Plans of other clauses that are tried with a clause's mutants."""
ENOUGH = 2
"""A clause exercised so often is not tried with its mutants any more."""
QUICK_PLANS = 3
"""Plans of a family that a quick run may take: the next one only where those before did not exercise the clause."""

_ID = re.compile(r"[0-9a-f]{32}")
QUICK_CASES = 30
"""Larger plans are left to a full run."""


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
    """After the families, the bulk clauses' plans of full size."""
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
    broken_by: Scenario | None = None
    """The first plan that broke it."""


@dataclass
class Found:
    """What an explorer found. Plain data: it can come from another process."""

    manifest: Manifest | None = None
    tallies: dict[str, Tally] = field(default_factory=dict)
    troubles: dict[tuple[str, str], Trouble] = field(default_factory=dict)
    stories: int = 0
    left: list[str] = field(default_factory=list)
    """Titles of plans of full size for which no time was left."""

    def add(self, other: Found) -> None:
        """Take in what another explorer found."""
        self.manifest = self.manifest or other.manifest
        self.stories += other.stories
        self.left += other.left
        for ident, theirs in other.tallies.items():
            mine = self.tallies.setdefault(ident, Tally())
            mine.triggered += theirs.triggered
            mine.exercised += theirs.exercised
            mine.broken_by = mine.broken_by or theirs.broken_by
        for key, trouble in other.troubles.items():
            known = self.troubles.get(key)
            self.troubles[key] = replace(known, count=known.count + trouble.count) if known else trouble


class Explorer:
    """Carries out plans with one integrator until a deadline (on the monotonic clock)."""

    def __init__(
        self, factory: Callable[[], Any], settings: Settings, *, deadline_s: float, listener: Listener | None = None,
    ) -> None:  # fmt: skip
        self._factory = factory
        self._settings = settings
        self._listener = listener
        self._deadline_s = deadline_s
        self._longest_s = 0.0
        self.found = Found(tallies={clause.id: Tally() for clause in selected(settings)})

    def families(self, clauses: Sequence[Clause]) -> Iterator[str]:
        """Carry out the families of some clauses, plainest plans first, and yield the title of each plan before it.

        A plan that several families hold is carried out once, for all of them.
        """
        families = [(clause, [self._tuned(plan) for plan in clause.plans()]) for clause in clauses]
        holders: dict[str, dict[str, Scenario]] = {}
        for clause, plans in families:
            for plan in plans:
                holders.setdefault(story_key(plan), {})[clause.id] = plan
        longest = max((len(plans) for _, plans in families), default=0)
        for number in range(min(longest, QUICK_PLANS) if self._settings.quick else longest):
            for clause, plans in families:
                tally = self.found.tallies[clause.id]
                settled = self._settings.quick and number > 0 and (tally.exercised or not tally.triggered)
                if number >= len(plans) or settled or not self._applies(clause) or self._is_over():
                    continue
                if self._settings.quick and cases_of(plans[number]) > QUICK_CASES:
                    continue
                held_by = holders.pop(story_key(plans[number]), None)
                if held_by is not None:
                    yield plans[number].title
                    self.carry_out(plans[number], held_by)

    def in_full(self, numbers: Collection[int] | None = None) -> Iterator[str]:
        """Carry out the plans of full size (some of them, by number), each judged by its own clauses alone.

        They are not tried with mutants: the same plan with fewer cases was.
        """
        for number, (plan, clauses) in enumerate(in_full(selected(self._settings))):
            tuned = self._tuned(plan)
            own = {clause.id: tuned for clause in clauses if self._applies(clause)}
            if not own or (numbers is not None and number not in numbers):
                continue
            if self._is_over():
                self.found.left.append(plan.title)
                continue
            yield plan.title
            self.carry_out(tuned, own, alone=True)

    def given(self, plans: Iterable[Scenario]) -> Iterator[str]:
        """Carry out given plans, and yield the title of each before it."""
        for plan in plans:
            yield plan.title
            self.carry_out(self._tuned(plan))

    def draw(self, counts: Mapping[str, Tally], seed: int) -> None:
        """Carry out drawn plans until the deadline, aimed at what is least exercised by ``counts`` and by now."""
        from mock_truv.contract.search.rounds import draw_until  # noqa: PLC0415 -- Hypothesis is loaded only here

        def least(clause: Clause) -> tuple[int, int]:
            before, now = counts.get(clause.id, Tally()), self.found.tallies[clause.id]
            return before.exercised + now.exercised, before.triggered + now.triggered

        def aims() -> Iterator[Scenario]:
            ranked = sorted((each for each in selected(self._settings) if self._applies(each)), key=least)
            for clause in ranked[: max(len(ranked) // 3, 1)]:
                yield from (self._tuned(plan) for plan in clause.plans() if cases_of(plan) <= DRAWN_CASES)

        draw_until(aims, self.carry_out, seed=seed, out_of_time=self._is_over)

    def carry_out(self, plan: Scenario, held_by: Mapping[str, Scenario] | None = None, *, alone: bool = False) -> None:
        """Carry out one plan and let every clause judge it; ``held_by``: clauses whose families call it so.

        With ``alone`` only those judge it, none is tried with its mutants, and it is broken off at the deadline.
        """
        own = held_by or {}
        found = self.found
        began_s = time.monotonic()
        try:
            history = run_story(plan, self._factory, self._listener, until_s=self._deadline_s if alone else None)
        except OutOfTime:
            found.left.append(plan.title)
            return
        except AdapterError as error:
            trouble = Trouble(error.call, error.problem, error.details, plan)
            found.add(Found(troubles={(error.call, error.problem): trouble}))
            return
        found.stories += 1
        self._longest_s = max(self._longest_s, time.monotonic() - began_s)
        found.manifest = history.manifest
        judges = own.keys() if alone else found.tallies.keys() - self._settings.unseen.keys()
        for ident, judgement in judge_history(history, judges).items():
            tally = found.tallies[ident]
            if judgement.breaches and tally.broken_by is None:
                tally.broken_by = own.get(ident, plan)
            if judgement.triggers:
                tally.triggered += 1
                wanted = not alone and (not own or ident in own)  # a clause's own family comes anyway
                if wanted and not self._is_over():
                    self._exercise(ident, plan, tally, own=ident in own)

    def _exercise(self, ident: str, plan: Scenario, tally: Tally, *, own: bool) -> None:
        """Find out whether the clause's own mutant fails under this plan."""
        strange = not own and (tally.exercised or tally.tries >= STRANGE_TRIES or cases_of(plan) > STRANGE_CASES)
        if strange or tally.exercised >= (1 if self._settings.quick else ENOUGH):
            return
        tally.tries += not own
        tally.exercised += any(mutant_fails(all_clauses()[ident], plan))

    def _tuned(self, plan: Scenario) -> Scenario:
        """Return a plan under the run's knobs and seed."""
        profile = {**self._settings.profile, **plan.profile}
        bound = any(_ID.search(getattr(rule.fault, "path", "")) for rule in plan.fault)  # ids are the seed's
        return structs.replace(plan, profile=profile, seed=plan.seed + (0 if bound else self._settings.seed))

    def _applies(self, clause: Clause) -> bool:
        manifest = self.found.manifest
        return clause.id not in self._settings.unseen and (manifest is None or manifest.has(*clause.needs))

    def _is_over(self) -> bool:
        """Return whether time is up, or would be in the middle of a story: of a program with a clock of its own."""
        needed_s = self._longest_s if self._longest_s > SLOW_S else 0
        return time.monotonic() + needed_s > self._deadline_s


SLOW_S = 5.0
"""A story that takes longer is not begun where one as long as the longest so far would not be over in time."""
DRAWN_CASES = 30
"""Larger plans are not mixed with others: they take too long."""
STRANGE_CASES = 5


def selected(settings: Settings) -> list[Clause]:
    """Return the clauses that a run is to judge."""
    return [clause for clause in all_clauses().values() if settings.clauses is None or clause.id in settings.clauses]


def mutant_fails(clause: Clause, plan: Scenario) -> Iterator[bool]:
    """Yield for each mutant of a clause whether it breaks the clause under a plan."""
    for mutant in mutants_of(clause.id):
        try:
            history = run_story(plan, factory_of(mutant))
        except AdapterError:
            yield False
            continue
        yield bool(judge_one(clause, history).breaches)
