"""The proof that the clauses can fail: every mutant, the story in which its clause fails, and what else fails there.

``python -m mock_truv.contract.mutant_table > docs/mutants.md`` prints the page of the manual.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.mutants import all_mutants, factory_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.mutants import Mutant

HEAD = """# Mutants

Each mutant is the reference integrator with at most ten lines changed, wrong in one way. The table says in which story
of its clause's family it is caught, and which other clauses fail in that same story. It is printed from the code
(`python -m mock_truv.contract.mutant_table`), and a test compares. A clause counts as exercised in a contract run only
under a plan in which its mutant is caught.

| clause | mutant | what it does wrong | lines | caught in the story | also fails there |
| --- | --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Caught:
    """Where a mutant is caught."""

    mutant: Mutant
    story: str
    number: int
    """Which plan of the clause's family."""
    also: tuple[str, ...]


def caught(mutant: Mutant) -> Caught | None:
    """Return the first story of its clause's family in which a mutant is caught; None: it survives them all."""
    for number, plan in enumerate(all_clauses()[mutant.clause_id].plans()):
        judgements = judge_history(run_story(plan, factory_of(mutant)))
        failed = [ident for ident, judgement in judgements.items() if judgement.breaches]
        if mutant.clause_id in failed:
            also = tuple(ident for ident in failed if ident != mutant.clause_id)
            return Caught(mutant, plan.title, number, also)
    return None


def rows() -> Iterator[str]:
    """Yield the table's rows in the contract's order."""
    for mutant in sorted(all_mutants().values(), key=lambda it: (int(it.clause_id[3:]), it.name)):
        found = caught(mutant)
        where = "**nowhere**" if found is None else found.story.replace("|", "/")
        also = ", ".join(found.also) if found is not None and found.also else "nothing"
        cells = [mutant.clause_id, f"`{mutant.name}`", mutant.what, str(mutant.lines_changed), where, also]
        yield "| " + " | ".join(cells) + " |\n"


def page() -> str:
    """Return the whole page."""
    return HEAD + "".join(rows())


if __name__ == "__main__":
    sys.stdout.write(page())
