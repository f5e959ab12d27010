"""Which operation may follow which: the ids in an answer name objects that other operations take.

Nothing is listed by hand. What ``GET /things/{thing}/`` answers is a thing, so wherever such an object is answered its
``id`` leads to every operation on things; a key like ``user_id`` leads to the read of a user.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import inspect

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.openapi.paths import kinds, operation_id, parameter

if TYPE_CHECKING:
    from mock_truv.api.call import Operation

JsonObject = dict[str, Any]


def links_of(operation: Operation) -> JsonObject:
    """Return the links of an operation's good answer: those of one that creates or lists something."""
    answer = _answered(operation)
    if answer is None:
        return {}
    pointer, shape = answer
    keys = {field.encode_name for field in shape.fields}
    links: JsonObject = {}
    own = _kind_of(shape.cls)
    if own is not None:
        key = next(key for key in ("id", f"{own}_id", "report_id", parameter(own)) if key in keys)
        links |= _to_all(operation, own, f"{pointer}/{key}")
    for kind in _known_kinds():
        if kind != own and f"{kind}_id" in keys:
            links |= _to_all(operation, kind, f"{pointer}/{kind}_id", only_read=True)
    if operation.method == "POST" and "access_token" in keys:
        links |= _to_tokens(f"{pointer}/access_token")
    links.pop(operation_id(operation), None)
    return links


def _answered(operation: Operation) -> tuple[str, inspect.StructType] | None:
    """Return where in an answer an object stands, and its type: the answer itself, or the first of a page."""
    if operation.answer is None or operation.method not in {"GET", "POST"}:
        return None
    kind = inspect.type_info(operation.answer)
    if isinstance(kind, inspect.ListType):
        return ("/0", kind.item_type) if isinstance(kind.item_type, inspect.StructType) else None
    if not isinstance(kind, inspect.StructType):
        return None
    results = next((field.type for field in kind.fields if field.name == "results"), None)
    if isinstance(results, inspect.ListType) and isinstance(results.item_type, inspect.StructType):
        return "/results/0", results.item_type
    return ("", kind) if operation.method == "POST" else None


def _to_all(source: Operation, kind: str, pointer: str, *, only_read: bool = False) -> JsonObject:
    """Return links to the operations on an object, whose id stands at ``pointer`` of the answer."""
    found = {}
    for it in OPERATIONS:
        wanted = kinds(it)
        if kind not in wanted or any(each not in {kind, *kinds(source)} for each in wanted):
            continue
        if only_read and (it.method != "GET" or not it.path.endswith(f"/{{{kind}}}/")):
            continue
        parameters = {
            f"path.{parameter(each)}": f"$response.body#{pointer}"
            if each == kind
            else f"$request.path.{parameter(each)}"
            for each in wanted
        }
        found[operation_id(it)] = {"operationId": operation_id(it), "parameters": parameters}
    return found


def _to_tokens(pointer: str) -> JsonObject:
    """Return links to the operations whose body asks for nothing but a link's access token."""
    found = {}
    for it in OPERATIONS:
        body = None if it.body is None else inspect.type_info(it.body)
        if isinstance(body, inspect.StructType) and [f.name for f in body.fields if f.required] == ["access_token"]:
            value = {"access_token": f"$response.body#{pointer}"}
            found[operation_id(it)] = {"operationId": operation_id(it), "requestBody": value}
    return found


@cache
def _known_kinds() -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind for it in OPERATIONS for kind in kinds(it)))


@cache
def _read_shapes() -> tuple[tuple[Any, str], ...]:
    """Return (shape, kind) for every ``GET /things/{thing}/``."""
    return tuple(
        (it.answer, kinds(it)[-1])
        for it in OPERATIONS
        if it.method == "GET" and it.path.endswith("}/") and isinstance(it.answer, type)
    )


def _kind_of(shape: Any) -> str | None:
    return next((kind for read, kind in _read_shapes() if isinstance(shape, type) and issubclass(read, shape)), None)
