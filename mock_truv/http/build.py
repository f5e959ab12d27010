"""Put the application together: Truv's API, the control API, and a plain 404 for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse

from mock_truv.control.routes import Control
from mock_truv.http.app import BODY_LIMIT_BYTES, App

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request
    from starlette.responses import Response

    from mock_truv.runtime.hub import Hub

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def build_app(
    hub: Hub,
    *,
    control_token: str | None = None,
    allowed_hosts: Collection[str] = (),
    body_limit_bytes: int = BODY_LIMIT_BYTES,
) -> App:
    """Return the ASGI application that serves a hub."""
    names = LOOPBACK_NAMES | {name.lower().strip("[]") for name in allowed_hosts}
    control = Control(hub, token=control_token, allowed_hosts=names)
    rest = Starlette(routes=control.routes(), exception_handlers={404: _not_found})
    rest.router.redirect_slashes = False
    return App(hub, rest, body_limit_bytes=body_limit_bytes)


async def _not_found(_: Request, __: Exception) -> Response:
    return JSONResponse({"detail": "Not Found."}, 404)
