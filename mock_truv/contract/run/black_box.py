"""An integrator in any language, reached over HTTP: the calls of an adapter as requests to its test-only routes.

The program is started by the run where a command is given; then it can be killed and started again, too.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import shlex
import signal
import socket
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from mock_truv.contract.adapter import CaseView, HarnessCrash, HookReply, Step
from mock_truv.contract.run.program import AdapterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.contract.adapter import CaseIn, Env

ROUTES = "/contract/v1"
START_WITHIN_S = 20.0
ANSWER_WITHIN_S = 60.0
BY_CAPABILITY = {
    "bulk": ("run_due", "cases"), "outbox": ("outbox",), "logs": ("logs",), "close": ("close_case",),
    "update_mode": ("open_page",),
}  # fmt: skip
"""Calls that a manifest's capabilities switch on."""


class Target:
    """A program that listens on loopback; ``factory`` gives the adapter of each start."""

    def __init__(self, url: str, *, start_command: str | None = None) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise AdapterError(
                "factory", f"{url!r} is no http address on this machine; its test routes are for loopback"
            )
        self.host, self.port = parts.hostname, parts.port or 80
        self._command = start_command
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: list[Connection] = []
        self._began = False

    @property
    def can_be_killed(self) -> bool:
        """Whether the run started the program itself."""
        return self._command is not None

    def factory(self) -> BlackBox:
        """Return an adapter; the program is started first if it is not running."""
        if self._command is not None and (self._process is None or self._process.poll() is not None):
            self._refuse_strangers()
            self._process = subprocess.Popen(  # noqa: S603 -- the user's own command
                shlex.split(self._command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return BlackBox(self, self._manifest())

    def _refuse_strangers(self) -> None:
        """Refuse to begin where something listens already: a program left over from yesterday would be judged instead.

        Raises:
            AdapterError: Something does.
        """
        if self._began:
            return
        self._began = True
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            raise AdapterError(
                "factory",
                f"something answers at {self.url} before {self._command!r} was started, perhaps an earlier start of "
                "it: stop it, or leave out --start-command to have it judged as it is",
            )

    def kill(self) -> None:
        """Kill the program and all it started, without notice; one that the run did not start lives on."""
        while self._idle:
            self._idle.pop().close()
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a kept-alive connection; one that failed is not used again."""
        try:
            taken = self._idle.pop()  # atomic: several threads may take one
        except IndexError:
            taken = Connection(self.host, self.port)
        try:
            yield taken
        except BaseException:
            taken.close()
            raise
        self._idle.append(taken)

    def _manifest(self) -> Any:
        until = time.monotonic() + (START_WITHIN_S if self._command is not None else 0)
        while True:
            try:
                with self.connection() as connection:
                    return connection.call("describe", "GET", f"{ROUTES}/manifest")
            except OSError as error:
                process = self._process
                if process is not None and process.poll() is not None:
                    raise AdapterError("factory", f"{self._command!r} ended with {process.returncode}") from None
                if time.monotonic() > until:
                    raise AdapterError("factory", f"nothing answers at {self.url}{ROUTES}/manifest: {error}") from None
                time.sleep(0.02)


class Connection:
    """One kept-alive connection."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN_S)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Sequence[tuple[str, str]] = ()
    ) -> tuple[int, bytes]:
        """Make a request, on a new connection where the other side has closed the idle one; never twice."""
        sock = self._connection.sock
        if sock is not None and select.select([sock], [], [], 0)[0]:
            self._connection.close()
        return self._once(method, path, body, headers)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def call(self, name: str, method: str, path: str, value: Any = None) -> Any:
        """Make a call of the adapter and return its JSON, None where there is none.

        Raises:
            AdapterError: The answer is no success, or no JSON.
        """
        body = None if value is None else json.dumps(value, default=_text).encode()
        status, answer = self.request(method, path, body, [("Content-Type", "application/json")] if body else ())
        if status >= 300:
            raise AdapterError(name, f"{method} {path} was answered {status}", answer[:2000].decode("utf-8", "replace"))
        if not answer.strip():
            return None
        try:
            return json.loads(answer)
        except ValueError as error:
            text = answer[:2000].decode("utf-8", "replace")
            raise AdapterError(name, f"{method} {path} was answered with what is no JSON: {error}", text) from None

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Sequence[tuple[str, str]]
    ) -> tuple[int, bytes]:
        self._connection.putrequest(method, path)
        for name, value in headers:
            self._connection.putheader(name, value)
        if body is not None or method in {"POST", "PUT"}:
            self._connection.putheader("Content-Length", str(len(body or b"")))
        self._connection.endheaders(body)
        response = self._connection.getresponse()
        return response.status, response.read()


class BlackBox:
    """The adapter's calls as requests. Optional calls are there where the manifest says so."""

    def __init__(self, target: Target, manifest: Any) -> None:
        self._target = target
        self._manifest = manifest
        self._killed = False
        given = manifest if isinstance(manifest, dict) else {}
        claimed = given.get("capabilities") or ()
        path = given.get("webhook_path")
        if isinstance(path, str):
            self._webhook_path = path
            self.webhook = self._webhook
        for capability, calls in BY_CAPABILITY.items():
            for name in calls if capability in claimed else ():
                setattr(self, name, getattr(self, f"_{name}"))
        if target.can_be_killed:
            self.crash = self._crash
            self.kill = self._kill

    def describe(self) -> Any:
        """Return the manifest."""
        return self._manifest

    def start(self, env: Env) -> None:
        """Start the program's work anew."""
        names = ("api_base", "client_id", "access_secret", "now", "zone", "store", "seed")
        self._call("start", "POST", "/start", {name: getattr(env, name) for name in names})

    def put_case(self, case: CaseIn) -> None:
        """Tell it a case."""
        self._call("put_case", "PUT", f"/cases/{quote(case.case_id)}", vars(case))

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Ask for a refresh."""
        self._call("request_refresh", "POST", f"/cases/{quote(case_id)}/refresh", {"cycle": cycle})

    def advance(self, now: datetime) -> Step:
        """Tell it the time."""
        given = self._call("advance", "POST", "/clock", {"now": now})
        if not isinstance(given, dict):
            raise AdapterError("advance", f"it gave {given!r}; next_wakeup and quiescent are wanted")
        wakeup = given.get("next_wakeup")
        return Step(None if wakeup is None else _instant("advance", wakeup), bool(given.get("quiescent", True)))

    def case(self, case_id: str) -> CaseView:
        """Ask for a case's view."""
        return _view("case", self._call("case", "GET", f"/cases/{quote(case_id)}"))

    def stop(self) -> None:
        """Let it shut its work down; the process stays."""
        self._call("stop", "POST", "/stop")

    def _webhook(self, headers: Sequence[tuple[str, str]], raw: bytes) -> HookReply:
        status, body = self._request("webhook", "POST", self._webhook_path, raw, headers)
        return HookReply(status, body)

    def _run_due(self, now: datetime, cycle: str) -> Any:
        return self._call("run_due", "POST", "/run-due", {"now": now, "cycle": cycle})

    def _cases(self, cursor: str | None) -> tuple[list[CaseView], str | None]:
        page = self._call("cases", "GET", "/cases" + (f"?cursor={quote(cursor)}" if cursor else ""))
        return [_view("cases", view) for view in page["results"]], page.get("cursor")

    def _outbox(self, since: int) -> Any:
        return self._call("outbox", "GET", f"/outbox?since={since}")["results"]

    def _logs(self, since: int) -> Any:
        return self._call("logs", "GET", f"/logs?since={since}")["results"]

    def _close_case(self, case_id: str) -> None:
        self._call("close_case", "POST", f"/cases/{quote(case_id)}/close")

    def _open_page(self, url: str) -> Any:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(self._target.host, self._target.port, timeout=ANSWER_WITHIN_S)
        with contextlib.closing(connection):
            connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
            token = connection.getresponse().headers.get("X-Bridge-Token")
        return {"bridge_token": token} if token else None

    def _crash(self) -> None:
        self._kill()

    def _kill(self) -> None:
        self._killed = True
        self._target.kill()

    def _call(self, name: str, method: str, path: str, value: Any = None) -> Any:
        try:
            with self._target.connection() as connection:
                return connection.call(name, method, ROUTES + path, value)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(name, error) from None

    def _request(self, name: str, method: str, path: str, body: bytes, headers: Sequence[tuple[str, str]]) -> Any:
        try:
            with self._target.connection() as connection:
                return connection.request(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise self._lost(name, error) from None

    def _lost(self, name: str, error: Exception) -> BaseException:
        if self._killed:
            return HarnessCrash("the program was killed")
        return AdapterError(name, f"the program at {self._target.url} did not answer: {type(error).__name__}: {error}")


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{value!r} has no form in JSON")


def _instant(call: str, text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise AdapterError(call, f"{text!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise AdapterError(call, f"{text!r} has no zone; times are RFC 3339 with Z")
    return moment


def _view(call: str, value: Any) -> CaseView:
    if not isinstance(value, dict) or not isinstance(value.get("case_id"), str) or "state" not in value:
        raise AdapterError(call, f"it gave {value!r}; a view with case_id, state, cycle is wanted")
    known = {name: value[name] for name in CaseView.__dataclass_fields__ if value.get(name) is not None}
    if "next_action_at" in known:
        known["next_action_at"] = _instant(call, known["next_action_at"])
    return CaseView(**{"cycle": "", **known})
