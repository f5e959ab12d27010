"""The border of a world: what every request passes before and after its operation.

Its state is apart from the world's, because every request changes it, a GET too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

import msgspec
from msgspec.structs import replace

from mock_truv.api.call import Answer
from mock_truv.api.dispatch import JSON, answer, is_known, refused
from mock_truv.core import faults
from mock_truv.core.errors import ApiError, DetailError
from mock_truv.core.instants import MINUTE_US, SECOND_US, text_http
from mock_truv.core.striking import striking_request

if TYPE_CHECKING:
    from mock_truv.api.call import Request
    from mock_truv.core.base import WorldBase

KEYS_KEPT = 10_000
"""Idempotency keys remembered; the oldest is forgotten first."""
PAGE = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n"
"""What a proxy in between would send instead of JSON."""
STATUS_TEXTS = {
    400: ("incorrect_parameters", "Incorrect request parameters"),
    401: ("authentication_failed", "No such token"),
    403: ("not_authenticated", "The key is not allowed on this resource"),
    404: ("", "Not Found."),
    410: ("expired_token", "The token has expired"),
    429: ("throttled", "Request was throttled. Expected available in 30 seconds."),
}
"""Status -> ``error.code`` (none: a ``detail`` body) and message (codes: errors page)."""
_DATE = re.compile(r"\{date\+(\d{1,9})\}")
_STATUS = re.compile(rb'(?<!\\)"status":"(?:[^"\\]|\\.)*"')
"""A status and its text, as our own encoder writes them: a quote within a text has a backslash before it."""


def serve(world: WorldBase, request: Request) -> Answer:
    """Answer a request: count it, let a fault strike, limit it, else perform it."""
    state = world.state.edge
    state.requests += 1
    state.reads += request.method in {"GET", "HEAD"}
    fault = striking_request(world, request.method, request.path)
    given = _perform(world, request) if fault is None else _faulty(world, request, fault)
    state.refused += given.status >= 400
    return given


def _perform(world: WorldBase, request: Request) -> Answer:
    """Answer a request as the service does: limited, repeated for a known idempotency key, else performed."""
    throttled = _throttled(world, request)
    if throttled is not None:
        return throttled
    state = world.state.edge
    key = f"{request.path} {request.idempotency_key}" if _honours_key(world, request) else ""
    if key in state.repeated:
        status, body = state.repeated[key]
        return Answer(status, body, JSON)
    given = answer(world, request)
    if key and given.status < 300:
        state.repeated[key] = (given.status, given.body)
        if len(state.repeated) > KEYS_KEPT:
            del state.repeated[next(iter(state.repeated))]
    return given


def _faulty(world: WorldBase, request: Request, fault: faults.RequestFaults) -> Answer:
    """Answer a request that a fault meets; ``commit`` says whether the operation happens all the same."""
    world.happened("fault", str(fault.__struct_config__.tag))
    commits = getattr(fault, "commit", True)
    given = _perform(world, request) if commits else Answer(503, b"")
    match fault:
        case faults.Status():
            return _status(world, fault)
        case faults.Timeout(seconds=seconds):
            return replace(given, hold_us=round(seconds * SECOND_US), ending="none")
        case faults.Reset():
            return replace(given, ending="none")
        case faults.Truncated(share=share):
            return replace(given, ending="cut", cut_bytes=int(len(given.body) * share))
        case faults.Html(status=status):
            return Answer(status, PAGE, {"content-type": "text/html; charset=utf-8"})
        case faults.Empty():
            return replace(given, body=b"")
        case faults.UnknownStatus():
            return _with_new_status(given)
        case faults.Slow(seconds=seconds, byte_seconds=byte_seconds):
            return replace(given, hold_us=round((seconds + byte_seconds * len(given.body)) * SECOND_US))
        case _:
            assert_never(fault)


def _status(world: WorldBase, fault: faults.Status) -> Answer:
    code, text = STATUS_TEXTS.get(fault.status, ("", "A server error occurred."))
    error = ApiError(fault.status, code, text) if code else DetailError(fault.status, text)
    body, kind = {
        "json": (msgspec.json.encode(error.body()), "application/json"),
        "html": (PAGE, "text/html; charset=utf-8"),
        "empty": (b"", "text/plain"),
    }[fault.body]
    headers = {"content-type": kind}
    if fault.retry_after is not None:
        headers["retry-after"] = _DATE.sub(
            lambda match: text_http((world.now_us // SECOND_US + int(match[1])) * SECOND_US), fault.retry_after
        )
    return Answer(fault.status, body, headers)


def _with_new_status(given: Answer) -> Answer:
    """Return a good answer in JSON with every status replaced; its other bytes stay as they are."""
    if not 200 <= given.status < 300 or given.headers.get("content-type") != JSON["content-type"]:
        return given
    return replace(given, body=_STATUS.sub(b'"status":' + msgspec.json.encode(faults.NEW_STATUS), given.body))


def _throttled(world: WorldBase, request: Request) -> Answer | None:
    """Return the 429 of a secret that has sent too much within the last minute, else count the request.

    That the minute rolls and that refused requests do not count is assumed.
    """
    limit = world.state.profile.requests_per_minute
    if limit is None or not is_known(request.path):
        return None
    state = world.state.edge
    state.recent_us = [at_us for at_us in state.recent_us if at_us > world.now_us - MINUTE_US]
    if len(state.recent_us) < limit:
        state.recent_us.append(world.now_us)
        return None
    wait_us = state.recent_us[-limit] + MINUTE_US - world.now_us
    seconds = -(-wait_us // SECOND_US)
    text = f"Request was throttled. Expected available in {seconds} seconds."
    return refused(ApiError(429, "throttled", text, retry_after=seconds))


def _honours_key(world: WorldBase, request: Request) -> bool:
    return (
        request.method == "POST"
        and bool(request.idempotency_key)
        and world.state.profile.idempotency_header == "honoured"
        and "/keys/" not in f"{request.path}/"  # its answer holds a secret, which is never kept
    )
