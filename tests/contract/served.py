"""The reference behind the test-only routes: ``python served.py PORT``. The very same integrator, over HTTP."""

from __future__ import annotations

import dataclasses
import http.client
import json
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mock_truv.contract.adapter import CaseIn, Env
from mock_truv.contract.reference import integrator


class Clock:
    """The time that was told last."""

    def __init__(self, now: str) -> None:
        self.told = datetime.fromisoformat(now)

    def now(self) -> datetime:
        return self.told


def send(method: str, url: str, *, headers: dict[str, str], body: bytes | None, timeout: float) -> Any:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from None
    finally:
        connection.close()


class Served:
    """One integrator at a time."""

    def __init__(self) -> None:
        self.it: Any = integrator()
        self.clock = Clock("2026-01-05T15:00:00Z")

    def start(self, value: dict[str, Any]) -> None:
        self.it = integrator()
        self.clock = Clock(value["now"])
        self.it.start(Env(**{**value, "now": self.clock.told}, send=send, clock=self.clock))  # type: ignore[arg-type]

    def answer(self, method: str, parts: list[str], query: dict[str, list[str]], value: dict[str, Any]) -> Any:
        match parts:
            case ["manifest"]:
                return {**self.it.describe(), "webhook_path": "/hook"}
            case ["start"]:
                self.start(value)
            case ["clock"]:
                self.clock.told = datetime.fromisoformat(value["now"])
                step = self.it.advance(self.clock.told)
                return {"next_wakeup": step.next_wakeup, "quiescent": step.quiescent}
            case ["run-due"]:
                return self.it.run_due(datetime.fromisoformat(value["now"]), value["cycle"])
            case ["cases"]:
                views, cursor = self.it.cases(query.get("cursor", [None])[0])
                return {"results": [dataclasses.asdict(view) for view in views], "cursor": cursor}
            case ["cases", _] if method == "PUT":
                last = value.get("last_auth_at")
                self.it.put_case(CaseIn(**{**value, "last_auth_at": datetime.fromisoformat(last) if last else None}))
            case ["cases", ident]:
                return dataclasses.asdict(self.it.case(ident))
            case ["cases", ident, "refresh"]:
                self.it.request_refresh(ident, value["cycle"])
            case ["cases", ident, "close"]:
                self.it.close_case(ident)
            case ["outbox"]:
                return {"results": list(self.it.outbox(int(query["since"][0])))}
            case ["logs"]:
                since = int(query["since"][0])
                lines = self.it.logs(since)
                return {"results": [{"seq": since + n, "line": line} for n, line in enumerate(lines, 1)]}
            case ["stop"]:
                self.it.stop()
        return None


SERVED = Served()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        if parts.path == "/hook":
            reply = SERVED.it.webhook(list(self.headers.items()), raw)
            status, body = reply.status, reply.body
        else:
            value: dict[str, Any] = json.loads(raw) if raw else {}
            names = parts.path.strip("/").split("/")[2:]
            answer = SERVED.answer(self.command, names, parse_qs(parts.query), value)
            status, body = 200, b"" if answer is None else json.dumps(answer, default=_text).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = serve  # noqa: N815 -- the base class looks for these names

    def log_message(self, *_: object) -> None:
        pass


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
