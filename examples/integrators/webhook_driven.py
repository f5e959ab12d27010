"""An integrator that waits for events. An event is only a hint to read the order, and what is read decides.

So duplicates, disorder and late news do no harm, and what is lost is made good by a slow sweep. All state is one JSON
file, replaced as a whole before and after every request that makes something: a crash leaves at most an attempt marked
``sending``, which is settled like any other unknown outcome.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.integrators.common import cases, course, files, orders, reading
from examples.integrators.common.truv import Paused, Refused, Truv, Unknown, pause_after
from mock_truv.contract.adapter import HookReply, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from examples.integrators.common.cases import Record
    from mock_truv.contract.adapter import CaseIn, CaseView, Env

HOUR_S = 3600.0
TIMEOUT_S = 8.0
"""Shorter than the 10 s within which an event is to be answered: this program does one thing at a time."""
SWEEP_S = 12 * HOUR_S
HURRY_S = (240.0, 150.0, 90.0, 60.0)
"""An event may be ahead of the read: the order is read again after these times, the last one first."""
PAUSES_S = (20.0, 60.0, 120.0, 240.0, 480.0)
"""After requests that failed, one after the other; the last one stays."""
RETRY_S = (HOUR_S, 6 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S)
STUCK_S = 48 * HOUR_S
STRANGERS_MAX = 200
MANIFEST = {
    "adapter": 1, "name": "webhook-driven", "version": "1", "style": "webhook",
    "capabilities": ["webhook", "poll", "clock", "persist", "reauth", "outbox", "close", "logs", "multi"],
    "reentrancy": "none",
    "bounds_s": {"B-PREFILL": 900, "B-LOSS": 86400, "B-STUCK": 259200, "B-LIMIT-RESUME": 86400},
    "counts": {"B-RETRY-N": 5, "B-REOFFER": course.REOFFERS, "concurrency": 1, "budget_per_day": None},
    "policies": {"age_skip_days": None, "partial": "show", "unknown_post": "reconcile", "link_on_locked": False,
                 "reminders": 0, "run_times": []},
    "http_timeout_s": 8,
}  # fmt: skip


def factory() -> WebhookDriven:
    """Return a fresh integrator."""
    return WebhookDriven()


class WebhookDriven:
    """Reacts to events."""

    def describe(self) -> Mapping[str, Any]:
        """Return the manifest."""
        return MANIFEST

    def start(self, env: Env) -> None:
        """Take up what the store holds; whatever was being sent when the program died is of unknown outcome."""
        self._env, self._at = env, env.now
        self._file, self._log_file = Path(env.store) / "state.json", Path(env.store) / "log.txt"
        self._state: dict[str, Any] = {
            "cases": {}, "refreshes": {}, "gate": {}, "strangers": {}, "gone": [], "outbox": [],
        }  # fmt: skip
        self._state = files.read(self._file, self._state)
        self._cases: dict[str, Record] = self._state["cases"]
        self._truv = Truv(env, self._state["gate"], self._now, TIMEOUT_S)
        for case in self._cases.values():
            for sent in cases.under_way(case):
                if sent["state"] == "sending":
                    course.unknown(case, sent, self._now())

    def put_case(self, case: CaseIn) -> None:
        """Learn of a case."""
        self._cases.setdefault(case.case_id, cases.new(case))
        self._save()

    def request_refresh(self, case_id: str, cycle: str) -> None:
        """Begin a cycle; the work is done by ``advance``."""
        cases.begin(self._cases[case_id], cycle, self._now())
        self._save()

    def webhook(self, headers: Sequence[tuple[str, str]], raw: bytes) -> HookReply:
        """Check the signature, note what the event hints at, answer. Nothing is read here."""
        given = next((value for name, value in headers if name.lower() == "x-webhook-sign"), "")
        secret = self._env.access_secret
        wanted = "v1=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        if not secret or not hmac.compare_digest(wanted.encode(), given.encode(errors="replace")):
            return HookReply(401)
        try:
            event = json.loads(raw)
        except (ValueError, RecursionError):
            return HookReply(400)
        if isinstance(event, dict) and self._note(event):
            try:
                self._save()
            except OSError:
                return HookReply(500)  # to be sent again
        return HookReply(200)

    def advance(self, now: datetime) -> Step:
        """Do one thing that is due, so that no event waits for more than one."""
        self._at = now
        gate = self._state["gate"]
        try:
            for case in list(self._cases.values()):
                if gate.get("until", 0.0) <= self._now() and self._step(case):
                    return Step(None, quiescent=False)
        except Paused:
            self._save()
        times = [at for case in self._cases.values() if (at := cases.next_at(case)) is not None]
        if not times:
            return Step(None)
        wake = max(min(times), gate.get("until", 0.0), self._now() + 1.0)
        return Step(datetime.fromtimestamp(wake, UTC))

    def case(self, case_id: str) -> CaseView:
        """Return what the caseworker's screen shows."""
        case = self._cases[case_id]
        return cases.view(case, cases.next_at(case), blocked=bool(self._state["gate"].get("blocked")))

    def close_case(self, case_id: str) -> None:
        """Stop at once; a link that is out is withdrawn."""
        course.close(self._cases[case_id], self._now())
        self._save()

    def outbox(self, since: int) -> Sequence[Mapping[str, Any]]:
        """Return the messages after number ``since``."""
        return [dict(it) for it in self._state["outbox"] if it["seq"] > since]

    def logs(self, since: int) -> Sequence[str]:
        """Return the lines of the log after the first ``since``."""
        return files.lines(self._log_file)[since:]

    def crash(self) -> None:
        """Nothing is to be done: nobody waits for a program to die in good order."""

    def stop(self) -> None:
        """Keep the state."""
        self._save()

    # --- events ---

    def _note(self, event: dict[str, Any]) -> bool:
        """Note which of our orders an event may be about; return whether anything was noted."""
        kind, order_id, link_id = event.get("event_type"), event.get("order_id"), event.get("link_id")
        noted = False
        for sent in (it for case in self._cases.values() if not case["closed"] for it in cases.under_way(case)):
            if kind != "order-created" and sent["state"] in {"running", "sent"} and _may_be_about(event, sent):
                sent |= {"look_at": self._now(), "hurry": len(HURRY_S)}
                noted = True
        if kind == "link-deleted" and isinstance(link_id, str) and link_id not in self._state["gone"]:
            self._state["gone"].append(link_id)
            self._drop_deleted()
            return True
        known = any(order_id in case["known"] for case in self._cases.values())
        if (
            kind == "order-created" and isinstance(order_id, str) and not known
        ):  # perhaps of a POST whose answer was lost
            strangers = self._state["strangers"]
            strangers[order_id] = {"number": event.get("order_number"), "at": self._now()}
            for old in list(strangers)[:-STRANGERS_MAX]:
                del strangers[old]
            return True
        return noted

    def _drop_deleted(self) -> None:
        """No refresh names a connection that was deleted."""
        for case in self._cases.values():
            gone = [key for key, it in cases.due(case, cases.WAITING, float("inf")).items()
                    if it["link"] in self._state["gone"]]  # fmt: skip
            cases.give_up(case, gone, "link deleted")

    # --- work ---

    def _step(self, case: Record) -> bool:
        """Do one thing that is due for a case; return whether there may be more."""
        now = self._now()
        if case["at"] is not None and case["at"] <= now:
            return self._try(case, case, self._withdraw if case["closed"] else self._read_source)
        if case["closed"] or not case["names"]:
            return False
        acts = {"unknown": self._find_offer, "made": self._send_link, "sent": self._look_at_offer}
        for sent in cases.under_way(case):
            if sent["look_at"] <= now:
                look = self._find_refresh if sent["state"] == "unknown" else self._look
                return self._try(case, sent, acts[sent["state"]] if sent is case["offer"] else look)
        if cases.due(case, cases.WAITING, now):
            return self._try(case, case, self._refresh)
        asks = cases.due(case, ["REAUTH_NEEDED"], now)
        if not asks or case["attempts"] or case["offer"]:
            return False
        if any(it["offer"] and not it["closed"] and it["person"] == case["person"] for it in self._cases.values()):
            for it in asks.values():
                it["at"] = now + HOUR_S  # one link at a time
            return False
        return self._try(case, case, self._make_offer)

    def _try(self, case: Record, thing: Record, act: Callable[[Record, Record], None]) -> bool:
        """Act on a thing; what fails is put off with growing pauses, what is refused twice goes to a person."""
        timer = "at" if thing is case else "look_at"
        try:
            act(case, thing)
        except Paused:
            if self._state["gate"].get("blocked"):  # the next probe is another one's turn
                for it in [thing] if thing[timer] is not None else cases.due(case, cases.OPEN, self._now()).values():
                    it["at" if it is not thing else timer] = self._now() + 600.0
            raise
        except (Unknown, Refused) as problem:
            wait_s = pause_after(thing["fails"] + 1, PAUSES_S, f"{self._env.seed} {case['id']}")
            course.put_off(case, thing, problem, self._now(), wait_s, STUCK_S)
            self._log(case, f"put off: {problem}")
        else:
            thing |= {"fails": 0, "refusals": 0}
        self._save()
        return True

    def _read_source(self, case: Record, _: Record) -> None:
        cases.take_source(case, self._truv.order(case["source"]))
        self._drop_deleted()

    def _refresh(self, case: Record, _: Record) -> None:
        """Order a refresh of what is due, as far as limits allow. The attempt is stored before it is sent."""
        self._drop_deleted()
        mine = course.within_limits(case, self._state["refreshes"], self._now())
        if not mine:
            return
        case["made"] += 1
        sent = course.attempt(mine, self._now())
        case["attempts"].append(sent)
        course.count(self._state["refreshes"], sent, self._now())
        self._save()
        body = {"products": [case["product"]], "employers": [{"id": it["sub"]} for it in mine.values()]}
        try:
            order = self._truv.new_order(f"/orders/{sent['source']}/", body, key=f"{case['id']}-{case['made']}")
        except Unknown:
            course.unknown(case, sent, self._now())
        except (Paused, Refused) as problem:
            case["attempts"].remove(sent)
            course.count(self._state["refreshes"], sent, None)
            course.not_begun(mine.values(), problem, self._now(), again_s=300.0)
            if isinstance(problem, Paused):
                raise
        else:
            course.count(self._state["refreshes"], sent, self._now())
            course.adopt(case, sent, order, self._now() + SWEEP_S)

    def _find_refresh(self, case: Record, sent: Record) -> None:
        """Settle an unknown outcome: adopt the order it made, or repeat."""
        known = {order_id for it in self._cases.values() for order_id in it["known"]}
        told = [it for it, what in self._state["strangers"].items() if what["at"] >= sent["began"] - orders.SKEW_S]
        order = orders.find_refresh(self._truv, sent["source"], sent["began"], known, told)
        if order is not None:
            course.adopt(case, sent, order, self._now())  # its events may all be over
        else:
            course.nothing_made(case, sent)

    def _look(self, case: Record, sent: Record) -> None:
        """Read a refresh order and act on its end."""
        results = reading.refresh_results(self._truv, case, sent, stuck_s=STUCK_S)
        if results is None:
            self._later(sent, sent["began"] + STUCK_S)
        else:
            course.settle(case, sent, results, self._now(), RETRY_S)
            self._log(case, f"order {sent['order_id']} is over")

    def _make_offer(self, case: Record, _: Record) -> None:
        """Make a link order; stored before it is sent, like a refresh."""
        asks = cases.due(case, ["REAUTH_NEEDED"], self._now())
        case["offer"] = sent = course.offer(case, asks, self._now())
        self._save()
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
            course.adopt(case, sent, order, self._now())

    def _find_offer(self, case: Record, sent: Record) -> None:
        told = {order_id: it["number"] for order_id, it in self._state["strangers"].items()}
        order = orders.find_link_order(self._truv, sent["number"], told)
        if order is not None:
            course.adopt(case, sent, order, self._now())
        else:
            case["offer"] = None

    def _send_link(self, case: Record, sent: Record) -> None:
        """Send a link that is alive now; message and record are one write, so nobody gets it twice."""
        live = reading.live_link(self._truv, sent)
        if live is None:
            course.offer_over(case)
            return
        message = course.offered(case, sent["order_id"], live[0], self._now())
        self._state["outbox"].append({"seq": len(self._state["outbox"]) + 1, **message})
        sent |= {"expires": live[1], "look_at": min(self._now() + SWEEP_S, live[1] + 60.0)}

    def _look_at_offer(self, case: Record, sent: Record) -> None:
        course.settle_offer(case, reading.offer_results(self._truv, case, sent), self._now())
        over = sent["expires"] + 60.0
        self._later(sent, over if over > self._now() else self._now() + HOUR_S)

    def _withdraw(self, case: Record, _: Record) -> None:
        """The case is closed: nobody is to use its link any more, if Truv lets us."""
        case["at"], sent, case["offer"] = None, case["offer"], None
        if sent and sent["order_id"]:
            self._truv.post(f"/orders/{sent['order_id']}/cancel/", {}, key=f"{sent['number']}-cancel")

    # --- small things ---

    def _later(self, sent: Record, latest: float) -> None:
        """Look again: soon while an event's news is still awaited, else with the sweep."""
        wait = HURRY_S[sent["hurry"] - 1] if sent["hurry"] else SWEEP_S
        look_at = max(min(self._now() + wait, latest), self._now() + HURRY_S[-1])
        sent |= {"hurry": max(sent["hurry"] - 1, 0), "look_at": look_at}

    def _now(self) -> float:
        clock = self._env.clock
        return (self._at if clock is None else clock.now()).timestamp()

    def _log(self, case: Record, line: str) -> None:
        files.append(self._log_file, f"{case['id']}: {line}")

    def _save(self) -> None:
        files.replace(self._file, self._state)


def _may_be_about(event: dict[str, Any], sent: Record) -> bool:
    """Return whether an event may be about an order: by its id, else by suborder, else by connection or person."""
    if event.get("order_id"):
        return bool(event["order_id"] == sent["order_id"])
    if event.get("tracking_info"):
        return event["tracking_info"] in sent["subs"]
    return event.get("link_id") in sent["links"] or (sent["user"] is not None and event.get("user_id") == sent["user"])
