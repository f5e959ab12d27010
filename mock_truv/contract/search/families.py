"""Which plans a run has before it draws any: the families of its clauses, and what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mock_truv.contract.clause import Clause
    from mock_truv.core.scenario import Scenario


def kin(clauses: Iterable[Clause]) -> list[list[Clause]]:
    """Return clauses in groups: those whose families have a plan in common stand together."""
    groups: list[tuple[set[str], list[Clause]]] = []
    for clause in clauses:
        keys, members = {story_key(plan) for plan in clause.plans()}, [clause]
        for known in [each for each in groups if each[0] & keys]:
            groups.remove(known)
            keys, members = known[0] | keys, known[1] + members
        groups.append((keys, members))
    return [members for _, members in groups]


def in_full(clauses: Sequence[Clause]) -> list[tuple[Scenario, list[Clause]]]:
    """Return the plans of full size, each once, with the clauses that have it; the smallest first."""
    found: dict[str, tuple[Scenario, list[Clause]]] = {}
    for clause in clauses:
        for plan in clause.full_plans():
            found.setdefault(story_key(plan), (plan, []))[1].append(clause)
    return sorted(found.values(), key=lambda each: cases_of(each[0]))


def story_key(plan: Scenario) -> str:
    """Return what two plans have in common that tell the same story, whatever they are called."""
    named = {"name": "a", "title": "a", "why": "a", "expect": "a", "clauses": ()}
    return repr((structs.replace(plan, **named, profile={}), sorted(plan.profile.items())))


def cases_of(plan: Scenario) -> int:
    """Return how many cases a plan has."""
    return sum(rule.count for rule in plan.person)
