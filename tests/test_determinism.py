"""Same seed and same commands: the same bytes, whatever the machine, the process and the hour."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

import mock_truv
from mock_truv.core.instants import DAY_US, SECOND_US
from mock_truv.core.logins import meaning
from mock_truv.delivery.signing import HEADER, verify
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog
from tests.worlds import ORDER, Act, Plan, Reply, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
START_SECONDS = 20
WEBHOOK_PATH = "/hooks"


@dataclass
class Run:
    """What one process left behind."""

    journal: bytes = b""
    digest: str = ""
    webhooks: list[tuple[str, bytes]] = field(default_factory=list)
    """Signature and body of every webhook, in the order of arrival."""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    called_back: int = 0


def test_two_processes_write_the_same_bytes(tmp_path: Path, receiver: Any, reply: Any) -> None:
    """Other hash seed, time zone, locale, port, folder and real start: equal journal, digest, webhooks and answers."""
    one = _run(tmp_path / "one", receiver, reply, {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"})
    two = _run(tmp_path / "two", receiver, reply, {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LANG": "de_DE"})
    assert one.called_back
    assert one.journal.splitlines() == two.journal.splitlines()
    assert one.journal == two.journal
    assert one.digest == two.digest
    assert len(one.webhooks) > 20
    assert one.webhooks == two.webhooks
    assert one.answers == two.answers


def test_another_seed_is_another_world(tmp_path: Path, receiver: Any, reply: Any) -> None:
    """With another ``--seed`` the same requests give no identifier that the first world had."""
    one = _run(tmp_path / "one", receiver, reply, {}, seed=0)
    two = _run(tmp_path / "two", receiver, reply, {}, seed=1)
    mine = [_identifiers(b"".join(body for _, body in run.webhooks).decode()) for run in (one, two)]
    assert mine[0]
    assert not mine[0] & mine[1]


def test_two_sandboxes_of_a_server_share_no_identifier() -> None:
    """Two sandboxes of one server that are told the same have no identifier or token in common."""
    states = []
    with mock_truv.Server(seed=5) as server:
        for name in ("one", "two"):
            with server.sandbox(name) as sandbox, httpx.Client(transport=sandbox.httpx_transport()) as client:
                _tell(client, sandbox.base_url, sandbox.headers, "http://127.0.0.1:9/")
                sandbox.settle(horizon_seconds=60)
                states.append(msgspec.json.encode(sandbox.runtime.journal.world.state).decode())
                assert sandbox.client_id not in states[0] or name == "one"
    found = [_identifiers(state) - _shipped() for state in states]
    assert len(found[0]) > 20
    assert len(found[0]) == len(found[1])
    assert not found[0] & found[1]


def test_a_year_passes_without_clock_chance_or_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world lives through a year of refreshes while every source of time, chance and network raises."""
    refresh = Act("refresh", 0, ("/orders/{order}/", ["income"], None, {}))
    login = Act("bridge", 0, (("goodlogin", "goodpassword", None), None, None))
    month = Act("clock", 0, 30 * DAY_US)
    renewed = [Act("update_mode", 0, "income"), Act("bridge", 0, login.value), Act("clock", 0, 60 * SECOND_US)]
    half = (refresh, month) * 7
    plan = Plan(3, (ORDER, login, Act("clock", 0, 60 * SECOND_US), *half, *renewed, *half),
                (Reply(200), Reply(500), Reply(200, Act("read", 0, ("/orders/{order}/", "")))))  # fmt: skip
    catalog = load_catalog()
    meaning(catalog.people, "goodlogin", "goodpassword", None)
    with monkeypatch.context() as patched:
        _forbid(patched)
        with pytest.raises(AssertionError, match="the world asked"):
            time.time()
        with pytest.raises(AssertionError, match="the world asked"):
            dt.datetime.now(dt.UTC)
        lines: list[bytes] = []
        story = Story(plan, write=lambda item: lines.append(msgspec.json.encode(item) + b"\n")).run()
        replayed = replay(lines, catalog)
    assert replayed.difference is None
    assert replayed.journals["story"].world.digest() == story.world.digest()
    endings = [str(task.status) for task in story.world.state.tasks.values() if task.is_refresh]
    assert len(endings) == 14
    assert set(endings) == {"done", "login_error"}, "the grant ended, and was renewed"


def _forbid(patched: pytest.MonkeyPatch) -> None:
    """Let every source of time, chance and network raise."""

    def asked(name: str) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            raise AssertionError(f"the world asked {name}")

        return refuse

    for module in (time, random, secrets, uuid, socket):
        for name in vars(module):
            found = getattr(module, name)
            if name in {"strftime", "strptime"}:
                continue  # they turn a given time into text; datetime.strftime calls the first
            if not name.startswith("_") and callable(found) and not isinstance(found, type):
                patched.setattr(module, name, asked(f"{module.__name__}.{name}"))
    patched.setattr(os, "urandom", asked("os.urandom"))
    patched.setattr(socket.socket, "connect", asked("a socket"))

    class Frozen(dt.datetime):
        now: Any = classmethod(asked("datetime.now"))
        utcnow: Any = classmethod(asked("datetime.utcnow"))
        today: Any = classmethod(asked("datetime.today"))

    class FrozenDate(dt.date):
        today: Any = classmethod(asked("date.today"))

    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("mock_truv"):
            if vars(module).get("datetime") is dt.datetime:
                patched.setattr(module, "datetime", Frozen)
            if vars(module).get("date") is dt.date:
                patched.setattr(module, "date", FrozenDate)
    patched.setattr(dt, "datetime", Frozen)
    patched.setattr(dt, "date", FrozenDate)


def _run(folder: Path, receiver: Any, reply: Any, environment: Mapping[str, str], *, seed: int = 7) -> Run:
    """Start a server in ``folder``, tell it the story, stop it, and return what it left behind."""
    folder.mkdir()
    receiver.forget()
    journal, run = folder / "journal.jsonl", Run()
    with _server(folder, journal, environment, seed) as (base_url, headers):
        with httpx.Client(trust_env=False, timeout=30) as client:

            def call_back(_: Any) -> None:
                answer = client.get(f"{base_url}/v1/orders/", headers=headers)
                assert answer.status_code == 200
                run.called_back += 1

            receiver.otherwise = reply(200)
            receiver.plan(reply(503), reply(200, before=call_back), reply(404), reply(200))
            for answer in _tell(client, base_url, headers, receiver.url):
                run.answers.append((answer.status_code, answer.content.replace(base_url.encode(), b"BASE")))
        run.webhooks = [(_header(each.headers, HEADER), each.body) for each in receiver.received]
        assert all(verify(body, headers["x-access-secret"], signature) for signature, body in run.webhooks)
    run.journal = journal.read_bytes()
    replayed = replay(run.journal.splitlines(keepends=True), load_catalog())
    assert replayed.difference is None
    (its,) = replayed.journals.values()
    run.digest = its.world.digest()
    assert [effect.body for effect in replayed.sent] == [body for _, body in run.webhooks]
    return run


@contextlib.contextmanager
def _server(
    folder: Path, journal: Path, environment: Mapping[str, str], seed: int
) -> Iterator[tuple[str, dict[str, str]]]:
    """Run ``mock-truv serve`` in a process of its own."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "mock_truv", "serve", "--clock", "manual", "--port", "0", "--seed", str(seed),
               "--ready-file", str(ready), "--journal", str(journal)]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCK_TRUV")}
    path = os.pathsep.join(part for part in sys.path if part)
    process = subprocess.Popen(
        command, cwd=folder, env={**kept, "PYTHONPATH": path, **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            assert process.poll() is None, f"the server ended: {process.stderr.read() if process.stderr else b''!r}"
            assert time.monotonic() < deadline, f"no server within {START_SECONDS} s"
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        told = json.loads(ready.read_bytes())
        yield told["base_url"], {"x-access-client-id": told["client_id"], "x-access-secret": told["secret"]}
    finally:
        process.terminate()
        _, errors = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 0, f"the server ended with {process.returncode}: {errors!r}"
    assert not errors, errors


def _tell(client: httpx.Client, base_url: str, headers: Mapping[str, str], webhook_url: str) -> list[httpx.Response]:
    """Tell a server the same story every time: two orders, logins good and bad, refreshes, half a year."""
    answers: list[httpx.Response] = []

    def send(method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        kind = {"content-type": "application/json"} if method != "GET" else {}
        answer = client.request(method, base_url + path, headers={**headers, **kind}, content=content)
        answers.append(answer)
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.content else None

    # the address of the receiver is the same in all runs, so it may stand in the journal
    send("POST", "/v1/webhooks/", {"name": "x", "webhook_url": webhook_url, "env_type": "sandbox"})
    made = [
        send("POST", "/v1/orders/", {"products": ["income"], "first_name": "Ada", "last_name": f"Müller {number} 🙂",
                                     "email": "ada@example.com", "external_user_id": f"case-{number}",
                                     "employers": [{"company_name": "Home Depot"}, {"company_name": "Bakery"}]})
        for number in (1, 2)
    ]  # fmt: skip
    for order, second in zip(made, ("goodpassword", "wrong"), strict=True):
        for employer, password in zip(order["employers"], ("goodpassword", second), strict=True):
            send("POST", f"/_mock/bridge/{employer['bridge_token']}/complete",
                 {"username": "goodlogin", "password": password})  # fmt: skip
    send("POST", "/_mock/clock/advance", {"seconds": 90})
    for order in (*made, made[0]):
        send("POST", f"/v1/orders/{order['id']}/", {"products": ["income"]})
    send("POST", "/_mock/settle", {})
    send("POST", f"/v1/orders/{made[0]['id']}/", {"products": ["nonsense"]})
    links = send("GET", "/v1/links/")["results"]
    send("PATCH", f"/_mock/connections/{links[0]['id']}", {"session_ended": True})
    send("POST", "/_mock/clock/advance", {"seconds": 180 * 86400})
    for order in made:
        send("POST", f"/v1/orders/{order['id']}/refresh/", {})
    send("POST", "/_mock/clock/advance", {"seconds": 600})
    for path in ("/v1/orders/", "/v1/tasks/", "/v1/users/", f"/v1/orders/{made[1]['id']}/", "/_mock/billing/"):
        send("GET", path)
    return answers


def _identifiers(text: str) -> set[str]:
    """Return every string of 32 hex characters."""
    return set(HEX.findall(text))


def _shipped() -> set[str]:
    """Return those that come with the fixtures and so are the same in every world."""
    return _identifiers(json.dumps(load_catalog().employers))


def _header(headers: Mapping[str, str], name: str) -> str:
    return next(value for key, value in headers.items() if key.lower() == name.lower())
