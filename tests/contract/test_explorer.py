"""Which plans a run carries out, for which clauses, and how often."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from time import monotonic

from msgspec.structs import replace

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.plan import plan
from mock_truv.contract.search.explorer import Explorer, Settings, kin, story_key
from mock_truv.world import World
from tests.contract.toys import Toy

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
