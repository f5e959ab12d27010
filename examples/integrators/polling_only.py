"""An integrator without webhooks: it reads every running order each ten minutes, later each hour.

State is an SQLite database, and each thing done is one transaction. What was sent without an answer is looked for; if
nothing is found, a person decides (policy ``unknown_post: manual``): this program never orders twice on its own.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.integrators.common import cases, course, orders, reading
from examples.integrators.common.truv import Paused, Refused, Truv, Unknown, pause_after
from mock_truv.contract.adapter import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from examples.integrators.common.cases import Record
    from mock_truv.contract.adapter import CaseIn, CaseView, Env

HOUR_S = 3600.0
POLL_S, SLOW_POLL_S = 600.0, HOUR_S
FAST_FOR_S = 2 * HOUR_S
PAUSES_S = (60.0, 120.0, 300.0, 600.0, 1800.0)
"""After requests that failed, one after the other; the last one stays."""
RETRY_S = (2 * HOUR_S, 8 * HOUR_S, 24 * HOUR_S, 24 * HOUR_S)
STUCK_S = 36 * HOUR_S
MANIFEST = {
    "adapter": 1, "name": "polling-only", "version": "1", "style": "poll",
    "capabilities": ["poll", "clock", "persist", "reauth", "outbox", "multi", "close", "logs"],
    "reentrancy": "none",
    "bounds_s": {"B-PREFILL": SLOW_POLL_S + 300, "B-LOSS": 86400, "B-STUCK": 259200, "B-LIMIT-RESUME": 86400},
    "counts": {"B-RETRY-N": 5, "B-REOFFER": course.REOFFERS, "concurrency": 1, "budget_per_day": None},
    "policies": {"age_skip_days": None, "partial": "show", "unknown_post": "manual", "link_on_locked": False,
                 "reminders": 0, "run_times": []},
    "http_timeout_s": 20,
}  # fmt: skip
SCHEMA = """
CREATE TABLE IF NOT EXISTS cases (id TEXT PRIMARY KEY, person TEXT, asked INTEGER, next_at REAL, record TEXT);
CREATE INDEX IF NOT EXISTS due ON cases (next_at);
CREATE TABLE IF NOT EXISTS refreshes (attempt TEXT, link TEXT, at REAL, PRIMARY KEY (attempt, link));
CREATE TABLE IF NOT EXISTS known (order_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY, entry TEXT);
CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, line TEXT);
CREATE TABLE IF NOT EXISTS account (gate TEXT);
"""


def factory() -> PollingOnly:
    """Return a fresh integrator."""
    return PollingOnly()


class PollingOnly:
    """Asks again and again."""

    _db: sqlite3.Connection | None = None

    def describe(self) -> Mapping[str, Any]:
        """Return the manifest."""
        return MANIFEST

    def start(self, env: Env) -> None:
        """Open the database; whatever was being sent when the program died is of unknown outcome."""
        self._env, self._at = env, env.now
        self._db = sqlite3.connect(Path(env.store) / "cases.db", check_same_thread=False)
        self._db.executescript(SCHEMA)
        gate = self._all("SELECT gate FROM account")
        self._gate: dict[str, Any] = json.loads(gate[0][0]) if gate else {}
        self._truv = Truv(env, self._gate, self._now)
        for case in [json.loads(text) for (text,) in self._all("SELECT record FROM cases")]:
            for sent in cases.under_way(case):
                if sent["state"] == "sending":
                    course.unknown(case, sent, self._now())
                    self._save(case)

    def put_case(self, case: CaseIn) -> None:
        """Learn of a case."""
        if not self._all("SELECT 1 FROM cases WHERE id = ?", case.case_id):
            self._run("INSERT OR IGNORE INTO known VALUES (?)", case.source_order_id)
            self._save(cases.new(case))

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Begin a cycle; the work is done by ``advance``."""
        case = self._load(case_id)
        cases.begin(case, cycle, self._now())
        self._save(case)

    def advance(self, now: datetime) -> Step:
        """Do everything that is due, the longest due first."""
        self._at = now
        while self._gate.get("until", 0.0) <= self._now():
            due = self._all("SELECT id FROM cases WHERE next_at <= ? ORDER BY next_at, id LIMIT 1", self._now())
            if not due:
                break
            try:
                self._work(self._load(due[0][0]))
            except Paused:
                continue
        first = self._all("SELECT MIN(next_at) FROM cases")[0][0]
        if first is None:
            return Step(None)
        wake = max(first, self._gate.get("until", 0.0), self._now() + 1.0)
        return Step(datetime.fromtimestamp(wake, UTC))

    def case(self, case_id: str) -> CaseView:
        """Return what the caseworker's screen shows."""
        case = self._load(case_id)
        return cases.view(case, cases.next_at(case), blocked=bool(self._gate.get("blocked")))

    def close_case(self, case_id: str) -> None:
        """Stop at once; a link that is out is withdrawn."""
        case = self._load(case_id)
        course.close(case, self._now())
        self._save(case)

    def outbox(self, since: int) -> Sequence[Mapping[str, Any]]:
        """Return the messages after number ``since``."""
        found = self._all("SELECT seq, entry FROM outbox WHERE seq > ? ORDER BY seq", since)
        return [{"seq": seq, **json.loads(entry)} for seq, entry in found]

    def logs(self, since: int) -> Sequence[str]:
        """Return the lines of the log after the first ``since``."""
        return [line for (line,) in self._all("SELECT line FROM log WHERE seq > ? ORDER BY seq", since)]

    def crash(self) -> None:
        """Let go of the file, as the death of a process does."""
        if self._db is not None:
            self._db.close()

    stop = __del__ = crash

    # --- work ---

    def _work(self, case: Record) -> None:
        """Do the first thing that is due for a case, and set its next time."""
        now = self._now()
        thing, act = self._choose(case, now)
        timer = "at" if thing is case else "look_at"
        try:
            act(case, thing)
        except Paused:
            if self._gate.get("blocked"):  # the next probe is another one's turn
                waiting = cases.due(case, cases.OPEN, self._now()).values()
                for it, name in [(thing, timer)] if thing[timer] is not None else [(it, "at") for it in waiting]:
                    it[name] = self._now() + HOUR_S / 6
            self._save(case)
            raise
        except (Unknown, Refused) as problem:
            wait_s = pause_after(thing["fails"] + 1, PAUSES_S, f"{self._env.seed} {case['id']}")
            course.put_off(case, thing, problem, self._now(), wait_s, STUCK_S)
            self._log(case, f"put off: {problem}")
        else:
            thing |= {"fails": 0, "refusals": 0}
        self._save(case)  # not in a finally: a program that dies saves nothing

    def _choose(self, case: Record, now: float) -> tuple[Record, Callable[[Record, Record], None]]:
        """Return what is to be done first, and with what."""
        if case["at"] is not None and case["at"] <= now:
            return case, self._withdraw if case["closed"] else self._read_source
        for sent in cases.under_way(case):
            if sent["look_at"] <= now:
                acts = {"unknown": self._find_offer, "made": self._send_link, "sent": self._poll_offer}
                polls = {"unknown": self._find_refresh, "running": self._poll}
                return sent, (acts if sent is case["offer"] else polls)[sent["state"]]
        if cases.due(case, cases.WAITING, now):
            return case, self._refresh
        return case, self._make_offer

    def _read_source(self, case: Record, _: Record) -> None:
        cases.take_source(case, self._truv.order(case["source"]))

    def _refresh(self, case: Record, _: Record) -> None:
        """Order a refresh of what is due, as far as limits allow. The attempt is stored before it is sent."""
        links = {it["link"] for it in case["employers"].values()}
        counted = {link: [at for (at,) in self._all("SELECT at FROM refreshes WHERE link = ?", link)] for link in links}
        mine = course.within_limits(case, counted, self._now())
        if not mine:
            return
        case["made"] += 1
        sent = course.attempt(mine, self._now())
        case["attempts"].append(sent)
        key = f"{case['id']}-{case['made']}"
        for link in sent["links"]:
            self._run("INSERT INTO refreshes VALUES (?, ?, ?)", key, link, self._now())
        self._save(case)
        body = {"products": [case["product"]], "employers": [{"id": it["sub"]} for it in mine.values()]}
        try:
            order = self._truv.new_order(f"/orders/{sent['source']}/", body, key=key)
        except Unknown:
            course.unknown(case, sent, self._now())
        except (Paused, Refused) as problem:
            case["attempts"].remove(sent)
            self._run("DELETE FROM refreshes WHERE attempt = ?", key)
            course.not_begun(mine.values(), problem, self._now(), again_s=POLL_S)
            if isinstance(problem, Paused):
                raise
        else:
            self._run("UPDATE refreshes SET at = ? WHERE attempt = ?", self._now(), key)
            self._adopt(case, sent, order, self._now() + POLL_S)

    def _find_refresh(self, case: Record, sent: Record) -> None:
        """Settle an unknown outcome: adopt the order it made, or ask a person."""
        known = {order_id for (order_id,) in self._all("SELECT order_id FROM known")}
        order = orders.find_refresh(self._truv, sent["source"], sent["began"], known)
        if order is not None:
            self._adopt(case, sent, order, self._now())
        else:
            course.hand_over(case, sent, "refresh of unknown outcome")

    def _poll(self, case: Record, sent: Record) -> None:
        """Read a refresh order and act on its end."""
        age_s = self._now() - sent["began"]
        results = reading.refresh_results(self._truv, case, sent, stuck_s=STUCK_S)
        if results is None:
            sent["look_at"] = self._now() + (POLL_S if age_s < FAST_FOR_S else SLOW_POLL_S)
        else:
            course.settle(case, sent, results, self._now(), RETRY_S)
            self._log(case, f"order {sent['order_id']} is over")

    def _make_offer(self, case: Record, _: Record) -> None:
        """Make a link order, unless the person has a link already; stored before it is sent, like a refresh."""
        asks = cases.due(case, ["REAUTH_NEEDED"], self._now())
        if self._all("SELECT 1 FROM cases WHERE person = ? AND asked AND id <> ?", case["person"], case["id"]):
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
                raise
            course.not_offered(asks.values(), problem, self._now())
        else:
            self._adopt(case, sent, order, self._now())

    def _find_offer(self, case: Record, sent: Record) -> None:
        order = orders.find_link_order(self._truv, sent["number"], {})
        if order is not None:
            self._adopt(case, sent, order, self._now())
        else:
            course.hand_over(case, sent, "link order of unknown outcome")

    def _send_link(self, case: Record, sent: Record) -> None:
        """Send a link that is alive now; message and record are one transaction, so nobody gets it twice."""
        live = reading.live_link(self._truv, sent)
        if live is None:
            course.offer_over(case)
            return
        message = course.offered(case, sent["order_id"], live[0], self._now())
        self._run("INSERT INTO outbox (entry) VALUES (?)", json.dumps(message))
        sent["look_at"] = self._now() + POLL_S

    def _poll_offer(self, case: Record, sent: Record) -> None:
        course.settle_offer(case, reading.offer_results(self._truv, case, sent), self._now())
        sent["look_at"] = self._now() + (POLL_S if self._now() < sent["sent_at"] + FAST_FOR_S else SLOW_POLL_S)

    def _withdraw(self, case: Record, _: Record) -> None:
        """The case is closed: nobody is to use its link any more, if Truv lets us."""
        case["at"], sent, case["offer"] = None, case["offer"], None
        if sent and sent["order_id"]:
            self._truv.post(f"/orders/{sent['order_id']}/cancel/", {}, key=f"{sent['number']}-cancel")

    # --- store ---

    def _adopt(self, case: Record, sent: Record, order: Record, look_at: float) -> None:
        course.adopt(case, sent, order, look_at)
        self._run("INSERT OR IGNORE INTO known VALUES (?)", order["id"])
        self._log(case, f"order {order['id']}")

    def _load(self, case_id: str) -> Record:
        record: Record = json.loads(self._all("SELECT record FROM cases WHERE id = ?", case_id)[0][0])
        return record

    def _save(self, case: Record) -> None:
        """Store a case, its next time and the account's pause, with whatever else was written since the last time."""
        row = (case["id"], case["person"], bool(case["offer"]) and not case["closed"], cases.next_at(case))
        self._run("INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)", *row, json.dumps(case))
        self._run("DELETE FROM account")
        self._run("INSERT INTO account VALUES (?)", json.dumps(self._gate))
        assert self._db is not None, "it was started"
        self._db.commit()

    def _log(self, case: Record, line: str) -> None:
        self._run("INSERT INTO log (line) VALUES (?)", f"{case['id']}: {line}")

    def _all(self, query: str, *values: Any) -> list[Any]:
        assert self._db is not None, "it was started"
        return self._db.execute(query, values).fetchall()

    _run = _all

    def _now(self) -> float:
        clock = self._env.clock
        return (self._at if clock is None else clock.now()).timestamp()
