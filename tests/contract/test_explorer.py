"""Which plans a run carries out, for which clauses, and how often."""

from __future__ import annotations

import gc
import re
import weakref
from collections import Counter
from dataclasses import replace as replace_settings
from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace

from mock_truv.contract.clauses import all_clauses, bulk_plans
from mock_truv.contract.errors import BudgetError
from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.operations import Shown
from mock_truv.contract.plan import plan
from mock_truv.contract.reference import integrator, thrifty
from mock_truv.contract.search.explorer import Explorer, Settings
from mock_truv.contract.search.families import cases_of, in_full, kin, story_key
from mock_truv.contract.search.suite import Suite
from mock_truv.core.instants import SECOND_US
from mock_truv.world import World
from tests.contract.toys import Toy

MANUAL = Path(__file__).parents[2] / "docs" / "contract.md"
SHARED = ("RF-115", "RF-118")
"""Clauses whose families have plans in common, under one name or another."""


def test_what_a_plan_is_called_does_not_make_it_another_story() -> None:
    """Two plans are one story unless they differ in what happens."""
    one = plan("one", lasts="1d")
    assert story_key(one) == story_key(plan("another", lasts="1d"))
    assert story_key(one) != story_key(plan("one", lasts="2d"))
    assert story_key(one) != story_key(replace(one, profile={"billing": "done"}))


def test_a_plan_of_several_families_is_carried_out_once() -> None:
    """The program is started once for each story, the plainest first."""
    started: list[Toy] = []

    def factory() -> Toy:
        started.append(Toy())
        return started[-1]

    clauses = [all_clauses()[ident] for ident in SHARED]
    explorer = Explorer(factory, Settings(clauses=frozenset(SHARED)), deadline_s=monotonic() + 300)
    titles = list(explorer.families(clauses))
    distinct = {story_key(each) for clause in clauses for each in clause.plans()}
    assert len(started) == len(titles) == len(distinct) < sum(len(clause.plans()) for clause in clauses)
    assert titles[0] == clauses[0].plans()[0].title


def test_the_memory_of_a_story_is_free_when_it_is_judged() -> None:
    """Neither a run that is over nor the judging of its history leaves circles that hold the world or the history."""
    gc.collect()
    gc.disable()
    others = [it for it in gc.get_objects() if isinstance(it, World)]  # of other tests in this process
    try:
        history = run_story(plan("once", lasts="1d"), Toy)
        judge_history(history)
        held = weakref.ref(history)
        del history
        assert held() is None
        assert len([it for it in gc.get_objects() if isinstance(it, World)]) == len(others)
    finally:
        gc.enable()


def test_processes_get_clauses_with_a_plan_in_common_together() -> None:
    """Every clause is in one group; no plan is in the families of two groups."""
    groups = kin(all_clauses().values())
    assert Counter(clause.id for group in groups for clause in group) == dict.fromkeys(all_clauses(), 1)
    owners = Counter(
        key for group in groups for key in {story_key(each) for clause in group for each in clause.plans()}
    )
    assert max(owners.values()) == 1
    assert any({clause.id for clause in group} >= set(SHARED) for group in groups)


def test_plans_of_full_size_are_judged_by_their_own_clauses() -> None:
    """Each is carried out once, for the clauses that have it and no other, and without their mutants."""
    wanted = frozenset({"RF-20", "RF-27"})
    explorer = Explorer(thrifty, Settings(clauses=wanted, bulk_full=True), deadline_s=monotonic() + 300)
    [large] = all_clauses()["RF-27"].full_plans()
    assert list(explorer.in_full()) == [large.title]
    assert (explorer.found.tallies["RF-27"].triggered, explorer.found.tallies["RF-27"].exercised) == (1, 0)
    assert explorer.found.tallies["RF-27"].broken_by is None
    assert explorer.found.tallies["RF-20"].triggered == 0
    assert explorer.found.left == []


def test_a_plan_that_several_clauses_have_in_full_size_comes_once() -> None:
    """No two stories of full size are the same one, smaller ones come first, and the manual names their clauses."""
    plans = in_full(list(all_clauses().values()))
    sizes = [cases_of(plan) for plan, _ in plans]
    assert len({story_key(plan) for plan, _ in plans}) == len(plans)
    assert sizes == sorted(sizes)
    assert sizes[-1] == 10_000
    assert {"RF-96", "RF-99"} in [{clause.id for clause in clauses} for _, clauses in plans]
    [told] = re.findall(r"`--bulk full` adds those that the clauses ([^.]*?) are\s+written", MANUAL.read_text("utf-8"))
    assert set(re.findall(r"RF-\d+", told)) == {clause.id for _, clauses in plans for clause in clauses}


def test_a_large_story_is_broken_off_when_time_is_over_and_named() -> None:
    """What could not be carried out in full size is no verdict and stands in the report; no time is overrun."""
    settings = Settings(clauses=frozenset({"RF-95"}), bulk_full=True)
    [large] = all_clauses()["RF-95"].full_plans()
    explorer = Explorer(integrator, settings, deadline_s=monotonic())
    explorer.carry_out(large, {"RF-95": large}, alone=True)
    assert (explorer.found.left, explorer.found.stories, explorer.found.troubles) == ([large.title], 0, {})
    assert list(explorer.in_full()) == []
    assert explorer.found.left == [large.title] * 2
    report = Suite(integrator, replace_settings(settings, quick=True, budget_s=1.0)).run()
    assert [note for note in report.notes if large.title in note and "--budget" in note]


def test_a_budget_too_small_for_one_story_is_told_so() -> None:
    """Where time is over before anything was carried out, the message says that the budget was too small."""
    with pytest.raises(BudgetError, match=r"--budget 1e-06: .* give it more seconds"):
        Suite(Toy, Settings(budget_s=1e-6)).run()


def test_very_many_cases_are_looked_at_seldom_and_nobody_is_blamed_for_it() -> None:
    """With more than 400 cases what is shown may have been there before; every due time is later by so much."""
    few, many = (run_story(bulk_plans.healthy(number), integrator) for number in (3, 401))
    assert (few.look_every_us, many.look_every_us) == (0, 802 * SECOND_US)
    assert [
        (history.until(history.start_us, "B-PREFILL") or 0) - history.start_us - few.manifest.bound_us("B-PREFILL")
        for history in (few, many)
    ] == [0, 802 * SECOND_US]
    assert len({op.at_us for op in many.ops if isinstance(op, Shown)}) <= 24 * 3600 // 802 + 2
    judgement = judge_history(many, {"RF-06"})["RF-06"]
    assert len(judgement.triggers) == 401
    assert not judgement.breaches
