"""A transport for httpx that reaches the run's Truv without a socket, for synchronous and asynchronous clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to ``env.send``."""

    def __init__(self, send: Callable[..., Any]) -> None:
        self._send = send

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Serve a request of a synchronous client."""
        request.read()
        return self._serve(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve a request of an asynchronous client; its loop is free meanwhile."""
        await request.aread()
        return await asyncio.get_running_loop().run_in_executor(None, self._serve, request)

    def _serve(self, request: httpx.Request) -> httpx.Response:
        timeout = (request.extensions.get("timeout") or {}).get("read")
        try:
            status, headers, body = self._send(
                request.method,
                str(request.url),
                headers=dict(request.headers),
                body=request.content or None,
                timeout=timeout,
            )
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from None
        except ConnectionError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from None
        return httpx.Response(status, headers=headers, content=body, request=request)
