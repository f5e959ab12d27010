"""Stories drawn by Hypothesis: whatever is mixed, the reference integrator breaks no clause of the contract."""

from hypothesis import HealthCheck, given, settings

from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.reference import integrator
from mock_truv.contract.search.drawing import drawn_plans

BASES = [clause.plans()[0] for clause in all_clauses().values() if "bulk" not in clause.needs]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn_plans(BASES))
def test_no_clause_is_broken_in_a_drawn_story(plan):
    """In no drawn story does any clause find a breach."""
    for judgement in judge_history(run_story(plan, integrator)).values():
        for breach in judgement.breaches:
            raise all_clauses()[judgement.clause_id].violation(breach)
