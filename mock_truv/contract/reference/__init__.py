"""A correct integrator: it refreshes cases through Truv's order API and keeps every clause of the contract.

Read ``rules`` first (what each ending means), then ``refreshing``, ``attempts`` and ``endings``. Events are hints where
to look; orders are read; every request that makes something is written down before it is sent.
"""

from __future__ import annotations

from mock_truv.contract.reference.program import Reference


def integrator(*, budget_per_day: int | None = None) -> Reference:
    """Return a fresh integrator that asks people by new orders. The budget is in connections per UTC day."""
    return Reference(budget_per_day=budget_per_day)


def thrifty() -> Reference:
    """Return a fresh integrator with a small budget: five connections a day."""
    return Reference(budget_per_day=5)


def update_mode(*, budget_per_day: int | None = None) -> Reference:
    """Return a fresh integrator that asks people to repair their connection in Bridge Update Mode."""
    return Reference(budget_per_day=budget_per_day, repairs_links=True)
