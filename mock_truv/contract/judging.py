"""Carry out a plan with an integrator and let every clause that applies judge what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import judge
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.run.driver import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mock_truv.contract.clause import Clause, Judgement
    from mock_truv.contract.history import History
    from mock_truv.contract.run.listener import Listener
    from mock_truv.core.scenario import Scenario


def run_story(
    plan: Scenario, factory: Callable[[], Any], listener: Listener | None = None, *, until_s: float | None = None
) -> History:
    """Carry out a plan; ``listener`` is where a separate program reaches Truv.

    ``until_s``: the instant of the monotonic clock at which it is broken off.

    Raises:
        AdapterError: The adapter raised, hung or gave nonsense.
        OutOfTime: It was broken off.
    """
    run = Run(plan, factory, listener=listener, until_s=until_s)
    try:
        return run.run()
    finally:
        run.let_go()


def judge_one(clause: Clause, history: History) -> Judgement:
    """Let one clause judge a history, whatever the integrator claims to be capable of."""
    try:
        return judge(clause, history)
    finally:
        history.let_go()


def judge_history(history: History, clause_ids: Collection[str] | None = None) -> dict[str, Judgement]:
    """Let the clauses whose capabilities the integrator has judge a history."""
    try:
        return {
            clause.id: judge(clause, history)
            for clause in all_clauses().values()
            if (clause_ids is None or clause.id in clause_ids) and history.manifest.has(*clause.needs)
        }
    finally:
        history.let_go()
