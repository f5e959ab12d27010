"""Draw plans with Hypothesis until time is over. Seeded: the same seed draws the same plans in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings

from mock_truv.contract.search.drawing import drawn_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mock_truv.core.scenario import Scenario

ROUND = 40
"""Plans drawn before the aims are chosen anew."""


class _TimeIsOver(BaseException):
    """Ends a round. A time budget by returning early would make Hypothesis call the test flaky."""


def draw_until(
    aims: Callable[[], Iterable[Scenario]], carry_out: Callable[[Scenario], object], *, seed: int,
    out_of_time: Callable[[], bool],
) -> None:  # fmt: skip
    """Carry out drawn plans, each round from the families that ``aims`` names then."""
    number = 0
    while not out_of_time():
        bases = list(aims())
        if not bases:
            return
        try:
            _round(bases, carry_out, seed * 1_000 + number, out_of_time)
        except _TimeIsOver:
            return
        number += 1


def _round(
    bases: list[Scenario], carry_out: Callable[[Scenario], object], number: int, out_of_time: Callable[[], bool]
) -> None:
    @seed(number)
    @settings(
        max_examples=ROUND, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(drawn_plans(bases))
    def story(plan: Scenario) -> None:
        if out_of_time():
            raise _TimeIsOver
        carry_out(plan)

    story()
