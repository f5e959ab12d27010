"""Plans are scenarios: each can be written to a file and read again, and shrinking gives plans that can, too."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.plan import crash, plan, request
from mock_truv.contract.search.drawing import drawn_plans
from mock_truv.contract.search.shrink import Told, shrunk, smaller
from mock_truv.core.faults import Duplicate, Lose
from mock_truv.core.instants import HOUR_US, parse_duration
from mock_truv.core.scenario import PersonRule, Scenario
from mock_truv.scenarios import parse_scenario, scenario_text

FAMILIES = [each for clause in all_clauses().values() for each in clause.plans()]


def cycles_asked_for(scenario: Scenario) -> list[str]:
    """Return the cycles that requests and runs of a plan ask for, in the order of time, repetitions left out."""
    asked = []
    for number, rule in enumerate(scenario.driver):
        if rule.do in {"request", "run-due"} and rule.at is None:
            every_us = parse_duration(rule.every) if rule.every else 0
            times = rule.times if rule.every else 1
            asked += [(parse_duration(rule.after) + each * every_us, number, rule.cycle) for each in range(times)]
    cycles = [cycle for _, _, cycle in sorted(asked)]
    return [cycle for cycle, before in zip(cycles, [None, *cycles], strict=False) if cycle != before]


@pytest.mark.parametrize("clause_id", list(all_clauses()))
def test_nobody_asks_for_a_cycle_that_is_over(clause_id: str) -> None:
    """Once a cycle has been asked for, no plan of a family asks for an earlier one again."""
    for each in all_clauses()[clause_id].plans():
        assert len(set(cycles_asked_for(each))) == len(cycles_asked_for(each)), each.title


@given(drawn_plans(FAMILIES))
def test_a_drawn_plan_asks_for_the_cycle_that_is_under_way(drawn: Scenario) -> None:
    """A request that was drawn belongs to the cycle of its time, and the plan survives its file."""
    assert len(set(cycles_asked_for(drawn))) == len(cycles_asked_for(drawn))
    assert parse_scenario(scenario_text(drawn), drawn.name, "plan.toml") == drawn


@pytest.mark.parametrize("clause_id", list(all_clauses()))
def test_every_plan_survives_its_file(clause_id: str) -> None:
    """Writing and reading gives the same plan; so does a plan made smaller; the family has no plan twice."""
    family = all_clauses()[clause_id].plans()
    assert family
    assert len({repr(each) for each in family}) == len(family)
    for each in family:
        for one in (each, *islice(smaller(each, until_us=0), 3)):
            assert parse_scenario(scenario_text(one), one.name, "plan.toml") == one


def test_shrinking_leaves_what_is_needed_alone() -> None:
    """What does not matter is left out, whatever is needed stays, and the end is the smallest of its kind."""
    large = plan(
        "large", people=8, fault=[Lose(), Duplicate(copies=3)], driver=[request(cases=8), crash("committed", nth=3)],
        profile={"billing": "done", "page_size": 5}, lasts="9d", seed=3, zone="Asia/Tokyo",
    )  # fmt: skip

    def tell(it: Scenario) -> Told | None:
        return Told(9, HOUR_US) if any(isinstance(rule.fault, Lose) for rule in it.fault) else None

    small, complete = shrunk(large, tell, out_of_time=lambda: False)
    assert complete
    assert [type(rule.fault) for rule in small.fault] == [Lose]
    assert (small.driver, small.profile, small.zone, small.seed) == ((), {}, None, 0)
    assert [rule.count for rule in small.person] == [1]
    assert small.lasts == "1h"


def test_shrinking_takes_an_employer_away_with_its_login_and_provider() -> None:
    """Of three employers the one at the broken provider is left, and one more that the clause needs."""
    providers = ("truv_api", "old_mill", "quillpay")
    three = plan("three", people=PersonRule(employers=3, logins=("goodlogin", "a", "b"), providers=providers))

    def tell(it: Scenario) -> Told | None:
        [rule] = it.person
        return Told(5, 0) if "quillpay" in rule.providers and rule.employers > 1 else None

    [rule] = shrunk(three, tell, out_of_time=lambda: False)[0].person
    assert (rule.employers, rule.providers, rule.logins) == (2, providers[1:], ("a", "b"))


def test_a_smaller_plan_with_a_much_longer_story_is_not_taken() -> None:
    """Leaving a crash out may make the clause break after days instead of at once; the crash stays."""
    killed = plan("killed", driver=[request(), crash("committed")])

    def tell(it: Scenario) -> Told:
        return Told(5 if len(it.driver) == 2 else 50, 0)

    assert shrunk(killed, tell, out_of_time=lambda: False)[0].driver == killed.driver


def test_shrinking_stops_when_time_is_over() -> None:
    """It says that something smaller may be left, and gives the best so far."""
    large = plan("large", people=8)
    assert shrunk(large, lambda _: Told(5, 0), out_of_time=lambda: True) == (large, False)
