"""Truv on a real loopback socket, for programs that are reached over HTTP: the same line, one request at a time."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import HarnessCrash
from mock_truv.contract.run.line import CutError

if TYPE_CHECKING:
    from mock_truv.contract.run.driver import Run

BODY_LIMIT_BYTES = 8 * 1024 * 1024


class Listener:
    """Serves the runs that are registered with it, each below a path of its own."""

    def __init__(self, port: int = 0, *, plain: bool = False) -> None:
        """Listen on a port, 0 for any; ``plain``: at one address for all runs, for programs with one in their settings.

        Raises:
            OSError: The port is in use.
        """
        self.plain = plain
        self._runs: dict[str, Run] = {}
        self._number = 0
        self.requests = 0
        """Requests received so far."""
        listener = self

        class Handler(_Handler):
            owner = listener

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def register(self, run: Run) -> str:
        """Serve a run; return its base address."""
        if self.plain:
            self._runs = {"": run}
            return f"http://127.0.0.1:{self.port}"
        self._number += 1
        name = f"r{self._number}"
        self._runs = {name: run}  # one story at a time; requests to an earlier one are nobody's
        return f"http://127.0.0.1:{self.port}/{name}"

    def run_of(self, path: str) -> tuple[Run | None, int]:
        """Return the run and the number of the start that a path belongs to."""
        if self.plain:
            run = self._runs.get("")
            return run, run.host.start_number if run is not None else 0
        parts = path.split("/", 3)
        if len(parts) < 4 or not parts[2].startswith("s") or not parts[2][1:].isdigit():
            return None, 0
        return self._runs.get(parts[1]), int(parts[2][1:])

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the line serve it, and performs on the socket what the line says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: Listener

    def _serve(self) -> None:
        self.owner.requests += 1
        size = int(self.headers.get("content-length") or 0)
        if size > BODY_LIMIT_BYTES:
            self.close_connection = True
            self.send_error(413)
            return
        body = self.rfile.read(size)
        run, start = self.owner.run_of(self.path)
        if run is None:
            self._answer(404, {"Content-Type": "application/json"}, b'{"detail": "Not Found."}')
            return
        url = f"http://127.0.0.1:{self.owner.port}{self.path}"
        try:
            status, headers, payload = run.line.serve(
                start, self.command, url, dict(self.headers.items()), body, run.manifest.http_timeout_s
            )
        except CutError as error:
            self._answer(error.status, error.headers, error.part, promised=error.promised)
            self.close_connection = True
        except (TimeoutError, ConnectionError, HarnessCrash):
            self.close_connection = True
        else:
            self._answer(status, headers, payload)

    def _answer(self, status: int, headers: dict[str, str], body: bytes, *, promised: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def __getattr__(self, name: str) -> Any:
        """Serve every method alike: the base class looks for ``do_GET`` and the like."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def handle_one_request(self) -> None:
        """Handle one request; a client that goes away is nothing to speak of."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Print nothing."""
