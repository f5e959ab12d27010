"""An integrator that works at night: one run a day goes through all cases that are due or under way, one by one.

A case is a file of its own, replaced as a whole before and after every request that makes something. So a run that was
killed is simply run again: what is done is seen in the files, and what was being sent is settled first. A run waits on
its clock, if it has one, for pauses to end and for the orders that it has just made; if not, the next run sees to them.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.integrators.common import cases, course, files, orders, reading
from examples.integrators.common.truv import Paused, Refused, Truv, Unknown
from mock_truv.contract.adapter import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from examples.integrators.common.cases import Record
    from mock_truv.contract.adapter import CaseIn, CaseView, Env

HOUR_S, DAY_S = 3600.0, 86_400.0
RUN_AT_S = 2 * HOUR_S
"""Seconds after midnight, UTC."""
ROUNDS_S = (600.0, 900.0)
"""Waits after which a run looks again at what it has begun."""
LONGEST_RUN_S = 6 * HOUR_S
RETRY_S = (12 * HOUR_S, 12 * HOUR_S)
"""A refresh that may be mended is tried again in the next night, and once more."""
STUCK_S = 40 * HOUR_S
OUTAGE_AFTER, OUTAGE_S = 5, 300.0
"""So many requests in a row without an answer are an outage: the run waits, ever longer."""
RATE, RATE_S = 250, 60.0
PAGE = 100
BUCKETS = {
    "READY": "ready", "PARTIAL": "partial", "RETRY_WAIT": "retry", "LIMIT_WAIT": "limit", "REAUTH_NEEDED": "link",
    "REAUTH_SENT": "link", "MANUAL": "manual", "BLOCKED": "blocked", "REFRESHING": "refreshing",
    "UNKNOWN_OUTCOME": "refreshing", "DUE": "not_started", "IDLE": "not_started", "CLOSED": "closed",
}  # fmt: skip
MANIFEST = {
    "adapter": 1, "name": "nightly-batch", "version": "1", "style": "batch",
    "capabilities": ["poll", "persist", "bulk", "due", "reauth", "outbox", "list", "logs", "multi"],
    "reentrancy": "none",
    "bounds_s": {"B-PREFILL": 86400, "B-LOSS": 86400, "B-STUCK": 259200, "B-LIMIT-RESUME": 86400},
    "counts": {"B-RETRY-N": 3, "B-REOFFER": course.REOFFERS, "concurrency": 1, "budget_per_day": None},
    "policies": {"age_skip_days": None, "partial": "hold", "unknown_post": "reconcile", "link_on_locked": False,
                 "reminders": 0, "run_times": ["02:00"]},
    "http_timeout_s": 20,
}  # fmt: skip


class EndOfRun(Exception):  # noqa: N818 -- nothing is wrong
    """No time is left, or nobody to wait with: the next run goes on."""


def factory() -> NightlyBatch:
    """Return a fresh integrator."""
    return NightlyBatch()


class NightlyBatch:
    """Goes through all cases once a night."""

    def describe(self) -> Mapping[str, Any]:
        """Return the manifest."""
        return MANIFEST

    def start(self, env: Env) -> None:
        """Read all files; whatever was being sent when the program died is of unknown outcome."""
        self._env, self._at, self._store = env, env.now, Path(env.store)
        (self._store / "cases").mkdir(exist_ok=True)
        self._gate: dict[str, Any] = files.read(self._store / "account.json", {})
        self._truv = Truv(replace(env, send=self._send), self._gate, self._now)
        self._cases: dict[str, Record] = {}
        self._known: set[str] = set()
        self._by_link: dict[str, set[str]] = {}
        self._recent: list[float] = []
        self._failures, self._began = 0, self._now()
        for file in sorted((self._store / "cases").glob("*.json")):
            case = files.read(file, None)
            self._keep(case)
            for sent in cases.under_way(case):
                if sent["state"] == "sending":
                    course.unknown(case, sent, self._now())

    def put_case(self, case: CaseIn) -> None:
        """Learn of a case, or of the next day on which it is due."""
        known = self._cases.get(case.case_id)
        if known is None:
            known = cases.new(case) | {"marked": None, "taken": None, "refreshed": {}}
        known["due_on"] = case.due_on
        self._save(known)

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Mark a case as due; the next run takes it up."""
        case = self._cases[case_id]
        if case["cycle"] != cycle:
            case["marked"] = cycle
            self._save(case)

    def run_due(self, now: datetime, cycle: str) -> Mapping[str, int]:
        """Take up what is due, see to what is under way, and return how many cases stand where."""
        self._at, self._began, self._failures = now, now.timestamp(), 0
        # the earliest due first; what is under way does not delay what is new
        order = sorted(self._cases.values(), key=lambda it: (cases.is_open(it), it["due_on"] or "9999", it["id"]))
        mine = [case for case in order if self._take_up(case, now, cycle)]
        with suppress(EndOfRun):
            for wait_s in (*ROUNDS_S, 0.0):
                for case in mine:
                    self._see_to(case)
                if not wait_s or not any(_has_due(case, self._now() + wait_s) for case in mine):
                    break
                self._wait(wait_s)
        files.replace(self._store / "account.json", self._gate)
        return Counter(BUCKETS[self.case(case["id"]).state] for case in mine)

    def advance(self, now: datetime) -> Step:
        """Nothing happens between runs."""
        self._at = now
        return Step(None)

    def case(self, case_id: str) -> CaseView:
        """Return what the caseworker's screen shows: data only when every employer is final."""
        case = self._cases[case_id]
        at = cases.next_at(case)
        if at is not None:  # nothing happens before the next run
            at = (max(at, self._now()) - RUN_AT_S) // DAY_S * DAY_S + DAY_S + RUN_AT_S
        view = cases.view(case, at, blocked=bool(self._gate.get("blocked")), hold=True)
        if case["marked"] is not None and view.state in {"IDLE", "READY", "MANUAL"}:
            return replace(view, state="DUE")
        return view

    def cases(self, cursor: str | None) -> tuple[Sequence[CaseView], str | None]:
        """Return a page of cases and where the next one begins."""
        ids = [it for it in sorted(self._cases) if cursor is None or it > cursor][: PAGE + 1]
        return [self.case(it) for it in ids[:PAGE]], ids[PAGE - 1] if len(ids) > PAGE else None

    def outbox(self, since: int) -> Sequence[Mapping[str, Any]]:
        """Return the messages after number ``since``."""
        found = [json.loads(line) for line in files.lines(self._store / "outbox.jsonl")]
        return [{"seq": seq, **entry} for seq, entry in enumerate(found, 1) if seq > since]

    def logs(self, since: int) -> Sequence[str]:
        """Return the lines of the log after the first ``since``."""
        return files.lines(self._store / "log.txt")[since:]

    def stop(self) -> None:
        """Nothing is to be done: everything is in the files."""

    crash = stop

    # --- a run ---

    def _take_up(self, case: Record, now: datetime, cycle: str) -> bool:
        """Begin a case's cycle if it is due (once for each due date); return whether it is part of this run."""
        due_on = case["due_on"]
        is_due = due_on is not None and due_on != case["taken"] and due_on <= now.astimezone(UTC).date().isoformat()
        wanted = case["marked"] or (cycle if is_due else None)
        if wanted is not None:
            cases.begin(case, wanted, self._now())
            case |= {"marked": None, "taken": due_on if is_due else case["taken"]}
            self._save(case)
        return wanted is not None or cases.is_open(case) or case["cycle"] == cycle

    def _see_to(self, case: Record) -> None:
        """Do all that is due for a case. What goes wrong with it is its own affair; a pause is everybody's."""
        while _has_due(case, self._now()):
            self._pace()
            sent = next((it for it in cases.under_way(case) if it["look_at"] <= self._now()), case)
            try:
                self._act_of(case, sent)(case, sent)
                sent |= {"fails": 0, "refusals": 0}
            except Paused:
                files.replace(self._store / "account.json", self._gate)
                if self._gate.get("blocked"):
                    return  # the next probe is another case's turn
            except (Unknown, Refused) as problem:
                course.put_off(case, sent, problem, self._now(), ROUNDS_S[0] / 2, STUCK_S)
                self._log(case, f"put off: {problem}")
            except Exception as error:  # noqa: BLE001 -- whatever one case brings, the others go on
                cases.give_up(case, case["employers"], type(error).__name__)
                case |= {"attempts": [], "offer": None, "at": None, "reason": type(error).__name__}
                self._log(case, f"given to a person: {type(error).__name__}")
            self._save(case)

    def _act_of(self, case: Record, sent: Record) -> Callable[[Record, Record], None]:
        """Return what is to be done with an order that is under way, or else with the case itself."""
        if sent is not case:
            lost = self._find_offer if sent is case["offer"] else self._find_refresh
            return {"running": self._look, "made": self._send_link, "sent": self._look_at_offer}.get(
                sent["state"], lost
            )
        if case["at"] is not None and case["at"] <= self._now():
            return self._read_source
        return self._refresh if cases.due(case, cases.WAITING, self._now()) else self._make_offer

    def _read_source(self, case: Record, _: Record) -> None:
        cases.take_source(case, self._truv.order(case["source"]))

    def _refresh(self, case: Record, _: Record) -> None:
        """Order a refresh of what is due, as far as limits allow. The attempt is stored before it is sent."""
        counted = {  # by every case that shares the connection
            link: [at for it in ids for at in self._cases[it]["refreshed"].get(link, [])]
            for link, ids in (
                (it["link"], self._by_link.get(it["link"] or "", ())) for it in case["employers"].values()
            )
        }
        mine = course.within_limits(case, counted, self._now())
        if not mine:
            return
        case["made"] += 1
        sent = course.attempt(mine, self._now())
        case["attempts"].append(sent)
        course.count(case["refreshed"], sent, self._now())
        self._save(case)
        body = {"products": [case["product"]], "employers": [{"id": it["sub"]} for it in mine.values()]}
        try:
            order = self._truv.new_order(f"/orders/{sent['source']}/", body, key=f"{case['id']}-{case['made']}")
        except Unknown:
            course.unknown(case, sent, self._now())
        except (Paused, Refused) as problem:
            case["attempts"].remove(sent)
            course.count(case["refreshed"], sent, None)
            course.not_begun(mine.values(), problem, self._now(), again_s=ROUNDS_S[0])
            if isinstance(problem, Paused):
                self._save(case)
                raise
        else:
            course.count(case["refreshed"], sent, self._now())
            course.adopt(case, sent, order, self._now() + ROUNDS_S[0])

    def _find_refresh(self, case: Record, sent: Record) -> None:
        """Settle an unknown outcome: adopt the order it made, or repeat."""
        order = orders.find_refresh(self._truv, sent["source"], sent["began"], self._known)
        if order is not None:
            course.adopt(case, sent, order, self._now())
        else:
            course.nothing_made(case, sent)

    def _look(self, case: Record, sent: Record) -> None:
        """Read a refresh order and act on its end."""
        results = reading.refresh_results(self._truv, case, sent, stuck_s=STUCK_S)
        if results is None:
            sent["look_at"] = self._now() + ROUNDS_S[0]
        else:
            course.settle(case, sent, results, self._now(), RETRY_S)
            self._log(case, f"order {sent['order_id']} is over")

    def _make_offer(self, case: Record, _: Record) -> None:
        """Make a link order, unless the person has a link already; stored before it is sent, like a refresh."""
        asks = cases.due(case, ["REAUTH_NEEDED"], self._now())
        if any(it["offer"] and it["person"] == case["person"] for it in self._cases.values()):
            for it in asks.values():
                it["at"] = self._now() + HOUR_S
            return
        case["offer"] = sent = course.offer(case, asks, self._now())
        self._save(case)
        try:
            order = self._truv.new_order("/orders/", course.link_order(case, sent), key=sent["number"])
        except Unknown:
            course.unknown(case, sent, self._now())
        except (Paused, Refused) as problem:
            case["offer"] = None
            if isinstance(problem, Paused):
                self._save(case)
                raise
            course.not_offered(asks.values(), problem, self._now())
        else:
            course.adopt(case, sent, order, self._now())

    def _find_offer(self, case: Record, sent: Record) -> None:
        order = orders.find_link_order(self._truv, sent["number"], {})
        if order is not None:
            course.adopt(case, sent, order, self._now())
        else:
            case["offer"] = None

    def _send_link(self, case: Record, sent: Record) -> None:
        """Send a link that is alive now. Killed between the two writes, the same link goes out again: never another."""
        live = reading.live_link(self._truv, sent)
        if live is None:
            course.offer_over(case)
            return
        message = course.offered(case, sent["order_id"], live[0], self._now())
        files.append(self._store / "outbox.jsonl", json.dumps(message))
        sent["look_at"] = self._now() + HOUR_S

    def _look_at_offer(self, case: Record, sent: Record) -> None:
        course.settle_offer(case, reading.offer_results(self._truv, case, sent), self._now())
        sent["look_at"] = self._now() + HOUR_S

    # --- pace and store ---

    def _pace(self) -> None:
        """Wait while the account is to wait, while nobody answers, and so that the rate stays bounded."""
        now = self._now()
        waits_s = [self._gate.get("until", 0.0) - now]
        if self._failures >= OUTAGE_AFTER:
            waits_s.append(min(OUTAGE_S * 2 ** min(self._failures - OUTAGE_AFTER, 4), HOUR_S))
        self._recent = [at for at in self._recent if at > now - RATE_S]
        if len(self._recent) >= RATE and self._env.clock is not None:
            waits_s.append(self._recent[-RATE] + RATE_S - now)
        if max(waits_s) > 0:
            self._wait(max(waits_s))

    def _send(self, *request: Any, **more: Any) -> Any:
        """Send a request, and notice when nobody answers any more."""
        assert self._env.send is not None, "the client has checked it"
        self._recent.append(self._now())
        self._failures += 1
        given = self._env.send(*request, **more)
        self._failures = self._failures if given[0] >= 500 else 0
        return given

    def _wait(self, wait_s: float) -> None:
        clock = self._env.clock
        if clock is None or self._now() + wait_s > self._began + LONGEST_RUN_S:
            raise EndOfRun
        clock.sleep(max(wait_s, 0.0) + 0.001)

    def _keep(self, case: Record) -> None:
        self._cases[case["id"]] = case
        self._known.update(case["known"])
        for it in case["employers"].values():
            self._by_link.setdefault(it["link"] or "", set()).add(case["id"])

    def _save(self, case: Record) -> None:
        self._keep(case)
        name = sha256(case["id"].encode()).hexdigest()[:32]
        files.replace(self._store / "cases" / f"{name}.json", case)

    def _log(self, case: Record, line: str) -> None:
        files.append(self._store / "log.txt", f"{case['id']}: {line}")

    def _now(self) -> float:
        clock = self._env.clock
        return (self._at if clock is None else clock.now()).timestamp()


def _has_due(case: Record, now: float) -> bool:
    at = cases.next_at(case)
    return not case["closed"] and at is not None and at <= now
