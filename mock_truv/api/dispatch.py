"""From a request to its answer: the one place where paths are matched and errors become answers.

Order of the checks (*inferred*): unknown path 404, keys 401 and throttle 429 (both before this module), method 405,
``Accept`` 406, object 404, content type 415, size 413, JSON 400, fields 400, state 400.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import (
    assets,
    banking,
    batches,
    certifications,
    collections,
    companies,
    deposit_switch,
    documents,
    income_insights,
    insurance,
    invoices,
    keys,
    legacy,
    link_data,
    links,
    order_employers,
    order_refresh,
    orders,
    printing,
    sandbox,
    scoring,
    templates,
    users,
    webhooks,
)
from mock_truv.api.call import Answer, Call, Operation, Printed, Request
from mock_truv.api.parsing import not_json, parse_body, parse_query
from mock_truv.core.errors import ApiError, DetailError, NotFound

if TYPE_CHECKING:
    from mock_truv.api.call import Finder
    from mock_truv.core.base import WorldBase

PREFIX = "/v1"
OPERATIONS: tuple[Operation, ...] = (
    users.OPERATIONS
    + orders.OPERATIONS
    + order_refresh.OPERATIONS
    + order_employers.OPERATIONS
    + batches.OPERATIONS
    + certifications.OPERATIONS
    + invoices.OPERATIONS
    + links.OPERATIONS
    + link_data.OPERATIONS
    + banking.OPERATIONS
    + assets.OPERATIONS
    + income_insights.OPERATIONS
    + scoring.OPERATIONS
    + documents.OPERATIONS
    + collections.OPERATIONS
    + webhooks.OPERATIONS
    + sandbox.OPERATIONS
    + deposit_switch.OPERATIONS
    + insurance.OPERATIONS
    + companies.OPERATIONS
    + templates.OPERATIONS
    + keys.OPERATIONS
    + legacy.OPERATIONS
)
OPERATIONS += legacy.with_token_in_body(OPERATIONS)
OLD_NAMES = {"link": "links"}
"""First segments of older pages -> those of today: every operation below the one is served below the other, too."""
JSON = {"content-type": "application/json"}
PDF = {"content-type": "application/pdf"}
"""The body is the JSON of a ``Printed`` until it leaves the server."""


FINDERS: dict[str, Finder] = {
    kind: find
    for module in (
        users,
        orders,
        batches,
        links,
        webhooks,
        sandbox,
        legacy,
        link_data,
        assets,
        income_insights,
        scoring,
        documents,
        collections,
        companies,
        templates,
    )
    for kind, find in getattr(module, "FINDERS", {}).items()
}
"""Kind of a path parameter -> how the object is found; each module of operations brings those of its own objects."""


class Route:
    """All operations of one path."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.kinds = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        self.operations: dict[str, Operation] = {}

    def allowed(self) -> str:
        """Return the value of ``Allow``."""
        return ", ".join([*self.operations, "HEAD"] if "GET" in self.operations else self.operations)


class Router:
    """A tree of path segments; a parameter matches one segment that no literal matches."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._tree: dict[str, Any] = {}
        for operation in operations:
            node = self._tree
            for part in operation.path.strip("/").split("/"):
                node = node.setdefault("{}" if part.startswith("{") else part, {})
            node.setdefault("", Route(operation.path)).operations[operation.method] = operation

    def match(self, path: str) -> tuple[Route, list[str]] | None:
        """Return the route of a path below ``/v1`` and its parameters; one trailing slash more or less is the same."""
        node, found = self._tree, []
        first, *others = path.removesuffix("/").split("/")[1:] or [""]
        for part in (OLD_NAMES.get(first, first), *others):
            following = node.get(part) if part else None
            if following is None or part == "{}":
                following = node.get("{}") if part else None
                found.append(part)
            if following is None:
                return None
            node = following
        route: Route | None = node.get("")
        return (route, found) if route is not None else None


ROUTER = Router(OPERATIONS)


def is_known(path: str) -> bool:
    """Return whether some operation has this path (asked before the keys are looked at)."""
    return path.startswith(f"{PREFIX}/") and ROUTER.match(path[len(PREFIX) :]) is not None


def answer(world: WorldBase, request: Request) -> Answer:
    """Return the answer to a request. A refused request leaves the world as it was."""
    try:
        return _perform(world, request)
    except ApiError as error:
        return refused(error)


def refused(error: ApiError) -> Answer:
    """Return an error as an answer."""
    headers = dict(JSON)
    if isinstance(error, DetailError):
        headers |= error.headers
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Answer(error.status, msgspec.json.encode(error.body()), headers)


def _perform(world: WorldBase, request: Request) -> Answer:
    if printing.is_file(request.path):
        return Answer(200, msgspec.json.encode(printing.read_file(world, request)), PDF)
    matched = ROUTER.match(request.path[len(PREFIX) :])
    if matched is None:
        raise NotFound
    route, parameters = matched
    method = "GET" if request.method == "HEAD" else request.method
    operation = route.operations.get(method)
    if operation is None:
        raise DetailError(405, f'Method "{request.method}" not allowed.', {"allow": route.allowed()})
    if request.accept and not _accepts(request.accept, pdf=operation.pdf and "fmt=pdf" in request.query):
        raise DetailError(406, "Could not satisfy the request Accept header.")
    call = Call(world, request)
    _find(call, route, parameters)
    if operation.query is not None:
        call.params = parse_query(request.query, operation.query)
    if operation.body is not None:
        call.body = _body(request, operation.body)
    result = operation.handler(call)
    if result is None:
        return Answer(operation.status, b"", {})
    return Answer(operation.status, msgspec.json.encode(result), PDF if isinstance(result, Printed) else JSON)


def _find(call: Call, route: Route, parameters: list[str]) -> None:
    for kind, ident in zip(route.kinds, parameters, strict=True):
        found = FINDERS[kind](call.world, ident, call.target)
        if found is None:
            raise NotFound
        if call.target is None:
            call.target = found
        else:
            call.second = found


def _body(request: Request, model: type) -> Any:
    if not request.body and not request.too_large and not request.broken_utf8:
        return parse_body("", model)
    media_type = request.content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise DetailError(415, f'Unsupported media type "{request.content_type}" in request.')
    if request.too_large:
        raise DetailError(413, f"The body is larger than {request.too_large} bytes.")
    if request.broken_utf8:
        raise not_json("it is not UTF-8")
    return parse_body(request.body, model)


@lru_cache(maxsize=256)
def _accepts(accept: str, *, pdf: bool) -> bool:
    """Return whether an ``Accept`` header lets us answer in JSON (or PDF, where one was asked for)."""
    possible = {"*/*", "application/*", "application/json", *(["application/pdf"] if pdf else [])}
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        refused = any(part.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"} for part in parameters)
        if media_type in possible and not refused:
            return True
    return False
