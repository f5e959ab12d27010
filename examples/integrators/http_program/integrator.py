"""A renewals program built around a queue, as a service: the production webhook, and the routes of a contract run.

Usage: python3 integrator.py --port 8901 -- needs nothing but Python.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from relogin import REOFFERS
from store import Store, instant, text
from truv_client import HTTP_TIMEOUT_S, parsed
from worker import OVER, Worker, fresh, is_at_work

WEBHOOK_PATH = "/hooks/truv"
KEPT = ("event_type", "order_id", "link_id", "user_id", "tracking_info", "order_number")
BODY_LIMIT = 8 * 1024 * 1024
MANIFEST = {
    "adapter": 1, "name": "queue-renewals", "version": "1.0.0", "style": "queue", "webhook_path": WEBHOOK_PATH,
    "capabilities": ["webhook", "poll", "clock", "persist", "reauth", "outbox", "multi", "close", "logs", "source"],
    "reentrancy": "queue", "http_timeout_s": HTTP_TIMEOUT_S,
    "bounds_s": {"B-PREFILL": 900, "B-LOSS": 86400, "B-STUCK": 259200, "B-LIMIT-RESUME": 86400},
    "counts": {"B-RETRY-N": 5, "B-REOFFER": REOFFERS, "concurrency": 1, "budget_per_day": None},
    "policies": {
        "age_skip_days": None, "partial": "show", "unknown_post": "reconcile", "link_on_locked": False,
        "reminders": 0, "run_times": [],
    },
}  # fmt: skip
CLASS_OF = {"REAUTH_SENT": "REAUTH_NEEDED"}


class Program:
    """One start of the program on one store. Requests only write to the queue; the worker does the work."""

    def __init__(self, env: dict[str, Any]) -> None:
        self._secret = env["access_secret"].encode()
        self.store = Store(env["store"])
        self.worker = Worker(env, self.store)
        self._events = 0

    def webhook(self, sign: str | None, raw: bytes) -> int:
        """Keep a genuine event; after the answer it is safe."""
        wanted = "v1=" + hmac.new(self._secret, raw, hashlib.sha256).hexdigest()
        if not self._secret or not hmac.compare_digest(wanted.encode(), (sign or "").encode()):
            return 401
        event = parsed(raw)
        if isinstance(event, dict):
            kept = {name: event.get(name) if isinstance(event.get(name), str) else None for name in KEPT}
            now_us = self.worker.clock.now_us
            with self.store.transaction():
                number = self.store.rows("SELECT coalesce(max(id), 0) + 1 FROM jobs")[0][0]
                self.store.add_job("", "event", str(number), 0, now_us, kept)
        return 204  # what is genuine but unreadable would be no better the next time

    def put_case(self, case_id: str, given: dict[str, Any]) -> None:
        """Learn of a case."""
        told = {"id": case_id, "person_ref": given["person_ref"], "source": given["source_order_id"],
                "product": given["product"], "wanted": given.get("employers")}  # fmt: skip
        with self.store.transaction():
            case = self.store.get("case", case_id) or {
                "cycle": "", "round": 0, "parts": {}, "sources": {}, "attempts": [], "link": None, "links": 0,
                "sent": [], "problem": None, "previous": None, "learning": False,
            }  # fmt: skip
            if case.get("source", told["source"]) != told["source"] and not is_at_work(case):
                case |= {"parts": {}, "sources": {}}
            self.store.put("case", case_id, case | told)
            self.store.note(case_id, told["source"])

    def click(self, case_id: str, cycle: str) -> None:
        """Note that somebody asked for a refresh."""
        if not self.store.is_closed(case_id):
            self.store.add_job(case_id, "click", cycle, 0, self.worker.clock.now_us, cycle)

    def close_case(self, case_id: str) -> None:
        """Close a case at once; the worker tidies up."""
        with self.store.transaction():
            if not self.store.is_closed(case_id):
                self.store.rows("INSERT INTO closed VALUES (?)", case_id)
                self.store.add_job(case_id, "close", "", 0, self.worker.clock.now_us)

    def view(self, case_id: str) -> dict[str, Any]:
        """Return what a caseworker sees."""
        case = self.store.get("case", case_id)
        parts, is_closed = list(case["parts"].values()), self.store.is_closed(case_id)
        due_us = None if is_closed else self.store.next_due_us(case_id)
        current = fresh(case)
        running = [each["order_id"] for each in case["attempts"] if each["order_id"]]
        active = running or ([current["order_id"]] if current else [])
        old = None if case["previous"] is None else {**case["previous"], "stale": True}
        return {
            "case_id": case_id, "state": "CLOSED" if is_closed else self._state(case, parts), "cycle": case["cycle"],
            "reason": case["problem"] or next((part["reason"] for part in parts if part["reason"]), None),
            "active_order_id": active[0] if active else (case["link"] or {}).get("order_id"),
            "source_order_id": parts[0]["order"] if parts else case["source"],
            "next_action_at": text(due_us and max(due_us, self.worker.truv.opens_us)),
            "employers": {part["emp"]: part["state"] for part in parts},
            "prefill": current or old,
            "engagements": [each | {"live": each["live"] and not is_closed} for each in case["sent"]],
        }  # fmt: skip

    def _state(self, case: dict[str, Any], parts: list[dict[str, Any]]) -> str:
        states = [part["state"] for part in parts]
        if case["problem"]:
            return "MANUAL"
        if not case["cycle"]:
            return "IDLE"
        if self.worker.truv.account["blocked"] and is_at_work(case):
            return "BLOCKED"
        if case["learning"]:
            return "DUE"
        link = case["link"]
        if "UNKNOWN_OUTCOME" in states or (link and link["order_id"] is None):
            return "UNKNOWN_OUTCOME"
        if all(state in OVER for state in states):
            return "MANUAL" if "MANUAL" in states else "READY"
        return "PARTIAL" if len({CLASS_OF.get(state, state) for state in states}) > 1 else states[0]


class Server(ThreadingHTTPServer):
    """Serves one program at a time."""

    daemon_threads = True
    program: Program | None = None

    def contract(self, method: str, path: list[str], since: int, body: Any) -> tuple[int, Any]:
        """Answer a route of the contract run; these exist in test builds only."""
        if path == ["manifest"]:
            return 200, MANIFEST
        if path in (["start"], ["stop"]):
            if self.program is not None:
                self.program.store.close()
            self.program = Program(body) if path == ["start"] else None
            return 204, None
        program = self.program
        if program is None:
            return 409, None
        match method, path:
            case "POST", ["clock"]:
                next_us = program.worker.advance(instant(body["now"]) or 0)
                return 200, {"next_wakeup": text(next_us), "quiescent": True}
            case "GET", ["outbox"]:
                rows = program.store.rows("SELECT seq, message FROM outbox WHERE seq > ?", since)
                return 200, {"results": [{"seq": seq, **json.loads(message)} for seq, message in rows]}
            case "GET", ["logs"]:
                rows = program.store.rows("SELECT seq, line FROM log WHERE seq > ?", since)
                return 200, {"results": [{"seq": seq, "line": line} for seq, line in rows]}
            case "GET", ["cases"]:
                return 200, {
                    "results": [program.view(case["id"]) for case in program.store.all("case")],
                    "cursor": None,
                }
            case "PUT", ["cases", case_id]:
                program.put_case(case_id, body)
                return 204, None
            case _, ["cases", case_id, *_] if program.store.get("case", case_id) is None:
                return 404, None
            case "GET", ["cases", case_id]:
                return 200, program.view(case_id)
            case "POST", ["cases", case_id, "refresh"]:
                program.click(case_id, body["cycle"])
                return 202, None
            case "POST", ["cases", case_id, "close"]:
                program.close_case(case_id)
                return 204, None
        return 404, None


class Handler(BaseHTTPRequestHandler):
    """From a request to its answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        raw = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT))
        parts = urlsplit(self.path)
        status, shown = 404, None
        try:
            if parts.path == WEBHOOK_PATH and self.command == "POST":
                program = self.server.program
                status = 401 if program is None else program.webhook(self.headers.get("X-WEBHOOK-SIGN"), raw)
            elif parts.path.startswith("/contract/v1/"):
                path = [unquote(part) for part in parts.path.removeprefix("/contract/v1/").strip("/").split("/")]
                since = int(parse_qs(parts.query).get("since", ["0"])[0])
                status, shown = self.server.contract(self.command, path, since, json.loads(raw or b"{}"))
        except Exception as error:  # noqa: BLE001 -- 5xx: what could not be stored is delivered again
            status, shown = 500, {"error": type(error).__name__}
        data = b"" if shown is None else json.dumps(shown).encode()
        self.send_response(status)
        if shown is not None:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 -- the library's names

    def log_message(self, *_: object) -> None:
        """Write no access log: addresses may hold what belongs to nobody else."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A renewals program built around a queue.")
    parser.add_argument("--port", type=int, required=True, help="port on loopback, 0: any free one")
    server = Server(("127.0.0.1", parser.parse_args().port), Handler)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
