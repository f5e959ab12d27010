"""The whole document, and its bytes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

import mock_truv
from mock_truv.api.dispatch import OPERATIONS
from mock_truv.api.shapes.errors import Detail, Error
from mock_truv.api.shapes.events import EVENTS
from mock_truv.openapi.errors import RESPONSES, error_responses
from mock_truv.openapi.links import links_of
from mock_truv.openapi.paths import kinds, operation_id, parameter, path_of, tag_of
from mock_truv.openapi.schemas import Schemas, parameters_of, plain_text, types_of
from mock_truv.openapi.tour import toured

if TYPE_CHECKING:
    from mock_truv.api.call import Operation
    from mock_truv.openapi.touring import Stop

JsonObject = dict[str, Any]
SHOWN = 2
"""Entries of a list in an example; longer ones are cut."""
ABOUT = """\
An unofficial description of Truv's API as mock-truv serves it, made from the types that read its requests and write
its answers; examples come from a run of mock-truv itself, with lists cut to two entries. No data in it are real.

Every path is answered with and without the trailing slash, for every method, and never redirected. What older pages
have under `/v1/link/…` is answered there, too. Unknown fields of a body and unknown query parameters are tolerated. A
method that a path does not have is answered with 405, `Allow` and the body of a 404.

`x-basis` says how sure we are of an operation or a key: `documented`, `inferred` from other facts, or `assumed`;
`x-source` names the page, or the reason.
"""


@cache
def document_bytes() -> bytes:
    """Return the document as JSON, always the same bytes for one version."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n"


def document() -> JsonObject:
    """Return the OpenAPI 3.1 document of everything below ``/v1``."""
    schemas = Schemas([*types_of(OPERATIONS), Error, Detail, *EVENTS.values()])
    run = toured()
    examples: dict[tuple[str, str], Stop] = {}
    for stop in run.stops:
        examples.setdefault((stop.method, stop.path), stop)
    paths: dict[str, JsonObject] = {}
    for it in OPERATIONS:
        shown = _operation(it, schemas, examples.get((it.method, it.path)))
        paths.setdefault(path_of(it), {})[it.method.lower()] = shown
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Truv API, as mock-truv serves it",
            "version": mock_truv.__version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The mock that serves this document"}],
        "security": [{"ClientID": [], "AccessKey": []}],
        "tags": [{"name": name} for name in dict.fromkeys(tag_of(it) for it in OPERATIONS)],
        "paths": paths,
        "webhooks": {name: _event(schemas, kind, run.sent(name)) for name, kind in EVENTS.items()},
        "components": {
            "schemas": schemas.components,
            "responses": RESPONSES,
            "securitySchemes": {
                "ClientID": {"type": "apiKey", "in": "header", "name": "X-Access-Client-Id"},
                "AccessKey": {"type": "apiKey", "in": "header", "name": "X-Access-Secret"},
            },
        },
    }


def _event(schemas: Schemas, kind: type, example: bytes | None) -> JsonObject:
    content: JsonObject = {"schema": schemas.of(kind)}
    if example is not None:
        content["example"] = msgspec.json.decode(example)
    signature = {
        "name": "X-WEBHOOK-SIGN", "in": "header", "required": True,
        "description": "`v1=` and the HMAC-SHA256 of the body, keyed with the access secret, in lower-case hex",
        "schema": {"type": "string", "pattern": "^v1=[0-9a-f]{64}$"},
    }  # fmt: skip
    return {
        "post": {
            "summary": plain_text(kind.__doc__ or "").removesuffix("."),
            "parameters": [signature],
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {"2XX": {"description": "Received; anything else is sent again"}},
        }
    }


def _operation(it: Operation, schemas: Schemas, example: Stop | None) -> JsonObject:
    summary, _, rest = (it.handler.__doc__ or "").strip().partition("\n")
    shown: JsonObject = {
        "operationId": operation_id(it),
        "tags": [tag_of(it)],
        "summary": plain_text(summary).removesuffix("."),
    }
    if rest.strip():
        shown["description"] = plain_text(rest.partition("Raises:")[0])
    shown |= {"x-basis": it.basis, "x-source": it.source}
    parameters = [_path_parameter(kind, example) for kind in kinds(it)]
    if it.query is not None:
        parameters += parameters_of(it.query)
    if parameters:
        shown["parameters"] = parameters
    if it.body is not None:
        content: JsonObject = {"schema": schemas.of(it.body)}
        if example is not None and example.body is not None:
            content["example"] = example.body
        shown["requestBody"] = {"required": _has_required(it.body), "content": {"application/json": content}}
    shown["responses"] = {str(it.status): _answer(it, schemas, example), **error_responses(it)}
    return shown


def _path_parameter(kind: str, example: Stop | None) -> JsonObject:
    shown: JsonObject = {
        "name": parameter(kind),
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    }
    if example is not None:
        shown["example"] = example.named[kind]
    return shown


def _answer(it: Operation, schemas: Schemas, example: Stop | None) -> JsonObject:
    if it.answer is None:
        return {"description": "Done; the answer has no body"}
    content: JsonObject = {"schema": schemas.of(it.answer)}
    if example is not None and example.content_type.startswith("application/json"):
        content["example"] = _cut(msgspec.json.decode(example.answer))
    shown: JsonObject = {"description": _described(it), "content": {"application/json": content}}
    if it.pdf:
        shown["content"]["application/pdf"] = {"schema": {"type": "string", "contentMediaType": "application/pdf"}}
    links = links_of(it)
    return shown | ({"links": links} if links else {})


def _described(it: Operation) -> str:
    shape = getattr(it.answer, "__origin__", it.answer)
    if shape is list:
        return "All of them"
    return plain_text((shape.__doc__ or "").strip().partition("\n")[0]).removesuffix(".")


def _has_required(body: type) -> bool:
    """Return whether a request without a body is refused; no bytes at all count as ``{}``."""
    return any(field.required for field in msgspec.structs.fields(body))


def _cut(value: Any) -> Any:
    """Return an example with long lists cut."""
    if isinstance(value, dict):
        return {key: _cut(each) for key, each in value.items()}
    return [_cut(each) for each in value[:SHOWN]] if isinstance(value, list) else value
