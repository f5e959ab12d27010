"""An integrator without an adapter: two requests of one's own make it work, and only Truv's side is looked at.

What cannot be seen from there is N/A. A program without an adapter has its own clock: it runs in real time, or, where
the run starts it under ``faketime``, on the run's time. After every call the run waits until the program is quiet.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import http.client
import os
import shlex
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mock_truv.contract.adapter import CaseView, HookReply, Step
from mock_truv.contract.errors import TargetError
from mock_truv.contract.run.program import AdapterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mock_truv.contract.adapter import CaseIn, Env
    from mock_truv.contract.run.listener import Listener

OBSERVABLE = (
    "RF-01", "RF-03", "RF-04", "RF-20", "RF-21", "RF-22", "RF-25", "RF-28", "RF-50", "RF-51", "RF-52", "RF-61",
    "RF-64", "RF-65", "RF-76", "RF-77", "RF-87",
)  # fmt: skip
"""Clauses that can be judged from Truv's side alone."""
TIMED = frozenset({"RF-20", "RF-21", "RF-22", "RF-25", "RF-28", "RF-76", "RF-77"})
"""Those of them that need the program's clock (``--start-command`` with ``--faketime``)."""
NO_ADAPTER = "needs an adapter: it cannot be seen from Truv's side (mock-truv verify --scaffold http)"
NO_CLOCK = "needs the program's clock: --start-command with --faketime, or an adapter"
QUIET_S = 0.3
QUIET_WITHIN_S = 10.0
ANSWER_WITHIN_S = 30.0
WAKE_US = timedelta(hours=1)
LIBRARIES = ("libfaketime.so.1", "libfaketimeMT.so.1")
PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime", "/opt/homebrew/lib/faketime")


@dataclass(frozen=True)
class Template:
    """A request of one's own, ``METHOD URL BODY``, with ``{case_id}`` and the like in it."""

    method: str
    url: str
    body: str

    @classmethod
    def parse(cls, option: str, text: str) -> Template:
        """Return the template of an option's text.

        Raises:
            TargetError: It has no method or no http URL of this machine.
        """
        method, _, rest = text.strip().partition(" ")
        url, _, body = rest.strip().partition(" ")
        parts = urlsplit(url)
        if not method.isalpha() or parts.scheme != "http" or not parts.hostname:
            raise TargetError(
                f"{option} {text!r}: it reads METHOD URL BODY, as in 'POST http://127.0.0.1:8000/refresh/{{case_id}}'"
            )
        return cls(method.upper(), url, body.strip())

    def send(self, name: str, values: dict[str, str]) -> None:
        """Send it with its places filled.

        Raises:
            AdapterError: It was not answered, or with an error.
        """
        url, body = self.url, self.body
        for key, value in values.items():
            url, body = url.replace(f"{{{key}}}", value), body.replace(f"{{{key}}}", value)
        status, answer = exchange(name, self.method, url, body.encode(), [("Content-Type", "application/json")])
        if status >= 400:
            raise AdapterError(
                name, f"{self.method} {url} was answered {status}", answer[:2000].decode("utf-8", "replace")
            )


@dataclass
class Observed:
    """How a program is made to work, and where it is."""

    put_case: Template
    trigger: Template
    listener: Listener
    webhook_url: str | None = None
    start_command: str | None = None
    faketime: bool = False
    quiet_s: float = QUIET_S
    process: subprocess.Popen[bytes] | None = None
    clock_file: str = field(default_factory=lambda: str(Path(tempfile.mkdtemp(prefix="mock-truv-clock-")) / "now"))

    def factory(self) -> Observer:
        """Return an integrator object."""
        return Observer(self)

    def kill(self) -> None:
        """End the program, if the run started it."""
        process, self.process = self.process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def launch(self, env: Env) -> None:
        """Start the program; its command may name ``{api_base}``, ``{client_id}``, ``{access_secret}``, ``{store}``."""
        if self.start_command is None:
            return
        self.kill()
        values = {
            "api_base": env.api_base,
            "client_id": env.client_id,
            "access_secret": env.access_secret,
            "store": env.store,
        }
        command = [part.format_map(values) for part in shlex.split(self.start_command)]
        surroundings = dict(os.environ) | {f"TRUV_{name.upper()}": value for name, value in values.items()}
        if self.faketime:
            self.tell(env.now)
            surroundings |= {
                "LD_PRELOAD": faketime_library(), "FAKETIME_TIMESTAMP_FILE": self.clock_file, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": env.zone,
            }  # fmt: skip
        self.process = subprocess.Popen(  # noqa: S603 -- the user's own command
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings,
            start_new_session=True,
        )  # fmt: skip
        _wait_for(self.put_case.url, self.process)

    def tell(self, now: datetime) -> None:
        """Tell a program under faketime the time."""
        path = Path(self.clock_file)
        fresh = path.with_suffix(".new")
        fresh.write_text(now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"))
        fresh.replace(path)

    def settle(self) -> None:
        """Wait in real time until the program has asked Truv nothing for a while."""
        until, seen, quiet_since = time.monotonic() + QUIET_WITHIN_S, self.listener.requests, time.monotonic()
        while time.monotonic() < until and time.monotonic() - quiet_since < self.quiet_s:
            time.sleep(self.quiet_s / 10)
            if self.listener.requests != seen:
                seen, quiet_since = self.listener.requests, time.monotonic()


def unseen(clause_ids: Iterable[str], *, faketime: bool) -> dict[str, str]:
    """Return the clauses that cannot be judged without an adapter, each with what would be needed."""
    found = {ident: NO_ADAPTER for ident in clause_ids if ident not in OBSERVABLE}
    return found if faketime else found | {ident: NO_CLOCK for ident in clause_ids if ident in TIMED}


class Observer:
    """The calls of an adapter, as far as two requests and a look at Truv's side can give them."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        self._cases: dict[str, CaseIn] = {}
        if observed.webhook_url is not None:
            self.webhook = self._webhook

    def describe(self) -> dict[str, Any]:
        """Return what can be said without asking."""
        return {
            "name": "observed program",
            "capabilities": ["clock"] if self._observed.faketime else [],
            "reentrancy": "queue",
        }

    def start(self, env: Env) -> None:
        """Start the program, where the run does."""
        self._observed.launch(env)

    def put_case(self, case: CaseIn) -> None:
        """Make the program know a case."""
        self._cases[case.case_id] = case
        self._observed.put_case.send("put_case", _values(case, ""))

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Make it refresh a case."""
        self._observed.trigger.send("request_refresh", _values(self._cases[case_id], cycle))
        self._observed.settle()

    def advance(self, now: datetime) -> Step:
        """Let it work until it is quiet."""
        if self._observed.faketime:
            self._observed.tell(now)
        self._observed.settle()
        return Step(now + WAKE_US if self._observed.faketime else None)

    def case(self, case_id: str) -> CaseView:
        """Nothing is known of what it shows."""
        return CaseView(case_id, "DUE", "")

    def stop(self) -> None:
        """End it, where the run started it."""
        self._observed.kill()

    def _webhook(self, headers: Sequence[tuple[str, str]], raw: bytes) -> HookReply:
        url = self._observed.webhook_url
        assert url is not None
        status, body = exchange("webhook", "POST", url, raw, headers)
        return HookReply(status, body)


def exchange(name: str, method: str, url: str, body: bytes, headers: Sequence[tuple[str, str]]) -> tuple[int, bytes]:
    """Make one request of the run to the program.

    Raises:
        AdapterError: Nobody answers.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWER_WITHIN_S)
    with contextlib.closing(connection):
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise AdapterError(name, f"{method} {url}: {type(error).__name__}: {error}") from None


def faketime_library() -> str:
    """Return the path of libfaketime.

    Raises:
        TargetError: It is not installed.
    """
    for pattern in PLACES:
        for folder in Path("/").glob(pattern.lstrip("/")):
            for name in LIBRARIES:
                if (folder / name).exists():
                    return str(folder / name)
    found = ctypes.util.find_library("faketime")
    if found:
        return found
    raise TargetError("--faketime needs libfaketime (Debian: apt-get install faketime)")


def _values(case: CaseIn, cycle: str) -> dict[str, str]:
    return {
        "case_id": case.case_id, "person_ref": case.person_ref, "source_order_id": case.source_order_id,
        "product": case.product, "order_number": case.order_number or "", "cycle": cycle,
    }  # fmt: skip


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait in real time until somebody listens where the cases are put."""
    import socket  # noqa: PLC0415

    parts = urlsplit(url)
    until = time.monotonic() + ANSWER_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AdapterError("start", f"the command ended with {process.returncode}")
        with (
            contextlib.suppress(OSError),
            socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1),
        ):
            return
        time.sleep(0.05)
    raise AdapterError("start", f"nobody listens at {parts.netloc} after {ANSWER_WITHIN_S:g} s")
