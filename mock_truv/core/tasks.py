"""The life of a task as a table, and the one function that applies it.

Source: the task lifecycle page. ``mfa`` is entered only when the provider asks for a code; from every running status
the task may fall into an error status.
"""

from __future__ import annotations

from mock_truv.core.model import TaskStatus as S

ERRORS = frozenset(
    {
        S.LOGIN_ERROR,
        S.MFA_ERROR,
        S.CONFIG_ERROR,
        S.ACCOUNT_LOCKED,
        S.NO_DATA,
        S.UNAVAILABLE,
        S.UNABLE_TO_RESET,
        S.NOT_SUPPORTED,
        S.ERROR,
    }
)
FINAL = ERRORS | {S.DONE}

NEXT: dict[S, frozenset[S]] = {
    S.NEW: ERRORS | {S.LOGIN},
    S.LOGIN: ERRORS | {S.MFA, S.PARSE, S.SWITCH_DEPOSIT},
    S.MFA: ERRORS | {S.PARSE, S.SWITCH_DEPOSIT},
    S.PARSE: ERRORS | {S.FULL_PARSE},
    S.FULL_PARSE: ERRORS | {S.DONE},
    S.SWITCH_DEPOSIT: ERRORS | {S.DONE},
    **{status: frozenset() for status in S if status in FINAL},
}
"""Status -> the statuses that may follow. A final status has an empty row: absence is a statement."""

EIGHTHS = {S.NEW: 1, S.LOGIN: 2, S.MFA: 1, S.PARSE: 3, S.FULL_PARSE: 2, S.SWITCH_DEPOSIT: 5}
"""How long a task stays in a status, in eighths of the provider's ``task_seconds`` (assumed; documented times are
5-15 s for login, 30-60 s for parse, minutes for full_parse)."""

MESSAGES: dict[S, str] = {
    S.LOGIN_ERROR: "Invalid credentials provided",
    S.MFA_ERROR: "Multi-factor authentication was not completed",
    S.CONFIG_ERROR: "The account belongs to another organization or its setup is not complete",
    S.ACCOUNT_LOCKED: "The account is locked at the provider",
    S.NO_DATA: "The provider has no data for this account",
    S.UNAVAILABLE: "The provider is temporarily unavailable",
    S.UNABLE_TO_RESET: "The password could not be reset",
    S.NOT_SUPPORTED: "The provider is not supported",
    S.ERROR: "Something went wrong while processing the task",
}
"""``error_message`` by status. The first is documented (tasks_read example), the others are assumed."""


class IllegalMoveError(AssertionError):
    """We are wrong: a rule tried to move a task along an edge that the table does not have."""


def check_move(current: S, following: S) -> None:
    """Assert that a task may go from ``current`` to ``following``.

    Raises:
        IllegalMoveError: The table has no such edge.
    """
    if following not in NEXT[current]:
        raise IllegalMoveError(f"a task may not go from {current} to {following}; allowed: {sorted(NEXT[current])}")
