"""A webhook endpoint that prints what it gets and keeps the last one: ``webhook.json`` (raw bytes), ``webhook.sign``.

Usage: python3 examples/print_webhooks.py [PORT] -- needs nothing but Python.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Answers every POST with 204, at once; a real endpoint would check the signature first."""

    def do_POST(self) -> None:
        """Keep and print one webhook."""
        body = self.rfile.read(int(self.headers["content-length"]))
        Path("webhook.json").write_bytes(body)
        Path("webhook.sign").write_text(self.headers["x-webhook-sign"] + "\n")
        event = json.loads(body)
        print(event["event_created_at"], event["event_type"], event.get("status", ""), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing but the webhooks."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
