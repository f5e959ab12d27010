"""What keeps a contract run from beginning."""

from __future__ import annotations


class TargetError(Exception):
    """The target cannot be found; the message says what is missing."""


class BudgetError(Exception):
    """The time given to the run was over before one story could be carried out."""

    def __init__(self, budget_s: float) -> None:
        super().__init__(
            f"--budget {budget_s:g}: it was over before one story could be carried out; give it more seconds"
        )
