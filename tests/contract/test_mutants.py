"""The clauses can fail: every mutant is caught by its clause, is small, and is listed in the manual."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.mutant_table import caught
from mock_truv.contract.mutants import LINES_LIMIT, all_mutants, mutants_of

PAGE = (Path(__file__).parents[2] / "docs" / "mutants.md").read_text(encoding="utf-8")
JUDGED_FROM_OUTSIDE = [
    clause.id for clause in all_clauses().values() if clause.level == "MUST" and "source" not in clause.needs
]


@pytest.mark.parametrize("clause_id", JUDGED_FROM_OUTSIDE)
def test_every_must_clause_has_a_mutant(clause_id: str) -> None:
    """At least one mutant is made for each MUST clause that can be judged from outside."""
    assert mutants_of(clause_id)


@pytest.mark.parametrize("name", list(all_mutants()))
def test_a_mutant_is_caught_by_its_clause(name: str) -> None:
    """It fails its clause in a story of the clause's family; the manual names that story and what else fails there."""
    mutant = all_mutants()[name]
    assert 1 <= mutant.lines_changed <= LINES_LIMIT
    found = caught(mutant)
    assert found is not None, f"{name} survives every plan of {mutant.clause_id}"
    [row] = [line for line in PAGE.splitlines() if f"`{name}`" in line]
    assert found.story.replace("|", "/") in row
    assert row.endswith(f"| {', '.join(found.also) or 'nothing'} |")


def test_the_manual_lists_every_mutant_and_no_other() -> None:
    """As many rows as mutants."""
    assert sum(line.startswith("| RF-") for line in PAGE.splitlines()) == len(all_mutants())
