"""Plans are scenarios: each can be written to a file and read again, and shrinking gives plans that can, too."""

from __future__ import annotations

from itertools import islice

import pytest

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.plan import crash, plan, request
from mock_truv.contract.shrink import shrunk, smaller
from mock_truv.core.faults import Duplicate, Lose
from mock_truv.scenarios import parse_scenario, scenario_text


@pytest.mark.parametrize("clause_id", list(all_clauses()))
def test_every_plan_survives_its_file(clause_id: str) -> None:
    """Writing and reading gives the same plan; so does a plan made smaller; the family has no plan twice."""
    family = all_clauses()[clause_id].plans()
    assert family
    assert len({repr(each) for each in family}) == len(family)
    for each in family:
        for one in (each, *islice(smaller(each), 3)):
            assert parse_scenario(scenario_text(one), one.name, "plan.toml") == one


def test_shrinking_leaves_what_is_needed_alone() -> None:
    """What does not matter is left out, whatever is needed stays, and the end is the smallest of its kind."""
    large = plan(
        "large", people=8, fault=[Lose(), Duplicate(copies=3)], driver=[request(cases=8), crash("committed", nth=3)],
        profile={"billing": "done", "page_size": 5}, lasts="9d", seed=3, zone="Asia/Tokyo",
    )  # fmt: skip
    small, complete = shrunk(
        large, lambda it: any(isinstance(rule.fault, Lose) for rule in it.fault), out_of_time=lambda: False
    )
    assert complete
    assert [type(rule.fault) for rule in small.fault] == [Lose]
    assert (small.driver, small.profile, small.zone, small.seed) == ((), {}, None, 0)
    assert [rule.count for rule in small.person] == [1]


def test_shrinking_stops_when_time_is_over() -> None:
    """It says that something smaller may be left, and gives the best so far."""
    large = plan("large", people=8)
    assert shrunk(large, lambda _: True, out_of_time=lambda: True) == (large, False)
