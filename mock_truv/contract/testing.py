"""The contract as tests of one's own: a class for pytest, each clause its own test.

::

    from mock_truv.contract import RefreshContract

    class TestRefresh(RefreshContract):
        def integrator(self):
            return MyAdapter()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.clause import Kind
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.reports.terminal import failure_text
from mock_truv.contract.run.program import AdapterError
from mock_truv.contract.search.explorer import Settings
from mock_truv.contract.search.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Callable


class RefreshContract:
    """Judges the integrator that ``integrator`` returns, clause by clause; ``-k``, xfail and xdist work as ever."""

    budget_s = 20.0
    """Longest time for one clause, in seconds."""
    seed = 0
    quick = False
    """Only the plainest plan of each clause."""

    def integrator(self) -> Any:
        """Return a fresh integrator; to be overridden."""
        raise NotImplementedError("override integrator() so that it returns a fresh adapter")

    @staticmethod
    def of(factory: Callable[[], Any], **settings: Any) -> type[RefreshContract]:
        """Return the class for a factory: ``TestRefresh = RefreshContract.of(MyAdapter)``."""
        return type("TestRefreshContract", (RefreshContract,), {"integrator": lambda _self: factory(), **settings})

    @pytest.mark.parametrize("clause_id", list(all_clauses()))
    def test_clause(self, clause_id: str) -> None:
        """The integrator keeps the clause in every story of the clause's family."""
        wanted = frozenset({clause_id})
        settings = Settings(clauses=wanted, quick=self.quick, seed=self.seed, budget_s=self.budget_s, drawn=False)
        try:
            report = Suite(self.integrator, settings).run()
        except AdapterError as error:
            pytest.fail(f"the adapter: {error}\n{error.details}", pytrace=False)
        for trouble in report.troubles:
            pytest.fail(f"the adapter: {trouble.call}: {trouble.problem}\n{trouble.details}", pytrace=False)
        result = report.results[clause_id]
        if result.failure is not None:
            violation = result.clause.violation(result.failure.breach)
            violation.add_note(failure_text(result.failure))
            raise violation
        if result.kind in {Kind.NOT_APPLICABLE, Kind.INCONCLUSIVE, Kind.DECLARED}:
            pytest.skip(f"{result.kind}: {result.reason}")
