"""A transport for httpx that reaches a server of this process without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from mock_truv.server import Server


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to the application on its own event loop; for ``httpx.Client`` and ``httpx.AsyncClient``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._inner = httpx.ASGITransport(app=server.app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Serve a request of a synchronous client."""
        request.read()
        return self._server.call(self._serve(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve a request of an asynchronous client."""
        await request.aread()
        return await self._server.call_async(self._serve(request))

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        try:
            response = await self._inner.handle_async_request(inner)
        except ConnectionAbortedError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from None
        content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content, request=request)
