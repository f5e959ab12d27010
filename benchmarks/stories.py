"""Measure how many stories of the refresh contract are carried out and judged in a second: ``stories.py``.

Two programs, each in the run's own process and over HTTP as a program in any language is reached: a minimal one, which
shows what the run itself costs, and the reference integrator. The four are measured in turns; medians count.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import http.client
import json
import shlex
import socket
import statistics
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parent))

from run import machine

from mock_truv.contract.adapter import CaseIn, CaseView, Env, HookReply, Step, adapter
from mock_truv.contract.clauses import all_clauses
from mock_truv.contract.judging import judge_history, run_story
from mock_truv.contract.reference import integrator
from mock_truv.contract.run.black_box import Target
from mock_truv.contract.run.listener import Listener
from mock_truv.contract.search.families import cases_of, story_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.core.scenario import Scenario

RESULTS = Path(__file__).parent / "results" / "stories.json"
ROUNDS = 5
EVERY = 3
"""Of so many clauses one gives its plainest plan."""
CASES_MAX = 10


class BenchmarkError(Exception):
    """The measurement would mean nothing; the message says why."""


def minimal() -> Any:
    """Return a program that asks for each refresh once and believes the webhook that says done."""
    cases: dict[str, dict[str, Any]] = {}
    events: list[dict[str, Any]] = []
    known: dict[str, Env] = {}

    def put_case(case: CaseIn) -> None:
        cases[case.case_id] = {"source": case.source_order_id, "state": "IDLE", "cycle": ""}

    def request_refresh(case_id: str, cycle: str) -> None:
        cases[case_id].update(state="DUE", cycle=cycle)

    def advance(now: datetime) -> Step:  # noqa: ARG001 -- it has no timers
        for case in cases.values():
            if case["state"] == "DUE":
                case["state"] = "REFRESHING"
                _ask(known["env"], case["source"])
        while events:
            if events.pop(0).get("status") == "done":
                for case in cases.values():
                    case["state"] = "READY" if case["state"] == "REFRESHING" else case["state"]
        return Step(None)

    def webhook(headers: Any, raw: bytes) -> HookReply:  # noqa: ARG001 -- it believes everybody
        with contextlib.suppress(ValueError, AttributeError):
            events.append(dict(json.loads(raw)))
        return HookReply(200)

    return adapter(
        manifest={"name": "minimal", "capabilities": ["webhook", "poll"], "reentrancy": "none"},
        start=lambda env: known.update(env=env), put_case=put_case, request_refresh=request_refresh, advance=advance,
        webhook=webhook, case=lambda ident: CaseView(ident, cases[ident]["state"], cases[ident]["cycle"]),
    )  # fmt: skip


def _ask(env: Env, order_id: str) -> None:
    assert env.send is not None, "both ways give one"
    headers = {
        "X-Access-Client-Id": env.client_id, "X-Access-Secret": env.access_secret, "Content-Type": "application/json"
    }  # fmt: skip
    with contextlib.suppress(TimeoutError, ConnectionError):
        url = f"{env.api_base}/v1/orders/{order_id}/"
        env.send("POST", url, headers=headers, body=b'{"products":["income"]}', timeout=30)


PROGRAMS: dict[str, Callable[[], Any]] = {"minimal": minimal, "reference": integrator}


# --- measuring


def plans() -> list[Scenario]:
    """Return the stories: plainest plans of some clauses, small ones in which nobody kills the program."""
    firsts = {story_key(plan): plan for clause in all_clauses().values() for plan in clause.plans()[:1]}
    fit = [
        plan for plan in firsts.values()
        if cases_of(plan) <= CASES_MAX and all(rule.do != "crash" for rule in plan.driver)
    ]  # fmt: skip
    return fit[::EVERY]


def stories_a_second(stories: list[Scenario], factory: Callable[[], Any], listener: Listener | None) -> float:
    """Carry out and judge every story once; return how many that were in a second."""
    began = time.perf_counter()
    for plan in stories:
        history = run_story(plan, factory, listener)
        judge_history(history)
        if not history.sent:
            raise BenchmarkError(f"nothing was sent to Truv in {plan.title!r}")
    return len(stories) / (time.perf_counter() - began)


def measure() -> dict[str, Any]:
    """Measure both programs both ways, in turns, after a first round of each that warms everything."""
    stories = plans()
    listener = Listener()
    with contextlib.ExitStack() as stack:
        stack.callback(listener.close)
        ways: dict[str, tuple[Callable[[], Any], Listener | None]] = {}
        for name, factory in PROGRAMS.items():
            target = served(name)
            stack.callback(target.kill)
            ways[f"{name}, in process"] = (factory, None)
            ways[f"{name}, over HTTP"] = (target.factory, listener)
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(ROUNDS + 1):
            for way, (factory, place) in ways.items():
                rate = stories_a_second(stories, factory, place)
                if turn:
                    rates[way].append(round(rate, 1))
    result: dict[str, Any] = {"stories": len(stories), "rounds": ROUNDS}
    result["per_second"] = {way: {"median": statistics.median(each), "all": each} for way, each in rates.items()}
    return result


def served(name: str) -> Target:
    """Return one of the programs as a process of its own behind the test routes; it starts when it is needed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    command = shlex.join([sys.executable, __file__, "--serve", name, "--port", str(port)])
    return Target(f"http://127.0.0.1:{port}", start_command=command)


# --- the same programs over HTTP


class Routes:
    """The test routes of one program at a time, and how it reaches Truv."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self._factory = factory
        self._lines = threading.local()
        self.it = factory()

    def answer(self, method: str, parts: list[str], query: dict[str, list[str]], value: dict[str, Any]) -> Any:
        """Answer a route."""
        it = self.it
        match parts:
            case ["manifest"]:
                return {**it.describe(), "webhook_path": "/hook"}
            case ["start"]:
                self.it = self._factory()
                self.it.start(Env(**{**value, "now": datetime.fromisoformat(value["now"]), "send": self._send}))
            case ["clock"]:
                return dataclasses.asdict(it.advance(datetime.fromisoformat(value["now"])))
            case ["run-due"]:
                return it.run_due(datetime.fromisoformat(value["now"]), value["cycle"])
            case ["cases"]:
                views, cursor = it.cases(query.get("cursor", [None])[0])
                return {"results": [dataclasses.asdict(view) for view in views], "cursor": cursor}
            case ["cases", _] if method == "PUT":
                it.put_case(CaseIn(**value))
            case ["cases", ident]:
                return dataclasses.asdict(it.case(ident))
            case ["cases", ident, "refresh"]:
                it.request_refresh(ident, value["cycle"])
            case ["cases", ident, "close"]:
                it.close_case(ident)
            case ["outbox"]:
                return {"results": list(it.outbox(int(query["since"][0])))}
            case ["logs"]:
                since = int(query["since"][0])
                return {"results": [{"seq": since + n, "line": line} for n, line in enumerate(it.logs(since), 1)]}
            case ["stop"]:
                it.stop()
        return None

    def _send(self, method: str, url: str, *, headers: dict[str, str], body: bytes | None, timeout: float) -> Any:
        parts = urlsplit(url)
        line: http.client.HTTPConnection | None = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
        try:
            line.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = line.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        except (http.client.HTTPException, OSError) as error:
            line.close()
            raise ConnectionError(str(error)) from None


def serve(name: str, port: int) -> None:
    """Serve a program until the process is ended."""
    routes = Routes(PROGRAMS[name])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            if parts.path == "/hook":
                reply = routes.it.webhook(list(self.headers.items()), raw)
                status, body = reply.status, reply.body
            else:
                names = parts.path.strip("/").split("/")[2:]
                answer = routes.answer(self.command, names, parse_qs(parts.query), json.loads(raw) if raw else {})
                status, body = 200, b"" if answer is None else json.dumps(answer, default=datetime.isoformat).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = serve  # noqa: N815 -- the base class looks for these names

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def main() -> int:
    """Measure and write the results, or serve one of the programs."""
    parser = argparse.ArgumentParser(description="Measure stories of the refresh contract a second.")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to write")
    parser.add_argument("--serve", choices=sorted(PROGRAMS), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, arguments.port)
        return 0
    try:
        result = {"machine": machine(), **measure()}
    except BenchmarkError as error:
        print(f"stories.py: {error}", file=sys.stderr)
        return 2
    arguments.results.parent.mkdir(parents=True, exist_ok=True)
    arguments.results.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{result['stories']} stories, medians of {ROUNDS} rounds in turns")
    print(f"{'program':<26}{'stories/s':>10}   rounds")
    for way, rate in result["per_second"].items():
        print(f"{way:<26}{rate['median']:>10}   {' '.join(map(str, rate['all']))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
