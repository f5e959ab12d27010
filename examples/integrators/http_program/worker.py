"""The worker: takes what is due from the queue, one job at a time, and saves what it did together with the job's end.

A case is a document. ``parts`` are the employers it wants, by their id in the source order; ``attempts`` are refreshes
whose end is not known yet. A job that was taken when the program died is simply still in the queue. An event only
makes jobs due earlier: what happened is read from the order.
"""

from __future__ import annotations

import hashlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from relogin import Relogin, ask
from store import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Job, Store, instant, text
from truv_client import Client, Clock, Held, Unreadable, described, find_suborder, growing_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Doc = dict[str, Any]
LOOK_AFTER_US = 150 * SECOND_US
SETTLED_AFTER_US = 5 * MINUTE_US
GIVE_UP_US = 2 * DAY_US
RETRY_PAUSES_US = (HOUR_US, 3 * HOUR_US, 8 * HOUR_US, DAY_US)
REFRESHES_A_DAY = 3
WAITING = ("DUE", "RETRY_WAIT", "LIMIT_WAIT")
OVER = ("READY", "MANUAL")
ENDINGS = ("no_data", "expired", "canceled", "skipped")


class Worker(Relogin):
    """The cases of one account."""

    def __init__(self, env: Mapping[str, Any], store: Store) -> None:
        self.store = store
        self.clock = Clock(instant(env["now"]) or 0)
        self.truv = Client(env, self.clock, store)
        self._turn = threading.Lock()

    def advance(self, now_us: int) -> int | None:
        """Do everything due by now; return when the next job is due."""
        with self._turn:
            self.clock.now_us = now_us
            while job := self.store.next_job(now_us, local=now_us < self.truv.opens_us):
                self._work(job)
            due_us = self.store.next_due_us()
            return None if due_us is None else max(due_us, self.truv.opens_us, now_us + 1)

    def _work(self, job: Job) -> None:
        now_us = self.clock.now_us
        case: Doc = self.store.get("case", job.case_id) or {}
        if self.store.is_closed(job.case_id) and job.kind not in {"close", "withdraw"}:
            self._finish(job, None)
            return
        do: Callable[[Doc, Job], int | None] = getattr(self, f"do_{job.kind.replace('-', '_')}")
        try:
            due_us = do(case, job)
        except Held:
            return
        except Unreadable:
            due_us = now_us + growing_us(job.tries, most_us=10 * MINUTE_US)
            if now_us - job.made_us > GIVE_UP_US:
                self._hand_over(case, "truv_unreadable")
                due_us = None
        except Exception as error:  # noqa: BLE001 -- one bad case must not stop the others
            self.log(f"case {job.case_id}: {type(error).__name__} in {job.kind}")
            due_us = now_us + growing_us(job.tries, MINUTE_US) if job.tries < 5 else None
            if due_us is None and case:
                self._hand_over(self.store.get("case", job.case_id), "internal_error")
        self._finish(job, due_us)

    def _finish(self, job: Job, due_us: int | None) -> None:
        if due_us is None:
            self.store.rows("DELETE FROM jobs WHERE id = ?", job.id)
        else:
            self.store.rows("UPDATE jobs SET due_us = ?, tries = ? WHERE id = ?", due_us, job.tries + 1, job.id)

    def save(self, case: Doc, *, also: Callable[[], None] | None = None) -> bool:
        """Save a case and the jobs that follow from its parts; return whether it was still open."""
        parts = case["parts"].values()
        again = [part["due_us"] for part in parts if part["state"] in WAITING and part["due_us"] is not None]
        offers = [part["offer_us"] for part in parts if part["state"] == "REAUTH_NEEDED" and not case["link"]]
        with self.store.transaction():
            if self.store.is_closed(case["id"]):
                return False
            for kind, times in (("refresh", again), ("offer", offers)):
                self.store.drop_job(case["id"], kind)
                if times:
                    self.store.add_job(case["id"], kind, "", min(times), self.clock.now_us)
            self.store.put("case", case["id"], case)
            if also is not None:
                also()
        return True

    def job(self, case: Doc, kind: str, ref: str, due_us: int) -> None:
        """Put a job of a case into the queue."""
        self.store.add_job(case["id"], kind, ref, due_us, self.clock.now_us)

    def log(self, line: str) -> None:
        """Write a line: ids and words, never a person's data."""
        self.store.rows("INSERT INTO log (line) VALUES (?)", f"{text(self.clock.now_us)} {line}")

    # --- what came from outside

    def do_event(self, _: Doc, job: Job) -> None:
        """Make the jobs of the cases that an event speaks of due now."""
        event = job.payload
        order_id, link_id = event["order_id"], event["link_id"]
        concerned = self.store.cases_of(order_id) if order_id else []
        known = bool(concerned)
        if not known:
            concerned = self.store.cases_of(link_id, event["user_id"], event["tracking_info"])
            if order_id and self.store.rows("SELECT 1 FROM jobs WHERE kind IN ('settle', 'find-link')"):
                self.store.put("stranger", order_id, {"id": order_id, **event})
        if event["event_type"] == "link-deleted" and link_id:
            self.store.put("connection", link_id, self.connection(link_id) | {"deleted": True})
        after_post = (
            ("settle", "find-link", "refresh") if event["event_type"] == "link-deleted" else ("settle", "find-link")
        )
        for case_id in concerned:
            self.store.hurry(case_id, ("poll", "poll-link"), self.clock.now_us, ref=order_id if known else None)
            self.store.hurry(case_id, () if known else after_post, self.clock.now_us)
        self.log(f"event {event['event_type']} concerns {' '.join(concerned) or 'nobody'}")

    def do_click(self, case: Doc, job: Job) -> None:
        """Begin a cycle; running work serves a new cycle, too."""
        if case["cycle"] == job.payload:
            return
        at_work = is_at_work(case)
        case["cycle"] = job.payload
        if not at_work:
            case |= {"previous": fresh(case) or case["previous"], "round": case["round"] + 1, "problem": None}
            case |= {"sources": {}, "learning": True}
            for part in case["parts"].values():
                part.update(new_part(part["emp"], part["order"], part["sub"]))
        self.save(case, also=None if at_work else partial(self.job, case, "learn", "", self.clock.now_us))

    def do_close(self, case: Doc, job: Job) -> None:
        """Drop all work of a closed case; a link that is out is taken back."""
        self.store.rows("DELETE FROM jobs WHERE case_id = ? AND id <> ?", job.case_id, job.id)
        if case["link"] and case["link"]["order_id"]:
            self.job(case, "withdraw", case["link"]["order_id"], self.clock.now_us)

    # --- a refresh

    def do_learn(self, case: Doc, _: Job) -> None:
        """Read the source orders, once a cycle, before the first POST."""
        for order_id in {part["order"] for part in case["parts"].values()} or {case["source"]}:
            if order_id in case["sources"]:
                continue
            answer = self.truv.order(order_id)
            if answer.kind == "refused":
                self._hand_over(case, f"source_order_http_{answer.status}")
                return
            info = case["sources"][order_id] = described(answer.data)
            self.store.note(case["id"], order_id, info["user"], *(sub["link"] for sub in info["subs"].values()))
        if not case["parts"]:
            subs = case["sources"][case["source"]]["subs"]
            wanted = case["wanted"] or [sub_id for sub_id, sub in subs.items() if sub["link"]]
            case["parts"] = {emp: new_part(emp, case["source"], emp) for emp in wanted}
        for part in case["parts"].values():
            part["due_us"] = self.clock.now_us
        case |= {"learning": False, "problem": None if case["parts"] else "nothing_connected"}
        self.save(case)

    def do_refresh(self, case: Doc, _: Job) -> None:
        """Post one refresh for the parts that are due and share a source order. It is written down before."""
        now_us = self.clock.now_us
        waiting = [part for part in case["parts"].values() if part["state"] in WAITING]
        due = [part for part in waiting if part["due_us"] <= now_us or self.needs_login(case, part)]
        source = due[0]["order"] if due else ""
        chosen = [part for part in due if part["order"] == source and self._may_refresh(case, part)]
        if not chosen:
            self.save(case)
            return
        info = case["sources"][source]
        parts = [{"emp": part["emp"], "sub": part["sub"], **info["subs"][part["sub"]]} for part in chosen]
        attempt: Doc = {
            "ref": f"{case['id']} {now_us} {source}", "source": source, "begun_us": now_us, "order_id": None,
            "parts": parts, "looked": [], "refused": 0,
        }  # fmt: skip
        for part in chosen:
            part |= {"state": "UNKNOWN_OUTCOME", "reason": None, "tries": part["tries"] + 1}
        case["attempts"].append(attempt)
        if not self.save(case, also=partial(self._written_ahead, case, attempt)):
            return
        body: Doc = {"products": [case["product"]]}
        if len(parts) < sum(1 for sub in info["subs"].values() if sub["link"]):
            body["employers"] = [{"id": each["sub"]} for each in parts]
        try:
            answer = self.truv.call("POST", f"/orders/{quote(source)}/", body)
        except Held:
            self._take_back(case, attempt)
            raise
        self.log(f"case {case['id']}: refresh of {source}: {answer.kind} {answer.status or ''}")
        if answer.kind == "ok" and is_refresh_of(answer.data, source):
            self._adopt(case, attempt, answer.data)
        elif answer.kind in {"refused", "limit"}:
            named = [each for each in parts if each["sub"] in answer.about] or parts
            for each in parts if answer.kind == "refused" else named:
                if answer.kind == "limit":
                    self._limited(case["parts"][each["emp"]], each["link"])
                else:
                    case["parts"][each["emp"]] |= {"state": "MANUAL", "reason": f"refresh_http_{answer.status}"}
            self._take_back(case, attempt)

    def _may_refresh(self, case: Doc, part: Doc) -> bool:
        """Return whether a part may be refreshed now; else its state says what comes instead."""
        info = case["sources"][part["order"]]
        sub = info["subs"].get(part["sub"])
        permitted = {"income", "employment"} if "income" in info["products"] else {"employment"} & {*info["products"]}
        problem = None if sub else "not_in_source_order"
        problem = problem or (None if sub["link"] else "no_connection")
        problem = problem or (None if case["product"] in permitted else "product_not_permitted")
        if problem:
            part |= {"state": "MANUAL", "reason": problem}
            return False
        login = self.needs_login(case, part)
        if login:
            ask(part, login, self.clock.now_us)
            return False
        opens_us = self._opens_us(self.connection(sub["link"]))
        if opens_us > self.clock.now_us:
            part |= {"state": "LIMIT_WAIT", "reason": "refresh_limit", "due_us": opens_us}
        return bool(opens_us <= self.clock.now_us)

    def _written_ahead(self, case: Doc, attempt: Doc) -> None:
        self._count(attempt, attempt["begun_us"])
        self.job(case, "settle", attempt["ref"], attempt["begun_us"] + LOOK_AFTER_US)

    def _take_back(self, case: Doc, attempt: Doc) -> None:
        """Undo what was written down: the POST certainly did not happen."""
        case["attempts"].remove(attempt)
        for each in attempt["parts"]:
            part = case["parts"][each["emp"]]
            part["tries"] -= 1
            if part["state"] == "UNKNOWN_OUTCOME":
                part |= {"state": "DUE", "due_us": self.clock.now_us}
        self._count(attempt, None)
        self.save(case, also=partial(self.store.drop_job, case["id"], "settle", attempt["ref"]))

    def _adopt(self, case: Doc, attempt: Doc, order: Doc) -> None:
        now_us = self.clock.now_us
        attempt |= {"order_id": order["id"], "since_us": instant(order["created_at"]) or attempt["begun_us"]}
        for each in attempt["parts"]:
            case["parts"][each["emp"]] |= {"state": "REFRESHING", "reason": None}

        def also() -> None:
            self._count(attempt, attempt["since_us"])
            self.store.note(case["id"], order["id"])
            self.store.drop("stranger", order["id"])
            self.store.drop_job(case["id"], "settle", attempt["ref"])
            self.job(case, "poll", order["id"], now_us + 30 * SECOND_US)

        self.save(case, also=also)

    def do_poll(self, case: Doc, job: Job) -> int | None:
        """Read a refresh order and take over what has ended."""
        attempt = next(each for each in case["attempts"] if each["order_id"] == job.ref)
        answer = self.truv.order(job.ref)
        mine = {each["emp"]: case["parts"][each["emp"]] for each in attempt["parts"]}
        attempt["refused"] = attempt["refused"] + 1 if answer.kind == "refused" else 0
        problem = f"order_http_{answer.status}" if attempt["refused"] > 1 else None
        if answer.kind == "ok":
            if not belongs(answer.data, attempt["source"], case["sources"][attempt["source"]]):
                problem = "order_of_somebody_else"
            for each in [] if problem else attempt["parts"]:
                sub = find_suborder(answer.data, each, attempt["parts"])
                if mine[each["emp"]]["state"] == "REFRESHING" and sub:
                    self._judge(case, mine[each["emp"]], answer.data, sub, attempt["since_us"])
        running = [part for part in mine.values() if part["state"] == "REFRESHING"]
        if self.clock.now_us - attempt["begun_us"] >= GIVE_UP_US:
            problem = "no_ending_seen"
        for part in running if problem else []:
            part |= {"state": "MANUAL", "reason": problem}
        if running and not problem:
            self.save(case)
            is_near = answer.kind != "ok" or any(sub["status"] == "completed" for sub in answer.data["employers"])
            pause_us = growing_us(job.tries, most_us=10 * MINUTE_US if is_near else HOUR_US)
            return min(self.clock.now_us + pause_us, int(attempt["begun_us"]) + GIVE_UP_US)
        case["attempts"].remove(attempt)
        for part in case["parts"].values():
            if part["state"] == "REAUTH_NEEDED" and not part["offers"]:
                part["offer_us"] = self.clock.now_us  # nothing more to gather
        self.save(case)
        return None

    def _judge(self, case: Doc, part: Doc, order: Doc, sub: Doc, since_us: int) -> None:
        try:
            if sub["status"] == "completed":
                report = self.truv.report(order, sub, case["product"], since_us)
                if report is not None:
                    self.ready(case, part, order["id"], report)
            elif sub["status"] == "error":
                reason = self.truv.failure(sub, case["product"])
                if reason is not None:
                    self._failed(case, part, reason, sub["link_id"])
            elif sub["status"] in ENDINGS:
                part |= {"state": "MANUAL", "reason": sub["status"]}
        except (Held, Unreadable):
            return  # read again at the next poll

    def do_settle(self, case: Doc, job: Job) -> int | None:
        """Look for the order of a POST whose outcome is unknown; adopt it, or repeat when nothing is found."""
        attempt = next(each for each in case["attempts"] if each["ref"] == job.ref)
        source, now_us = attempt["source"], self.clock.now_us
        info = case["sources"][source]
        try:
            found = self._look(case, attempt, info)
        except Unreadable:
            if now_us - attempt["begun_us"] < GIVE_UP_US:
                raise
            for each in attempt["parts"]:
                case["parts"][each["emp"]]["lost"] = 3
            found = None
        if found is not None:
            self._adopt(case, attempt, found)
            return None
        if now_us < attempt["begun_us"] + SETTLED_AFTER_US:
            self.save(case)
            return int(attempt["begun_us"]) + SETTLED_AFTER_US
        case["attempts"].remove(attempt)
        for each in attempt["parts"]:
            part = case["parts"][each["emp"]]
            part |= {
                "state": "DUE",
                "reason": "repeated_after_unknown_outcome",
                "due_us": now_us + part["lost"] * HOUR_US,
            }
            part["lost"] += 1
            if part["lost"] > 3:
                part |= {"state": "MANUAL", "reason": "unknown_outcome"}
        self.save(case)
        return None

    def _look(self, case: Doc, attempt: Doc, info: Doc) -> Doc | None:
        """Return the order of an attempt: told by an event, behind the source order's pointer, or in the list."""

        def is_ours(order: Doc) -> bool:
            return (
                not self.store.cases_of(order["id"])
                and order.get("initial_order") == attempt["source"]
                and order.get("products") == [case["product"]]
                and len(order["employers"]) == len(attempt["parts"])
                and (instant(order["created_at"]) or 0) >= attempt["begun_us"] - 2 * SECOND_US
            )

        for it in self.store.all("stranger"):
            likely = it["user_id"] in {None, info["user"]} and it["order_number"] in {None, info["number"]}
            if likely and it["id"] not in attempt["looked"]:
                answer = self.truv.order(it["id"])
                if answer.kind == "ok" and is_ours(answer.data):
                    return dict(answer.data)
                attempt["looked"].append(it["id"])  # a stranger's order is read once
        newest = (self.truv.order(attempt["source"]).data or {}).get("refresh_order")
        if newest and not self.store.cases_of(newest):
            answer = self.truv.order(newest)
            if answer.kind == "ok" and is_ours(answer.data):
                return dict(answer.data)
        listed = [order for order in self.truv.all_orders() if order.get("initial_order") and is_ours(order)]
        return min(listed, key=lambda order: instant(order["created_at"]) or 0, default=None)

    # --- endings

    def ready(self, case: Doc, part: Doc, order_id: str, report: Doc) -> None:
        """Take over a completed employer."""
        items = [{**employment, "employer_id": part["emp"]} for employment in report["items"]]
        if not items:
            part |= {"state": "MANUAL", "reason": "no_employment_in_report"}
            return
        part |= {"state": "READY", "reason": None}
        part["result"] = {**report, "items": items, "round": case["round"], "order_id": order_id}
        self.log(f"case {case['id']}: employer {part['emp']} ready from {order_id}")

    def _failed(self, case: Doc, part: Doc, reason: str, link_id: str) -> None:
        now_us = self.clock.now_us
        self.log(f"case {case['id']}: employer {part['emp']} failed: {reason}")
        if reason in {"login_error", "mfa_error"}:
            self.store.put("connection", link_id, self.connection(link_id) | {"broken": reason})
            ask(part, reason, now_us + 15 * MINUTE_US)  # what fails together is asked for together
            return
        if reason == "limit":
            part["tries"] -= 1
            self._limited(part, link_id)
            return
        part["errors"] += reason == "error"
        may_heal = reason in {"unavailable", "error"} and part["errors"] <= 2 and part["tries"] <= len(RETRY_PAUSES_US)
        part |= {"state": "RETRY_WAIT" if may_heal else "MANUAL", "reason": reason}
        if may_heal:
            chance = hashlib.sha256(f"{case['id']} {part['tries']}".encode()).digest()[0]
            pause_us = RETRY_PAUSES_US[part["tries"] - 1]
            part["due_us"] = now_us + pause_us + pause_us * chance // 2560  # spread over a tenth of the pause

    def _limited(self, part: Doc, link_id: str) -> None:
        until_us = self.clock.now_us + DAY_US  # somebody else used the window up; it opens by then at the latest
        self.store.put("connection", link_id, self.connection(link_id) | {"limit_until_us": until_us})
        part["limits"] += 1
        part |= {
            "state": "LIMIT_WAIT" if part["limits"] < 3 else "MANUAL",
            "reason": "refresh_limit",
            "due_us": until_us,
        }

    def _hand_over(self, case: Doc, reason: str) -> None:
        """Give a whole case to a person."""
        for part in case["parts"].values():
            if part["state"] not in OVER:
                part |= {"state": "MANUAL", "reason": reason}
        case |= {"problem": reason, "learning": False, "attempts": [], "link": None}
        self.store.rows("DELETE FROM jobs WHERE case_id = ? AND kind NOT IN ('event', 'click', 'close')", case["id"])
        self.save(case)

    # --- connections, which cases and orders share

    def connection(self, link_id: str) -> Doc:
        """Return what is known of a connection."""
        new = {"refreshes": {}, "limit_until_us": 0, "broken": None, "deleted": False}
        return self.store.get("connection", link_id) or new

    def needs_login(self, case: Doc, part: Doc) -> str | None:
        """Return why a part's connection cannot be refreshed before its person has logged in."""
        sub = case["sources"].get(part["order"], {"subs": {}})["subs"].get(part["sub"]) or {"link": None}
        connection = self.connection(sub["link"] or "")
        broken: str | None = connection["broken"]
        return "link_deleted" if connection["deleted"] else broken

    def _opens_us(self, connection: Doc) -> int:
        """Return when a connection may be refreshed again: three in any 24 hours, whatever became of them."""
        recent = sorted(connection["refreshes"].values())[-REFRESHES_A_DAY:]
        return int(max(connection["limit_until_us"], recent[0] + DAY_US if len(recent) == REFRESHES_A_DAY else 0))

    def _count(self, attempt: Doc, at_us: int | None) -> None:
        """Count an attempt against its connections at an instant, or with None not at all."""
        for link_id in {each["link"] for each in attempt["parts"]}:
            connection = self.connection(link_id)
            old = {ref: it for ref, it in connection["refreshes"].items() if it > self.clock.now_us - 2 * DAY_US}
            old.pop(attempt["ref"], None)
            connection["refreshes"] = old if at_us is None else old | {attempt["ref"]: at_us}
            self.store.put("connection", link_id, connection)


def new_part(emp: str, order: str, sub: str) -> Doc:
    """Return an employer as it is at the start of a cycle: ``sub`` of ``order`` is to be refreshed."""
    times = {"due_us": None, "offer_us": None}
    counts = dict.fromkeys(("tries", "errors", "limits", "lost", "offers"), 0)
    return {"emp": emp, "order": order, "sub": sub, "state": "DUE", "reason": None, **times, **counts}


def is_refresh_of(order: Doc, source: str) -> bool:
    """Return whether an order is a new one that refreshes ``source``."""
    is_new = isinstance(order.get("id"), str) and order["id"] != source and "created_at" in order
    return is_new and order.get("initial_order") in {None, source}


def belongs(order: Doc, source: str, info: Doc) -> bool:
    """Return whether a refresh order is about the person of its source order."""
    same_person = (order.get("first_name"), order.get("last_name")) == (info["first"], info["last"])
    return same_person and is_refresh_of(order, source)


def is_at_work(case: Doc) -> bool:
    """Return whether anything of the cycle is still to come."""
    return case["learning"] or any(part["state"] not in OVER for part in case["parts"].values())


def fresh(case: Doc) -> Doc | None:
    """Return the prefill of this cycle, None while no employer is ready."""
    results = [
        part["result"] for part in case["parts"].values() if part.get("result", {}).get("round") == case["round"]
    ]
    if not results:
        return None
    newest = max(results, key=lambda it: instant(it["as_of"]) or 0)
    items = {item.get("id") or (at, n): item for at, it in enumerate(results) for n, item in enumerate(it["items"])}
    names = {"orders": "order_id", "reports": "report_id"}
    all_of = {name: list(dict.fromkeys(it[key] for it in results)) for name, key in names.items()}
    one = {name: newest[name] for name in ("order_id", "report_id", "as_of")}
    return {**one, "stale": False, **all_of, "items": list(items.values())}
