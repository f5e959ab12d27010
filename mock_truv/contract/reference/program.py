"""The program as the contract's adapter sees it."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from mock_truv.contract.adapter import CaseIn, CaseView, Env, HookReply, Step
from mock_truv.contract.reference import pacing, rules, webhooks
from mock_truv.contract.reference.attempts import give_up, work_on_attempt
from mock_truv.contract.reference.context import Context
from mock_truv.contract.reference.prefill import prefill
from mock_truv.contract.reference.refreshing import work_on_case
from mock_truv.contract.reference.relinking import work_on_person
from mock_truv.contract.reference.repairing import PAGE_HOURS, session
from mock_truv.contract.reference.rules import SECOND_US, moment_of, text_of, us_of
from mock_truv.contract.reference.store import RANKS, Row, Store, packed
from mock_truv.contract.reference.truv import TIMEOUT_S, Truv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

WORK = {"attempt": work_on_attempt, "person": work_on_person, "case": work_on_case}
STUMBLES_MAX = 3
"""Times that our own program may fail over a case before somebody looks at it."""
PAGE_CASES = 500


class Reference:
    """A correct integrator."""

    def __init__(self, *, budget_per_day: int | None = None, repairs_links: bool = False) -> None:
        self._budget_per_day = budget_per_day
        self._repairs_links = repairs_links
        self._busy = set[tuple[str, str]]()
        self._claiming = threading.Lock()
        self._last_us = 0

    # --- the seven calls --------------------------------------------------------------------------------------------

    def describe(self) -> Mapping[str, Any]:
        """Return the manifest."""
        repairs = ["update_mode"] if self._repairs_links else []
        budget = ["budget"] if self._budget_per_day is not None else []
        return {
            "adapter": 1, "name": "reference", "version": "1.0.0", "style": "webhook+poll", "reentrancy": "thread",
            "http_timeout_s": TIMEOUT_S,
            "capabilities": ["webhook", "poll", "clock", "persist", "reauth", "outbox", "multi", "bulk", "due",
                             "list", "close", "logs", "source", *repairs, *budget],
            "bounds_s": {"B-PREFILL": 900, "B-LOSS": 86400, "B-STUCK": 259200, "B-LIMIT-RESUME": 86400},
            "counts": {"B-RETRY-N": rules.TRIES_MAX, "B-REOFFER": rules.OFFERS_MAX - 1, "concurrency": 16,
                       "budget_per_day": self._budget_per_day, "page_hours": PAGE_HOURS},
            "policies": {"age_skip_days": None, "partial": "hold", "unknown_post": "reconcile",
                         "link_on_locked": False, "reminders": 0, "run_times": []},
            "state_map": {}, "field_map": {},
            "constant_time": "webhooks.is_genuine compares with hmac.compare_digest",
        }  # fmt: skip

    def start(self, env: Env) -> None:
        """Open the store; what was open when the program ended has an unknown outcome now."""
        self._env = env
        self._last_us = us_of(env.now)
        self._store = Store(env.store)
        self._context = Context(self._store, Truv(env, self._store, self._now_us), self._now_us, env.seed,
                                self._budget_per_day, self._repairs_links)  # fmt: skip
        now_us = self._now_us()
        with self._store.writing():
            for row in self._store.rows("SELECT attempt_id FROM attempts WHERE status = 'posting'"):
                self._store.change("attempts", row, status="unknown", settle_us=now_us + rules.SETTLE_US)
                self._store.change("slots", row, state="UNKNOWN_OUTCOME")
                self._store.set_timer("attempt", row["attempt_id"], now_us)

    def put_case(self, case: CaseIn) -> None:
        """Learn of a case, or of what changed about it."""
        self._store.do(
            "INSERT INTO cases (case_id, person_ref, source_order, product, wanted, order_number, due_on)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET person_ref = excluded.person_ref,"
            " due_on = excluded.due_on, order_number = excluded.order_number",
            case.case_id, case.person_ref, case.source_order_id, case.product,
            packed(list(case.employers)) if case.employers is not None else None, case.order_number, case.due_on,
        )  # fmt: skip

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Note that a case is to be refreshed in a cycle; the work is done by ``advance``."""
        with self._store.writing():
            case = self._store.case(case_id)
            if case is not None:
                self._begin(case, cycle)

    def advance(self, now: datetime) -> Step:
        """Do everything that is due, without waiting."""
        self._last_us = us_of(now)
        return self._work()

    def case(self, case_id: str) -> CaseView:
        """Return what the caseworker sees."""
        case = self._store.case(case_id)
        assert case is not None, f"there is no case {case_id}"
        return self._view(case)

    def stop(self) -> None:
        """Let go of the store."""
        self._store.close()

    # --- the others -------------------------------------------------------------------------------------------------

    def crash(self) -> None:
        """Nothing is to be saved: what matters is in the store already."""
        self._store.close()

    def webhook(self, headers: Sequence[tuple[str, str]], raw: bytes) -> HookReply:
        """Take a webhook: verify, keep, answer. The same answer for whatever it says."""
        if not webhooks.is_genuine(headers, raw, self._env.access_secret):
            return HookReply(401)
        try:
            webhooks.keep(self._store, raw, self._now_us())
        except sqlite3.Error:
            return HookReply(503)
        return HookReply(200)

    def run_due(self, now: datetime, cycle: str) -> Mapping[str, int]:
        """Start every case that is due in a cycle and return how all due cases stand."""
        self._last_us = us_of(now)
        today = moment_of(self._now_us()).date().isoformat()
        due = "SELECT * FROM cases WHERE due_on IS NULL OR due_on <= ? ORDER BY due_on, case_id"
        with self._store.writing():
            for case in self._store.rows(due, today):
                self._begin(case, cycle)
        self._work()
        counts = dict.fromkeys(rules.BUCKETS.values(), 0)
        for case in self._store.rows(due, today):
            counts[rules.BUCKETS[self._state(case, self._store.slots(case["case_id"]))]] += 1
        return counts

    def outbox(self, since: int) -> Sequence[Mapping[str, Any]]:
        """Return the messages after a number."""
        return self._store.rows("SELECT * FROM outbox WHERE seq > ? ORDER BY seq", since)

    def logs(self, since: int) -> Sequence[str]:
        """Return the log lines after a number."""
        return [row["line"] for row in self._store.rows("SELECT line FROM logs WHERE seq > ? ORDER BY seq", since)]

    def cases(self, cursor: str | None) -> tuple[Sequence[CaseView], str | None]:
        """Return a page of cases, and the cursor of the next."""
        found = self._store.rows("SELECT * FROM cases WHERE case_id > ? ORDER BY case_id LIMIT ?",
                                 cursor or "", PAGE_CASES)  # fmt: skip
        return [self._view(case) for case in found], found[-1]["case_id"] if len(found) == PAGE_CASES else None

    def open_page(self, url: str) -> Mapping[str, Any] | None:
        """Return what a person gets who opens a page of ours: a fresh token for one session."""
        token = session(self._context, url)
        return None if token is None else {"bridge_token": token}

    def close_case(self, case_id: str) -> None:
        """Do nothing more for a case; a link that nobody else waits for is withdrawn."""
        store = self._store
        with store.writing():
            store.change("cases", {"case_id": case_id}, closed=1)
            store.set_timer("case", case_id, None)
            for row in store.rows(
                "SELECT DISTINCT attempt_id, kind FROM attempts JOIN parts USING (attempt_id)"
                " WHERE parts.case_id = ? AND status = 'running'", case_id
            ):  # fmt: skip
                ident = row["attempt_id"]
                if all(part["closed"] or part["holder"] != ident for part in store.parts(ident)):
                    status = "ended" if row["kind"] == "refresh" else "withdraw"
                    store.change("attempts", {"attempt_id": ident}, status=status)
                    store.set_timer("attempt", ident, None if status == "ended" else self._now_us())
            self._context.log("case closed", case=case_id)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _now_us(self) -> int:
        return us_of(self._env.clock.now()) if self._env.clock is not None else self._last_us

    def _begin(self, case: Row, cycle: str) -> None:
        """Begin a cycle. The same cycle begins once; work that is under way is taken as the new cycle's."""
        store, now_us, case_id = self._store, self._now_us(), case["case_id"]
        slots = store.slots(case_id)
        if case["closed"] or store.row("SELECT 1 FROM cycles WHERE case_id = ? AND cycle = ?", case_id, cycle):
            return
        store.insert("cycles", case_id=case_id, cycle=cycle)
        store.change("cases", {"case_id": case_id}, cycle=cycle)
        self._context.log("cycle begun", case=case_id)
        busy = [slot for slot in slots if slot["state"] not in rules.FINAL]
        if busy:
            store.change("slots", {"case_id": case_id, "state": "READY"}, data_cycle=cycle)
            store.do("UPDATE attempts SET cycle = ? WHERE case_id = ? AND status <> 'ended'", cycle, case_id)
            return
        for slot in slots:
            fresh = dict.fromkeys(("tries", "errors", "limits", "refusals", "unknowns", "offers"), 0)
            if slot["link_id"] is not None:
                self._context.set_slot(slot, "DUE", reason=None, at_us=now_us, attempt_id=None, **fresh)
        if not slots:
            store.change("cases", {"case_id": case_id}, state="DUE", reason=None, refusals=0)
            store.set_timer("case", case_id, now_us, case["due_on"])
        else:
            self._context.arm_cases([case_id])

    def _work(self) -> Step:
        """Do what is due, most urgent first, as long as requests may go out."""
        while True:
            webhooks.digest_all(self._context)
            now_us = self._now_us()
            opens_us = pacing.opening(self._store.gate(), now_us)
            timer = self._claimed(now_us) if opens_us <= now_us else None
            if timer is None:
                return self._step(now_us, opens_us)
            try:
                WORK[timer["kind"]](self._context, timer["ident"])
            except Exception as error:  # noqa: BLE001 -- one bad case must not stop the rest
                self._stumbled(timer, type(error).__name__)
            finally:
                self._busy.discard((timer["kind"], timer["ident"]))

    def _claimed(self, now_us: int) -> Row | None:
        """Return the most urgent timer that nobody works on, as ours. Claims die with the process."""
        with self._claiming:
            for rank in sorted(RANKS.values()):
                for timer in self._store.rows(
                    "SELECT * FROM timers WHERE rank = ? AND at_us <= ? ORDER BY at_us, due LIMIT ?",
                    rank, now_us, len(self._busy) + 1,
                ):  # fmt: skip
                    key = (timer["kind"], timer["ident"])
                    if key not in self._busy:
                        self._busy.add(key)
                        return timer
        return None

    def _stumbled(self, timer: Row, name: str) -> None:
        """Try again later what our own program failed over; after some times leave it to somebody."""
        with self._store.writing():
            fails = timer["fails"] + 1
            key = {"kind": timer["kind"], "ident": timer["ident"]}
            pause_us = self._context.pause_us(60 * SECOND_US, fails, rules.HOUR_US, timer["ident"])
            self._store.change("timers", key, fails=fails, at_us=self._now_us() + pause_us)
            self._context.log(f"{timer['kind']} failed with {name}", timer=timer["ident"])
            if fails >= STUMBLES_MAX and timer["kind"] == "attempt":
                attempt = self._store.row("SELECT * FROM attempts WHERE attempt_id = ?", int(timer["ident"]))
                assert attempt is not None, "an attempt with a timer is in the store"
                give_up(self._context, attempt, f"internal {name}")
            elif fails >= STUMBLES_MAX and timer["kind"] == "case":
                self._context.set_case(timer["ident"], "MANUAL", f"internal {name}")
                for slot in self._store.slots(timer["ident"]):
                    if slot["state"] in rules.TIMED:
                        self._context.set_slot(slot, "MANUAL", reason=f"internal {name}")
                self._store.set_timer("case", timer["ident"], None)

    def _step(self, now_us: int, opens_us: int) -> Step:
        """Return when there is something to do again."""
        at_us = self._store.rows("SELECT min(at_us) AS at_us FROM timers")[0]["at_us"]
        if at_us is None or (at_us <= now_us and opens_us <= now_us):
            return Step(None)
        return Step(moment_of(max(at_us, opens_us)))

    def _state(self, case: Row, slots: list[Row]) -> str:
        if case["closed"]:
            return "CLOSED"
        state = rules.case_state([(it["state"], it["reason"]) for it in slots]) if slots else str(case["state"])
        blocked = self._store.gate().cause == "credentials" and state in rules.BLOCKABLE
        return "BLOCKED" if blocked else state

    def _view(self, case: Row) -> CaseView:
        case_id, slots = case["case_id"], self._store.slots(case["case_id"])
        latest = self._store.row(
            "SELECT order_id FROM attempts JOIN parts USING (attempt_id) WHERE parts.case_id = ? AND cycle = ?"
            " AND order_id IS NOT NULL ORDER BY attempt_id DESC", case_id, case["cycle"])  # fmt: skip
        timers = [slot["at_us"] for slot in slots if slot["state"] in rules.TIMED or slot["state"] == "REAUTH_NEEDED"]
        timers += [row["at_us"] for row in self._store.rows(
            "SELECT timers.at_us FROM parts JOIN timers ON kind = 'attempt' AND ident = CAST(attempt_id AS TEXT)"
            " WHERE parts.case_id = ?", case_id)]  # fmt: skip
        if not slots:
            timers += [row["at_us"] for row in self._store.rows(
                "SELECT at_us FROM timers WHERE kind = 'case' AND ident = ?", case_id)]  # fmt: skip
        at_us = None if case["closed"] else min(timers, default=None)
        reasons = list(dict.fromkeys(slot["reason"] for slot in slots if slot["reason"]))
        return CaseView(
            case_id, self._state(case, slots), case["cycle"], reason=", ".join(reasons) or case["reason"],
            active_order_id=latest["order_id"] if latest else None,
            source_order_id=slots[0]["source_order"] if slots else case["source_order"],
            next_action_at=None if at_us is None else moment_of(at_us),
            employers={slot["employer_id"]: slot["state"] for slot in slots},
            prefill=prefill(slots, case["cycle"]), engagements=self._engagements(case_id),
        )  # fmt: skip

    def _engagements(self, case_id: str) -> list[Mapping[str, Any]]:
        now_us = self._context.truv_us
        return [
            {"order_id": row["order_id"], "sent_at": text_of(row["sent_us"]), "person_ref": row["person_ref"],
             "url_sha256": hashlib.sha256(row["url"].encode()).hexdigest(),
             "live": row["status"] == "running" and (row["expires_us"] or 0) > now_us}
            for row in self._store.rows(
                "SELECT DISTINCT attempts.* FROM attempts JOIN parts USING (attempt_id)"
                " WHERE parts.case_id = ? AND sent_us IS NOT NULL ORDER BY attempt_id", case_id)
        ]  # fmt: skip
