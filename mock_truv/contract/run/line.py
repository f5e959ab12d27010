"""The line between an integrator and Truv: requests come in, faults are performed, control points are passed."""

from __future__ import annotations

import time
from concurrent.futures import wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from mock_truv.api import printing
from mock_truv.api.call import ORIGIN, Answer, Request
from mock_truv.contract.adapter import HarnessCrash
from mock_truv.contract.operations import Sent
from mock_truv.contract.run import views
from mock_truv.contract.run.work import is_at_work
from mock_truv.core.errors import ApiError
from mock_truv.core.instants import SECOND_US, datetime_of, instant_of, text_http
from mock_truv.pdf import MEDIA_TYPE, printed
from mock_truv.runtime.hub import DEFAULT_CLIENT_ID, DEFAULT_SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future
    from datetime import datetime

    from mock_truv.contract.run.driver import Run

DEFAULT_TIMEOUT_S = 30.0
PATIENCE_S = 0.05
"""A call made within another counts as blocked if it is not done after so much real time in which nobody worked."""
QUIET_SEPARATE = 5
"""So many times in a row for a program of its own, of which it is not seen whether it works."""
LOOKS_MAX = 60
"""After so many, a call counts as blocked although somebody works: it may be somebody else."""


class CutError(ConnectionError):
    """The connection was closed in the middle of an answer."""

    def __init__(self, status: int, headers: dict[str, str], part: bytes, promised: int) -> None:
        super().__init__(f"the connection was closed after {len(part)} of {promised} bytes")
        self.status = status
        self.headers = headers
        self.part = part
        self.promised = promised


class Line:
    """Serves the requests of every start of one program, one at a time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._inside = 0
        """Threads at work in here, those apart that wait for a call made within theirs."""
        self._open = 0

    def sender(self, start: int) -> Callable[..., tuple[int, dict[str, str], bytes]]:
        """Return ``env.send`` of a start; once that start has died, it raises ``HarnessCrash``."""

        def send(
            method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None,
            timeout: float | None = None,
        ) -> tuple[int, dict[str, str], bytes]:  # fmt: skip
            return self.serve(start, method, url, headers or {}, body or b"", timeout)

        return send

    def clock(self, start: int) -> HostClock:
        """Return ``env.clock`` of a start."""
        return HostClock(self._run, self, start)

    def serve(
        self, start: int, method: str, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float | None
    ) -> tuple[int, dict[str, str], bytes]:
        """Serve one request of a start.

        Raises:
            TimeoutError: No answer came within ``timeout_s``.
            ConnectionError: The connection broke, or nothing listens there.
            HarnessCrash: The program died at this point, or long ago.
        """
        with self._run.lock:
            self._enter()
            try:
                return self._serve(start, method, url, headers, body, timeout_s or DEFAULT_TIMEOUT_S)
            finally:
                self._inside -= 1

    def _enter(self) -> None:
        self._inside += 1

    def give_way(self, future: Future[Any]) -> None:
        """Wait for a call made within an open one: until it is done, or blocked and nobody is at work."""
        run = self._run
        needed = QUIET_SEPARATE if run.is_separate else 1
        self._inside -= 1
        depth = release_all(run.lock)
        looked = quiet = 0
        try:
            while quiet < needed and looked < LOOKS_MAX:
                spent_s = time.process_time()
                done, _ = wait([future], timeout=PATIENCE_S)
                if done:
                    return
                if self._inside <= 0:
                    looked += 1
                    quiet = 0 if is_at_work(spent_s) else quiet + 1
        finally:
            for _ in range(depth):
                run.lock.acquire()
            self._inside += 1

    def check_alive(self, start: int) -> None:
        """Refuse a start that has died.

        Raises:
            HarnessCrash: It has.
        """
        if self._run.is_over or start != self._run.host.start_number or self._run.host.down_until_us is not None:
            raise HarnessCrash("this start has ended")

    def _serve(
        self, start: int, method: str, url: str, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> tuple[int, dict[str, str], bytes]:
        run = self._run
        self.check_alive(start)
        parts = urlsplit(url)
        path = parts.path.removeprefix(urlsplit(run.host.base_of(start)).path)
        text = body.decode("utf-8", "replace")
        op = Sent(
            at_us=run.now_us, method=method.upper(), path=path, query=parts.query, body=views.decoded(body),
            raw=f"{url}\n{text}", start=start, open_requests=self._open + 1,
        )  # fmt: skip
        seq = run.record(op)
        self._open += 1
        try:
            return self._exchange(op, seq, headers, text, timeout_s)
        except HarnessCrash:
            known = run.ops[seq - 1]
            assert isinstance(known, Sent), "a request stays a request"
            run.amend(seq, replace(known, error="crash", ended_us=run.now_us))
            raise
        finally:
            self._open -= 1

    def _exchange(
        self, op: Sent, seq: int, headers: Mapping[str, str], text: str, timeout_s: float
    ) -> tuple[int, dict[str, str], bytes]:
        run = self._run
        run.points.reached("sending", op)
        self.check_alive(op.start)
        answer, op = self._answer(op, headers, text)
        run.amend(seq, op)
        if op.committed:
            run.points.reached("committed", op)
            self.check_alive(op.start)
        timeout_us = round(timeout_s * SECOND_US)
        if answer.hold_us:
            run.pass_time(min(answer.hold_us, timeout_us))
        self.check_alive(op.start)
        if answer.hold_us > timeout_us:
            run.amend(seq, replace(op, error="timeout", ended_us=run.now_us))
            raise TimeoutError(f"no answer within {timeout_s:g} s")
        if answer.ending == "none":
            run.amend(seq, replace(op, error="reset", ended_us=run.now_us))
            raise ConnectionError("the connection was closed before an answer came")
        if answer.headers.get("content-type") == MEDIA_TYPE:
            answer = printed(answer, run.origin)
            payload = answer.body
        else:
            payload = answer.body.replace(ORIGIN, run.origin)
        given = {name.title(): value for name, value in answer.headers.items()}
        given["Date"] = text_http(run.now_us // SECOND_US * SECOND_US)
        if answer.ending == "cut":
            run.amend(seq, replace(op, error="cut", ended_us=run.now_us))
            raise CutError(answer.status, given, payload[: answer.cut_bytes], len(payload))
        done = replace(op, status=answer.status, answer=views.decoded(payload), ended_us=run.now_us,
                       retry_after=given.get("Retry-After"))  # fmt: skip
        run.amend(seq, done)
        run.points.reached("answered", done)
        self.check_alive(op.start)
        return answer.status, given, payload

    def _answer(self, op: Sent, headers: Mapping[str, str], text: str) -> tuple[Answer, Sent]:
        """Let the world answer, and note what that did."""
        run = self._run
        known = {name.lower(): value for name, value in headers.items()}
        keys = (known.get("x-access-client-id"), known.get("x-access-secret"))
        if keys != (DEFAULT_CLIENT_ID, DEFAULT_SECRET) and not printing.is_file(op.path):
            error = ApiError(401, "authentication_failed", "No such token")
            return Answer(401, msgspec.json.encode(error.body()), {"content-type": "application/json"}), op
        asked = run.ask(
            Request(
                method=op.method, path=op.path, query=op.query, body=text, accept=known.get("accept", ""),
                content_type=known.get("content-type", ""), idempotency_key=known.get("idempotency-key", ""),
            )
        )  # fmt: skip
        answer = asked.outcome.answer
        assert answer is not None, "a request has an answer"
        fault = next((event.id for event in asked.outcome.events if event.name == "fault"), None)
        if asked.order_id is not None:
            run.note_order(asked.order_id)
        changed = asked.order_id is not None or bool(asked.task_ids)
        other = op.is_write and not op.is_refresh and not op.is_new_order and answer.status < 300
        return answer, replace(op, fault=fault, made=asked.order_id, committed=changed or other)


class HostClock:
    """The clock of the integrator's host, as the run shows it."""

    def __init__(self, run: Run, line: Line, start: int) -> None:
        self._run = run
        self._line = line
        self._start = start

    def now(self) -> datetime:
        """Return the present instant of the host, aware, UTC."""
        return datetime_of(self._run.now_us + self._run.host.skew_us)

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; what is due meanwhile happens."""
        with self._run.lock:
            self._line.check_alive(self._start)
            self._line._enter()  # noqa: SLF001 -- the clock is a part of the line
            try:
                self._run.pass_time(max(round(seconds * SECOND_US), 0))
            finally:
                self._line._inside -= 1  # noqa: SLF001
            self._line.check_alive(self._start)

    def call_at(self, when: datetime, function: Callable[[], Any]) -> None:
        """Have a function called at an instant, unless the program has died by then."""

        def deed() -> None:
            if self._run.host.start_number == self._start and self._run.host.down_until_us is None:
                function()

        self._run.plan_at(instant_of(when) - self._run.host.skew_us, deed)


def release_all(lock: Any) -> int:
    """Release a re-entrant lock wholly; return how often it was held."""
    depth = 0
    while lock._is_owned():  # noqa: SLF001 -- the only way to ask
        lock.release()
        depth += 1
    return depth
