"""The refresh contract on the reference integrator, clause by clause: what a team's own test file looks like."""

from mock_truv.contract import RefreshContract
from mock_truv.contract.reference import integrator


class TestReference(RefreshContract):
    """The reference keeps every clause."""

    def integrator(self):
        """Return a fresh integrator."""
        return integrator()
