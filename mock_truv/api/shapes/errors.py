"""Error answers as types; ``core/errors`` raises what they describe."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from mock_truv.api.shapes.base import Shape, inferred

ErrorCode = Literal[
    "incorrect_parameters", "authentication_failed", "reserved_credential", "data_source_required", "not_authenticated",
    "env_not_sandbox", "expired_token", "throttled",
]  # fmt: skip


class InvalidParameter(Shape):
    """One wrong field and what would be right."""

    SOURCE = "errors"

    field: str
    message: str


class ErrorExtra(Shape, rename={"invalid_params": "invalid-params"}):
    """Which fields of the request are wrong; the list may be empty."""

    SOURCE = "errors"

    invalid_params: list[InvalidParameter]


class ErrorDetail(Shape):
    """What is wrong: programs branch on ``code``, ``message`` is for people."""

    SOURCE = "errors"

    code: ErrorCode
    message: str
    extra: ErrorExtra | UnsetType = UNSET
    """With status 400 only."""


class Error(Shape):
    """The answer to a request that was understood and refused."""

    SOURCE = "errors"

    error: ErrorDetail


class Detail(Shape):
    """The answer to a request for something that is not there, or that comes in no form we know."""

    SOURCE = "errors"

    detail: Annotated[str, inferred("errors: documented for 404; 405, 406, 413 and 415 alike")]
