"""The toy as a separate program: ``python toy_program.py PORT`` serves the test-only routes on loopback."""

from __future__ import annotations

import http.client
import json
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

STATE: dict[str, Any] = {"env": {}, "cases": {}, "hooks": []}
MANIFEST = {
    "name": "toy program", "capabilities": ["webhook", "poll", "persist", "outbox", "logs", "close", "bulk"],
    "reentrancy": "thread", "webhook_path": "/hook", "http_timeout_s": 10,
}  # fmt: skip


def save() -> None:
    Path(STATE["env"]["store"], "toy.json").write_text(json.dumps(STATE["cases"]))


def start(env: dict[str, Any]) -> None:
    file = Path(env["store"], "toy.json")
    STATE.update(env=env, hooks=[], cases=json.loads(file.read_text()) if file.exists() else {})


def ask(path: str, body: Any) -> Any:
    env = STATE["env"]
    headers = {
        "X-Access-Client-Id": env["client_id"], "X-Access-Secret": env["access_secret"],
        "Content-Type": "application/json",
    }  # fmt: skip
    request = urllib.request.Request(env["api_base"] + path, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def advance() -> None:
    for case in STATE["cases"].values():
        if case["state"] == "DUE":
            case["state"] = "REFRESHING"
            try:
                case["order"] = ask(f"/v1/orders/{case['source']}/", {"products": ["income"]})["id"]
            except (OSError, ValueError, http.client.HTTPException) as error:
                case.update(state="MANUAL", reason=type(error).__name__)
            save()
        if case["state"] == "REFRESHING" and any(event.get("status") == "done" for event in STATE["hooks"]):
            case["state"] = "READY"


def view(ident: str) -> dict[str, Any]:
    case = STATE["cases"][ident]
    return {
        "case_id": ident, "state": case["state"], "cycle": case["cycle"], "active_order_id": case["order"],
        "reason": case.get("reason"),
    }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def serve(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(size)
        status, answer = self.answer([part for part in self.path.split("?")[0].split("/") if part], raw)
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, parts: list[str], raw: bytes) -> tuple[int, Any]:
        if parts == ["hook"]:
            STATE["hooks"].append(json.loads(raw))
            return 200, None
        value: dict[str, Any] = json.loads(raw) if raw else {}
        match parts[2:]:
            case ["manifest"]:
                return 200, MANIFEST
            case ["start"]:
                start(value)
            case ["clock"]:
                advance()
                return 200, {"next_wakeup": None, "quiescent": True}
            case ["cases"]:
                return 200, {"results": [view(ident) for ident in STATE["cases"]], "cursor": None}
            case ["cases", ident] if self.command == "PUT":
                source = value["source_order_id"]
                STATE["cases"][ident] = {"source": source, "state": "IDLE", "cycle": "", "order": None}
                save()
            case ["cases", ident]:
                return 200, view(ident)
            case ["cases", ident, "refresh"]:
                if STATE["cases"][ident]["state"] == "IDLE":
                    STATE["cases"][ident].update(state="DUE", cycle=value["cycle"])
                save()
            case ["cases", ident, "close"]:
                STATE["cases"][ident]["state"] = "CLOSED"
            case ["run-due"]:
                return 200, {"not_started": len(STATE["cases"])}
            case ["outbox"] | ["logs"]:
                return 200, {"results": []}
        return 204, None

    do_GET = do_POST = do_PUT = serve  # noqa: N815 -- the base class looks for these names

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
