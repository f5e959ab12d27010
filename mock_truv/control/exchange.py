"""What every route of the control API does alike: read a body, give a command, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from starlette.responses import Response

from mock_truv.api.parsing import parse_body
from mock_truv.commands import Command
from mock_truv.core.errors import ApiError, DetailError, NotFound, WrongInput
from mock_truv.core.instants import LAST_US, parse_instant, text_z
from mock_truv.http.app import read_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from mock_truv.runtime.runtime import Runtime

T = TypeVar("T")
BODY_LIMIT_BYTES = 1024 * 1024


def refused(error: ApiError) -> Response:
    """Return an error as an answer."""
    headers = error.headers if isinstance(error, DetailError) else {}
    return Response(msgspec.json.encode(error.body()), error.status, headers, "application/json")


def answered(value: Any) -> Response:
    """Return a value as an answer; what is JSON already goes through as it is."""
    content = bytes(value) if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)
    return Response(content, 200, media_type="application/json")


async def read_body_as(request: Request, model: type[T]) -> T:
    """Return the body as ``model``; writes need a JSON content type, so that no plain form of a page can send them."""
    raw, too_large = await read_body(request.receive, BODY_LIMIT_BYTES)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise DetailError(415, "Send the body as application/json (also where it is empty).")
    if too_large:
        raise DetailError(413, f"The body is larger than {BODY_LIMIT_BYTES} bytes.")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise ApiError(400, "incorrect_parameters", "The body is not valid JSON: it is not UTF-8") from None
    return parse_body(text, model)


def give(runtime: Runtime, command: Command) -> msgspec.Raw:
    """Carry out a command and pass on its answer.

    Raises:
        ApiError: The command was refused.
    """
    answer = runtime.handle(_without(command, runtime.secrets)).answer
    assert answer is not None, "this command answers"
    if answer.status >= 400:
        body = msgspec.json.decode(answer.body)
        if "detail" in body:
            raise DetailError(answer.status, body["detail"])
        raise ApiError(answer.status, body["error"]["code"], body["error"]["message"], body["error"].get("extra"))
    return msgspec.Raw(answer.body)


def _without(command: Command, secrets: tuple[str, ...]) -> Command:
    """Return a command from which access secrets that were sent in the wrong place are taken out."""
    written = msgspec.json.encode(command)
    cleaned = written
    for secret in secrets:
        cleaned = cleaned.replace(msgspec.json.encode(secret)[1:-1], b"[secret]")
    if cleaned == written:
        return command
    found: Command = msgspec.json.decode(cleaned, type=Command)
    return found


def found(thing: T | None) -> T:
    """Return a thing that is there.

    Raises:
        NotFound: It is not.
    """
    if thing is None:
        raise NotFound
    return thing


def whole_number(request: Request, name: str) -> int:
    """Return a query parameter that is a whole number, 0 when it is absent.

    Raises:
        WrongInput: It is something else.
    """
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise WrongInput((name, f"Must be a whole number, got {text!r}"))
    return int(text)


def instant(field: str, text: str) -> int:
    """Return the instant that a field of a body gives, in microseconds.

    Raises:
        WrongInput: It is not RFC 3339.
    """
    try:
        return parse_instant(text)
    except ValueError as error:
        raise WrongInput((field, str(error))) from None


def within(instant_us: int, field: str) -> int:
    """Return an instant that a clock may reach.

    Raises:
        WrongInput: It lies beyond the last one.
    """
    if instant_us > LAST_US:
        raise WrongInput((field, f"The clock goes no further than {text_z(LAST_US)}"))
    return instant_us


def check_origin(request: Request) -> None:
    """Refuse a write that another site's page sends through a person's browser."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host", ""):
        raise ApiError(403, "not_authenticated", f"Writes from pages of {origin} are refused")
