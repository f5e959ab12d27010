"""The yardstick: a Starlette application that reads a JSON body, answers with JSON of a given size, and does no more.

Started like ``mock-truv serve``: ``python benchmarks/bare.py --port 0 --ready-file FILE --answer-bytes N``.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request


class Server(uvicorn.Server):
    """uvicorn that writes the ready file when it answers."""

    ready_file: Path
    port: int

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then write the ready file, whole."""
        await super().startup(sockets)
        beside = self.ready_file.with_suffix(".new")
        beside.write_text(json.dumps({"base_url": f"http://127.0.0.1:{self.port}", "client_id": "", "secret": ""}))
        os.replace(beside, self.ready_file)  # noqa: PTH105


def application(answer_bytes: int) -> Starlette:
    """Return the application; the POST answers with a JSON object of exactly ``answer_bytes`` bytes."""
    filling = "x" * (answer_bytes - len(b'{"answer":""}'))

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def post(request: Request) -> JSONResponse:
        await request.json()
        return JSONResponse({"answer": filling}, 201)

    return Starlette(
        routes=[Route("/_mock/health", health), Route("/v1/orders/{id}/", post, methods=["POST"])],
    )


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file", type=Path, required=True)
    parser.add_argument("--answer-bytes", type=int, default=1500)
    arguments = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", arguments.port), backlog=2048)
    config = uvicorn.Config(
        application(arguments.answer_bytes), lifespan="off", log_level="warning", access_log=False,
        date_header=True, server_header=False,
    )  # fmt: skip
    server = Server(config)
    server.ready_file, server.port = arguments.ready_file, listener.getsockname()[1]
    server.run([listener])


if __name__ == "__main__":
    main()
