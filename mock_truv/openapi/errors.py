"""Error answers of the document: which statuses an operation may answer, and what each looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api.shapes.base import Paged
from mock_truv.core.errors import ApiError, DetailError, ExpiredToken, NotFound, WrongInput
from mock_truv.openapi.paths import kinds

if TYPE_CHECKING:
    from mock_truv.api.call import Operation

JsonObject = dict[str, Any]
NAMES = {
    400: "WrongInput", 401: "WrongKeys", 403: "NotAllowed", 404: "NotFound", 406: "NotAcceptable",
    410: "ExpiredToken", 413: "TooLarge", 415: "UnsupportedMediaType", 429: "Throttled",
}  # fmt: skip
EXAMPLES: dict[int, tuple[str, ApiError]] = {
    400: ("A field is wrong, or the state does not allow it", WrongInput(("first_name", "This field is required"))),
    401: ("Keys are missing or wrong", ApiError(401, "authentication_failed", "No such token")),
    403: (
        "The keys are good, but not for this",
        ApiError(403, "not_authenticated", "The keys may not see this resource"),
    ),
    404: ("There is no such object, or it is another client's", NotFound()),
    406: (
        "`Accept` leaves no form in which we could answer",
        DetailError(406, "Could not satisfy the request Accept header."),
    ),
    410: ("The token was used before, or is too old", ExpiredToken("The public token was exchanged before")),
    413: ("The body is too large", DetailError(413, "The body is larger than 8388608 bytes.")),
    415: ("The body is no JSON by its type", DetailError(415, 'Unsupported media type "text/plain" in request.')),
    429: (
        "Too many requests with these keys",
        ApiError(429, "throttled", "Request was throttled. Expected available in 12 seconds.", retry_after=12),
    ),
}
"""Status -> what it means, and an error as the machine raises it."""


def _response(status: int) -> JsonObject:
    meaning, error = EXAMPLES[status]
    body = error.body()
    schema = {"$ref": f"#/components/schemas/{'Error' if 'error' in body else 'Detail'}"}
    shown: JsonObject = {
        "description": meaning,
        "content": {"application/json": {"schema": schema, "example": body}},
    }
    if error.retry_after is not None:
        about = "Seconds after which the next request is served"
        shown["headers"] = {"Retry-After": {"description": about, "required": True, "schema": {"type": "integer"}}}
    return shown


RESPONSES: dict[str, JsonObject] = {name: _response(status) for status, name in NAMES.items()}


def error_statuses(operation: Operation) -> list[int]:
    """Return the statuses of all errors that an operation may answer."""
    found = {401, 406, 429, *operation.errors}
    if operation.body is not None:
        found |= {400, 413, 415}
    if operation.query is not None:
        found.add(400)
        if issubclass(operation.query, Paged):
            found.add(404)
    if kinds(operation):
        found.add(404)
    return sorted(found)


def error_responses(operation: Operation) -> JsonObject:
    """Return {status: reference to the error} of an operation."""
    return {str(status): {"$ref": f"#/components/responses/{NAMES[status]}"} for status in error_statuses(operation)}
