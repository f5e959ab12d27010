"""Look at what the integrator shows: cases, outbox, logs. Only what changed is written down."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.contract.adapter import STATES, CaseView
from mock_truv.contract.operations import STATUSES, Called, Logged, Message, Shown
from mock_truv.contract.run.program import AdapterError
from mock_truv.core.instants import MINUTE_US, SECOND_US, instant_of, parse_instant
from mock_truv.core.notices import EVENT_TYPES

if TYPE_CHECKING:
    from datetime import datetime

    from mock_truv.contract.run.driver import Run
    from mock_truv.world import World

MANY_CASES = 20
"""More cases than this are looked at once a virtual minute only."""
VERY_MANY_CASES = 400
"""More than this are looked at once in so many times ``EACH_US``: a look takes time for each of them."""
EACH_US = 2 * SECOND_US


class Watch:
    """Remembers what was seen, and writes down what is new."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._views: dict[str, CaseView] = {}
        self._outbox = 0
        self._logs = 0
        self._ops = -1
        self._looked_us = -1
        self._again_us = -1
        self.case_of_order: dict[str, str] = {}
        """Link order -> the case for which it was sent."""

    @property
    def is_seldom(self) -> bool:
        """Whether there are so many cases that they are looked at now and then only, and after each run."""
        return len(self._run.cases) > VERY_MANY_CASES

    @property
    def look_every_us(self) -> int:
        """How much time there is between two looks at many cases, at least."""
        return len(self._run.cases) * EACH_US if self.is_seldom else MINUTE_US

    def look(self, *, everything: bool = False) -> None:
        """Look at the outbox, the logs and the cases."""
        run = self._run
        if run.host.down_until_us is not None:
            return
        news = len(run.ops) != self._ops
        if run.manifest.has("outbox") and news:
            self._look_at_outbox()
        if run.manifest.has("logs") and news:
            self._look_at_logs()
        many = len(run.cases) > MANY_CASES
        everything = everything or (self.is_seldom and self._has_run_come())
        if everything or not many or (news and run.now_us - self._looked_us >= self.look_every_us):
            self._looked_us = run.now_us
            self._look_at_cases(many=many)
        elif news and self._again_us <= run.now_us:  # what is new will be looked at, even if nothing more happens
            self._again_us = self._looked_us + self.look_every_us
            run.plan_at(self._again_us, lambda: run.host.perform_alone(lambda: self.look(everything=True)))
        self._ops = len(run.ops)

    def _has_run_come(self) -> bool:
        """Return whether a run was made since the last look; it tells what is shown right after it."""
        since = self._run.ops[max(self._ops, 0) :]
        return any(isinstance(op, Called) and op.name == "run_due" for op in since)

    def _look_at_outbox(self) -> None:
        run = self._run
        for entry in run.host.call("outbox", self._outbox, quiet=True) or ():
            if not isinstance(entry, dict) or not isinstance(entry.get("seq"), int):
                raise AdapterError("outbox", f"an entry is a mapping with seq, kind, case_id …; it gave {entry!r}")
            self._outbox = max(self._outbox, entry["seq"])
            sent = entry.get("sent_at")
            message = Message(
                at_us=run.now_us,
                kind=str(entry.get("kind")),
                case_id=str(entry.get("case_id")),
                person_ref=str(entry.get("person_ref")),
                order_id=entry.get("order_id"),
                url=entry.get("url"),
                sent_us=run.now_us if sent is None else instant_us(sent) - run.host.skew_us,
                text=json.dumps(entry, default=str, sort_keys=True),
            )
            run.record(message)
            if message.kind in {"link", "reminder"}:
                if message.order_id is not None:
                    self.case_of_order.setdefault(message.order_id, message.case_id)
                run.people.link_reached(message.case_id, message.order_id, message.url)
            run.points.reached("announced")

    def _look_at_logs(self) -> None:
        run = self._run
        lines = run.host.call("logs", self._logs, quiet=True) or ()
        for line in lines:
            text = str(line.get("line", line)) if isinstance(line, dict) else str(line)
            self._logs = line["seq"] if isinstance(line, dict) and "seq" in line else self._logs + 1
            run.record(Logged(at_us=run.now_us, line=text))

    def _look_at_cases(self, *, many: bool) -> None:
        run = self._run
        if many and "cases" in run.host.calls:
            cursor = None
            for _ in range(len(run.cases) + 1):
                page = run.host.call("cases", cursor, quiet=True)
                if page is None:
                    return
                found, cursor = page
                for view in found:
                    self._note(view)
                if cursor is None:
                    return
            raise AdapterError("cases", "its pages do not end")
        for case_id in run.cases:
            view = run.host.call("case", case_id, quiet=True)
            if view is not None:
                self._note(view)

    def _note(self, view: Any) -> None:
        run = self._run
        if not isinstance(view, CaseView):
            raise AdapterError("case", f"it gave {view!r}; a CaseView is wanted")
        state = run.manifest.state(view.state)
        if state not in STATES:
            raise AdapterError("case", f"the state {state!r} is unknown; name one of {', '.join(STATES)} in state_map")
        if state != view.state:
            view = replace(view, state=state)
        if self._views.get(view.case_id) != view:
            self._views[view.case_id] = view
            run.record(Shown(at_us=run.now_us, view=view))


def instant_us(moment: datetime | str) -> int:
    """Return the instant of an aware ``datetime`` or of its RFC 3339 text."""
    return parse_instant(moment) if isinstance(moment, str) else instant_of(moment)


@lru_cache(maxsize=256)
def decoded(body: bytes) -> Any:
    """Return the JSON of a body; its text where it is none, None where it is empty. Not to be changed: it is shared."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode("utf-8", "replace")


def strangeness(world: World, event: Any) -> str | None:
    """Return ``strange`` for an event of an unknown type or status, or of somebody never seen."""
    if not isinstance(event, dict):
        return "unreadable"
    state = world.state
    unknown = event.get("event_type") not in EVENT_TYPES
    status = event.get("status")
    unknown = unknown or (isinstance(status, str) and status not in STATUSES)
    unknown = unknown or (event.get("user_id") is not None and event["user_id"] not in state.users)
    unknown = unknown or (event.get("order_id") is not None and event["order_id"] not in state.orders)
    return "strange" if unknown else None
