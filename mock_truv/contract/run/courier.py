"""Webhooks of a story: signed, handed over to the integrator, and what it answered told to the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.commands import Delivered
from mock_truv.contract.operations import Hook
from mock_truv.contract.run import views
from mock_truv.contract.run.program import AdapterError
from mock_truv.core.instants import SECOND_US
from mock_truv.delivery.forgery import signed
from mock_truv.delivery.signing import HEADER, USER_AGENT
from mock_truv.runtime.hub import DEFAULT_SECRET

if TYPE_CHECKING:
    from mock_truv.contract.run.driver import Run
    from mock_truv.core.base import Deliver

ANSWER_WITHIN_US = 10 * SECOND_US
"""A receiver answers within 10 s (webhooks page)."""


class Courier:
    """Brings webhooks to the integrator of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._late: list[tuple[Deliver, int]] = []

    def deliver(self, effect: Deliver) -> None:
        """Hand a webhook over, or keep it while a program that does one thing at a time is busy."""
        run = self._run
        if run.host.is_busy and run.manifest.reentrancy == "none":
            self._late.append((effect, run.now_us))
        else:
            self._hand_over(effect, run.now_us)

    def deliver_late(self) -> None:
        """Hand over what came while a program that does one thing at a time was busy; who waited 10 s has gone."""
        run = self._run
        while self._late and not run.host.is_busy:
            effect, since_us = self._late.pop(0)
            if run.now_us - since_us > ANSWER_WITHIN_US:
                self._answered(effect, None, None, b"", "timeout", run.now_us - since_us)
            else:
                self._hand_over(effect, since_us)

    def _hand_over(self, effect: Deliver, since_us: int) -> None:
        run = self._run
        body, signature = signed(effect.body, DEFAULT_SECRET, effect.forgery)
        if run.host.is_down:
            self._answered(effect, body, None, b"", "refused", 0)
            return
        headers = [("Content-Type", "application/json"), ("User-Agent", USER_AGENT)]
        if signature is not None:
            headers.append((HEADER, signature))
            run.signatures.add(signature.removeprefix("v1="))
        run.host.call_or_later(
            "webhook", (headers, body), lambda reply: self._replied(effect, body, since_us, reply),
            lambda error: self._answered(effect, body, 500, b"", error, run.now_us - since_us),
        )  # fmt: skip

    def _replied(self, effect: Deliver, body: bytes, since_us: int, reply: Any) -> None:
        run = self._run
        status = reply if isinstance(reply, int) else getattr(reply, "status", None)
        if not isinstance(status, int):
            run.host.fault = AdapterError("webhook", f"it gave {reply!r}; a HookReply or a status is wanted")
            status = 500
        elapsed_us = max(run.now_us - since_us, round(getattr(reply, "elapsed_s", 0.0) * SECOND_US))
        late = elapsed_us > ANSWER_WITHIN_US
        answer = getattr(reply, "body", b"")
        self._answered(effect, body, None if late else status, answer, "timeout" if late else None, elapsed_us)

    def _answered(self, effect: Deliver, body: bytes | None, status: int | None, answer: bytes, error: str | None,
                  elapsed_us: int) -> None:  # fmt: skip
        run = self._run
        event = views.decoded(body if body is not None else effect.body)
        run.record(
            Hook(
                at_us=run.now_us,
                webhook_id=effect.webhook_id,
                event=event if isinstance(event, dict) else {},
                raw=body or b"",
                forgery=effect.forgery,
                fault=views.strangeness(run.world, event),
                attempt=effect.attempt,
                status=status,
                answer=answer,
                error=error,
                elapsed_us=elapsed_us,
            )
        )
        run.give(Delivered(effect.webhook_id, effect.attempt, status, None if status is not None else error or "none"))
        if status is not None and status < 300 and effect.forgery is None:
            run.points.reached("acknowledged")
