"""The states of tasks and of suborders."""

from __future__ import annotations

from enum import StrEnum


class TaskStatus(StrEnum):
    """States of a task (task lifecycle page)."""

    NEW = "new"
    LOGIN = "login"
    MFA = "mfa"
    PARSE = "parse"
    FULL_PARSE = "full_parse"
    SWITCH_DEPOSIT = "switch_deposit"
    DONE = "done"
    LOGIN_ERROR = "login_error"
    MFA_ERROR = "mfa_error"
    CONFIG_ERROR = "config_error"
    ACCOUNT_LOCKED = "account_locked"
    NO_DATA = "no_data"
    UNAVAILABLE = "unavailable"
    UNABLE_TO_RESET = "unable_to_reset"
    NOT_SUPPORTED = "not_supported"
    ERROR = "error"


class SuborderStatus(StrEnum):
    """States of a suborder (reference page of *add an employer*)."""

    PENDING = "pending"
    SENT = "sent"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELED = "canceled"
    EXPIRED = "expired"
    NO_DATA = "no_data"
    SKIPPED = "skipped"


OPEN_SUBORDER = (SuborderStatus.PENDING, SuborderStatus.SENT)
