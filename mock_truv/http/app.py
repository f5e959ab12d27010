"""The ASGI application. ``/v1/`` is served here, straight from the socket to the world; Starlette has the rest."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import printing, sandbox, uploading
from mock_truv.api.call import ORIGIN, Answer, Request
from mock_truv.api.dispatch import JSON, PREFIX, is_known, refused
from mock_truv.api.files import FOLDER
from mock_truv.core.errors import ApiError, NotFound
from mock_truv.core.instants import text_http
from mock_truv.pdf import MEDIA_TYPE, printed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from starlette.types import ASGIApp

    from mock_truv.runtime.hub import Hub
    from mock_truv.runtime.runtime import Runtime

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SERVED = ("/v1/", f"{FOLDER}/")
"""Beginnings of the paths that the world answers."""
BODY_LIMIT_BYTES = 8 * 1024 * 1024
WIDER_BODY_LIMITS_BYTES = {"/v1/orders/batch": 32 * 1024 * 1024, "/v1/documents/collections": 160 * 1024 * 1024}
"""Beginning of a path -> limit of its bodies, where that is more than the limit of all others."""
_HOST = re.compile(rb"[A-Za-z0-9._\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")
_JSON = (b"content-type", JSON["content-type"].encode())
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


class ClientLeftError(Exception):
    """The client closed the connection before its request was complete."""


class App:
    """Serves the sandboxes of a hub."""

    def __init__(self, hub: Hub, rest: ASGIApp, *, body_limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.hub = hub
        self._rest = rest
        self._body_limit = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"].startswith(SERVED):
            await self._serve_api(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _serve_api(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit(scope["path"])
        try:
            body, too_large = await read_body(receive, limit)
        except ClientLeftError:
            return  # half a request must not be carried out
        headers = _picked(scope["headers"])
        runtime, refusal = self._runtime(scope["path"], headers)
        if runtime is None:
            assert refusal is not None
            answer, now_us = refusal, self.hub.first.now_us
        else:
            request = _request(scope, headers, body, limit if too_large else 0, runtime.secrets)
            if request.body and sandbox.is_resolve(request.path.removeprefix(PREFIX)):
                text = sandbox.redacted(request.body, runtime.journal.world.state.seed)
                request = msgspec.structs.replace(request, body=text)
            elif request.body and uploading.takes_files(request.path.removeprefix(PREFIX)):
                request = self._without_files(request)
            outcome = runtime.handle(request)
            assert outcome.answer is not None, "a request has an answer"
            answer = outcome.answer
            if answer.headers.get("content-type") == MEDIA_TYPE:  # in a thread: a long report takes a second
                answer = await asyncio.to_thread(printed, answer, origin(scope, headers.get(b"host", b"")))
            if answer.hold_us:
                await runtime.hold(answer.hold_us, receive)
            now_us = runtime.now_us
        if answer.ending == "none":
            await abort(receive)
            return
        await _respond(scope, receive, send, answer, origin(scope, headers.get(b"host", b"")), now_us)

    def _limit(self, path: str) -> int:
        wider = (limit for beginning, limit in WIDER_BODY_LIMITS_BYTES.items() if path.startswith(beginning))
        return max(self._body_limit, *wider, 0)

    def _without_files(self, request: Request) -> Request:
        """Return a request with the facts of its files in place of their content; what is left has the usual limit."""
        text = uploading.reduced(request.body)
        limit = max(self._body_limit, BODY_LIMIT_BYTES)
        if len(text) > limit:
            return msgspec.structs.replace(request, body="", too_large=limit)
        return msgspec.structs.replace(request, body=text)

    def _runtime(self, path: str, headers: dict[bytes, bytes]) -> tuple[Runtime | None, Answer | None]:
        """Return the sandbox that the keys pick, or the answer that refuses them; a file's address needs no keys."""
        if printing.is_file(path):
            runtime = self.hub.of_link(printing.link_of(path) or "")
            return (runtime, None) if runtime is not None else (None, refused(NotFound()))
        client_id = headers.get(b"x-access-client-id", b"").decode("latin-1")
        secret = headers.get(b"x-access-secret", b"").decode("latin-1")
        runtime = self.hub.find(client_id, secret)
        if runtime is not None:
            return runtime, None
        error: ApiError = wrong_keys(secret) if is_known(path) else NotFound()
        return None, Answer(error.status, msgspec.json.encode(error.body()), JSON)


def wrong_keys(secret: str) -> ApiError:
    """Return the answer to missing or wrong keys (401, message of the reference page)."""
    if secret.startswith("prod-"):
        text = "This is mock-truv, not Truv: never send it a production secret. Use the sandbox keys it printed"
        return ApiError(401, "authentication_failed", text)
    return ApiError(401, "authentication_failed", "No such token")


async def read_body(receive: Receive, limit: int) -> tuple[bytes, bool]:
    """Read a request's body; beyond ``limit`` bytes it is read to its end and thrown away.

    Returns:
        The body, and whether it was too large (then it is empty).

    Raises:
        ClientLeftError: The client went away before the end.
    """
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        part: bytes = message.get("body", b"")
        size += len(part)
        more = message.get("more_body", False)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
    return (b"".join(parts), False) if size <= limit else (b"", True)


def origin(scope: Scope, host: bytes) -> bytes:
    """Return scheme and host under which the client reached us; a strange ``Host`` is not repeated."""
    return _origin(scope.get("scheme", "http"), host, tuple(scope.get("server") or ("127.0.0.1", 80)))


@lru_cache(maxsize=256)
def _origin(scheme: str, host: bytes, server: tuple[str, int]) -> bytes:
    if _HOST.fullmatch(host) is None:
        host = f"{server[0]}:{server[1]}".encode()
    return f"{scheme}://".encode() + host


def _picked(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    return dict(headers)


def _request(
    scope: Scope, headers: dict[bytes, bytes], body: bytes, too_large: int, secrets: tuple[str, ...]
) -> Request:
    """Return the command. An access secret that was sent in the wrong place is taken out: no journal may hold it."""
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    broken = False
    text = ""
    if body and scope["method"] not in _WITHOUT_BODY:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            broken = True
    parts: tuple[str, ...] = (
        path,
        query,
        text,
        headers.get(b"content-type", b"").decode("latin-1"),
        headers.get(b"accept", b"").decode("latin-1"),
        headers.get(b"idempotency-key", b"").decode("latin-1"),
    )
    whole = "\0".join(parts)
    for secret in secrets:
        if secret in whole:
            parts = tuple(part.replace(secret, "[secret]") for part in parts)
    path, query, text, content_type, accept, idempotency_key = parts
    return Request(
        method=scope["method"],
        path=path,
        query=query,
        body=text,
        content_type=content_type,
        accept=accept,
        idempotency_key=idempotency_key,
        broken_utf8=broken,
        too_large=too_large,
    )


@lru_cache(maxsize=64)
def _date(instant_us: int) -> bytes:
    return text_http(instant_us).encode()


async def _respond(scope: Scope, receive: Receive, send: Send, answer: Answer, own_address: bytes, now_us: int) -> None:
    body = answer.body
    if ORIGIN in body and answer.headers.get("content-type") != MEDIA_TYPE:  # in a PDF that byte means something else
        body = body.replace(ORIGIN, own_address)
    kind = [_JSON]
    if answer.headers is not JSON:
        kind = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    headers = [*kind, (b"date", _date(now_us // 1_000_000 * 1_000_000))]
    if answer.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.ending == "cut":
        await send({"type": "http.response.body", "body": body[: answer.cut_bytes], "more_body": True})
        await abort(receive)
        return
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def abort(receive: Receive) -> None:
    """Close the connection at once, whatever was promised on it, and return when it is closed.

    ASGI has no word for it, so the server's own transport is taken; without one (in-process) the caller is told by an
    exception.

    Raises:
        ConnectionAbortedError: There is no connection.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionAbortedError("the connection was closed by a fault")
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
