"""Measure mock-truv beside a bare Starlette application on the same machine: ``run.py [startup|refresh|all]``.

Figures of one machine mean little; the ratio of two servers measured in turns means something. Results go to
``benchmarks/results/``; benchmarks/README.md says what is measured and how to read it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
PACKAGES = ("mock-truv", "starlette", "uvicorn", "uvloop", "httptools", "msgspec")

STARTS = 15
START_SECONDS = 30
CONNECTIONS = 16
LINKS = 1_000
ROUNDS = 5
ROUND_SECONDS = 4
FILLED_ROUNDS = 3
FILLED_ORDERS = (1_000, 10_000, 100_000)
PIPELINED = 100
REFRESH_LIMIT = 1_000_000
REFRESH_BODY = '{"products":["income"]}'


class BenchmarkError(Exception):
    """The measurement would mean nothing; the message says why."""


@dataclass(frozen=True)
class Address:
    """Where a server answers, with its keys."""

    base_url: str
    client_id: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """The keys and the content type of every request."""
        keys = {"X-Access-Client-Id": self.client_id, "X-Access-Secret": self.secret}
        return {"Content-Type": "application/json", **keys}


def mock_truv_command() -> list[str]:
    """Return the installed ``mock-truv`` of this environment, as a user starts it."""
    script = Path(sys.executable).with_name("mock-truv")
    if not script.exists():
        raise BenchmarkError(f"there is no {script}; install the project into this environment first")
    return [str(script), "serve", "--clock", "manual"]


def bare_command(answer_bytes: int = 1500) -> list[str]:
    """Return the yardstick."""
    return [sys.executable, str(HERE / "bare.py"), "--answer-bytes", str(answer_bytes)]


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[tuple[Address, float]]:
    """Start a server; give its address, and the seconds from process start to the first 2xx of ``/_mock/health``."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        started = time.perf_counter()
        process = subprocess.Popen([*command, "--port", "0", "--ready-file", str(ready)], stdout=subprocess.DEVNULL)
        try:
            while not ready.exists():
                if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                    raise BenchmarkError(f"{command} did not start")
                time.sleep(0.001)
            said = json.loads(ready.read_bytes())
            address = Address(said["base_url"], said["client_id"], said["secret"])
            connection = connect(address)
            connection.request("GET", "/_mock/health")
            answer = connection.getresponse()
            seconds = time.perf_counter() - started
            if answer.status not in (200, 201):
                raise BenchmarkError(f"{command} answers {answer.status}")
            connection.close()
            yield address, seconds
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_SECONDS)


def connect(address: Address) -> http.client.HTTPConnection:
    """Return a connection to a server."""
    return http.client.HTTPConnection(urlsplit(address.base_url).netloc, timeout=600)


def measure_startup() -> dict[str, Any]:
    """Start both servers in turns; nothing is shared but the disk cache, which a first start of each warms."""
    times: dict[str, list[float]] = {"bare": [], "mock_truv": []}
    for turn in range(STARTS + 1):
        for name, command in (("bare", bare_command()), ("mock_truv", mock_truv_command())):
            with running(command) as (_, seconds):
                if turn:
                    times[name].append(seconds)
    result: dict[str, Any] = {
        name: {"median_ms": round(statistics.median(each) * 1e3, 1), "all_ms": [round(s * 1e3, 1) for s in each]}
        for name, each in times.items()
    }
    result["ratio"] = round(result["mock_truv"]["median_ms"] / result["bare"]["median_ms"], 2)
    print(f"start-up: bare {result['bare']['median_ms']} ms, mock-truv {result['mock_truv']['median_ms']} ms")
    return result


def measure_refresh() -> dict[str, Any]:
    """Refreshes a second at 16 connections, fresh and with a filled world."""
    if shutil.which("wrk") is None:
        raise BenchmarkError("the load generator wrk is missing; install it (Debian: apt-get install wrk)")
    result: dict[str, Any] = {
        "connections": CONNECTIONS,
        "links": LINKS,
        "fresh": compare(LINKS, ROUNDS, ROUND_SECONDS),
        "filled": [compare(orders, FILLED_ROUNDS, ROUND_SECONDS) for orders in FILLED_ORDERS],
    }
    return result


def compare(orders: int, rounds: int, seconds: int) -> dict[str, Any]:
    """Measure bare and mock-truv in turns; mock-truv begins with ``orders`` orders and goes on filling."""
    with running(mock_truv_command()) as (ours, _), tempfile.TemporaryDirectory() as folder:
        ids = Path(folder) / "ids"
        ids.write_text("\n".join(connected_orders(ours)) + "\n")
        fill(ours, orders - count_orders(ours))
        begun = count_orders(ours)
        answer_bytes = sample(ours, ids.read_text().split()[0])
        with running(bare_command(answer_bytes)) as (bare_alone, _):
            bare = Address(bare_alone.base_url, ours.client_id, ours.secret)  # the same bytes are sent to both
            if sample(bare, "x") != answer_bytes:
                raise BenchmarkError("the two answers differ in size")
            runs: dict[str, list[dict[str, float]]] = {"bare": [], "mock_truv": []}
            load(bare, ids, 1)
            load(ours, ids, 1)
            for _ in range(rounds):
                runs["bare"].append(load(bare, ids, seconds))
                before = count_orders(ours)
                runs["mock_truv"].append(load(ours, ids, seconds))
                made = count_orders(ours) - before
                if made < runs["mock_truv"][-1]["requests"]:
                    raise BenchmarkError(f"{runs['mock_truv'][-1]['requests']} answers, but only {made} new orders")
        ended = count_orders(ours)
    rates = {name: statistics.median(each["per_second"] for each in runs[name]) for name in runs}
    result = {
        "orders_before": begun,
        "orders_after": ended,
        "answer_bytes": answer_bytes,
        "bare_per_second": rates["bare"],
        "mock_truv_per_second": rates["mock_truv"],
        "ratio": round(rates["mock_truv"] / rates["bare"], 3),
        "ratios": [
            round(ours["per_second"] / bare["per_second"], 3)
            for bare, ours in zip(runs["bare"], runs["mock_truv"], strict=True)
        ],
        "runs": runs,
    }
    print(
        f"refresh, {begun}-{ended} orders: bare {rates['bare']:.0f}/s, mock-truv {rates['mock_truv']:.0f}/s, "
        f"ratio {result['ratio']}, p99 {statistics.median(each['p99_ms'] for each in runs['mock_truv'])} ms"
    )
    return result


def connected_orders(address: Address) -> list[str]:
    """Make ``LINKS`` orders of as many people, each with a connected account; then knobs and one webhook."""
    made = []
    with contextlib.closing(connect(address)) as connection:
        for number in range(LINKS):
            order = call(connection, address, "POST", "/v1/orders/", new_order(f"linked-{number}"))
            login = {"username": "goodlogin", "password": "goodpassword"}
            call(connection, address, "POST", f"/_mock/bridge/{order['bridge_token']}/complete", login)
            made.append(order["id"])
        call(connection, address, "POST", "/_mock/settle", {"horizon_seconds": 600, "max_real_seconds": 600})
        call(connection, address, "PATCH", "/_mock/profile", {"refresh_limit": REFRESH_LIMIT})
        hook = {"name": "benchmark", "webhook_url": "http://127.0.0.1:9/hook", "env_type": "sandbox"}
        call(connection, address, "POST", "/v1/webhooks/", hook)
        linked = {it["user_id"] for it in call(connection, address, "GET", "/_mock/connections/", None)["results"]}
    if len(linked) != LINKS:
        raise BenchmarkError(f"{len(linked)} of {LINKS} accounts are connected")
    return made


def new_order(number: str) -> dict[str, Any]:
    """Return the body of an order of a person of its own."""
    return {
        "products": ["income"],
        "first_name": "John",
        "last_name": "Doe",
        "external_user_id": number,
        "order_number": number,
        "employers": [{"company_name": "Home Depot"}],
    }


def call(connection: http.client.HTTPConnection, address: Address, method: str, path: str, body: Any) -> Any:
    """Make one request and return the decoded answer."""
    content = None if body is None else json.dumps(body).encode()
    connection.request(method, path, content, address.headers)
    answer = connection.getresponse()
    read = answer.read()
    if answer.status >= 300:
        raise BenchmarkError(f"{method} {path} answers {answer.status}: {read[:300].decode()}")
    return json.loads(read)


def sample(address: Address, order_id: str) -> int:
    """Refresh one order; return the size of the answer."""
    with contextlib.closing(connect(address)) as connection:
        connection.request("POST", f"/v1/orders/{order_id}/", REFRESH_BODY.encode(), address.headers)
        answer = connection.getresponse()
        read = answer.read()
    if answer.status != 201:
        raise BenchmarkError(f"a refresh answers {answer.status}: {read[:300].decode()}")
    return len(read)


def count_orders(address: Address) -> int:
    """Return how many orders there are."""
    with contextlib.closing(connect(address)) as connection:
        count: int = call(connection, address, "GET", "/v1/orders/?page_size=1", None)["count"]
    return count


def fill(address: Address, orders: int) -> None:
    """Create orders, many requests on the wire at a time."""
    place = urlsplit(address.base_url)
    head = "".join(f"{name}: {value}\r\n" for name, value in address.headers.items())
    with socket.create_connection((place.hostname or "", place.port or 80)) as wire:
        for start in range(0, orders, PIPELINED):
            batch = range(start, min(start + PIPELINED, orders))
            bodies = [json.dumps(new_order(f"filled-{number}")) for number in batch]
            texts = [
                f"POST /v1/orders/ HTTP/1.1\r\nHost: {place.netloc}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}"
                for body in bodies
            ]
            wire.sendall("".join(texts).encode())
            answers = 0
            tail = b""
            while answers < len(batch):
                got = wire.recv(1 << 20)
                if not got:
                    raise BenchmarkError("the server closed the connection while it was filled")
                tail += got
                answers += tail.count(b"HTTP/1.1 201")
                tail = tail[-11:]


def load(address: Address, ids: Path, seconds: int) -> dict[str, float]:
    """Let wrk send refreshes; every answer must be a 2xx."""
    environment = os.environ | {
        "IDS": str(ids),
        "BODY": REFRESH_BODY,
        "CLIENT_ID": address.client_id,
        "SECRET": address.secret,
    }
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "refresh.lua"), address.base_url]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    said: dict[str, float] = json.loads(printed.strip().splitlines()[-1])
    if said["refused"] or said["broken"]:
        raise BenchmarkError(f"not every answer was good: {said}")
    return {
        "per_second": round(said["requests"] / said["seconds"]),
        "requests": said["requests"],
        "p50_ms": said["p50_ms"],
        "p99_ms": said["p99_ms"],
    }


def machine() -> dict[str, Any]:
    """Describe what the figures were measured on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or "unknown",
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def main() -> int:
    """Measure what was asked for and write the results."""
    parser = argparse.ArgumentParser(description="Measure mock-truv beside a bare Starlette application.")
    parser.add_argument("what", nargs="?", choices=["startup", "refresh", "all"], default="all")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder for the JSON files")
    arguments = parser.parse_args()
    measures = {"startup": measure_startup, "refresh": measure_refresh}
    try:
        for name in measures if arguments.what == "all" else [arguments.what]:
            result = {"machine": machine(), **measures[name]()}
            arguments.results.mkdir(parents=True, exist_ok=True)
            file = arguments.results / f"{name}.json"
            file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    except BenchmarkError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
