"""Answers that tell the caller what was wrong.

::

    ApiError            the caller is wrong: becomes an HTTP answer, nothing was changed
     ├─ NotFound        404  {"detail": "Not Found."}
     ├─ WrongInput      400  incorrect_parameters, one entry per wrong field
     └─ ExpiredToken    410  expired_token

    AssertionError      we are wrong
    Violation           the integrator breaks the contract (a value of the contract suite, never raised here)
"""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A documented error answer: HTTP status, ``error.code``, ``error.message`` (errors page)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        extra: dict[str, Any] | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.extra is not None:
            error["extra"] = self.extra
        return {"error": error}


class WrongInput(ApiError):  # noqa: N818 -- named as callers speak of it
    """400 ``incorrect_parameters``: every wrong field with its path and what would be right."""

    def __init__(self, *problems: tuple[str, str], message: str = "Incorrect request parameters") -> None:
        params = [{"field": field, "message": text} for field, text in problems]
        super().__init__(400, "incorrect_parameters", message, {"invalid-params": params})


class DetailError(ApiError):
    """Statuses whose body is only ``{"detail": …}``: 404 (documented), 405, 406, 413, 415 (inferred)."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, "", detail)
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {"detail": self.message}


class NotFound(DetailError):  # noqa: N818
    """404: the id is unknown, or it is another client's (errors page)."""

    def __init__(self) -> None:
        super().__init__(404, "Not Found.")


class ExpiredToken(ApiError):  # noqa: N818
    """410: a bridge or public token is too old or was used before (errors page)."""

    def __init__(self, message: str) -> None:
        super().__init__(410, "expired_token", message)
